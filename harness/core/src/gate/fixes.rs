//! What a run showed of a fix, and whether the builds that it was shown on run at all.

use super::{FixProof, FixResult};
use crate::case::Scenario;
use crate::defect::Defect;
use crate::ledger::Ledger;
use crate::record::{PairResult, RunRecord};
use crate::running::Role;

/// The builds of which the record does not say whether they run, as those of earlier versions do not.
pub(super) fn unrecorded(record: &RunRecord) -> Vec<String> {
    let is_recorded = |role: &Role| record.running.iter().any(|running| running.role == *role);
    let roles = [
        Some(Role::Candidate),
        record.header.baseline.as_ref().map(|_| Role::Baseline),
        record.pairs.first().map(|_| Role::Base),
    ];
    let missing = roles.into_iter().flatten().filter(|role| !is_recorded(role));
    missing.filter_map(|role| record.shown(role).err()).collect()
}

impl FixResult {
    /// What a run showed of a fix.
    pub fn of(ledger: &Ledger, defect: &Defect, record: &RunRecord) -> Self {
        let pair = ledger.pair(&defect.id);
        let results: Vec<_> = record.pairs.iter().filter(|result| result.defect == defect.id).collect();
        let refusal = |scenario: &&Scenario| {
            let current = |result: &&&PairResult| result.scenario == scenario.id && result.definition == scenario.digest();
            match results.iter().find(current) {
                None => Some(format!("{} was not proved in this run", scenario.id)),
                Some(result) => result.evidence().err(),
            }
        };
        let mut refusals: Vec<String> = pair.iter().filter_map(refusal).collect();
        if pair.is_empty() {
            refusals.push("no case names it".to_owned());
        }
        // A validation proves its fixes on what it compares with.
        let base = if record.header.fixes.is_empty() { Role::Base } else { Role::Baseline };
        refusals.extend([base, Role::Candidate].into_iter().filter_map(|role| record.shown(role).err()));
        let proof = FixProof {
            proved: refusals.is_empty(),
            scenarios: pair.len() as u64,
            runs: results.iter().map(|result| result.runs).min().unwrap_or_default(),
            refusals,
        };
        Self { defect: defect.id.clone(), title: defect.title.clone(), source: defect.source.clone(), proof }
    }
}
