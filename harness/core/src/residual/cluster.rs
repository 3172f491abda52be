//! Clusters: residuals with one cause, for readers.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{Class, Residual};
use crate::id::{DefectId, Digest, ScenarioId};
use crate::record::{self, Header};
use crate::verdict::Verdict;

/// The most differences of a cluster that are kept; every scenario's own is in the JUnit report and in the run's journal.
const DIFFERENCES: usize = 100;

/// Failures with one cause: the same class and the same signature, and the same defects where those are what is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Cluster {
    /// Their class; absent where there is no baseline.
    pub class: Option<Class>,
    /// Their verdict.
    pub verdict: Verdict,
    /// Their signature.
    pub signature: Option<Digest>,
    /// Of failures that the baseline has too: whether exactly the same was seen there.
    pub as_on_baseline: Option<bool>,
    /// Of known failures, the defects that are not fixed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<DefectId>,
    /// What the first of them showed, in one line.
    pub reason: String,
    /// The difference that the first of them showed.
    pub detail: String,
    /// The command that runs the first of them again.
    #[serde(default)]
    pub rerun: String,
    /// How many of them are waived.
    pub waived: u64,
    /// The scenarios, in the order of the plan.
    pub scenarios: Vec<ScenarioId>,
    /// What they showed, each difference once; the first hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// How many scenarios showed others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub differences_left_out: u64,
}

/// What some scenarios of a cluster showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Difference {
    /// In one line.
    pub reason: String,
    /// In lines.
    pub detail: String,
    /// The scenarios.
    pub scenarios: Vec<SeenScenario>,
}

/// A scenario, and the identity of its failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SeenScenario {
    /// The scenario.
    pub scenario: ScenarioId,
    /// Exactly what was seen of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Digest>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What the failures of one cluster have in common, in the order in which clusters are shown.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'r> {
    accounted: bool,
    class: Option<Class>,
    verdict: Verdict,
    signature: Option<Digest>,
    as_on_baseline: Option<bool>,
    defects: &'r [DefectId],
}

impl<'r> Likeness<'r> {
    fn of(residual: &Residual<'r>) -> Self {
        let Residual { entry, scenario, class, .. } = *residual;
        let compared = matches!(class, Some(Class::StillFailing | Class::FailingDifferently));
        let before = entry.baseline.as_ref().filter(|baseline| compared && baseline.verdict.is_failure());
        let known = scenario.filter(|_| class == Some(Class::Known));
        Self {
            accounted: matches!(class, Some(Class::Same | Class::Fixed | Class::Explained | Class::Known)),
            class,
            verdict: entry.verdict,
            signature: entry.signature,
            as_on_baseline: before.map(|baseline| entry.seen.is_some() && baseline.seen == entry.seen),
            defects: known.map_or(&[], |scenario| &*scenario.defects),
        }
    }
}

/// A cluster that is being put together, with the place of each difference in it.
struct Growing<'r> {
    cluster: Cluster,
    places: HashMap<(&'r str, &'r str), usize>,
}

impl<'r> Growing<'r> {
    fn new(header: &Header, likeness: &Likeness<'_>, entry: &record::Entry) -> Self {
        let cluster = Cluster {
            class: likeness.class,
            verdict: likeness.verdict,
            signature: likeness.signature,
            as_on_baseline: likeness.as_on_baseline,
            defects: likeness.defects.to_vec(),
            reason: entry.reason.as_deref().unwrap_or_default().to_owned(),
            detail: entry.detail.to_string(),
            rerun: header.rerun(&entry.scenario),
            waived: 0,
            scenarios: Vec::new(),
            differences: Vec::new(),
            differences_left_out: 0,
        };
        Self { cluster, places: HashMap::new() }
    }

    fn add(&mut self, Residual { entry, waiver, .. }: &Residual<'r>) {
        let cluster = &mut self.cluster;
        cluster.scenarios.push(entry.scenario.clone());
        cluster.waived += u64::from(waiver.is_some());
        let (reason, detail) = (entry.reason.as_deref().unwrap_or_default(), &*entry.detail);
        let next = cluster.differences.len();
        let known = self.places.get(&(reason, detail)).copied();
        let Some(place) = known.or((next < DIFFERENCES).then_some(next)) else {
            cluster.differences_left_out += 1;
            return;
        };
        if place == next {
            self.places.insert((reason, detail), place);
            let (reason, detail) = (reason.to_owned(), detail.to_owned());
            cluster.differences.push(Difference { reason, detail, scenarios: Vec::new() });
        }
        let scenario = SeenScenario { scenario: entry.scenario.clone(), seen: entry.seen };
        cluster.differences[place].scenarios.push(scenario);
    }
}

/// The residuals that need a reader, in clusters: unaccounted classes before the others, then the largest first.
pub fn clusters(header: &Header, residuals: &[Residual<'_>]) -> Vec<Cluster> {
    let mut clusters: BTreeMap<Likeness<'_>, Growing<'_>> = BTreeMap::new();
    for residual in residuals {
        if residual.entry.verdict == Verdict::Passed && !residual.class.is_some_and(Class::is_unaccounted) {
            continue;
        }
        let growing = match clusters.entry(Likeness::of(residual)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let growing = Growing::new(header, place.key(), residual.entry);
                place.insert(growing)
            }
        };
        growing.add(residual);
    }
    let mut ordered: Vec<_> = clusters.into_iter().map(|(likeness, growing)| (likeness, growing.cluster)).collect();
    ordered.sort_by_key(|(likeness, cluster)| (likeness.accounted, likeness.class, std::cmp::Reverse(cluster.scenarios.len())));
    ordered.into_iter().map(|(_, cluster)| cluster).collect()
}
