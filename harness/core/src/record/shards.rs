//! The shards of one plan, which become one record: all of them, or none.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Entry, Requested, RunKind, RunRecord};
use crate::case::{Family, Scenario};
use crate::id::{Digest, RunName, ScenarioId};
use crate::plan::Shard;
use crate::words::counted;

/// A run whose verdicts another record took over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShardRun {
    /// The run.
    pub run: RunName,
    /// Its part of the plan.
    pub shard: Shard,
    /// The digest of every line of its journal but the last.
    pub journal: Digest,
    /// How many scenarios it judged.
    pub judged: u64,
}

/// The verdicts of a whole plan.
#[derive(Debug, Default)]
pub struct Joined {
    /// One for each scenario, in the order of the plan.
    pub entries: Vec<Entry>,
    /// The runs that they come from, by shard.
    pub shards: Vec<ShardRun>,
}

/// Joins runs into the verdicts of a plan. A canary is in every shard; its verdict is taken from the first.
///
/// # Errors
/// Why they are not the shards of this plan, with the run's name: a run is void, no shard, of another request, doubled or missing,
/// or it judged something else than the plan states.
pub fn join(plan: &[&Scenario], runs: &[RunRecord]) -> Result<Joined, String> {
    let mut runs = runs.iter().map(|record| told(record).map(|told| (told, record))).collect::<Result<Vec<_>, _>>()?;
    runs.sort_by_key(|(told, _)| told.shard.number());
    let told: Vec<ShardRun> = runs.iter().map(|(told, _)| told.clone()).collect();
    are_of_one_request(&runs)?;
    let order: HashMap<&ScenarioId, (usize, &Scenario)> =
        plan.iter().zip(0..).map(|(scenario, index)| (&scenario.id, (index, *scenario))).collect();
    let mut joined: BTreeMap<usize, (Entry, RunName)> = BTreeMap::new();
    for (ShardRun { run, .. }, record) in runs {
        let digests: HashMap<&ScenarioId, Digest> =
            record.plan.iter().map(|planned| (&planned.scenario, planned.digest)).collect();
        for entry in &record.entries {
            let planned =
                order.get(&entry.scenario).filter(|(_, scenario)| digests.get(&scenario.id) == Some(&scenario.digest()));
            let Some((index, scenario)) = planned else {
                return Err(format!("the run `{run}` judged {}, which this plan does not have like that", entry.scenario));
            };
            match joined.get(index) {
                Some((_, first)) if scenario.case.family != Family::Canary => {
                    return Err(format!("the runs `{first}` and `{run}` both judged {}", entry.scenario));
                }
                Some(_) => {}
                None => {
                    joined.insert(*index, (entry.clone(), run.clone()));
                }
            }
        }
    }
    if let Some(missing) = missing(plan, &joined, &told) {
        return Err(missing);
    }
    Ok(Joined { entries: joined.into_values().map(|(entry, _)| entry).collect(), shards: told })
}

/// What is recorded of a shard.
fn told(record: &RunRecord) -> Result<ShardRun, String> {
    let header = &record.header;
    let run = &header.run;
    if let Some(reason) = record.void_reason() {
        return Err(format!("the run `{run}` is void: {reason}"));
    }
    let shard = header.request.as_ref().and_then(|request| request.shard).filter(|_| header.kind() == RunKind::Plain);
    let no_shard = || format!("the run `{run}` is no shard: `fixgate run --shard K/N` makes them");
    match (shard, &record.footer) {
        (Some(shard), Some(footer)) => {
            let judged = record.entries.len() as u64;
            Ok(ShardRun { run: run.clone(), shard, journal: footer.journal, judged })
        }
        (_, _) => Err(no_shard()),
    }
}

/// Holds if all are different shards of as many, with the same filters.
fn are_of_one_request(runs: &[(ShardRun, &RunRecord)]) -> Result<(), String> {
    let filters = |record: &RunRecord| {
        let request = record.header.request.clone().unwrap_or_default();
        Requested { candidate: None, baseline: None, placed_as: None, shard: None, ..request }
    };
    for pair in runs.windows(2) {
        let [(one, first), (other, second)] = pair else { continue };
        if one.shard == other.shard {
            return Err(format!("the runs `{}` and `{}` are both shard {}", one.run, other.run, one.shard));
        }
        if one.shard.of() != other.shard.of() {
            let (one, other) = ((&one.run, one.shard), (&other.run, other.shard));
            return Err(format!("the run `{}` is shard {}, and `{}` is shard {}", one.0, one.1, other.0, other.1));
        }
        if filters(first) != filters(second) {
            return Err(format!("the runs `{}` and `{}` have different filters", one.run, other.run));
        }
    }
    Ok(())
}

/// What has no verdict, and the shards that are not there. One that holds no scenario makes no run, and misses nothing.
fn missing(plan: &[&Scenario], joined: &BTreeMap<usize, (Entry, RunName)>, told: &[ShardRun]) -> Option<String> {
    let open: Vec<&Scenario> =
        plan.iter().zip(0..).filter(|(_, index)| !joined.contains_key(index)).map(|(one, _)| *one).collect();
    let first = open.first()?;
    let of = told.first().map_or(0, |told| told.shard.of());
    let is_there = |number: &u32| told.iter().any(|told| told.shard.number() == *number);
    let absent: Vec<String> =
        (1..=of).filter(|number| !is_there(number)).take(20).map(|number| format!("{number}/{of}")).collect();
    let which = if absent.is_empty() { String::new() } else { format!("shard {} is missing: ", absent.join(", ")) };
    Some(format!("{which}{} of the plan without a verdict; the first: {}", counted(open.len(), "scenario"), first.id))
}
