//! What a recipe is kept within: it writes in its output, its cache, its temporary home and where it is granted, reads those, the
//! system and the test product, and has the network only where that is stated.
//!
//! Its keeper stays outside, out of its reach.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use fixgate_core::case::Network;
use fixgate_core::release::Confinement;
use serde::{Deserialize, Serialize};

use crate::confine::{Allowed, is_offered, is_partly_offered};
use crate::system;

/// What a recipe gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reach {
    /// How far it is kept to the rest.
    pub(super) confinement: Confinement,
    pub(super) network: Network,
    /// Every path is there, and no link of the test product's leads to it.
    pub(super) read: Vec<Utf8PathBuf>,
    pub(super) write: Vec<Utf8PathBuf>,
    /// Where nothing may be written: whether that is so is tried there.
    pub(super) outside: Option<PathBuf>,
    /// What it makes for itself before it begins, within its confinement.
    pub(super) directories: Vec<PathBuf>,
    /// Where it puts the user's settings of a toolchain.
    pub(super) toolchain_settings: Option<PathBuf>,
    /// Variables that are set for it.
    pub(super) variables: Vec<(String, PathBuf)>,
    /// Where its programs are looked for first.
    pub(super) programs: Vec<PathBuf>,
}

/// The most that this system offers.
pub(super) fn offered() -> Confinement {
    match (is_offered(), is_partly_offered()) {
        (true, _) => Confinement::Full,
        (false, true) => Confinement::Partial,
        (false, false) => Confinement::None,
    }
}

/// What a recipe's process enters before it becomes the recipe.
pub(super) struct Sandbox {
    confinement: Confinement,
    allowed: Allowed,
    directories: Vec<PathBuf>,
    file: Option<(PathBuf, String)>,
}

impl Sandbox {
    /// Prepares for a recipe that puts a file in its place first, and sees that it holds: a child has tried to leave it, and could not.
    pub(super) fn prepare(reach: &Reach, file: Option<(PathBuf, String)>) -> io::Result<Self> {
        let Reach { confinement, network, read, write, directories, .. } = reach.clone();
        let allowed = Allowed { read, write, hidden: Vec::new(), network, unix_sockets: false }.with_system();
        let sandbox = Self { confinement, allowed, directories, file };
        let is_confined = match confinement {
            Confinement::None => true,
            Confinement::Partial | Confinement::Full => sandbox.shows_that_it_holds(reach.outside.as_deref())?,
        };
        if is_confined {
            Ok(sandbox)
        } else {
            Err(io::Error::other("the recipe cannot be confined: a child could leave its bounds"))
        }
    }

    /// Confines this process, and every program that it becomes.
    pub(super) fn enter(&self) -> io::Result<()> {
        match self.confinement {
            Confinement::None => Ok(()),
            Confinement::Partial => self.allowed.enter_partly(),
            Confinement::Full => self.allowed.enter(),
        }
        .map_err(|reason| io::Error::other(reason.to_string()))?;
        // Only now, as links that an earlier recipe left here lead nowhere any more that this one could not reach by itself.
        self.directories.iter().try_for_each(fs::create_dir_all)?;
        self.file.iter().try_for_each(|(path, text)| fs::write(path, text))
    }

    fn shows_that_it_holds(&self, outside: Option<&Path>) -> io::Result<bool> {
        let is_refused = |outside: &Path| match File::create_new(outside) {
            Err(reason) => reason.kind() == io::ErrorKind::PermissionDenied,
            Ok(_) => false,
        };
        let tried = system::in_child(|| u8::from(self.enter().is_err() || !outside.is_none_or(is_refused)))?;
        if let (false, Some(outside)) = (tried.success(), outside) {
            let _ = fs::remove_file(outside);
        }
        Ok(tried.success())
    }
}
