//! The sign-offs that a decision is compared with.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{LastSignoff, Statements};
use crate::defect::Status;
use crate::id::{DefectId, ReleaseName, ScenarioId};
use crate::plan::{Kept, LastPlan};

/// Why a sign-off is not simply the last that shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// It is a hold.
    Held,
    /// It is a hold, and its release shipped on this day all the same.
    ShippedAlthoughHeld {
        /// The day that the release's record states.
        on: Date,
    },
    /// Its files are gone from `reports/`, and the history has them.
    Deleted,
    /// Its release was signed off again since.
    Replaced,
    /// Its release is no release of the train any more.
    NoRelease,
}

impl Why {
    /// Whether what it had must still be there. What a team took off the train, or signed off again, is shown only.
    fn holds(self) -> bool {
        match self {
            Why::Held | Why::ShippedAlthoughHeld { .. } | Why::Deleted => true,
            Why::Replaced | Why::NoRelease => false,
        }
    }

    /// Whether it shipped, so that a rule that only the one after it loosened is loosened still.
    fn shipped(self) -> bool {
        match self {
            Why::Held => false,
            Why::ShippedAlthoughHeld { .. } | Why::Deleted | Why::Replaced | Why::NoRelease => true,
        }
    }
}

/// The sign-offs that a decision is compared with: the last that shipped, and any other that could have been put in its place.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The last that shipped; where none did, the newest there is.
    pub last: LastSignoff,
    /// Why that is not one that shipped, where it is none.
    pub flaw: Option<Why>,
    /// The others, the newest first.
    pub others: Vec<(LastSignoff, Why)>,
}

impl Reference {
    /// Of sign-offs with why each is not simply the last that shipped, the newest first.
    pub fn of(mut signoffs: Vec<(LastSignoff, Option<Why>)>) -> Option<Self> {
        let shipped = signoffs.iter().position(|(_, why)| why.is_none());
        let in_train = |why: &Option<Why>| why.is_some_and(Why::holds);
        let at = shipped.or_else(|| signoffs.iter().position(|(_, why)| in_train(why))).unwrap_or(0);
        if signoffs.is_empty() {
            return None;
        }
        let (last, flaw) = signoffs.remove(at);
        let others = signoffs.into_iter().filter_map(|(signoff, why)| Some((signoff, why?))).collect();
        Some(Self { last, flaw, others })
    }

    /// All of them, the last that shipped first.
    pub fn all(&self) -> impl Iterator<Item = &LastSignoff> {
        [&self.last].into_iter().chain(self.others.iter().map(|(signoff, _)| signoff))
    }

    /// Those whose scenarios and fixes must still be there.
    fn holding(&self) -> impl Iterator<Item = &LastSignoff> {
        let others = self.others.iter().filter(|(_, why)| why.holds()).map(|(signoff, _)| signoff);
        [&self.last].into_iter().filter(|_| self.flaw.is_none_or(Why::holds)).chain(others)
    }

    /// The scenarios that must still be planned.
    pub fn plan(&self) -> LastPlan {
        let mut plan = LastPlan::new();
        for (id, digest) in self.holding().flat_map(|signoff| &signoff.plan) {
            plan.entry(id.clone()).or_insert(*digest);
        }
        plan
    }

    /// How each scenario was defined, by all of them.
    pub(super) fn definitions(&self) -> BTreeMap<&ScenarioId, Vec<Kept>> {
        let mut definitions: BTreeMap<&ScenarioId, Vec<Kept>> = BTreeMap::new();
        for (id, digest) in self.all().flat_map(|signoff| &signoff.plan) {
            definitions.entry(id).or_default().push(*digest);
        }
        definitions
    }

    /// The fixes that were vouched for and must still be on record, with the release that was signed off with them.
    pub fn fixes(&self) -> BTreeMap<&DefectId, &ReleaseName> {
        let mut fixes = BTreeMap::new();
        for signoff in self.holding() {
            for id in &signoff.rules.fixes {
                fixes.entry(id).or_insert(&signoff.rules.release);
            }
        }
        fixes
    }

    /// The first release by whose sign-off a defect stood so.
    pub fn stood(&self, defect: &DefectId, so: impl Fn(&Status) -> bool) -> Option<&ReleaseName> {
        let found = self.all().find(|signoff| signoff.rules.status(defect).is_some_and(&so));
        found.map(|signoff| &signoff.rules.release)
    }

    /// The rules that those of now are compared with. A hold tells only of what the last that shipped says nothing of; of others
    /// that shipped, wherever it differs from now.
    pub(super) fn statements(&self, now: &Statements) -> Statements {
        let mut before = self.last.rules.rules.clone();
        for (signoff, why) in &self.others {
            for (subject, rules) in &signoff.rules.rules {
                for (name, words) in rules {
                    let current = now.get(subject).and_then(|rules| rules.get(name));
                    let known = before.entry(*subject).or_default();
                    let is_told = known.get(name).is_some_and(|known| Some(known) != current);
                    let tells = !known.contains_key(name) || why.shipped() && Some(words) != current;
                    if !is_told && tells {
                        known.insert(name.clone(), words.clone());
                    }
                }
            }
        }
        before
    }

    /// The sign-off of a release.
    pub(super) fn of_release(&self, name: &str) -> Option<&LastSignoff> {
        self.all().find(|signoff| signoff.rules.release.as_str() == name)
    }
}
