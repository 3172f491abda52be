//! What an earlier sign-off says, read back from its files.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Decision, Signoff, State, bears_on};
use crate::id::{DefectId, Digest, ReleaseName, RunName};
use crate::ledger::Ledger;
use crate::project::Criterion;
use crate::rules::Rules;

/// A sign-off that was written, as far as later decisions and the state of the train rest on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SignedOff {
    /// Its release.
    pub release: ReleaseName,
    /// What was decided.
    pub decision: Decision,
    /// Why there was no answer, if there was none.
    pub void: Option<String>,
    /// The run it rests on.
    pub run: RunName,
    /// Its stated date.
    pub date: Date,
    /// The build that was signed off.
    pub candidate: Digest,
    /// The criteria that did not hold.
    pub unsatisfied: Vec<Criterion>,
    /// The criteria that were waived.
    pub waived: Vec<Criterion>,
    /// How many criteria there were.
    pub criteria: usize,
    /// The fixes of then that were green; none if that cannot be told.
    #[serde(skip)]
    pub green: BTreeSet<DefectId>,
    /// The fixes that were held against it as lost.
    #[serde(skip)]
    pub red: BTreeSet<DefectId>,
    /// The digests of the attestations that it rests on.
    #[serde(skip)]
    pub attestations: BTreeSet<Digest>,
}

/// The part of `signoff.json` that is read.
#[derive(Deserialize)]
struct Stated {
    decision: Decision,
    void: Option<String>,
    run: RunName,
    criteria: Vec<StatedCriterion>,
    #[serde(default)]
    attestations: Vec<StatedAttestation>,
}

#[derive(Deserialize)]
struct StatedAttestation {
    digest: Digest,
}

#[derive(Deserialize)]
struct StatedCriterion {
    id: Criterion,
    state: State,
    evidence: Vec<String>,
}

impl SignedOff {
    /// Reads the texts of `signoff.json` and `rules.json`, which must belong to each other.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn read(signoff: &str, rules: &str) -> Result<Self, String> {
        let (rules, _) = Rules::read(signoff, rules)?;
        let stated: Stated = serde_json::from_str(signoff).map_err(|reason| format!("signoff.json: {reason}"))?;
        let in_state = |state| stated.criteria.iter().filter(move |criterion| criterion.state == state);
        let ids = |state| in_state(state).map(|criterion| criterion.id).collect();
        let (green, red) = fixes(&stated, rules.fixes);
        Ok(Self {
            release: rules.release,
            decision: stated.decision,
            date: rules.date,
            candidate: rules.candidate,
            unsatisfied: ids(State::Unsatisfied),
            waived: ids(State::Waived),
            criteria: stated.criteria.len(),
            void: stated.void,
            run: stated.run,
            attestations: stated.attestations.into_iter().map(|attestation| attestation.digest).collect(),
            green,
            red,
        })
    }

    /// The same sign-off as it is decided from the record of its run now.
    #[must_use]
    pub fn decided_again(self, now: &Signoff) -> Self {
        let ids =
            |state| now.criteria.iter().filter(|criterion| criterion.state == state).map(|criterion| criterion.id).collect();
        Self {
            decision: now.decision,
            void: now.void.clone(),
            unsatisfied: ids(State::Unsatisfied),
            waived: ids(State::Waived),
            criteria: now.criteria.len(),
            ..self
        }
    }

    /// How many attestations that bear on it have come since it was written.
    pub fn attested_since(&self, ledger: &Ledger) -> usize {
        let bearing = ledger.attestations.iter().filter(|word| bears_on(ledger, &self.release, self.candidate, word));
        bearing.filter(|word| !self.attestations.contains(&word.digest)).count()
    }
}

/// The fixes that were green and those that were not, by the evidence of `cumulative`: each line begins with its defect's id.
fn fixes(stated: &Stated, vouched: BTreeSet<DefectId>) -> (BTreeSet<DefectId>, BTreeSet<DefectId>) {
    let Some(cumulative) = stated.criteria.iter().find(|criterion| criterion.id == Criterion::Cumulative) else {
        return Default::default();
    };
    let id = |line: &String| line.split_once(": ").and_then(|(id, _)| id.parse::<DefectId>().ok());
    let ids: Vec<Option<DefectId>> = cumulative.evidence.iter().map(id).collect();
    // A line without an id says that there are more than are shown.
    let whole = stated.void.is_none() && ids.iter().all(Option::is_some);
    let red: BTreeSet<DefectId> = ids.into_iter().flatten().collect();
    let green = if whole { vouched.difference(&red).cloned().collect() } else { BTreeSet::new() };
    (green, red)
}
