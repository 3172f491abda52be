//! What a criterion found, as data. Decisions rest on this, and so does what a later sign-off reads of an earlier one; the words
//! for people are made in [`words`](super::words) and nowhere else.
//!
//! A new finding takes a variant here and its words there: the compiler asks for the second. A variant that this version stores
//! keeps its name and its fields, and fields that come later have a default, so that it can read the sign-offs of the past.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::reasons::{Loss, SuiteLack};
use crate::ancestry::Presence;
use crate::id::{CaseId, Commit, DefectId, Digest, PackName, QuarantineName, ReleaseName, ScenarioId, SuiteName, WaiverName};
use crate::record::DifferingFile;
use crate::residual::Class;
use crate::verdict::Verdict;
use crate::waiver::Waiver;

/// One finding of a criterion: it counts against the criterion unless a person accepts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// What was found.
    #[serde(flatten)]
    pub fact: Fact,
    /// The record by which a person accepts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

/// The record by which a person accepts a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Acceptance {
    /// A waiver.
    Waiver {
        /// Its name.
        name: WaiverName,
        /// Who accepts it.
        owner: String,
    },
    /// A quarantine.
    Quarantine {
        /// Its name.
        name: QuarantineName,
        /// Who knows it to be flaky.
        owner: String,
        /// Its last day.
        expires: Date,
    },
}

impl Acceptance {
    pub(super) fn of(waiver: &Waiver) -> Self {
        Self::Waiver { name: waiver.name.clone(), owner: waiver.owner.to_string() }
    }
}

/// What can be found: its kind, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Fact {
    /// A record is well formed and not backed.
    Gap {
        /// The record's file and line.
        place: Option<(String, usize)>,
        /// What is wrong with it.
        message: String,
    },
    /// A waiver matches nothing, or has expired.
    IdleWaiver {
        /// The waiver.
        waiver: WaiverName,
    },
    /// A quarantine has expired.
    ExpiredQuarantine {
        /// The quarantine.
        quarantine: QuarantineName,
        /// Its last day.
        expires: Date,
    },
    /// The records are in no commit.
    NoCommit,
    /// The records are not those of their commit.
    NotCommitted {
        /// The commit.
        commit: String,
    },
    /// What the commit of the records is could not be told.
    UnknownCommit {
        /// Why.
        why: String,
    },
    /// A file is not that of the commit.
    Differs {
        /// The file.
        file: DifferingFile,
    },
    /// More files are not those of the commit than are named.
    DifferMore {
        /// How many more.
        count: usize,
    },
    /// The records are not those of the run.
    ChangedAfterRun,
    /// The commit of an earlier sign-off is not in the history of the records.
    SignoffNotInHistory {
        /// The release that was signed off.
        signed_off: ReleaseName,
        /// What the history says.
        presence: Presence,
    },
    /// A new fix is not red before and green here.
    Unproved {
        /// The fix.
        defect: DefectId,
        /// Why.
        why: String,
    },
    /// A fix up to this release is not green.
    NotGreen {
        /// The fix.
        defect: DefectId,
        /// How many of its scenarios fail, where another one is green; none where no scenario is green.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failing: Option<usize>,
        /// Which release lost it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lost: Option<Loss>,
    },
    /// The release's commit does not have that of a fix.
    FixNotInCommit {
        /// The fix.
        defect: DefectId,
        /// What the repository says.
        presence: Presence,
        /// The release's commit.
        commit: Commit,
        /// The release.
        release: ReleaseName,
    },
    /// The last sign-off vouched for a fix that is on record no more.
    Retracted {
        /// The fix.
        defect: DefectId,
        /// The release of the last sign-off.
        signed_off: ReleaseName,
        /// Where the defect stands now, in words; absent without a record.
        now: Option<String>,
    },
    /// The release's commit does not have that of an earlier release.
    ReleaseNotInCommit {
        /// The earlier release.
        earlier: ReleaseName,
        /// What the repository says.
        presence: Presence,
        /// The release's commit.
        commit: Commit,
        /// The release.
        release: ReleaseName,
    },
    /// A new fix that was a private one lacks the word of tester or customer.
    Unvalidated {
        /// The fix.
        defect: DefectId,
        /// What it lacks.
        why: String,
    },
    /// A new fix was a private one at the last sign-off, and no private fix is recorded.
    PrivateFixGone {
        /// The fix.
        defect: DefectId,
        /// The release of the last sign-off.
        signed_off: ReleaseName,
    },
    /// The run is no answer.
    Void {
        /// Why.
        reason: String,
    },
    /// Scenarios have no verdict.
    NotJudged {
        /// How many were planned.
        planned: u64,
        /// How many have a verdict.
        judged: u64,
    },
    /// Nothing shows that the candidate runs.
    NotShownToRun {
        /// Why.
        why: String,
    },
    /// The release pins another build.
    OtherBuild {
        /// The release.
        release: ReleaseName,
        /// The build that it pins.
        pinned: Digest,
    },
    /// The candidate was judged as another release.
    OtherPlace {
        /// The release.
        release: ReleaseName,
    },
    /// A verdict does not come from running the scenario.
    NotExecuted {
        /// The scenario.
        scenario: ScenarioId,
    },
    /// The plan is not the whole suite.
    Filtered,
    /// Too few scenarios were judged.
    TooFewScenarios {
        /// How many were judged.
        judged: u64,
        /// How many are required.
        required: u64,
    },
    /// A scenario is not as it should be.
    Residual {
        /// The scenario.
        scenario: ScenarioId,
        /// Its verdict.
        verdict: Verdict,
        /// Its class; absent without a baseline.
        class: Option<Class>,
        /// What it showed. The clusters of a sign-off keep it, so it is not stored a second time.
        #[serde(default, skip_serializing)]
        reason: String,
    },
    /// The run has no baseline.
    NoBaseline,
    /// The baseline is no earlier release.
    BaselineNotEarlier {
        /// The baseline.
        baseline: String,
    },
    /// The candidate is the very build of the baseline, and no record says so.
    SameBuild {
        /// The baseline.
        baseline: String,
    },
    /// The record says that nothing changed, and the candidate is another build than the baseline.
    NotUnchanged {
        /// The baseline.
        baseline: String,
    },
    /// A scenario of the last plan is gone.
    Missing {
        /// The scenario.
        scenario: ScenarioId,
    },
    /// A scenario states only what a baseline gives, and did not apply to the baseline.
    ComparedWithNothing {
        /// The scenario.
        scenario: ScenarioId,
    },
    /// A claim explains nothing.
    StaleClaim {
        /// The fix that claims it.
        defect: DefectId,
        /// The claim's glob.
        scenarios: String,
    },
    /// There is no canary.
    NoCanary,
    /// A canary did not fail.
    BlindCanary {
        /// The canary.
        scenario: ScenarioId,
    },
    /// A scenario is flaky.
    Flaky {
        /// The scenario.
        scenario: ScenarioId,
    },
    /// A required pack ran nothing.
    IdlePack {
        /// The pack.
        pack: PackName,
        /// Who keeps it.
        owner: String,
        /// How to reach the owner.
        contact: String,
    },
    /// A scenario of a required pack is not green.
    PackNotGreen {
        /// The scenario.
        scenario: ScenarioId,
        /// Its verdict.
        verdict: Verdict,
        /// Who keeps the pack.
        owner: String,
        /// How to reach the owner.
        contact: String,
    },
    /// Nothing says when one of two releases was cut.
    NoCutDate {
        /// The release.
        release: ReleaseName,
        /// The release before.
        before: ReleaseName,
    },
    /// The cut is too early or too late.
    OutOfCadence {
        /// How many days after the release before.
        days: i64,
        /// The release before.
        before: ReleaseName,
        /// The fewest and the most weeks that are meant.
        weeks: (u32, u32),
    },
    /// No manual case applies.
    NoManualCase,
    /// A manual case did not pass on this build.
    Manual {
        /// The case.
        case: CaseId,
        /// What is there instead.
        why: String,
    },
    /// No suite is asked for.
    NoSuite,
    /// The results of a suite do not vouch for this build.
    Suite {
        /// The suite.
        suite: SuiteName,
        /// What is there instead.
        #[serde(flatten)]
        lack: SuiteLack,
    },
    /// The build was not in use long enough, or not well.
    Deployment {
        /// What is missing or went wrong.
        why: String,
    },
    /// The release has no approval by this run.
    Approval {
        /// What is there instead.
        why: String,
    },
}

