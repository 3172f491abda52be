//! Scenarios that state nothing but what a baseline gives, and that no baseline was run for.

use super::packs::informs;
use super::{Evidence, Fact};
use crate::residual::{Analysis, Residual};

/// Those that were judged all the same: their results were compared with nothing.
pub(super) fn compared_with_nothing(evidence: &Evidence<'_>, analysis: &Analysis<'_>) -> Vec<Fact> {
    let is_alone = |residual: &&Residual<'_>| {
        let is_blind = residual.scenario.is_some_and(|scenario| scenario.needs_baseline() && !scenario.states_result());
        is_blind && residual.entry.verdict.is_judged() && residual.entry.baseline.is_none()
    };
    let counted = analysis.residuals.iter().filter(|residual| !informs(evidence.ledger, residual));
    let fact = |residual: &Residual<'_>| Fact::ComparedWithNothing { scenario: residual.entry.scenario.clone() };
    counted.filter(is_alone).map(fact).collect()
}
