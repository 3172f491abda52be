//! Residuals: what is left after judging, put into classes that nothing falls out of.

mod cluster;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use strum::{IntoStaticStr, VariantArray};

use crate::case::Scenario;
use crate::claim::Claims;
use crate::id::{Digest, ScenarioId};
use crate::ledger::Ledger;
use crate::plan::LastPlan;
use crate::record::{Entry, RunRecord};
use crate::release::Standing;
use crate::verdict::Verdict;
use crate::waiver::{Waived, Waiver};

pub use self::cluster::{Cluster, Difference, SeenScenario, clusters};

/// What a scenario's verdict means here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, VariantArray, strum::Display,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Class {
    /// As on the baseline.
    Same,
    /// Failed on the baseline, passes here.
    Fixed,
    /// Differs from the baseline as a fix claims.
    Explained,
    /// Passed on the baseline, fails here.
    Regressed,
    /// Differs from the baseline, and no fix claims it.
    Unexplained,
    /// Differs from the baseline, and one of the two builds differs from itself: nothing can be told.
    Varying,
    /// Fails here as it did on the baseline.
    StillFailing,
    /// Fails, and what accounts for a failure here, a waiver, a defect that is not fixed or the baseline, was of another.
    FailingDifferently,
    /// Did not apply to the baseline.
    New,
    /// In the plan of the release before, not in this one.
    Missing,
    /// Fails as it did on the baseline, and every defect that it is paired with is not fixed here.
    Known,
    /// Passes, although every defect that it is paired with should be present.
    UnexpectedPass,
}

impl Class {
    /// Every class, in the order of reports.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The class's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether `explained` cannot hold while a scenario is in this class.
    pub fn is_unaccounted(self) -> bool {
        match self {
            Class::Regressed
            | Class::Unexplained
            | Class::Varying
            | Class::FailingDifferently
            | Class::Missing
            | Class::UnexpectedPass => true,
            Class::Same | Class::Fixed | Class::Explained | Class::StillFailing | Class::New | Class::Known => false,
        }
    }
}

/// The class of one judged scenario, waivers aside. `claims` are those that count between baseline and candidate, and nothing without a
/// baseline: then only its defects decide. `None` too for what was not judged.
pub fn classify(
    scenario: &Scenario,
    entry: &Entry,
    ledger: &Ledger,
    at: Standing<'_>,
    claims: Option<&Claims<'_>>,
) -> Option<Class> {
    if !entry.verdict.is_judged() {
        return None;
    }
    let (fails, paired) = (entry.verdict.is_failure(), !scenario.defects.is_empty());
    if fails && claims.is_some() && entry.varying.is_some() {
        return Some(Class::Varying);
    }
    // A record alone doesn't make a failure known: the baseline must have failed too, or the release broke it.
    let is_old = claims.is_none() || entry.baseline.as_ref().is_some_and(|baseline| baseline.verdict.is_failure());
    if fails && is_old && is_not_fixed(scenario, ledger, at) {
        let explained = |seen| claims.is_some_and(|claims| claims.explain(&scenario.id, seen).is_some());
        let accounted = !fails_differently(entry) || entry.seen.is_some_and(explained);
        return Some(if accounted { Class::Known } else { Class::FailingDifferently });
    }
    if paired && entry.verdict == Verdict::Passed && scenario.defects.iter().all(|defect| ledger.has_defect(defect, at)) {
        return Some(Class::UnexpectedPass);
    }
    claims?;
    let Some(baseline) = &entry.baseline else { return Some(Class::New) };
    Some(match (baseline.verdict.is_failure(), fails) {
        (false, false) if entry.explained_by.is_some() => Class::Explained,
        (false, false) => Class::Same,
        (true, false) => Class::Fixed,
        (false, true) if entry.differs => Class::Unexplained,
        (false, true) => Class::Regressed,
        (true, true) if fails_differently(entry) => Class::FailingDifferently,
        (true, true) => Class::StillFailing,
    })
}

/// Whether a failure of the scenario is recorded: it is paired, and none of its defects is fixed here.
pub fn is_not_fixed(scenario: &Scenario, ledger: &Ledger, at: Standing<'_>) -> bool {
    !scenario.defects.is_empty() && scenario.defects.iter().all(|defect| !ledger.has_fix(defect, at))
}

/// Whether it failed on the baseline too, and not exactly so. What an older record does not say is not the same.
fn fails_differently(entry: &Entry) -> bool {
    let failed = entry.baseline.as_ref().filter(|baseline| baseline.verdict.is_failure());
    failed.is_some_and(|baseline| entry.seen.is_none() || baseline.seen != entry.seen)
}

/// How many scenarios are in each class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClassCounts(#[cfg_attr(test, schemars(with = "BTreeMap<Class, u64>"))] [u64; Class::ALL.len()]);

impl ClassCounts {
    /// How many are in the class.
    pub fn get(&self, class: Class) -> u64 {
        self.0[class as usize]
    }
}

impl Serialize for ClassCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Class::ALL.len()))?;
        for class in Class::ALL.iter().copied() {
            map.serialize_entry(class.as_str(), &self.get(class))?;
        }
        map.end()
    }
}

/// A class that is not there is one that did not exist when the counts were written.
impl<'de> Deserialize<'de> for ClassCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut counts = Self::default();
        for (class, count) in BTreeMap::<Class, u64>::deserialize(deserializer)? {
            counts.0[class as usize] = count;
        }
        Ok(counts)
    }
}

/// One residual: a scenario that is not simply as it should be.
#[derive(Debug, Clone)]
pub struct Residual<'r> {
    /// The scenario's entry.
    pub entry: &'r Entry,
    /// The scenario, if the ledger still has it.
    pub scenario: Option<&'r Scenario>,
    /// Its class.
    pub class: Option<Class>,
    /// The waiver that accepts it.
    pub waiver: Option<&'r Waiver>,
}

