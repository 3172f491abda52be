//! `attest`: one subcommand for each role.

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};
use fixgate_core::attestation::Outcome;
use fixgate_core::id::{CaseId, DefectId, Principal, ReleaseName, RunName, SuiteName};
use jiff::civil::Date;

/// Which role states what.
#[derive(Debug, Subcommand)]
pub(crate) enum Attest {
    /// As tester: the defect is fixed in this build
    Tester(FixWord),
    /// As customer: the fix in this build is what was asked for
    Customer(FixWord),
    /// A manual case was carried out on this build
    Manual(Manual),
    /// This build was in use
    Deployment(Deployment),
    /// As the system that runs a suite: its results on this build are those of an imported run
    Ci(Ci),
    /// As release manager: the release may ship, as its run and its reports stand
    ReleaseManager(ReleaseManager),
}

/// Who states it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing")]
pub(crate) struct Signing {
    /// Your key, or its public half if an agent holds it [default: ~/.ssh/id_ed25519, or ~/.ssh/id_ed25519_sk]
    #[arg(long, value_name = "PATH")]
    pub(crate) key: Option<Utf8PathBuf>,
    /// Write the statement unsigned, for this signer to sign elsewhere with ssh-keygen
    #[arg(long, value_name = "PRINCIPAL", conflicts_with = "key")]
    pub(crate) unsigned_for: Option<Principal>,
}

/// `attest tester` and `attest customer`
#[derive(Debug, Args)]
pub(crate) struct FixWord {
    /// The defect
    pub(crate) defect: DefectId,
    /// The build: a release's name, a path, or its digest
    #[arg(long, value_name = "B")]
    pub(crate) candidate: String,
    /// What else there is to say
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// `attest manual`
#[derive(Debug, Args)]
pub(crate) struct Manual {
    /// The manual case, such as manual/colours
    pub(crate) case: CaseId,
    /// The build: a release's name, a path, or its digest
    #[arg(long, value_name = "B")]
    pub(crate) candidate: String,
    /// How it went; anything that was not as expected is `failed`
    #[arg(long, value_name = "OUTCOME")]
    pub(crate) outcome: OutcomeWord,
    /// What else there is to say
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// How a manual case went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutcomeWord {
    /// Everything was as expected
    Passed,
    /// Something was not
    Failed,
}

impl From<OutcomeWord> for Outcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::Passed => Outcome::Passed,
            OutcomeWord::Failed => Outcome::Failed,
        }
    }
}

/// `attest deployment`
#[derive(Debug, Args)]
pub(crate) struct Deployment {
    /// The build: a release's name, a path, or its digest
    #[arg(long, value_name = "B")]
    pub(crate) candidate: String,
    /// Where it was in use
    #[arg(long, value_name = "NAME", value_parser = super::said)]
    pub(crate) environment: String,
    /// The first day
    #[arg(long, value_name = "DATE")]
    pub(crate) start: Date,
    /// The last day [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) end: Option<Date>,
    /// Something that went wrong meanwhile and is settled
    #[arg(long, value_name = "TITLE", value_parser = super::said)]
    pub(crate) closed_incident: Vec<String>,
    /// Something that went wrong meanwhile and is not settled
    #[arg(long, value_name = "TITLE", value_parser = super::said)]
    pub(crate) open_incident: Vec<String>,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// `attest ci`
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// The suite, as [import] in fixgate.toml names it
    pub(crate) suite: SuiteName,
    /// The run that `fixgate import junit` made of its results; it names the build
    #[arg(long, value_name = "RUN")]
    pub(crate) run: RunName,
    #[command(flatten)]
    pub(crate) signing: Signing,
}

/// `attest release-manager`
#[derive(Debug, Args)]
pub(crate) struct ReleaseManager {
    /// The release
    pub(crate) release: ReleaseName,
    /// The run that it was signed off by [default: the one that reports/RELEASE/ rests on]
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<RunName>,
    #[command(flatten)]
    pub(crate) signing: Signing,
}
