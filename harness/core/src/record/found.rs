//! How the builds of a run were found, at its beginning and at its end.

use serde::{Deserialize, Serialize};

use super::{Footer, Header};
use crate::id::Digest;

/// What a machine tells of every file of a build but its content: which file it is, and when it was last changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundBuild {
    /// The build's name.
    pub build: String,
    /// The digest of what the machine tells.
    pub state: Digest,
}

/// Whether the same builds are found as before, whatever they are called.
pub fn are_as_found(before: &[FoundBuild], now: &[FoundBuild]) -> bool {
    before.iter().map(|found| found.state).eq(now.iter().map(|found| found.state))
}

/// The builds that may have been others for a while, since they were not found at the end as they had been at the beginning.
/// Neither is known of older records.
pub(super) fn touched<'r>(header: &'r Header, footer: &'r Footer) -> Vec<&'r str> {
    let now = footer.found.iter().map(|found| Some(found.state)).chain(std::iter::repeat(None));
    let pairs = header.found.iter().zip(now);
    let touched = pairs.filter(|(found, now)| Some(found.state) != *now);
    touched.map(|(found, _)| found.build.as_str()).collect()
}