impl Residual<'_> {
    /// Whether it needs a reader: no defect accounts for it, and it is not waived.
    pub fn is_open(&self) -> bool {
        let fails = self.entry.verdict.is_failure() && self.class != Some(Class::Known);
        self.waiver.is_none() && (fails || self.class.is_some_and(Class::is_unaccounted))
    }

    /// The digest of what a claim accounts for: the outputs of an explained difference, or what is seen now of a known failure.
    pub fn claimed(&self) -> Option<Digest> {
        if self.class == Some(Class::Known) && fails_differently(self.entry) {
            return self.entry.seen;
        }
        self.entry.explained_by.as_ref().and(self.entry.outputs)
    }
}

/// A whole run, put into classes.
#[derive(Debug, Clone, Default)]
pub struct Analysis<'r> {
    /// How many scenarios are in each class.
    pub counts: ClassCounts,
    /// Each scenario's class, in the order of the plan.
    pub residuals: Vec<Residual<'r>>,
    /// Scenarios of the release before that are gone.
    pub missing: Vec<ScenarioId>,
    /// The waivers for this release that match nothing, or are out of date.
    pub idle_waivers: Vec<&'r Waiver>,
    /// The claims that count, with how many scenarios each fix explained.
    pub claims: Claims<'r>,
}

/// Puts a run into classes. `previous` is the plan of the release before, as its sign-off recorded it.
pub fn analyse<'r>(ledger: &'r Ledger, record: &'r RunRecord, previous: Option<&LastPlan>) -> Analysis<'r> {
    let header = &record.header;
    let scenarios: HashMap<&ScenarioId, &Scenario> = ledger.scenarios.iter().map(|scenario| (&scenario.id, scenario)).collect();
    let claims = match &header.baseline {
        Some(baseline) => Claims::between(ledger, baseline.place, header.standing()),
        None => Claims::default(),
    };
    let mut counts = ClassCounts::default();
    let mut used = BTreeSet::new();
    let compared = header.baseline.as_ref().map(|_| &claims);
    let residuals: Vec<_> = record
        .entries
        .iter()
        .map(|entry| {
            let scenario = scenarios.get(&entry.scenario).copied();
            let (waiver, class) = match waived(entry, record, ledger) {
                Acceptance::Of(waiver) => (Some(waiver), None),
                Acceptance::OfAnother => (None, Some(Class::FailingDifferently)),
                Acceptance::None => (None, None),
            };
            let classify = |scenario| classify(scenario, entry, ledger, header.standing(), compared);
            let class = class.or_else(|| scenario.and_then(classify));
            if let Some(class) = class {
                counts.0[class as usize] += 1;
            }
            used.extend(waiver.map(|waiver| &waiver.name));
            Residual { entry, scenario, class, waiver }
        })
        .collect();
    let for_this = |waiver: &&Waiver| Some(&waiver.release) == header.release.as_ref();
    let idle = |waiver: &&Waiver| match &waiver.waived {
        Waived::Scenario { .. } => !used.contains(&waiver.name),
        Waived::Criterion { .. } => !ledger.is_in_force(waiver, &waiver.release, header.date),
    };
    let idle_waivers = ledger.waivers.iter().filter(for_this).filter(idle).collect();
    let analysis = Analysis { counts, residuals, missing: Vec::new(), idle_waivers, claims };
    if previous.is_some() { analysis.since(ledger, record, previous) } else { analysis }
}

impl<'r> Analysis<'r> {
    /// The same, with what is missing since the last plan.
    pub fn since(&self, ledger: &Ledger, record: &RunRecord, previous: Option<&LastPlan>) -> Analysis<'r> {
        let mut since = self.clone();
        since.missing = previous.map(|previous| missing(previous, record, ledger)).unwrap_or_default();
        since.counts.0[Class::Missing as usize] = since.missing.len() as u64;
        since
    }
}

/// What waivers say of a failure.
enum Acceptance<'w> {
    /// None in force is about the scenario.
    None,
    /// One accepts exactly this.
    Of(&'w Waiver),
    /// What was accepted of the scenario is another failure.
    OfAnother,
}

fn waived<'w>(entry: &Entry, record: &RunRecord, ledger: &'w Ledger) -> Acceptance<'w> {
    let Some(release) = record.header.release.as_ref().filter(|_| entry.verdict.is_failure()) else { return Acceptance::None };
    let mut found = Acceptance::None;
    for waiver in &ledger.waivers {
        match &waiver.waived {
            Waived::Scenario { scenario, seen, masking }
                if *scenario == entry.scenario && ledger.is_in_force(waiver, release, record.header.date) =>
            {
                if entry.seen_under(masking.as_ref()) == Some(*seen) {
                    return Acceptance::Of(waiver);
                }
                found = Acceptance::OfAnother;
            }
            Waived::Scenario { .. } | Waived::Criterion { .. } => {}
        }
    }
    found
}

/// What the release before ran and this one does not, less what a recorded change ended.
fn missing(previous: &LastPlan, record: &RunRecord, ledger: &Ledger) -> Vec<ScenarioId> {
    let scenarios: HashMap<&ScenarioId, &Scenario> = ledger.scenarios.iter().map(|scenario| (&scenario.id, scenario)).collect();
    let planned: HashSet<&ScenarioId> = record.plan.iter().map(|planned| &planned.scenario).collect();
    let ended = |id: &ScenarioId| {
        scenarios
            .get(id)
            .is_some_and(|scenario| scenario.case.superseded_by.is_some() && !ledger.applies(&scenario.case, record.header.place))
    };
    previous.keys().filter(|id| !planned.contains(id) && !ended(id)).cloned().collect()
}
