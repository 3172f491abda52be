//! What changed since the last sign-off: in the rules, and in the definitions of scenarios.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Reference, Rules, Statements, Subject};
use crate::case::Scenario;
use crate::defect::{Defect, Status};
use crate::id::{Digest, ScenarioId};
use crate::ledger::Ledger;
use crate::plan::Kept;
use crate::record::RunRecord;
use crate::release::Release;

/// The most scenarios that one line names.
const NAMED: usize = 3;

/// A rule that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleChange {
    /// What it is about.
    pub subject: Subject,
    /// Its name.
    pub name: String,
    /// How it stood; absent if there was none.
    pub before: Option<String>,
    /// How it stands; absent if there is none.
    pub now: Option<String>,
}

/// What became of a scenario of the last plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It is defined otherwise.
    Changed,
    /// It is not planned any more.
    Gone,
    /// It goes by another name.
    Renamed,
    /// It does not apply any more, since a recorded change ended it.
    Ended,
    /// It was not there.
    New,
}

impl Fate {
    /// In words, after a number of scenarios.
    pub fn words(self) -> &'static str {
        match self {
            Fate::Changed => "defined otherwise",
            Fate::Gone => "gone",
            Fate::Renamed => "renamed",
            Fate::Ended => "ended by a recorded change",
            Fate::New => "new",
        }
    }
}

/// What became of one case's scenarios.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CaseChange {
    /// The case's id.
    pub case: String,
    /// What became of them.
    pub fate: Fate,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Vec<String>,
}

/// What is not as it was at the last sign-off, less what a new rollup always brings: its own release and its own fixes.
pub(super) fn between(reference: &Reference, now: &Rules, ledger: &Ledger, release: &Release) -> Vec<RuleChange> {
    let place = |name: &str| ledger.train.position(&name.parse().ok()?);
    let is_progress = |change: &RuleChange| match change.subject {
        Subject::Release => change.before.is_none() && place(&change.name) > ledger.train.position(&reference.last.rules.release),
        // A release that is gone from its place is told of by its own rule.
        Subject::Train => {
            let is_new = place(&change.name) > ledger.train.position(&reference.last.rules.release);
            change.now.is_none() || change.before.is_none() && (is_new || !reference.last.keeps_train())
        }
        Subject::Defect => {
            let Ok(id) = change.name.parse() else { return false };
            let was_fixed = reference.stood(&id, |status| matches!(status, Status::Fixed(Some(_)))).is_some();
            !was_fixed && ledger.defects.get(&id).is_some_and(|defect| is_on_its_way(defect, ledger, release))
        }
        Subject::Criterion
        | Subject::Limit
        | Subject::Machine
        | Subject::Product
        | Subject::Baseline
        | Subject::Build
        | Subject::Pack
        | Subject::Suite
        | Subject::Waiver
        | Subject::Quarantine
        | Subject::Manual
        | Subject::Role
        | Subject::Signer
        | Subject::Exception => false,
    };
    let mut changes = different(&reference.statements(&now.rules), &now.rules);
    changes.extend(different_digests(reference, now));
    changes.sort();
    changes.dedup();
    changes.retain(|change| !is_progress(change));
    changes.iter_mut().for_each(|change| name_scenarios(change, ledger));
    changes
}

/// Whether the defect is listed as a new record or a new fix, and accounts for no failure.
fn is_on_its_way(defect: &Defect, ledger: &Ledger, release: &Release) -> bool {
    match &defect.status {
        Status::Fixed(Some(fixed_in)) => *fixed_in == release.name,
        Status::Open | Status::PrivateFix | Status::Fixed(None) => ledger.pair(&defect.id).is_empty(),
        Status::WontFix => false,
    }
}

/// Names the scenarios of a defect: while it is not fixed, their failures are known.
fn name_scenarios(change: &mut RuleChange, ledger: &Ledger) {
    let (Subject::Defect, Some(now), Ok(id)) = (change.subject, &mut change.now, change.name.parse()) else { return };
    let pair = ledger.pair(&id);
    let first: Vec<&str> = pair.iter().take(NAMED).map(|scenario| scenario.id.as_str()).collect();
    if !first.is_empty() {
        let more = if pair.len() > NAMED { ", …" } else { "" };
        now.push_str(&format!(": {}{more}", first.join(", ")));
    }
}

