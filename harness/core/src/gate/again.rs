//! Fixes of earlier releases, proved again on the release before each.

use std::num::NonZeroUsize;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::FixProof;
use super::finding::Fact;
use crate::case::Scenario;
use crate::defect::Defect;
use crate::id::DefectId;
use crate::ledger::Ledger;
use crate::record::{AgainOn, ProvedAgain, RunRecord};
use crate::release::{Position, Release, days_between};

/// In how many nights every older fix is proved again.
const NIGHTS: usize = 14;

/// What this run showed of a fix of an earlier release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct AgainResult {
    /// The fix.
    pub defect: DefectId,
    /// The build without it, as records name it; absent where there is none.
    pub base: Option<String>,
    /// Its proof in this run; what it lacks where there is no base counts against nothing.
    pub proof: FixProof,
}

impl AgainResult {
    /// Why the fix is not proved any more.
    pub fn against(&self) -> Vec<Fact> {
        let refusals = self.proof.refusals.iter().filter(|_| self.base.is_some());
        refusals.map(|why| Fact::Unproved { defect: self.defect.clone(), why: why.clone() }).collect()
    }
}

/// The fixes of earlier releases that a build at this place has, the oldest first.
pub fn older_fixes(ledger: &Ledger, place: Position) -> Vec<&Defect> {
    let at = |defect: &Defect| ledger.fixed_at(defect);
    let mut fixes: Vec<&Defect> = ledger.fixes_at(place).filter(|defect| at(defect).is_some_and(|at| at < place)).collect();
    fixes.sort_by(|one, other| (at(one), &one.id).cmp(&(at(other), &other.id)));
    fixes
}

/// Those of them whose turn it is on this day: all of them have it in a fortnight.
pub fn turn<T: Copy>(fixes: &[T], day: Date) -> Vec<T> {
    let Some(size) = NonZeroUsize::new(fixes.len().div_ceil(NIGHTS)) else { return Vec::new() };
    let turns = fixes.len().div_ceil(size.get());
    let number = days_between(Date::constant(1970, 1, 1), day).unsigned_abs() as usize % turns;
    fixes.chunks(size.get()).nth(number).map(<[_]>::to_vec).unwrap_or_default()
}

/// The release before a fix, and the scenarios of its pair that apply there and at this place.
///
/// # Errors
/// Why the fix cannot be proved again.
pub fn older_pair<'l>(ledger: &'l Ledger, defect: &Defect, place: Position) -> Result<(&'l Release, Vec<&'l Scenario>), String> {
    let base = defect.fixed_in().and_then(|fixed| ledger.train.before(fixed));
    let base = base.ok_or("no release comes before its fix")?;
    let before = ledger.train.position(&base.name).ok_or("no release comes before its fix")?;
    let applies = |scenario: &&Scenario| [before, place].iter().all(|place| ledger.applies(&scenario.case, *place));
    let pair: Vec<&Scenario> = ledger.pair(&defect.id).into_iter().filter(applies).collect();
    if pair.is_empty() {
        return Err(format!("no scenario of its pair applies both to {} and here", base.name));
    }
    Ok((base, pair))
}

/// What the run showed of each fix that it was to prove again.
pub fn proved_again(ledger: &Ledger, record: &RunRecord) -> Vec<AgainResult> {
    record.header.proved_again.iter().map(|again| result(ledger, record, again)).collect()
}

fn result(ledger: &Ledger, record: &RunRecord, again: &ProvedAgain) -> AgainResult {
    let pair = ledger.defects.get(&again.defect).ok_or_else(|| "it has no record any more".to_owned());
    let pair = pair.and_then(|defect| older_pair(ledger, defect, record.header.place)).map(|(_, pair)| pair);
    let (base, scenarios, refusals) = match (&again.on, pair) {
        (AgainOn::Nothing(why), _) => (None, 0, vec![why.clone()]),
        (AgainOn::Base(base), Err(why)) => (Some(base.name.clone()), 0, vec![why]),
        (AgainOn::Base(base), Ok(pair)) => {
            let refused = pair.iter().filter_map(|scenario| record.refusal(&again.defect, scenario));
            let refusals = refused.chain(record.shown_older(base.digest).err()).collect();
            (Some(base.name.clone()), pair.len() as u64, refusals)
        }
    };
    let runs = record.pairs.iter().filter(|result| result.defect == again.defect).map(|result| result.runs).min();
    let proof = FixProof { proved: refusals.is_empty(), scenarios, runs: runs.unwrap_or_default(), refusals };
    AgainResult { defect: again.defect.clone(), base, proof }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fix_has_its_turn_once_in_a_fortnight() {
        for count in [0, 1, 2, 13, 14, 15, 31, 222] {
            let fixes: Vec<usize> = (0..count).collect();
            let nights = (1..=14).map(|day| turn(&fixes, Date::constant(2026, 5, day)));
            let mut had: Vec<usize> = nights.flatten().collect();
            had.sort_unstable();
            had.dedup();
            assert_eq!(had, fixes);
        }
    }
}
