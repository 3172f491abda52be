//! What can be typed of private fixes.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};
use fixgate_core::id::{DefectId, PrivateFixId, ReleaseName, RunName};
use fixgate_core::private_fix::PrivateFixState;
use jiff::civil::Date;

use super::Format;

/// `validate`
#[derive(Debug, Args)]
#[command(after_help = VALIDATION)]
pub(crate) struct Validate {
    /// The defects that it fixes
    #[arg(required_unless_present = "resume", value_name = "DEFECT")]
    pub(crate) defects: Vec<DefectId>,
    /// The private fix: a path to a build, or a release's name
    #[arg(long, value_name = "B", required_unless_present = "resume")]
    pub(crate) candidate: Option<String>,
    /// The build that it was made from [default: by its record, or else the newest release without any of the fixes]
    #[arg(long, value_name = "B")]
    pub(crate) base: Option<String>,
    /// Go on with an interrupted run, as it was asked for
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<RunName>,
    /// Keep each failing scenario's work directory and whole outputs, until the next --keep here
    #[arg(long)]
    pub(crate) keep: bool,
    /// Also write a JUnit report to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<Utf8PathBuf>,
    /// Also write the page for the customer, in Markdown, to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<Utf8PathBuf>,
    /// Also write the page with every scenario, as one HTML file, to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<Utf8PathBuf>,
    /// Text for people, or one JSON object
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

const VALIDATION: &str = "Runs the scenarios that are paired with the defects, red on the base and green on the candidate; up to 200 \
that are nearest to them, by what the fix claims, its component and its tags; and all that are tagged `smoke`; each compared with the \
base. It is lighter than a sign-off, and says what was not run. Where a private fix is recorded with this build, base and \
defects, a passing validation takes it from `coded` to `validated`.";

/// `private-fix`
#[derive(Debug, Subcommand)]
pub(crate) enum PrivateFix {
    /// Record a build for a customer who cannot wait
    New(NewPrivateFix),
    /// Show those that are on their way, what is due first
    List,
    /// Take a private fix one step further, if its records show what the step needs
    #[command(after_help = LIFE)]
    Advance {
        /// Which
        id: PrivateFixId,
        /// The step
        #[arg(long, value_name = "STATE")]
        to: Step,
    },
}

/// `private-fix new`
#[derive(Debug, Args)]
pub(crate) struct NewPrivateFix {
    /// Its id, such as PF-17; another build is another private fix
    pub(crate) id: PrivateFixId,
    /// A defect that it fixes
    #[arg(long = "defect", value_name = "ID", required = true)]
    pub(crate) defects: Vec<DefectId>,
    /// Who waits for it
    #[arg(long, value_name = "NAME", value_parser = super::said)]
    pub(crate) customer: String,
    /// The release that it is made from
    #[arg(long, value_name = "RELEASE")]
    pub(crate) base: ReleaseName,
    /// The build: a directory, or the program itself
    #[arg(long, value_name = "PATH")]
    pub(crate) candidate: Utf8PathBuf,
    /// The last day on which it may be delivered, by the service agreement, such as 2024-10-01
    #[arg(long, value_name = "DATE")]
    pub(crate) deadline: Date,
}

const LIFE: &str = "coded → validated → delivered → accepted → checked-in → superseded, one step at a time. `validated` is reached by a \
passing `fixgate validate`. `checked-in` needs the attestations of tester and customer on this build, and each defect `fixed`, \
paired and proved. `superseded` needs a release after the base that has all the fixes.";

/// The states that a private fix is taken to by a person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// The customer has it.
    Delivered,
    /// The customer is satisfied with it.
    Accepted,
    /// The fix is in the tree from which the next rollup is cut.
    CheckedIn,
    /// A release has the fix.
    Superseded,
}

impl From<Step> for PrivateFixState {
    fn from(step: Step) -> Self {
        match step {
            Step::Delivered => PrivateFixState::Delivered,
            Step::Accepted => PrivateFixState::Accepted,
            Step::CheckedIn => PrivateFixState::CheckedIn,
            Step::Superseded => PrivateFixState::Superseded,
        }
    }
}

/// `identify`
#[derive(Debug, Args)]
pub(crate) struct Identify {
    /// A directory, or the program itself
    pub(crate) path: Utf8PathBuf,
    /// Run the paired scenarios on it and tell which fixes it has
    #[arg(long)]
    pub(crate) probe: bool,
}
