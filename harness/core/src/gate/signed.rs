//! What an earlier sign-off says, read back from its files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::{CriterionResult, CriterionState, Decision, Signoff, bears_on};
use crate::id::{DefectId, Digest, ReleaseName, RunName, ScenarioId};
use crate::ledger::Ledger;
use crate::project::Criterion;
use crate::record::TestProduct;
use crate::residual::{Class, Cluster};
use crate::rules::Rules;
use crate::verdict::Verdict;

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
    /// The records and cases that it rests on.
    #[serde(skip)]
    pub test_product: TestProduct,
    /// What was left over. Of every other scenario nothing was: it passed, or was not planned.
    #[serde(skip)]
    pub left: BTreeMap<ScenarioId, LeftOver>,
}

/// What was left over of a scenario: how it ended, and its class where there was a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOver {
    /// Its verdict.
    pub verdict: Verdict,
    /// Its class.
    pub class: Option<Class>,
}

impl SignedOff {
    /// Reads the texts of `signoff.json` and `rules.json`, which must belong to each other.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn read(signoff: &str, rules: &str) -> Result<Self, String> {
        let signoff = Signoff::read(signoff)?;
        let rules = Rules::read(rules, &signoff.release, signoff.rules.digest)?;
        let (green, red) = fixes(&signoff, rules.fixes);
        Ok(Self {
            release: rules.release,
            date: rules.date,
            candidate: rules.candidate,
            decision: signoff.decision,
            unsatisfied: in_state(&signoff.criteria, CriterionState::Unsatisfied),
            waived: in_state(&signoff.criteria, CriterionState::Waived),
            criteria: signoff.criteria.len(),
            void: signoff.void,
            run: signoff.run,
            test_product: signoff.test_product,
            left: left(&signoff.residuals),
            attestations: signoff.attestations.into_iter().map(|attestation| attestation.digest).collect(),
            green,
            red,
        })
    }

    /// The same sign-off as it is decided from the record of its run now.
    #[must_use]
    pub fn decided_again(self, now: &Signoff) -> Self {
        Self {
            decision: now.decision,
            void: now.void.clone(),
            unsatisfied: in_state(&now.criteria, CriterionState::Unsatisfied),
            waived: in_state(&now.criteria, CriterionState::Waived),
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

fn left(clusters: &[Cluster]) -> BTreeMap<ScenarioId, LeftOver> {
    let of = |cluster: &Cluster| LeftOver { verdict: cluster.verdict, class: cluster.class };
    clusters.iter().flat_map(|cluster| cluster.scenarios.iter().map(move |id| (id.clone(), of(cluster)))).collect()
}

fn in_state(criteria: &[CriterionResult], state: CriterionState) -> Vec<Criterion> {
    criteria.iter().filter(|criterion| criterion.state == state).map(|criterion| criterion.id).collect()
}

/// The fixes that were green and those that were not, by what `cumulative` found.
fn fixes(signoff: &Signoff, vouched: BTreeSet<DefectId>) -> (BTreeSet<DefectId>, BTreeSet<DefectId>) {
    let Some(cumulative) = signoff.criteria.iter().find(|criterion| criterion.id == Criterion::Cumulative) else {
        return Default::default();
    };
    let (red, whole) = match &cumulative.findings {
        Some(findings) => (findings.iter().filter_map(|finding| finding.fact.defect().cloned()).collect(), true),
        None => stated_red(&cumulative.evidence),
    };
    let green = if whole && signoff.void.is_none() { vouched.difference(&red).cloned().collect() } else { BTreeSet::new() };
    (green, red)
}

/// The fixes that were not green by a sign-off of the form that has no findings, and whether these are all of them: each line of
/// its evidence begins with its defect's id, and one without says that there are more than are shown.
fn stated_red(evidence: &[String]) -> (BTreeSet<DefectId>, bool) {
    let id = |line: &String| line.split_once(": ").and_then(|(id, _)| id.parse::<DefectId>().ok());
    let ids: Vec<Option<DefectId>> = evidence.iter().map(id).collect();
    let whole = ids.iter().all(Option::is_some);
    (ids.into_iter().flatten().collect(), whole)
}
