//! Plans: which scenarios a run consists of, in which order; fixed before it starts.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::case::{Family, Scenario};
use crate::id::{Component, DefectId, Digest, Glob, ScenarioId, Tag};
use crate::ledger::Ledger;
use crate::release::Position;

/// One part of a plan that is divided between machines: number `number` of `of`, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    number: u32,
    of: u32,
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
    /// The part of the selection that matches nothing, in words.
    pub fn select<'l>(&self, ledger: &'l Ledger) -> Result<Vec<&'l Scenario>, String> {
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
        let meant = ledger.scenarios.iter().filter(|scenario| self.means(scenario, ledger));
        let in_shard = |(_, index): &(&Scenario, u32)| self.shard.is_none_or(|shard| index % shard.of + 1 == shard.number);
        let selected: Vec<_> = meant.zip(0..).filter(in_shard).map(|(scenario, _)| scenario).collect();
        if selected.is_empty() { Err("no scenario matches all the filters together".to_owned()) } else { Ok(selected) }
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
    /// A selection that matches nothing, in words.
    pub fn new(ledger: &'l Ledger, selection: &Selection, place: Position) -> Result<Self, String> {
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
            return Err("none of the selected scenarios applies to this build's place in the train".to_owned());
        }
        if scenarios.iter().all(|scenario| scenario.case.family == Family::Canary) {
            return Err("there is nothing to judge but canaries".to_owned());
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
