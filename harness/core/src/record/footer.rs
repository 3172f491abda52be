//! The end of a journal.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::FoundBuild;
use crate::id::Digest;

/// The last line of a journal: what held when everything was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Footer {
    /// The digest of every line before this one.
    pub journal: Digest,
    /// How long the run took in all, in seconds.
    pub seconds: f64,
    /// The candidate's digest after the run.
    pub candidate: Digest,
    /// The baseline's digest after the run.
    pub baseline: Option<Digest>,
    /// How all builds were found after the run; absent in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<FoundBuild>,
    /// The records and cases that were not as they were read any more; absent in older records, which did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub changed: Option<Vec<Utf8PathBuf>>,
}