fn different(before: &Statements, now: &Statements) -> Vec<RuleChange> {
    let mut changes = Vec::new();
    let flat = |statements: &'_ Statements| -> BTreeMap<(Subject, String), String> {
        let of = |(subject, rules): (&Subject, &BTreeMap<String, String>)| {
            let subject = *subject;
            rules.iter().map(move |(name, words)| ((subject, name.clone()), words.clone())).collect::<Vec<_>>()
        };
        statements.iter().flat_map(of).collect()
    };
    let (before, mut now) = (flat(before), flat(now));
    for ((subject, name), words) in before {
        let after = now.remove(&(subject, name.clone()));
        if after.as_ref() != Some(&words) {
            changes.push(RuleChange { subject, name, before: Some(words), now: after });
        }
    }
    let added = now.into_iter().map(|((subject, name), words)| RuleChange { subject, name, before: None, now: Some(words) });
    changes.extend(added);
    changes
}

/// Rules that read alike, since the words show only the start of a digest, and are not.
fn different_digests(reference: &Reference, now: &Rules) -> Vec<RuleChange> {
    let mut changes = Vec::new();
    for Rules { rules, digests, .. } in reference.all().map(|signoff| &signoff.rules) {
        let kept = digests.iter().flat_map(|(subject, kept)| kept.iter().map(move |(name, digest)| (*subject, name, digest)));
        for (subject, name, digest) in kept {
            let words = |rules: &Statements| rules.get(&subject)?.get(name).cloned();
            let current = now.digests.get(&subject).and_then(|digests| digests.get(name));
            if let (Some(before), Some(after), Some(current)) = (words(rules), words(&now.rules), current)
                && before == after
                && current != digest
            {
                let whole = |digest: &Digest| Some(format!("{before}, whole {digest}"));
                changes.push(RuleChange { subject, name: name.clone(), before: whole(digest), now: whole(current) });
            }
        }
    }
    changes
}

/// What became of the scenarios of earlier plans, case by case, by what decides their outcomes.
pub(super) fn cases(reference: &Reference, record: &RunRecord, ledger: &Ledger) -> Vec<CaseChange> {
    let before = reference.definitions();
    let now: BTreeMap<&ScenarioId, &Digest> = record.plan.iter().map(|planned| (&planned.scenario, &planned.digest)).collect();
    let mut by_digest: BTreeMap<&Digest, &ScenarioId> = BTreeMap::new();
    let mut changes = Grouped::default();
    for (id, digest) in now.iter().filter(|(id, _)| !before.contains_key(*id)) {
        by_digest.insert(digest, id);
        changes.add(id, Fate::New, id.to_string());
    }
    let renamed = |kept: &Kept| match kept {
        Kept::Whole(digest) => by_digest.get(digest).copied(),
        Kept::Start(start) => by_digest.iter().find(|(digest, _)| start.may_be(digest)).map(|(_, id)| *id),
    };
    let scenarios: BTreeMap<&ScenarioId, &Scenario> = ledger.scenarios.iter().map(|scenario| (&scenario.id, scenario)).collect();
    for (id, kept) in before {
        match (now.get(id), scenarios.get(id)) {
            (Some(digest), _) if kept.iter().all(|kept| kept.is_of(digest)) => {}
            (Some(_), _) => changes.add(id, Fate::Changed, id.to_string()),
            (None, Some(scenario)) if scenario.case.superseded_by.is_some() => changes.add(id, Fate::Ended, id.to_string()),
            (None, Some(_)) => changes.add(id, Fate::Gone, id.to_string()),
            (None, None) => match kept.iter().find_map(renamed) {
                Some(other) => changes.add(id, Fate::Renamed, format!("{id} is now {other}")),
                None => changes.add(id, Fate::Gone, id.to_string()),
            },
        }
    }
    changes.finish()
}

#[derive(Default)]
struct Grouped(BTreeMap<(Fate, String), CaseChange>);

impl Grouped {
    fn add(&mut self, id: &ScenarioId, fate: Fate, shown: String) {
        let case = id.case().to_owned();
        let change = self.0.entry((fate, case.clone())).or_insert(CaseChange { case, fate, count: 0, first: Vec::new() });
        change.count += 1;
        if change.first.len() < NAMED {
            change.first.push(shown);
        }
    }

    fn finish(self) -> Vec<CaseChange> {
        self.0.into_values().collect()
    }
}
