//! Since when a failure is there: by earlier sign-offs, or by the nights before.

use std::collections::{BTreeMap, HashMap};

use super::shown::digit;
use super::{About, Source};
use crate::gate::SignedOff;
use crate::id::ScenarioId;
use crate::rollup::nights::Failing;
use crate::words::{counted, thousands};

/// The most earlier sign-offs that are shown of a scenario, the latest.
const SHOWN: usize = 12;
/// In a strip, a sign-off in which nothing was left over of the scenario: it passed, or was not planned.
const NOTHING: char = '.';

/// What is known of earlier runs.
#[derive(Debug)]
pub(super) enum Past<'s> {
    /// Nothing.
    Unknown,
    /// Those sign-offs that gave an answer, in the order of the train.
    Signoffs(Vec<&'s SignedOff>),
    /// What fails tonight, and since when.
    Nights(HashMap<&'s ScenarioId, &'s Failing>),
}

impl<'s> Past<'s> {
    pub(super) fn of(source: &Source<'s>) -> Self {
        match source.about {
            About::Signoff(_) => Self::Signoffs(source.past.iter().filter(|signed| signed.void.is_none()).collect()),
            About::Night(night) => {
                let failing = night.newly_failing.iter().chain(&night.still_failing);
                Self::Nights(failing.map(|failing| (&failing.id, failing)).collect())
            }
            About::Run | About::Validation(_) => Self::Unknown,
        }
    }

    /// The sign-offs of a strip.
    pub(super) fn columns(&self) -> Vec<String> {
        self.shown().iter().map(|signed| signed.release.to_string()).collect()
    }

    /// A verdict's digit or [`NOTHING`] for each of these sign-offs.
    pub(super) fn strip(&self, scenario: &ScenarioId) -> String {
        let sign = |signed: &&SignedOff| signed.left.get(scenario).map_or(NOTHING, |left| digit(left.verdict));
        self.shown().iter().map(sign).collect()
    }

    fn shown(&self) -> &[&'s SignedOff] {
        match self {
            Self::Signoffs(known) => &known[known.len().saturating_sub(SHOWN)..],
            Self::Unknown | Self::Nights(_) => &[],
        }
    }

    /// Since when one scenario is left over, in words; nothing where nothing is known of it.
    pub(super) fn of_one(&self, scenario: &ScenarioId) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Signoffs(known) => {
                let Some(last) = known.last() else { return String::new() };
                let first = since(known, scenario);
                let Some(at) = first else { return format!("new here: nothing was left over of it in {}", last.release) };
                let before =
                    at.checked_sub(1).map(|before| format!("; nothing was left over of it in {}", known[before].release));
                format!(
                    "left over since {}{}",
                    known[at].release,
                    before.unwrap_or_else(|| ", the first that is known".to_owned())
                )
            }
            Self::Nights(failing) => failing.get(scenario).map_or_else(String::new, |failing| {
                let before = failing.before.as_ref().map(|past| format!("; {} before, in {}", past.verdict, past.run));
                let nights = counted(failing.nights, "night");
                format!("failing since {}, {nights}{}", failing.first_bad_night, before.unwrap_or_default())
            }),
        }
    }

    /// Since when several scenarios are left over, in words: how many since which release or night, the new ones first.
    pub(super) fn of_several<'i>(&self, scenarios: impl IntoIterator<Item = &'i ScenarioId>) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Signoffs(known) if known.is_empty() => String::new(),
            Self::Signoffs(known) => {
                // What is new comes first, then the later before the earlier.
                let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
                for scenario in scenarios {
                    *counts.entry(since(known, scenario).map_or(0, |at| known.len() - at)).or_default() += 1;
                }
                let words = counts.into_iter().map(|(age, count)| match age {
                    0 => format!("{} new here", thousands(count)),
                    age => format!("{} since {}", thousands(count), known[known.len() - age].release),
                });
                words.collect::<Vec<_>>().join(", ")
            }
            Self::Nights(failing) => {
                let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                for failing in scenarios.into_iter().filter_map(|scenario| failing.get(scenario)) {
                    *counts.entry(&failing.first_bad_night).or_default() += 1;
                }
                let words = counts.into_iter().rev().map(|(night, count)| format!("{} since {night}", thousands(count)));
                words.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

/// The first of the sign-offs since which a scenario was left over in each.
fn since(known: &[&SignedOff], scenario: &ScenarioId) -> Option<usize> {
    let unbroken = known.iter().rev().take_while(|signed| signed.left.contains_key(scenario)).count();
    (unbroken > 0).then(|| known.len() - unbroken)
}
