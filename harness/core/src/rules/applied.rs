//! The rules that a sign-off applies, with what changed in them.

use serde::{Deserialize, Serialize};

use super::changes::{CaseChange, RuleChange, between, cases};
use super::{LastSignoff, Rules, Subject};
use crate::id::{Digest, ReleaseName};
use crate::ledger::Ledger;
use crate::project::{Criterion, GateRules};
use crate::record::RunRecord;
use crate::release::Release;

/// The rules that were applied, and what changed in them since the last sign-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AppliedRules {
    /// The criteria and their limits.
    #[serde(flatten)]
    pub gate: GateRules,
    /// The criteria that there are and that were not asked for.
    pub not_required: Vec<Criterion>,
    /// The digest of `rules.json`, where all of them stand.
    pub digest: Digest,
    /// The release before; absent for the first.
    pub follows: Option<ReleaseName>,
    /// The last sign-off, with which they were compared; absent if there is none.
    pub since: Option<Since>,
    /// Every rule that is not as it was.
    pub changes: Vec<RuleChange>,
    /// What became of the scenarios of the last plan, case by case.
    pub cases: Vec<CaseChange>,
}

/// A sign-off, as another one names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Its release.
    pub release: ReleaseName,
    /// Its stated date.
    pub date: String,
    /// The digest of its `rules.json`.
    pub digest: Digest,
}

impl AppliedRules {
    /// The rules of this sign-off against those of the last.
    pub(crate) fn new(ledger: &Ledger, release: &Release, record: &RunRecord, last: Option<&LastSignoff>) -> Self {
        let gate = ledger.project.gate.clone();
        let rules = Rules::of(ledger, release, record);
        let mut changes = last.map(|last| between(last, &rules, ledger, release)).unwrap_or_default();
        changes.extend(other_baseline(release, record));
        changes.extend(last.and_then(|last| other_bits(last, record)));
        changes.sort();
        let since = |last: &LastSignoff| {
            let Rules { release, date, .. } = &last.rules;
            Since { release: release.clone(), date: date.to_string(), digest: last.digest }
        };
        Self {
            not_required: Criterion::ALL.into_iter().filter(|criterion| !gate.criteria.contains(criterion)).collect(),
            gate,
            digest: Digest::of(rules.to_json().as_bytes()),
            follows: release.follows.clone(),
            since: last.map(since),
            changes,
            cases: last.map(|last| cases(last, record, ledger)).unwrap_or_default(),
        }
    }
}

/// A baseline that is not the release before.
fn other_baseline(release: &Release, record: &RunRecord) -> Option<RuleChange> {
    let (follows, baseline) = (release.follows.as_ref()?, record.header.baseline.as_ref()?);
    let other = baseline.build.name != follows.as_str();
    other.then(|| RuleChange {
        subject: Subject::Baseline,
        name: release.name.to_string(),
        before: Some(follows.to_string()),
        now: Some(baseline.build.name.clone()),
    })
}

/// A baseline that goes by the name of the last release and is not the build that was signed off as it.
fn other_bits(last: &LastSignoff, record: &RunRecord) -> Option<RuleChange> {
    let baseline = &record.header.baseline.as_ref()?.build;
    let other = baseline.name == last.rules.release.as_str() && baseline.digest != last.rules.candidate;
    other.then(|| RuleChange {
        subject: Subject::Build,
        name: baseline.name.clone(),
        before: Some(last.rules.candidate.to_string()),
        now: Some(baseline.digest.to_string()),
    })
}