impl Fact {
    /// The fix that it counts against, by whose name a waiver may accept it.
    pub fn defect(&self) -> Option<&DefectId> {
        match self {
            Fact::Unproved { defect, .. }
            | Fact::NotGreen { defect, .. }
            | Fact::FixNotInCommit { defect, .. }
            | Fact::Retracted { defect, .. }
            | Fact::Unvalidated { defect, .. }
            | Fact::PrivateFixGone { defect, .. } => Some(defect),
            // A claim is about scenarios.
            Fact::StaleClaim { .. } => None,
            Fact::Gap { .. } | Fact::IdleWaiver { .. } | Fact::ExpiredQuarantine { .. } => None,
            Fact::NoCommit | Fact::UnknownCommit { .. } | Fact::NotCommitted { .. } | Fact::ChangedAfterRun => None,
            Fact::Differs { .. } | Fact::DifferMore { .. } | Fact::SignoffNotInHistory { .. } => None,
            Fact::ReleaseNotInCommit { .. } | Fact::OtherBuild { .. } | Fact::OtherPlace { .. } => None,
            Fact::Void { .. } | Fact::NotJudged { .. } | Fact::NotExecuted { .. } | Fact::NotShownToRun { .. } => None,
            Fact::Filtered | Fact::TooFewScenarios { .. } => None,
            Fact::Residual { .. } | Fact::Missing { .. } | Fact::ComparedWithNothing { .. } | Fact::Flaky { .. } => None,
            Fact::NoBaseline | Fact::BaselineNotEarlier { .. } | Fact::SameBuild { .. } | Fact::NotUnchanged { .. } => None,
            Fact::NoCanary | Fact::BlindCanary { .. } => None,
            Fact::IdlePack { .. } | Fact::PackNotGreen { .. } => None,
            Fact::NoCutDate { .. } | Fact::OutOfCadence { .. } => None,
            Fact::NoSuite | Fact::Suite { .. } => None,
            Fact::NoManualCase | Fact::Manual { .. } | Fact::Deployment { .. } | Fact::Approval { .. } => None,
        }
    }
}
