//! What the product's repository says: which fixes are in the commit that a release is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{Commit, DefectId, ReleaseName};

/// Whether a commit is in the history of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is the same commit, or an ancestor of it.
    Present,
    /// It is not.
    Absent,
    /// The repository does not know it.
    Unknown,
}

impl Presence {
    /// In words, after the commit that is looked for.
    pub fn words(self) -> &'static str {
        match self {
            Presence::Present => "is in",
            Presence::Absent => "is not in",
            Presence::Unknown => "is not known to the repository, so not in",
        }
    }
}

/// What the repository says of the commit of one release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ancestry {
    /// The commit of the release; without one, nothing can be told.
    pub commit: Option<Commit>,
    /// The fixes whose records name a commit.
    pub fixes: BTreeMap<DefectId, Presence>,
    /// The earlier releases whose records name a commit.
    pub releases: BTreeMap<ReleaseName, Presence>,
    /// The authors of the fixes' commits, each with name and address. Earlier versions kept none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authors: BTreeMap<DefectId, String>,
}
