//! The arguments of `explain` and `show`.

use clap::Args;
use fixgate_core::id::{RunName, ScenarioId};

/// `explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The run
    pub(crate) run: RunName,
    /// The scenario, by its exact id
    pub(crate) scenario: ScenarioId,
}

/// `show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The id of a defect, a case or a scenario, or the name of a release
    #[arg(value_name = "DEFECT|CASE|RELEASE")]
    pub(crate) name: String,
}
