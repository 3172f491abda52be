//! Plans: which scenarios a run consists of, in which order; fixed before it starts.

mod kept;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::kept::{Kept, LastPlan, read_last_plan};
use crate::case::{Family, Scenario};
use crate::id::{Component, DefectId, Digest, Glob, ScenarioId, Tag};
use crate::ledger::Ledger;
use crate::release::Position;

/// One part of a plan that is divided between machines: number `number` of `of`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Which part it is, from 1.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((number, of)) if 1 <= number && number <= of => Ok(Self { number, of }),
            _ => Err(format!("{text:?} is not a shard; write K/N, such as 1/4")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

/// Why a selection leaves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmatched {
    /// It means no scenario: what of it, in words.
    Nothing(String),
    /// It means some, and none of them is in this part.
    EmptyShard(Shard),
}

impl From<String> for Unmatched {
    fn from(words: String) -> Self {
        Self::Nothing(words)
    }
}

impl fmt::Display for Unmatched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unmatched::Nothing(words) => formatter.write_str(words),
            Unmatched::EmptyShard(shard) => write!(formatter, "shard {shard} has no scenario: there are fewer than shards"),
        }
    }
}

/// Which scenarios are meant. What is empty or absent does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Any of these globs.
    pub globs: Vec<Glob>,
    /// Any of these tags.
    pub tags: Vec<Tag>,
    /// Paired with any of these defects.
    pub defects: Vec<DefectId>,
    /// Paired with a defect of any of these components.
    pub components: Vec<Component>,
    /// Any of exactly these.
    pub scenarios: Option<BTreeSet<ScenarioId>>,
    /// One part of what is left.
    pub shard: Option<Shard>,
}

impl Selection {
    /// Whether it means everything.
    pub fn is_everything(&self) -> bool {
        let Self { globs, tags, defects, components, scenarios, shard } = self;
        globs.is_empty()
            && tags.is_empty()
            && defects.is_empty()
            && components.is_empty()
            && scenarios.is_none()
            && shard.is_none()
    }

    fn means(&self, scenario: &Scenario, ledger: &Ledger) -> bool {
        let of_component =
            |id: &DefectId| ledger.defects.get(id).is_some_and(|defect| self.components.contains(&defect.component));
        (self.globs.is_empty() || self.globs.iter().any(|glob| glob.matches(&scenario.id)))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| scenario.tags.contains(tag)))
            && (self.defects.is_empty() || self.defects.iter().any(|defect| scenario.defects.contains(defect)))
            && (self.components.is_empty() || scenario.defects.iter().any(of_component))
            && self.scenarios.as_ref().is_none_or(|scenarios| scenarios.contains(&scenario.id))
    }

    /// The scenarios meant, in the ledger's order.
    ///
    /// # Errors
    /// Why there are none.
    pub fn select<'l>(&self, ledger: &'l Ledger) -> Result<Vec<&'l Scenario>, Unmatched> {
        self.find_unmatched(ledger)?;
        let meant = ledger.scenarios.iter().filter(|scenario| self.means(scenario, ledger));
        let in_shard = |(_, index): &(&Scenario, u32)| self.shard.is_none_or(|shard| index % shard.of + 1 == shard.number);
        let mut meant = meant.zip(0..).peekable();
        let is_empty = meant.peek().is_none();
        let selected: Vec<_> = meant.filter(in_shard).map(|(scenario, _)| scenario).collect();
        match self.shard {
            Some(shard) if selected.is_empty() && !is_empty => Err(Unmatched::EmptyShard(shard)),
            _ if selected.is_empty() => Err("no scenario matches all the filters together".to_owned().into()),
            Some(_) | None => Ok(selected),
        }
    }

    /// Looks for a part of the selection that matches nothing.
    fn find_unmatched(&self, ledger: &Ledger) -> Result<(), String> {
        if let Some(glob) = self.globs.iter().find(|glob| ledger.matching(glob).next().is_none()) {
            return Err(format!("the filter `{}` matches no scenario", glob.as_str()));
        }
        if let Some(tag) = self.tags.iter().find(|tag| !ledger.scenarios.iter().any(|scenario| scenario.tags.contains(tag))) {
            return Err(format!("no scenario has the tag `{tag}`"));
        }
        if let Some(id) = self.defects.iter().find(|id| ledger.pair(id).is_empty()) {
            return Err(format!("no scenario is paired with `{id}`"));
        }
        if let Some(name) = self.components.iter().find(|name| !ledger.defects.values().any(|defect| defect.component == **name))
        {
            return Err(format!("no defect is of the component `{name}`"));
        }
        Ok(())
    }
}

/// The scenarios of a run, in order, under one digest.
#[derive(Debug, Clone)]
pub struct Plan<'l> {
    scenarios: Vec<&'l Scenario>,
    digest: Digest,
    complete: bool,
}

impl<'l> Plan<'l> {
    /// The selected scenarios that apply at a place of the train; the canaries are always among them.
    ///
    /// # Errors
    /// Why there is nothing to be judged.
    pub fn new(ledger: &'l Ledger, selection: &Selection, place: Position) -> Result<Self, Unmatched> {
        match (Self::of(ledger, selection, place), selection.shard) {
            // Where the other parts have something, this one is as it should be.
            (Err(Unmatched::Nothing(_)), Some(shard))
                if Self::of(ledger, &Selection { shard: None, ..selection.clone() }, place).is_ok() =>
            {
                Err(Unmatched::EmptyShard(shard))
            }
            (plan, _) => plan,
        }
    }

    fn of(ledger: &'l Ledger, selection: &Selection, place: Position) -> Result<Self, Unmatched> {
        let mut selected = selection.select(ledger)?.into_iter().peekable();
        let mut scenarios = Vec::new();
        let mut selected_one = false;
        for scenario in &ledger.scenarios {
            // What is selected is in the ledger's order.
            let is_selected = selected.next_if(|next| std::ptr::eq(*next, scenario)).is_some();
            if (is_selected || scenario.case.family == Family::Canary) && ledger.applies(&scenario.case, place) {
                selected_one |= is_selected;
                scenarios.push(scenario);
            }
        }
        if !selected_one {
            return Err("none of the selected scenarios applies to this build's place in the train".to_owned().into());
        }
        if scenarios.iter().all(|scenario| scenario.case.family == Family::Canary) {
            return Err("there is nothing to judge but canaries".to_owned().into());
        }
        Ok(Self { digest: digest(&scenarios), scenarios, complete: selection.is_everything() })
    }

    /// The scenarios in order.
    pub fn scenarios(&self) -> &[&'l Scenario] {
        &self.scenarios
    }

    /// The digest over ids, definitions and order.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it holds everything that applies, so that nothing was filtered away.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The part of the plan that applies at another place.
    #[must_use]
    pub fn at(&self, ledger: &Ledger, place: Position) -> Self {
        let scenarios: Vec<_> = self.scenarios.iter().copied().filter(|scenario| ledger.applies(&scenario.case, place)).collect();
        Self { digest: digest(&scenarios), scenarios, complete: self.complete }
    }
}

fn digest(scenarios: &[&Scenario]) -> Digest {
    Digest::of_json_array(scenarios.iter().map(|scenario| (&scenario.id, scenario.digest())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_one_of_several() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for bad in ["0/4", "5/4", "1", "1/0", "a/b"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
