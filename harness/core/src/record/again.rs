//! The fixes of earlier releases that a run proves again.

use serde::{Deserialize, Serialize};

use crate::id::DefectId;
use crate::proof::BuildIdentity;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProvedAgain {
    /// The fix.
    pub defect: DefectId,
    /// The build without it.
    pub on: AgainOn,
}

/// What an older fix is proved again on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AgainOn {
    /// The release before it.
    Base(BuildIdentity),
    /// Nothing, and why.
    Nothing(String),
}
