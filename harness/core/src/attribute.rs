//! Attribution: which release, commit or set of fixes made a scenario fail.
//!
//! The searches ask for a build to be tried, by a function that they are given, and go on with what is answered. They know
//! nothing of how a build is made or run.

mod search;
mod sureness;

pub use search::{FirstBad, first_bad, smallest_set};
pub use sureness::{ERROR, Ground, Rates, Tally, first_runs};

use std::fmt;

use crate::id::{DefectId, ScenarioId};
use crate::proof::BuildIdentity;

/// What trying a build gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The scenario does not fail on it, or less than half as often as on the build that it was first seen to fail on.
    Good,
    /// The scenario fails on it.
    Bad,
    /// It cannot be built, or it cannot be told.
    Untestable,
}

impl Mark {
    /// The mark's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Mark::Good => "good",
            Mark::Bad => "bad",
            Mark::Untestable => "untestable",
        }
    }
}

/// What a build consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildContent {
    /// A release, or a build that was given by its path.
    Build(String),
    /// One commit of the product's repository.
    Commit(String),
    /// A release's recipe with these of the fixes in question.
    Fixes(Vec<DefectId>),
}

impl fmt::Display for BuildContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildContent::Build(name) => formatter.write_str(name),
            BuildContent::Commit(commit) => write!(formatter, "commit {commit}"),
            BuildContent::Fixes(fixes) if fixes.is_empty() => formatter.write_str("without fixes"),
            BuildContent::Fixes(fixes) => write!(formatter, "with {}", listed(fixes)),
        }
    }
}

/// Ids in one line.
pub(crate) fn listed(ids: &[DefectId]) -> String {
    ids.iter().map(DefectId::as_str).collect::<Vec<_>>().join(", ")
}

/// A build that was tried, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// What it consists of.
    pub content: BuildContent,
    /// The build; absent if it could not be made.
    pub build: Option<BuildIdentity>,
    /// How often the scenario was run on it, and failed; nothing if an earlier probe was of the very same bits.
    pub tally: Tally,
    /// What that says.
    pub mark: Mark,
    /// Why it is untestable.
    pub reason: Option<String>,
}

/// What is found within the first bad release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The first bad commit, after those before it that are untestable and may be to blame as well.
    Commits(Vec<String>),
    /// Together these fixes make it fail, and without any one of them it does not.
    Fixes(Vec<DefectId>),
    /// It is not narrowed down further, and why.
    NotNarrowed(String),
}

/// The end of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// It does not fail on the build in question.
    Passes,
    /// It fails there, but too seldom for builds to be told apart.
    TooSeldom,
    /// It fails on every build that was tried, down to this one.
    Always(String),
    /// It fails since `bad`.
    Since {
        /// The last build that is good.
        good: String,
        /// The first that is bad.
        bad: String,
        /// The builds between the two, which are untestable.
        untestable: Vec<String>,
        /// What of `bad` is to blame.
        cause: Cause,
        /// The fixes and changes that are new in `bad` and whose claims speak of the scenario.
        claimed_by: Vec<DefectId>,
    },
}

/// What may be asked of the machine, at most, while verdicts are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Builds that are tried.
    pub probes: u32,
    /// Builds that are not at hand and have to be made, of these.
    pub builds: u32,
    /// Runs of the scenario.
    pub runs: u32,
}

/// One scenario's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// The scenario.
    pub scenario: ScenarioId,
    /// How many other failures of the run that was asked about have the same shape.
    pub alike: usize,
    /// The build whose outputs it is compared with, for one that expects what the baseline gives.
    pub reference: Option<String>,
    /// What was found.
    pub answer: Conclusion,
    /// Every build that was tried, in order.
    pub probes: Vec<Probe>,
}

impl Attribution {
    /// Whether something is to blame.
    pub fn is_answered(&self) -> bool {
        matches!(self.answer, Conclusion::Since { .. })
    }
}
