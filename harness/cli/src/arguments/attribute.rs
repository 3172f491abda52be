//! What can be typed to find what makes a scenario fail.

use clap::Args;
use fixgate_core::id::{Commit, Glob, ReleaseName, RunName};

use super::Format;

/// `attribute`
#[derive(Debug, Args)]
#[command(after_help = SURE)]
pub(crate) struct Attribute {
    /// Scenarios, as globs over their ids [default: the new regressions of the last run, one for each cause]
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<Glob>,
    /// The build that they fail on: a release's name, or a path to a build [default: the newest release]
    #[arg(long, value_name = "B", requires = "scenarios")]
    pub(crate) candidate: Option<String>,
    /// A build that they do not fail on [default: looked for among the releases, from the newest on]
    #[arg(long, value_name = "B", requires = "scenarios")]
    pub(crate) baseline: Option<String>,
    /// The candidate's place in the train, for a path
    #[arg(long = "as", value_name = "RELEASE", requires = "candidate")]
    pub(crate) placed_as: Option<ReleaseName>,
    /// Take candidate, baseline and regressions from this run
    #[arg(long, value_name = "RUN", conflicts_with_all = ["candidate", "baseline"])]
    pub(crate) run: Option<RunName>,
    /// The commit that the candidate was built from, for a path
    #[arg(long, value_name = "COMMIT")]
    pub(crate) commit: Option<Commit>,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

const SURE: &str = "A release's recipe with `${commit}` lets a commit be found, one with `${fixes}` a smallest set of fixes. Builds are \
kept in .fixgate/builds/. Each is run until it is sure whether it is good or bad: an answer is wrong with a probability of 1% at \
most. A scenario that expects what the baseline gives is compared with --baseline, or with the first release that it applies to.";
