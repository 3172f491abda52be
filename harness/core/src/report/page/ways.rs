//! What would make a hold a ship: every finding that counts leads to one way, and each way is counted once a subject.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::shown::counted;
use crate::gate::{CriterionState, Decision, Fact, Signoff, SuiteLack};
use crate::residual::Class;

/// A way, in the order of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// The run gives no answer: it is made again.
    Rerun,
    /// Failures are repaired, or accepted.
    Repair,
    /// Differences are repaired, or recorded as meant.
    Record,
    /// What varies is taken out.
    Normalize,
    /// What flakes is steadied or quarantined.
    Steady,
    /// Fixes come back.
    Restore,
    /// Fixes are proved.
    Prove,
    /// Packs' owners answer.
    Ask,
    /// Records are corrected.
    Correct,
    /// Records are committed.
    Commit,
    /// People attest.
    Attest,
}

impl Way {
    fn of(fact: &Fact) -> Self {
        match fact {
            Fact::Residual { class, .. } => match class {
                Some(Class::Unexplained) => Self::Record,
                Some(Class::Varying) => Self::Normalize,
                Some(Class::UnexpectedPass) => Self::Correct,
                Some(
                    Class::Same
                    | Class::Fixed
                    | Class::Explained
                    | Class::Regressed
                    | Class::StillFailing
                    | Class::FailingDifferently
                    | Class::New
                    | Class::Missing
                    | Class::Known,
                )
                | None => Self::Repair,
            },
            Fact::Flaky { .. } => Self::Steady,
            Fact::NotGreen { .. } | Fact::FixNotInCommit { .. } | Fact::Retracted { .. } => Self::Restore,
            Fact::ReleaseNotInCommit { .. } | Fact::Missing { .. } => Self::Restore,
            Fact::Unproved { .. } => Self::Prove,
            Fact::IdlePack { .. } | Fact::PackNotGreen { .. } => Self::Ask,
            Fact::Gap { .. } | Fact::IdleWaiver { .. } | Fact::ExpiredQuarantine { .. } | Fact::StaleClaim { .. } => {
                Self::Correct
            }
            Fact::PrivateFixGone { .. } | Fact::ComparedWithNothing { .. } | Fact::NoCutDate { .. } => Self::Correct,
            Fact::OutOfCadence { .. } | Fact::NoCanary | Fact::NoManualCase | Fact::NotUnchanged { .. } => Self::Correct,
            Fact::NoSuite => Self::Correct,
            Fact::SameBuild { .. } => Self::Correct,
            Fact::NoCommit | Fact::NotCommitted { .. } | Fact::UnknownCommit { .. } | Fact::Differs { .. } => Self::Commit,
            Fact::DifferMore { .. } | Fact::SignoffNotInHistory { .. } => Self::Commit,
            Fact::ChangedAfterRun | Fact::Void { .. } | Fact::NotJudged { .. } | Fact::NotShownToRun { .. } => Self::Rerun,
            Fact::OtherBuild { .. } | Fact::OtherPlace { .. } | Fact::NotExecuted { .. } | Fact::Filtered => Self::Rerun,
            Fact::TooFewScenarios { .. } | Fact::NoBaseline | Fact::BaselineNotEarlier { .. } => Self::Rerun,
            Fact::BlindCanary { .. } => Self::Rerun,
            Fact::Suite { lack, .. } => match lack {
                SuiteLack::NotGreen { .. } => Self::Repair,
                SuiteLack::NotAttested { .. }
                | SuiteLack::Refused { .. }
                | SuiteLack::OtherProducer { .. }
                | SuiteLack::TooFew { .. } => Self::Attest,
            },
            Fact::Unvalidated { .. } | Fact::Manual { .. } | Fact::Deployment { .. } | Fact::Approval { .. } => Self::Attest,
        }
    }

    /// What is counted.
    fn noun(self) -> &'static str {
        match self {
            Self::Rerun => "objection to the run",
            Self::Repair | Self::Normalize => "scenario",
            Self::Record => "difference",
            Self::Steady => "flaky scenario",
            Self::Restore => "loss",
            Self::Prove => "fix",
            Self::Ask => "finding of a pack",
            Self::Correct => "record",
            Self::Commit => "file or commit",
            Self::Attest => "statement",
        }
    }

    fn plural(self, count: u64) -> String {
        match self {
            Self::Rerun if count != 1 => format!("{} to the run", counted(count, "objection")),
            Self::Restore if count != 1 => format!("{} losses", super::shown::thousands(count)),
            Self::Prove if count != 1 => format!("{} fixes", super::shown::thousands(count)),
            Self::Ask if count != 1 => format!("{} of a pack", counted(count, "finding")),
            Self::Commit if count != 1 => format!("{} files or commits", super::shown::thousands(count)),
            _ => counted(count, self.noun()),
        }
    }

    /// What is to be done about them.
    fn advice(self) -> &'static str {
        match self {
            Self::Rerun => "make the run again as the criterion says",
            Self::Repair => "repair the product, or let an owner accept each for a time",
            Self::Record => "repair the product, or record the change that is meant and accept its outputs",
            Self::Normalize => "take out what varies with normalize in the case: a build differs from itself",
            Self::Steady => "make the case steady, or quarantine it for a time",
            Self::Restore => "bring back the fix, the release or the scenario that is gone",
            Self::Prove => "show each red without the fix and green with it",
            Self::Ask => "ask the owner of the pack",
            Self::Correct => "correct what the criterion names",
            Self::Commit => "commit the records and sign off again",
            Self::Attest => "a person must say so, and sign it",
        }
    }

    fn command(self, signoff: &Signoff) -> Option<String> {
        let Signoff { run, release, .. } = signoff;
        match self {
            Self::Repair => {
                Some(format!("fixgate waive SCENARIO --run {run} --owner \"A. Person\" --reason \"…\" --expires DATE"))
            }
            Self::Record => Some("fixgate accept ID".to_owned()),
            Self::Prove => Some("fixgate prove ID".to_owned()),
            Self::Correct => Some("fixgate check".to_owned()),
            Self::Rerun | Self::Commit => Some(format!("fixgate signoff {release}")),
            Self::Attest => Some("fixgate attest --help".to_owned()),
            Self::Normalize | Self::Steady | Self::Restore | Self::Ask => None,
        }
    }
}

/// One way, counted.
#[derive(Debug, Serialize)]
pub(in crate::report) struct WayOut {
    pub(in crate::report) count: String,
    pub(in crate::report) advice: &'static str,
    pub(in crate::report) command: Option<String>,
}

/// Every way that must be gone; none of a ship.
pub(in crate::report) fn ways(signoff: &Signoff) -> Vec<WayOut> {
    if signoff.decision == Decision::Ship {
        return Vec::new();
    }
    let mut subjects: BTreeMap<Way, BTreeSet<String>> = BTreeMap::new();
    let open = signoff.criteria.iter().filter(|criterion| criterion.state == CriterionState::Unsatisfied);
    for finding in open.flat_map(|criterion| criterion.findings.iter().flatten()).filter(|finding| finding.accepted.is_none()) {
        // One scenario may count against several criteria.
        let subject = match &finding.fact {
            Fact::Residual { scenario, .. } => scenario.to_string(),
            fact => fact.to_string(),
        };
        subjects.entry(Way::of(&finding.fact)).or_default().insert(subject);
    }
    let way = |(way, subjects): (Way, BTreeSet<String>)| WayOut {
        count: way.plural(subjects.len() as u64),
        advice: way.advice(),
        command: way.command(signoff),
    };
    subjects.into_iter().map(way).collect()
}
