//! Causes: what failing scenarios share and others lack. For readers only: no gate, waiver or claim looks at them.
//!
//! A cause is a set of up to three features: words of the command line, axes, tags, the case, its folders. The sets are chosen
//! greedily, each time the one with the largest number of failures not yet told of, times the square root of its precision.

mod search;

use std::collections::HashMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::search::{Bits, Candidates, Found, exceeds};
use crate::case::Scenario;
use crate::id::ScenarioId;
use crate::residual::Residual;

/// The most causes that are looked for.
const CAUSES: usize = 10;
/// Fewer are read themselves.
const WORTH_GROUPING: u64 = 10;
/// The fewest failures that are a cause: one shares nothing with itself.
const FEWEST: u64 = 2;
/// A longer word of a command line is content, not a feature.
const LONGEST_WORD: usize = 64;

/// Something that a scenario's record states. The order is the order of preference where two say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Feature<T = String> {
    /// A word of a step's command line; of `--name=value` also the name alone.
    Word(T),
    /// The name of a variable that a step sets.
    Variable(T),
    /// An axis of its matrix with the label, `name=label`.
    Axis(T),
    /// A tag.
    Tag(T),
    /// Its case.
    Case(T),
    /// A folder that its case is in, at any depth.
    Folder(T),
}

/// What some failures share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cause {
    /// One to three features, which each of them has.
    pub shared: Vec<Feature>,
    /// How many scenarios that have them fail.
    pub failing: u64,
    /// How many scenarios have them.
    pub of: u64,
    /// How many of the failures no earlier cause tells of.
    pub more: u64,
    /// The first of those, in the order of the plan.
    pub first: ScenarioId,
}

impl Cause {
    /// Whether a scenario has all that is shared.
    pub fn is_of(&self, scenario: &Scenario) -> bool {
        let mut missing: Vec<Feature<&str>> = self.shared.iter().map(Feature::borrowed).collect();
        features(scenario, |feature| missing.retain(|wanted| *wanted != feature));
        missing.is_empty()
    }
}

/// The causes of a run's failures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Causes {
    /// How many scenarios fail that nothing accounts for, or are otherwise unaccounted for.
    pub failing: u64,
    /// The causes, the largest first.
    pub causes: Vec<Cause>,
    /// How many failures no cause tells of.
    pub rest: u64,
}

impl Causes {
    /// Whether nothing fails.
    pub fn is_empty(&self) -> bool {
        self.failing == 0
    }

