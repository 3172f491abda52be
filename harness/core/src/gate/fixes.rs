//! What a run showed of a fix, and whether the builds that it was shown on run at all.

use super::{FixProof, FixResult};
use crate::case::Scenario;
use crate::defect::Defect;
use crate::id::{DefectId, ReleaseName};
use crate::ledger::Ledger;
use crate::record::{PairResult, RunKind, RunRecord};
use crate::release::Release;
use crate::running::Role;

/// The defects whose fix is new in this release.
pub fn new_fixes<'l>(ledger: &'l Ledger, release: &'l ReleaseName) -> impl Iterator<Item = &'l Defect> {
    ledger.defects.values().filter(move |defect| defect.owes_pair() && defect.fixed_in() == Some(release))
}

/// What the run showed of each of them.
pub(super) fn results(ledger: &Ledger, release: &Release, record: &RunRecord) -> Vec<FixResult> {
    new_fixes(ledger, &release.name).map(|defect| FixResult::of(ledger, defect, record)).collect()
}

/// What the record does not say, as those of earlier versions do not: whether its builds run, and whether records changed meanwhile.
pub(super) fn unrecorded(record: &RunRecord) -> Vec<String> {
    let is_recorded = |role: &Role| record.running.iter().any(|running| running.role == *role);
    let is_again = |pair: &PairResult| record.header.proved_again.iter().any(|again| again.defect == pair.defect);
    let roles = [
        Some(Role::Candidate),
        record.header.baseline.as_ref().map(|_| Role::Baseline),
        record.pairs.iter().any(|pair| !is_again(pair)).then_some(Role::Base),
    ];
    let missing = roles.into_iter().flatten().filter(|role| !is_recorded(role));
    let unread = record.footer.as_ref().filter(|footer| footer.changed.is_none());
    let unread =
        unread.map(|_| "the record does not say whether records or cases changed during the run: make the run again".to_owned());
    missing.filter_map(|role| record.shown(role).err()).chain(unread).collect()
}

impl RunRecord {
    /// Why a scenario of a pair does not prove its fix in this run.
    pub(super) fn refusal(&self, defect: &DefectId, scenario: &Scenario) -> Option<String> {
        let is_current = |result: &&PairResult| {
            result.defect == *defect && result.scenario == scenario.id && result.definition == scenario.digest()
        };
        match self.pairs.iter().find(is_current) {
            None => Some(format!("{} was not proved in this run", scenario.id)),
            Some(result) => result.evidence().err(),
        }
    }
}

impl FixResult {
    /// What a run showed of a fix.
    pub fn of(ledger: &Ledger, defect: &Defect, record: &RunRecord) -> Self {
        let pair = ledger.pair(&defect.id);
        let results: Vec<_> = record.pairs.iter().filter(|result| result.defect == defect.id).collect();
        let mut refusals: Vec<String> = pair.iter().filter_map(|scenario| record.refusal(&defect.id, scenario)).collect();
        if pair.is_empty() {
            refusals.push("no case names it".to_owned());
        }
        // A validation proves its fixes on what it compares with.
        let base = match record.header.kind() {
            RunKind::Validation => Role::Baseline,
            RunKind::Plain | RunKind::Night | RunKind::Imported | RunKind::Signoff => Role::Base,
        };
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
