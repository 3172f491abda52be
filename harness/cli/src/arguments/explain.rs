//! The arguments of `explain` and `show`.

use clap::Args;
use fixgate_core::id::{RunName, ScenarioId};

use super::Format;

/// `explain`
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The run
    pub(crate) run: RunName,
    /// The scenario, by its exact id
    pub(crate) scenario: ScenarioId,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// `show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The id of a defect, a case or a scenario, or the name of a release
    #[arg(value_name = "DEFECT|CASE|RELEASE")]
    pub(crate) name: String,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}