    /// The causes of what needs a reader.
    pub fn of(residuals: &[Residual<'_>]) -> Self {
        let (mut failing, mut others) = (Vec::new(), Vec::new());
        for residual in residuals {
            let side = if residual.is_open() { &mut failing } else { &mut others };
            side.extend(residual.scenario);
        }
        Self::among(failing, others)
    }

    /// The causes of what fails, where others do not.
    pub fn among(failing: Vec<&Scenario>, others: Vec<&Scenario>) -> Self {
        let count = failing.len() as u64;
        if count < WORTH_GROUPING {
            return Self { failing: count, causes: Vec::new(), rest: count };
        }
        let found = candidates(&failing, &others).search(CAUSES, FEWEST);
        let causes: Vec<Cause> = found.into_iter().map(|found| cause(found, &failing)).collect();
        let told: u64 = causes.iter().map(|cause| cause.more).sum();
        Self { failing: count, causes, rest: count - told }
    }
}

fn cause(Found { features, failing, of, more, first }: Found<Feature<&str>>, scenarios: &[&Scenario]) -> Cause {
    let mut shared: Vec<Feature> = features.into_iter().map(Feature::owned).collect();
    shared.sort();
    Cause { shared, failing, of, more, first: scenarios[first].id.clone() }
}

impl Feature {
    fn borrowed(&self) -> Feature<&str> {
        match self {
            Feature::Word(text) => Feature::Word(text),
            Feature::Variable(text) => Feature::Variable(text),
            Feature::Axis(text) => Feature::Axis(text),
            Feature::Tag(text) => Feature::Tag(text),
            Feature::Case(text) => Feature::Case(text),
            Feature::Folder(text) => Feature::Folder(text),
        }
    }
}

impl Feature<&str> {
    fn owned(self) -> Feature {
        match self {
            Feature::Word(text) => Feature::Word(text.to_owned()),
            Feature::Variable(text) => Feature::Variable(text.to_owned()),
            Feature::Axis(text) => Feature::Axis(text.to_owned()),
            Feature::Tag(text) => Feature::Tag(text.to_owned()),
            Feature::Case(text) => Feature::Case(text.to_owned()),
            Feature::Folder(text) => Feature::Folder(text.to_owned()),
        }
    }
}

/// Calls `each` with every feature of a scenario; with some of them more than once.
fn features<'s>(scenario: &'s Scenario, mut each: impl FnMut(Feature<&'s str>)) {
    for step in scenario.steps.iter() {
        for word in step.run.texts().filter(|word| word.len() <= LONGEST_WORD) {
            each(Feature::Word(word));
            if let Some((name, _)) = word.split_once('=').filter(|(name, _)| name.starts_with('-')) {
                each(Feature::Word(name));
            }
        }
        step.environment.keys().for_each(|name| each(Feature::Variable(name)));
    }
    let case = scenario.case.id.as_str();
    let labels = scenario.id.as_str()[case.len()..].split('#').next().unwrap_or_default();
    labels.trim_start_matches('@').split(',').filter(|label| !label.is_empty()).for_each(|label| each(Feature::Axis(label)));
    scenario.tags.iter().for_each(|tag| each(Feature::Tag(tag.as_str())));
    each(Feature::Case(case));
    case.match_indices('/').for_each(|(end, _)| each(Feature::Folder(&case[..end])));
}

/// How many failing scenarios and how many others have a feature.
type Counts = [u64; 2];

/// The features that are worth combining, each with the scenarios that have it.
fn candidates<'s>(failing: &[&'s Scenario], others: &[&'s Scenario]) -> Candidates<Feature<&'s str>> {
    let counted = counted(failing, others);
    let all: Counts = [failing.len() as u64, others.len() as u64];
    let tells = |[with, without]: Counts| with >= FEWEST && exceeds([with, with + without], [all[0], all[0] + all[1]]);
    let mut worth: Vec<(Feature<&str>, Counts)> = counted.into_iter().filter(|(_, counts)| tells(*counts)).collect();
    worth.sort_by(|(one, a), (other, b)| search::score(*b).cmp(&search::score(*a)).then(one.cmp(other)));
    worth.truncate(Candidates::<Feature<&str>>::most(failing.len(), others.len()));
    let places: HashMap<Feature<&str>, usize> = worth.iter().enumerate().map(|(place, (feature, _))| (*feature, place)).collect();
    let sets = |scenarios: &[&'s Scenario]| {
        let mut sets = vec![Bits::none(scenarios.len()); worth.len()];
        for (row, scenario) in scenarios.iter().enumerate() {
            features(scenario, |feature| {
                if let Some(place) = places.get(&feature) {
                    sets[*place].insert(row);
                }
            });
        }
        sets
    };
    let (with, without) = rayon::join(|| sets(failing), || sets(others));
    Candidates::new(worth.into_iter().map(|(feature, _)| feature).collect(), with, without)
}

/// How many have each feature that a failing scenario has. One more than once in a scenario counts once.
fn counted<'s>(failing: &[&'s Scenario], others: &[&'s Scenario]) -> HashMap<Feature<&'s str>, Counts> {
    let mut counted: HashMap<Feature<&str>, Counts> = HashMap::new();
    let mut own = Vec::new();
    for scenario in failing {
        own_features(scenario, &mut own, |_| true);
        own.iter().for_each(|feature| counted.entry(*feature).or_default()[0] += 1);
    }
    counted.retain(|_, [with, _]| *with >= FEWEST);
    let known = &counted;
    let parts: Vec<HashMap<Feature<&str>, u64>> = others
        .par_chunks(4096)
        .map(|scenarios| {
            let (mut part, mut own) = (HashMap::new(), Vec::new());
            for scenario in scenarios {
                own_features(scenario, &mut own, |feature| known.contains_key(feature));
                own.iter().for_each(|feature| *part.entry(*feature).or_default() += 1);
            }
            part
        })
        .collect();
    for (feature, count) in parts.into_iter().flatten() {
        counted.entry(feature).or_default()[1] += count;
    }
    counted
}

/// The features of a scenario that are wanted, each once.
fn own_features<'s>(scenario: &'s Scenario, own: &mut Vec<Feature<&'s str>>, is_wanted: impl Fn(&Feature<&str>) -> bool) {
    own.clear();
    features(scenario, |feature| {
        if is_wanted(&feature) {
            own.push(feature);
        }
    });
    own.sort_unstable();
    own.dedup();
}
