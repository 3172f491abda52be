//! The rules that a sign-off applies, with what changed in them.

use serde::{Deserialize, Serialize};

use super::changes::{CaseChange, RuleChange, between, cases};
use super::{LastSignoff, Reference, Rules, Subject, Why};
use crate::defect::Defect;
use crate::id::{DefectId, Digest, ReleaseName};
use crate::ledger::Ledger;
use crate::person::Person;
use crate::project::{Criterion, GateRules};
use crate::record::{CaseEdit, RunRecord};
use crate::release::Release;

/// The rules that were applied, and what changed in them since the last sign-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
    /// The sign-offs that did not simply ship, or were put out of the way: they are compared, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Beside>,
    /// The fixes of which the product's repository cannot tell what it could, where one is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unattributed: Vec<Unattributed>,
    /// The fixes whose commit has another author than their record states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misattributed: Vec<Misattributed>,
    /// Every rule that is not as it was.
    pub changes: Vec<RuleChange>,
    /// What became of the scenarios of the last plan, case by case.
    pub cases: Vec<CaseChange>,
    /// What was edited in the definitions of those that are defined otherwise, as far as the old definitions are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<CaseEdit>,
}

/// A sign-off, as another one names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Since {
    /// Its release.
    pub release: ReleaseName,
    /// Its stated date.
    pub date: String,
    /// The digest of its `rules.json`.
    pub digest: Digest,
    /// Whether it keeps only the first twelve digits of definitions' digests, so that one made to share them would not show.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub starts: bool,
    /// Whether it does not keep the order of the train, so that another one would not show.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trainless: bool,
}

/// A fix whose record does not say all that a product with a repository can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unattributed {
    /// The defect.
    pub defect: DefectId,
    /// What its record lacks.
    pub lacks: Lacks,
}

/// What the record of a fix lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Lacks {
    /// Its commit, so that nothing but behaviour tells whether the release has it; and so its author.
    Commit,
    /// Its author, so that someone else can waive its loss.
    Author,
    /// A commit whose author the run knows, so that no one knows whether it states the true author. Runs of earlier versions know of
    /// none.
    AuthorOfCommit,
}

impl Lacks {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Commit, Self::Author, Self::AuthorOfCommit];

    /// In words, after the fixes that lack it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Commit => "name no commit, so that the product's repository cannot tell whether the release has them",
            Self::Author => "name no author, so that their author could waive their loss",
            Self::AuthorOfCommit => {
                "name an author that was not compared with that of their commit, which the run does not know, so that it could be another"
            }
        }
    }
}

/// The fixes of this sign-off that name no commit or no author, or an author that is compared with none.
fn unattributed(ledger: &Ledger, record: &RunRecord) -> Vec<Unattributed> {
    let knows_author = |defect: &Defect| {
        let ancestry = record.header.ancestry.as_ref();
        ancestry.is_some_and(|ancestry| ancestry.authors.contains_key(&defect.id))
    };
    let lacks = |defect: &Defect| match &defect.fix {
        None => Some(Lacks::Commit),
        Some(fix) if fix.author.is_none() => Some(Lacks::Author),
        Some(_) if !knows_author(defect) => Some(Lacks::AuthorOfCommit),
        Some(_) => None,
    };
    let fixes = ledger.fixes_at(record.header.place).filter(|_| ledger.project.repository.is_some());
    fixes.filter_map(|defect| Some(Unattributed { defect: defect.id.clone(), lacks: lacks(defect)? })).collect()
}

/// A fix whose commit has another author than its record states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Misattributed {
    /// The defect.
    pub defect: DefectId,
    /// The author by its record.
    pub stated: String,
    /// The author by its commit.
    pub committed: String,
}

/// The fixes of this sign-off whose commit, in the product's repository, has another author than the record states.
fn misattributed(ledger: &Ledger, record: &RunRecord) -> Vec<Misattributed> {
    let Some(ancestry) = &record.header.ancestry else { return Vec::new() };
    let other = |defect: &Defect| {
        let (stated, committed) = (defect.fix.as_ref()?.author.as_ref()?, ancestry.authors.get(&defect.id)?);
        let is_same = Person::read(committed).is_ok_and(|person| person.may_be(stated));
        let (defect, stated) = (defect.id.clone(), stated.to_string());
        (!is_same).then(|| Misattributed { defect, stated, committed: committed.clone() })
    };
    ledger.fixes_at(record.header.place).filter_map(other).collect()
}

impl Since {
    fn of(signoff: &LastSignoff) -> Self {
        let Rules { release, date, .. } = &signoff.rules;
        Self {
            release: release.clone(),
            date: date.to_string(),
            digest: signoff.digest,
            starts: signoff.keeps_starts(),
            trainless: !signoff.keeps_train(),
        }
    }
}

/// A sign-off that is named with the reason why it is not simply the last that shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Beside {
    /// The sign-off.
    #[serde(flatten)]
    pub signoff: Since,
    /// The reason.
    #[serde(flatten)]
    pub why: Why,
}

impl AppliedRules {
    /// The rules of this sign-off against those of earlier ones.
    pub(crate) fn new(ledger: &Ledger, release: &Release, record: &RunRecord, last: Option<&Reference>) -> Self {
        let gate = ledger.project.gate.clone();
        let rules = Rules::of(ledger, release, record);
        let mut changes = last.map(|last| between(last, &rules, ledger, release)).unwrap_or_default();
        changes.extend(other_baseline(release, record));
        changes.extend(last.and_then(|last| other_bits(last, record)));
        changes.sort();
        let flawed = last.and_then(|reference| Some((&reference.last, reference.flaw?))).into_iter();
        let others = last.into_iter().flat_map(|reference| reference.others.iter().map(|(signoff, why)| (signoff, *why)));
        let beside = flawed.chain(others).map(|(signoff, why)| Beside { signoff: Since::of(signoff), why });
        Self {
            not_required: Criterion::ALL.iter().copied().filter(|criterion| !gate.criteria.contains(criterion)).collect(),
            gate,
            digest: Digest::of(rules.to_json().as_bytes()),
            follows: release.follows.clone(),
            since: last.map(|reference| Since::of(&reference.last)),
            beside: beside.collect(),
            unattributed: unattributed(ledger, record),
            misattributed: misattributed(ledger, record),
            changes,
            cases: last.map(|last| cases(last, record, ledger)).unwrap_or_default(),
            edits: record.header.past.as_ref().map(|past| past.edits.clone()).unwrap_or_default(),
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

/// A baseline that goes by the name of a release and is not the build that was signed off as it.
fn other_bits(reference: &Reference, record: &RunRecord) -> Option<RuleChange> {
    let baseline = &record.header.baseline.as_ref()?.build;
    let signed_off = reference.of_release(&baseline.name)?.rules.candidate;
    (baseline.digest != signed_off).then(|| RuleChange {
        subject: Subject::Build,
        name: baseline.name.clone(),
        before: Some(signed_off.to_string()),
        now: Some(baseline.digest.to_string()),
    })
}
