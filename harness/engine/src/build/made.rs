//! What a build was made by, kept beside it once it is finished.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use fixgate_core::event::RebuildReason;
use fixgate_core::id::Digest;
use fixgate_core::release::{Confinement, Needs};
use serde::{Deserialize, Serialize};

use super::{BuildError, Recipe, digest};
use crate::place::Place;

/// The format of the document. Another one counts as none.
const SCHEMA: u32 = 1;

/// Everything that decides what a recipe makes, as far as the records state it. Where two differ, so may the builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Maker {
    /// The recipe's words, with `${out}` as the record has it; a commit and fixes are filled in.
    recipe: Vec<String>,
    /// The version that the recipe is stated for.
    version: Option<String>,
    /// Where the recipe ran.
    directory: String,
    /// What `${out}` was: a build may know its own place.
    out: String,
    /// The files of the test product that the recipe names, such as a script.
    files: BTreeMap<String, Digest>,
    /// What it was given besides; absent where recipes were given everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    needs: Option<Needs>,
}

impl Maker {
    pub(super) fn of(recipe: &Recipe, out: &Path) -> Result<Self, BuildError> {
        let mut files = BTreeMap::new();
        for word in recipe.command {
            // `--file=build.mk` names a file, too.
            let value = word.split_once('=').map_or("", |(_, value)| value);
            for name in [word.as_str(), value] {
                let path = recipe.directory.join(name);
                if is_of_the_product(recipe.directory, &path) {
                    files.insert(name.to_owned(), digest(&path)?);
                }
            }
        }
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Ok(Self {
            recipe: recipe.command.to_vec(),
            version: recipe.version.map(str::to_owned),
            directory: text(recipe.directory),
            out: text(out),
            files,
            needs: Some(recipe.needs.clone()),
        })
    }

    /// What a person is asked to trust: the words, what they name and what they get, wherever that is done.
    pub(super) fn trusted(&self, why: &impl Serialize) -> Digest {
        Digest::of_json(&(&self.recipe, &self.files, &self.needs, why))
    }

    /// Why a build by `other` is no build by this.
    fn differs_from<'m>(&'m self, other: &'m Self) -> Option<RebuildReason<'m>> {
        if self.recipe != other.recipe {
            Some(RebuildReason::Recipe)
        } else if self.version != other.version {
            Some(RebuildReason::Version)
        } else if self.needs != other.needs {
            Some(RebuildReason::Needs)
        } else if (&self.directory, &self.out) != (&other.directory, &other.out) {
            Some(RebuildReason::Place)
        } else {
            let mut named = self.files.keys().chain(other.files.keys());
            named.find(|name| self.files.get(*name) != other.files.get(*name)).map(|name| RebuildReason::File(name))
        }
    }
}

/// Whether a path is a file of the test product: neither a tool of the system's nor something that was made.
fn is_of_the_product(root: &Path, path: &Path) -> bool {
    let within = |root: &Path, path: &Path| path.strip_prefix(root).is_ok_and(|inside| !inside.starts_with(".fixgate"));
    let resolved = (fs::canonicalize(root), fs::canonicalize(path));
    matches!(resolved, (Ok(root), Ok(path)) if path.is_file() && within(&root, &path))
}

/// The document beside a build: there is one only while the build is finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildDocument {
    schema: u32,
    by: Maker,
    /// How far the recipe was kept from everything else; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confinement: Option<Confinement>,
    /// The digest of what was made.
    pub digest: Digest,
}

impl BuildDocument {
    pub(super) fn new(by: Maker, confinement: Confinement, digest: Digest) -> Self {
        Self { schema: SCHEMA, by, confinement: Some(confinement), digest }
    }

    /// What is there; nothing where that is no such document.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn read(place: &Place) -> Result<Option<Self>, BuildError> {
        let bytes = match place.read() {
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(BuildError::place("read", place))?,
        };
        let made: Option<Self> = serde_json::from_slice(&bytes).ok();
        Ok(made.filter(|made| made.schema == SCHEMA))
    }

    /// Puts it there, whole; `aside` is where it is written first. Only one at a time may do that.
    pub(super) fn write(&self, place: &Place, aside: &Place) -> Result<(), BuildError> {
        let write = || {
            let mut file = aside.create()?;
            serde_json::to_writer_pretty(&file, self)?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            aside.rename(place)
        };
        write().map_err(BuildError::place("write", place))
    }

    /// How far the recipe was kept from everything else.
    pub fn confinement(&self) -> Confinement {
        self.confinement.unwrap_or(Confinement::None)
    }

    /// Why this is no build by `maker`.
    pub(super) fn differs_from<'m>(&'m self, maker: &'m Maker) -> Option<RebuildReason<'m>> {
        maker.differs_from(&self.by)
    }
}
