//! Why a run was made.

use serde::{Deserialize, Serialize};

/// What a run was made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// A person or a sign-off asked for it.
    #[default]
    Request,
    /// It is the full pass of a night.
    Night,
}

impl Occasion {
    pub(super) fn is_request(&self) -> bool {
        *self == Occasion::Request
    }
}
