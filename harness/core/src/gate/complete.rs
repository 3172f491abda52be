//! Whether everything that is planned was judged, on this build and as a whole.

use std::collections::BTreeSet;

use super::Evidence;
use super::criteria::Decider;
use super::finding::Fact;
use super::found::Found;
use crate::id::ScenarioId;
use crate::plan::{Plan, Selection};
use crate::running::Role;
use crate::verdict::Verdict;
use crate::words::{counted_as, thousands};

impl Decider<'_> {
    pub(super) fn complete(&self) -> (Found, String) {
        let (record, rules) = (self.evidence.record, &self.evidence.ledger.project.gate);
        let judged = record.entries.iter().filter(|entry| entry.verdict.is_judged()).count() as u64;
        let (planned, incomparable) = (record.header.planned, self.incomparable());
        let mut against: Vec<Fact> = record.void.iter().map(|reason| Fact::Void { reason: reason.clone() }).collect();
        if judged + incomparable != planned {
            against.push(Fact::NotJudged { planned, judged });
        }
        let idle = record.shown(Role::Candidate).err().filter(|why| !record.void.contains(why));
        against.extend(idle.map(|why| Fact::NotShownToRun { why }));
        let release = self.evidence.release;
        if let Some(pinned) = release.digest.filter(|pinned| *pinned != record.header.candidate.digest) {
            against.push(Fact::OtherBuild { release: release.name.clone(), pinned });
        }
        if self.evidence.ledger.train.position(&release.name) != Some(record.header.place) {
            against.push(Fact::OtherPlace { release: release.name.clone() });
        }
        let remembered = record.entries.iter().filter(|entry| entry.verdict.is_judged() && entry.attempts == 0);
        against.extend(remembered.map(|entry| Fact::NotExecuted { scenario: entry.scenario.clone() }));
        let whole = Plan::new(self.evidence.ledger, &Selection::default(), record.header.place).map(|plan| plan.digest());
        if !record.header.complete || whole != Ok(record.header.plan) {
            against.push(Fact::Filtered);
        }
        if judged < rules.min_scenarios {
            against.push(Fact::TooFewScenarios { judged, required: rules.min_scenarios });
        }
        let not_compared = match incomparable {
            0 => String::new(),
            count => {
                let expect = counted_as(count, "scenario expects", "scenarios expect");
                format!("; {expect} what a baseline gives, which the first release does not have, and did not run")
            }
        };
        let planned = counted_as(planned, "planned scenario was", "planned scenarios were");
        (Found::open(against), format!("{} of {planned} judged{not_compared}", thousands(judged)))
    }

    /// How many scenarios were not run since the first release of a train has nothing to be compared with.
    fn incomparable(&self) -> u64 {
        let Evidence { ledger, release, record, .. } = self.evidence;
        if record.header.baseline.is_some() || release.follows.is_some() {
            return 0;
        }
        let comparing: BTreeSet<&ScenarioId> =
            ledger.scenarios.iter().filter(|scenario| scenario.needs_baseline()).map(|scenario| &scenario.id).collect();
        let skipped = record.entries.iter().filter(|entry| entry.verdict == Verdict::Skipped);
        skipped.filter(|entry| comparing.contains(&entry.scenario)).count() as u64
    }
}
