//! Claims: which fix accounts for which difference from the baseline.

use crate::accepted::Accepted;
use crate::defect::{Claim, Defect};
use crate::id::{DefectId, Digest, ScenarioId};
use crate::ledger::Ledger;
use crate::release::{Position, Standing};
use crate::words::counted;

/// A claim that counts between a baseline and a candidate.
#[derive(Debug, Clone)]
pub struct ActiveClaim<'l> {
    /// The defect whose fix claims it.
    pub defect: &'l DefectId,
    /// The claim.
    pub claim: &'l Claim,
    accepted: Option<&'l Accepted>,
}

/// The claims that count between a baseline and a candidate: those of the fixes that the other has and the one has not.
#[derive(Debug, Clone, Default)]
pub struct Claims<'l>(Vec<ActiveClaim<'l>>);

impl<'l> Claims<'l> {
    /// The claims that count here, in the order of their defects.
    pub fn between<'f>(ledger: &'l Ledger, baseline: Position, candidate: impl Into<Standing<'f>>) -> Self {
        let candidate = candidate.into();
        let counts = |defect: &&'l Defect| !ledger.has_fix(&defect.id, baseline) && ledger.has_fix(&defect.id, candidate);
        let active = ledger.defects.values().filter(counts).flat_map(|defect| {
            let accepted = ledger.accepted.get(&defect.id);
            defect.claims.iter().map(move |claim| ActiveClaim { defect: &defect.id, claim, accepted })
        });
        Self(active.collect())
    }

    /// The active claims.
    pub fn iter(&self) -> impl Iterator<Item = &ActiveClaim<'l>> {
        self.0.iter()
    }

    /// The fix that accounts for this scenario's outputs: one that pins exactly these, or else one that is not pinned.
    pub fn explain(&self, scenario: &ScenarioId, outputs: Digest) -> Option<&'l DefectId> {
        let mut explaining: Vec<_> = self.0.iter().filter(|active| active.explains(scenario, outputs)).collect();
        explaining.sort_by_key(|active| active.claim.accepted.is_none());
        explaining.first().map(|active| active.defect)
    }

    /// Whether a person accepted exactly these outputs of the scenario.
    pub fn pins(&self, scenario: &ScenarioId, outputs: Digest) -> bool {
        self.0.iter().any(|active| active.claim.accepted.is_some() && active.explains(scenario, outputs))
    }
}

/// How near a claim comes to a scenario that it does not account for. The order is that of nearness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// It is about the scenario, and pins other outputs.
    OtherOutputs,
    /// It is about the scenario, of which no outputs were accepted.
    NotAccepted,
    /// It is about others of the same case.
    SameCase,
    /// It is about others of the same folder.
    SameFolder,
}

impl Nearness {
    /// As the end of a sentence about a claim.
    fn as_str(self) -> &'static str {
        match self {
            Self::OtherOutputs => "pins other outputs of this scenario",
            Self::NotAccepted => "names this scenario, and none of its outputs were accepted",
            Self::SameCase => "names other scenarios of this case",
            Self::SameFolder => "names other scenarios of this folder",
        }
    }
}

impl<'l> Claims<'l> {
    /// The claims that come near a scenario whose outputs none of them explains, the nearest first.
    fn near(&self, scenario: &ScenarioId) -> Vec<(Nearness, &ActiveClaim<'l>)> {
        let mut near: Vec<_> = self.0.iter().filter_map(|active| Some((active.nearness(scenario)?, active))).collect();
        near.sort_by_key(|(nearness, _)| *nearness);
        near
    }

    /// The same for readers: the nearest five, and how many more there are.
    pub fn near_in_words(&self, scenario: &ScenarioId) -> Vec<String> {
        const SHOWN: usize = 5;
        let near = self.near(scenario);
        let words = near
            .iter()
            .take(SHOWN)
            .map(|(nearness, active)| format!("{} `{}` {}", active.defect, active.claim.scenarios.as_str(), nearness.as_str()));
        let more = near.len().saturating_sub(SHOWN);
        words.chain((more > 0).then(|| format!("… and {}", counted(more, "more claim")))).collect()
    }
}

impl ActiveClaim<'_> {
    fn nearness(&self, scenario: &ScenarioId) -> Option<Nearness> {
        let folder = |case: &str| case.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let literal = self.claim.scenarios.literal().split(['@', '#']).next().unwrap_or_default();
        let accepted = self.accepted.and_then(|accepted| accepted.outputs(scenario));
        match (self.claim.scenarios.matches(scenario), accepted) {
            (true, Some(_)) => Some(Nearness::OtherOutputs),
            (true, None) => Some(Nearness::NotAccepted),
            (false, _) if literal == scenario.case() => Some(Nearness::SameCase),
            (false, _) => {
                folder(literal).filter(|one| Some(one) == folder(scenario.case()).as_ref()).map(|_| Nearness::SameFolder)
            }
        }
    }

    /// Whether it accounts for these outputs: they are exactly what was accepted, or nothing was pinned yet.
    pub fn explains(&self, scenario: &ScenarioId, outputs: Digest) -> bool {
        let accepted = || self.accepted.and_then(|accepted| accepted.outputs(scenario));
        self.claim.scenarios.matches(scenario) && (self.claim.accepted.is_none() || accepted() == Some(outputs))
    }
}
