//! How the builds of a run were found, at its beginning and at its end.

use serde::{Deserialize, Serialize};

use super::{Footer, Header};
use crate::id::Digest;
use crate::release::Confinement;

/// What a machine tells of every file of a build but its content: which file it is, and when it was last changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FoundBuild {
    /// The build's name.
    pub build: String,
    /// The digest of what the machine tells.
    pub state: Digest,
    /// How its recipe was confined; absent where no recipe made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confinement: Option<Confinement>,
}

/// A build whose recipe was confined less than it can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LessConfined {
    /// The build's name.
    pub build: String,
    /// How its recipe was confined.
    pub confinement: Confinement,
}

impl LessConfined {
    /// What there is to say of this build.
    pub(crate) fn of(found: &FoundBuild) -> Option<Self> {
        Some(Self { build: found.build.clone(), confinement: found.less()? })
    }
}

impl FoundBuild {
    /// How its recipe was confined, where that was less than it can be.
    pub fn less(&self) -> Option<Confinement> {
        self.confinement.filter(|confinement| *confinement != Confinement::Full)
    }
}

/// Whether the same builds are found as before, under any name.
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
