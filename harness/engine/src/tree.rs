//! The tree of records: where everything is.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::fault::Fault;
use crate::place::Place;

/// The directory that holds `fixgate.toml`, and the places below it.
#[derive(Debug, Clone)]
pub struct Tree {
    root: Utf8PathBuf,
    place: Place,
}

/// Where the builds of packs are kept.
pub(crate) const PACKS: &str = ".fixgate/packs";

/// The files and folders of the records that a run is bound to: its record names their digest, and `committed` is about them.
pub const RECORD_PATHS: [&str; 7] =
    ["fixgate.toml", "allowed_signers", "releases", "defects", "waivers", "quarantine", "testcases"];

/// The folders of the records that come, and change, while a rollup is under way: what they say of a run may well be written
/// after it, so that no run is bound to them.
pub const LATER_PATHS: [&str; 2] = ["private-fixes", "attestations"];

/// Whether a run is bound to the record at this path below the root.
pub(crate) fn binds(path: &Utf8Path) -> bool {
    !LATER_PATHS.iter().any(|later| path.starts_with(later))
}

impl Tree {
    /// The tree that `start` lies in: the nearest directory upwards that holds `fixgate.toml`.
    ///
    /// # Errors
    /// When there is none, or the path cannot be resolved.
    pub fn find(start: &Utf8Path) -> Result<Self, Fault> {
        let start = start
            .canonicalize_utf8()
            .map_err(|reason| Fault::usage(format!("{start} cannot be entered: {reason}")).refused(&reason))?;
        if !start.is_dir() {
            return Err(
                Fault::usage(format!("{start} is a file")).help("-C takes the directory of a test product, or one below it")
            );
        }
        let holds_project = |directory: &&Utf8Path| match directory.join("fixgate.toml").metadata() {
            Err(reason) if matches!(reason.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => false,
            // That it cannot be looked at is told where it is read.
            metadata => metadata.map_or(true, |metadata| metadata.is_file()),
        };
        match start.ancestors().find(holds_project) {
            Some(root) => {
                let refused = |reason| Fault::system(format!("{root} cannot be entered: {reason}"), &reason);
                Ok(Self { root: root.to_owned(), place: Place::root(root).map_err(refused)? })
            }
            None => {
                let help = "change into a test product, give its directory with -C, or start one with `fixgate init`";
                Err(Fault::usage(format!("there is no fixgate.toml in {start} or above it")).help(help))
            }
        }
    }

    /// The root, absolute.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// A place in it, by its path below the root.
    pub fn place(&self, path: impl AsRef<Utf8Path>) -> Place {
        self.place.join(path)
    }

    /// Where obtained builds are kept.
    pub fn builds(&self) -> Place {
        self.place(".fixgate/builds")
    }

    /// Where the build of a third party's pack is kept.
    pub fn pack_build(root: &Utf8Path, pack: &str) -> Utf8PathBuf {
        root.join(PACKS).join(pack)
    }

    /// Where outputs of baselines are kept.
    pub fn baselines(&self) -> Place {
        self.place(".fixgate/baselines")
    }

    /// What runs said over time, made from their records.
    pub fn history(&self) -> Place {
        self.place(".fixgate/history.sqlite")
    }

    /// What is ours alone and not under version control.
    pub fn state(&self) -> Place {
        self.place(".fixgate")
    }

    /// Where run records are written.
    pub fn runs(&self) -> Place {
        self.place("reports/runs")
    }

    /// Where a release's reports are written.
    pub fn reports(&self, release: &str) -> Place {
        self.place("reports").join(release)
    }

    /// Where private fixes are.
    pub fn private_fixes(&self) -> Place {
        self.place("private-fixes")
    }

    /// Where signed statements are.
    pub fn attestations(&self) -> Place {
        self.place("attestations")
    }

    /// Where defects and their proofs are.
    pub fn defects(&self) -> Place {
        self.place("defects")
    }

    /// Makes a directory of the tree with all its parents.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn make(&self, directory: &Place) -> Result<(), Fault> {
        directory.make().map_err(|reason| Fault::system(format!("{directory} cannot be made: {reason}"), &reason))
    }
}
