//! In which order the scenarios of a plan are given to the workers.

use std::collections::HashMap;

use crate::case::Scenario;
use crate::id::ScenarioId;

/// Puts the scenarios that are known to be long in front, in the order of `long`; all others keep their order.
///
/// A long scenario that is begun last makes the run end late by as much as it takes, while the other workers have nothing to do
/// (R. L. Graham, "Bounds on multiprocessing timing anomalies", 1969). Of a scenario that has never run nothing is known; it
/// keeps its place, since most are short and neighbours share what is warm.
pub fn longest_first(scenarios: &mut [&Scenario], long: &[ScenarioId]) {
    if long.is_empty() {
        return;
    }
    let ranks: HashMap<&ScenarioId, usize> = long.iter().zip(0..).collect();
    // The sort is stable, and what is no long one ranks after them.
    scenarios.sort_by_cached_key(|scenario| ranks.get(&scenario.id).copied().unwrap_or(long.len()));
}
