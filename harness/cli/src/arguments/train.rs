//! What can be typed about the train: where it stands, a cut, its notes, and waivers.

use clap::{Args, Subcommand};
use fixgate_core::id::{Commit, DefectId, ReleaseName, RunName, ScenarioId, WaiverName};
use fixgate_core::project::Criterion;
use fixgate_core::release::Exception;
use jiff::civil::Date;

use super::{Format, said};

/// `status`
#[derive(Debug, Clone, Args)]
pub(crate) struct Status {
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// `rollup`
#[derive(Debug, Subcommand)]
pub(crate) enum Rollup {
    /// Show the chain, the fixes of each release, and what is checked in for the next
    Status(RollupStatus),
    /// Make the record of the next rollup from what is checked in, and put its name into the records of its fixes
    Cut(Cut),
    /// Write the release notes, as Markdown and HTML
    Notes {
        /// The release
        release: ReleaseName,
    },
}

/// `rollup status`
#[derive(Debug, Args)]
pub(crate) struct RollupStatus {
    /// Show what a customer gets who has this release
    #[arg(long, value_name = "RELEASE")]
    pub(crate) from: Option<ReleaseName>,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// `rollup cut`
#[derive(Debug, Args)]
#[command(
    after_help = "Each reason against a cut is shown with the name by which --allow allows it. What is allowed is kept in the \
release's record and shown in its sign-off."
)]
pub(crate) struct Cut {
    /// Its name, such as RU3
    pub(crate) release: ReleaseName,
    /// The product's own version
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: String,
    /// The day of the cut [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<Date>,
    /// The commit of the product's repository that it is made of
    #[arg(long, value_name = "COMMIT")]
    pub(crate) commit: Option<Commit>,
    /// Cut it in spite of these
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) allow: Vec<Exception>,
    /// The recipe of its build, with `${out}` in it [default: that of the newest release, with the version replaced]
    #[arg(last = true, value_name = "RECIPE")]
    pub(crate) recipe: Vec<String>,
}

/// `waive`
#[derive(Debug, Args)]
#[command(
    after_help = "Say either which scenario's failure in which run is accepted, or what one criterion holds against one defect. A \
waiver is a record: commit it, and sign off again."
)]
pub(crate) struct Waive {
    /// The scenario whose failure is accepted
    #[arg(required_unless_present = "criterion", conflicts_with_all = ["criterion", "defect"])]
    pub(crate) scenario: Option<ScenarioId>,
    /// The run in which it failed [default: the last]
    #[arg(long, value_name = "RUN", requires = "scenario")]
    pub(crate) run: Option<RunName>,
    /// What varies from run to run: ansi, newlines, sort-lines or `{ regex = '…', with = '…' }`. The scenario is run twice, and what is
    /// the same of its failure then is accepted
    #[arg(long, value_name = "RULE", requires = "scenario")]
    pub(crate) normalize: Vec<String>,
    /// The criterion that holds something against a defect
    #[arg(long, value_name = "CRITERION", requires = "defect", value_parser = criterion)]
    pub(crate) criterion: Option<Criterion>,
    /// The defect
    #[arg(long, value_name = "DEFECT", requires = "criterion")]
    pub(crate) defect: Option<DefectId>,
    /// The release that may have it [default: the one that the run was to sign off]
    #[arg(long, value_name = "RELEASE")]
    pub(crate) release: Option<ReleaseName>,
    /// Who accepts it: not the author of the fix
    #[arg(long, value_name = "PERSON", value_parser = said)]
    pub(crate) owner: String,
    /// Why it may stand
    #[arg(long, value_name = "TEXT", value_parser = said)]
    pub(crate) reason: String,
    /// The last day on which it counts
    #[arg(long, value_name = "DATE")]
    pub(crate) expires: Date,
    /// The product is right and the test is wrong, rather than accepted for this release
    #[arg(long)]
    pub(crate) test_is_bad: bool,
    /// The waiver's name [default: after what it waives]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<WaiverName>,
}

fn criterion(word: &str) -> Result<Criterion, String> {
    let known = || Criterion::ALL.iter().copied().map(Criterion::as_str).collect::<Vec<_>>().join(", ");
    Criterion::ALL
        .iter()
        .copied()
        .find(|criterion| criterion.as_str() == word)
        .ok_or_else(|| format!("{word:?} is no criterion; they are {}", known()))
}
