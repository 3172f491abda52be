//! Residuals: what is left after judging, put into classes that nothing falls out of.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::case::Scenario;
use crate::claim::Claims;
use crate::id::{Digest, ScenarioId, ShortDigest};
use crate::ledger::Ledger;
use crate::record::{Entry, Header, RunRecord};
use crate::release::Standing;
use crate::verdict::Verdict;
use crate::waiver::{Waived, Waiver};

/// The plan of the last sign-off: every scenario, and the start of its definition's digest.
pub type LastPlan = BTreeMap<ScenarioId, ShortDigest>;

/// What a scenario's verdict means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Fails here as it did on the baseline.
    StillFailing,
    /// Did not apply to the baseline.
    New,
    /// In the plan of the release before, not in this one.
    Missing,
    /// Fails, and every defect that it is paired with is not fixed here.
    Known,
    /// Passes, although every defect that it is paired with should be present.
    UnexpectedPass,
}

impl Class {
    /// Every class, in the order of reports.
    pub const ALL: [Class; 10] = [
        Class::Same,
        Class::Fixed,
        Class::Explained,
        Class::Regressed,
        Class::Unexplained,
        Class::StillFailing,
        Class::New,
        Class::Missing,
        Class::Known,
        Class::UnexpectedPass,
    ];

    /// The class's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Same => "same",
            Class::Fixed => "fixed",
            Class::Explained => "explained",
            Class::Regressed => "regressed",
            Class::Unexplained => "unexplained",
            Class::StillFailing => "still-failing",
            Class::New => "new",
            Class::Missing => "missing",
            Class::Known => "known",
            Class::UnexpectedPass => "unexpected-pass",
        }
    }

    /// Whether `explained` cannot hold while a scenario is in this class.
    pub fn is_unaccounted(self) -> bool {
        match self {
            Class::Regressed | Class::Unexplained | Class::Missing | Class::UnexpectedPass => true,
            Class::Same | Class::Fixed | Class::Explained | Class::StillFailing | Class::New | Class::Known => false,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The class of one judged scenario; `None` without a baseline, unless its defects decide, and for what was not judged.
pub fn classify(scenario: &Scenario, entry: &Entry, ledger: &Ledger, at: Standing<'_>, compared: bool) -> Option<Class> {
    if !entry.verdict.is_judged() {
        return None;
    }
    let (fails, paired) = (entry.verdict.is_failure(), !scenario.defects.is_empty());
    if paired && fails && scenario.defects.iter().all(|defect| !ledger.has_fix(defect, at)) {
        return Some(Class::Known);
    }
    if paired && entry.verdict == Verdict::Passed && scenario.defects.iter().all(|defect| ledger.has_defect(defect, at)) {
        return Some(Class::UnexpectedPass);
    }
    if !compared {
        return None;
    }
    let Some(baseline) = &entry.baseline else { return Some(Class::New) };
    Some(match (baseline.verdict.is_failure(), fails) {
        (false, false) if entry.explained_by.is_some() => Class::Explained,
        (false, false) => Class::Same,
        (true, false) => Class::Fixed,
        (false, true) if entry.differs => Class::Unexplained,
        (false, true) => Class::Regressed,
        (true, true) => Class::StillFailing,
    })
}

/// How many scenarios are in each class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassCounts([u64; Class::ALL.len()]);

impl ClassCounts {
    /// How many are in the class.
    pub fn get(&self, class: Class) -> u64 {
        self.0[class as usize]
    }
}

impl Serialize for ClassCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Class::ALL.len()))?;
        for class in Class::ALL {
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

/// A whole run, put into classes.
#[derive(Debug, Default)]
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
    let mut counts = ClassCounts::default();
    let mut used = BTreeSet::new();
    let residuals: Vec<_> = record
        .entries
        .iter()
        .map(|entry| {
            let scenario = scenarios.get(&entry.scenario).copied();
            let class =
                scenario.and_then(|scenario| classify(scenario, entry, ledger, header.standing(), header.baseline.is_some()));
            if let Some(class) = class {
                counts.0[class as usize] += 1;
            }
            let waiver = ledger.waivers.iter().find(|waiver| waives(waiver, entry, record, ledger));
            used.extend(waiver.map(|waiver| &waiver.name));
            Residual { entry, scenario, class, waiver }
        })
        .collect();
    let missing = previous.map(|previous| missing(previous, record, &scenarios, ledger)).unwrap_or_default();
    counts.0[Class::Missing as usize] = missing.len() as u64;
    let for_this = |waiver: &&Waiver| Some(&waiver.release) == header.release.as_ref();
    let idle = |waiver: &&Waiver| match &waiver.waived {
        Waived::Scenario { .. } => !used.contains(&waiver.name),
        Waived::Criterion { .. } => !ledger.is_in_force(waiver, &waiver.release, header.date),
    };
    let claims = match &header.baseline {
        Some(baseline) => Claims::between(ledger, baseline.place, header.standing()),
        None => Claims::default(),
    };
    Analysis { counts, residuals, missing, idle_waivers: ledger.waivers.iter().filter(for_this).filter(idle).collect(), claims }
}

fn waives(waiver: &Waiver, entry: &Entry, record: &RunRecord, ledger: &Ledger) -> bool {
    let Waived::Scenario { scenario, signature } = &waiver.waived else { return false };
    let matches = *scenario == entry.scenario && Some(*signature) == entry.signature;
    let header = &record.header;
    matches && header.release.as_ref().is_some_and(|release| ledger.is_in_force(waiver, release, header.date))
}

/// What the release before ran and this one does not, less what a recorded change ended.
fn missing(
    previous: &LastPlan,
    record: &RunRecord,
    scenarios: &HashMap<&ScenarioId, &Scenario>,
    ledger: &Ledger,
) -> Vec<ScenarioId> {
    let planned: HashSet<&ScenarioId> = record.plan.iter().map(|planned| &planned.scenario).collect();
    let ended = |id: &ScenarioId| {
        scenarios
            .get(id)
            .is_some_and(|scenario| scenario.case.superseded_by.is_some() && !ledger.applies(&scenario.case, record.header.place))
    };
    previous.keys().filter(|id| !planned.contains(id) && !ended(id)).cloned().collect()
}

/// Failures with one cause: the same class and the same signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cluster {
    /// Their class; absent where there is no baseline.
    pub class: Option<Class>,
    /// Their verdict.
    pub verdict: Verdict,
    /// Their signature.
    pub signature: Option<Digest>,
    /// Of failures that the baseline has too: whether it fails in the same way, or in another, which is its own finding.
    pub as_on_baseline: Option<bool>,
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
}

/// What the failures of one cluster have in common, in the order in which clusters are shown.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    accounted: bool,
    class: Option<Class>,
    verdict: Verdict,
    signature: Option<Digest>,
    as_on_baseline: Option<bool>,
}

impl Cause {
    fn of(entry: &Entry, class: Option<Class>) -> Self {
        let before = entry.baseline.as_ref().filter(|_| class == Some(Class::StillFailing));
        Self {
            accounted: matches!(class, Some(Class::Same | Class::Fixed | Class::Explained | Class::Known)),
            class,
            verdict: entry.verdict,
            signature: entry.signature,
            as_on_baseline: before.map(|baseline| baseline.signature == entry.signature),
        }
    }
}

/// The residuals that need a reader, in clusters: unaccounted classes before the others, then the largest first.
pub fn clusters(header: &Header, residuals: &[Residual<'_>]) -> Vec<Cluster> {
    let mut clusters: BTreeMap<Cause, Cluster> = BTreeMap::new();
    for Residual { entry, class, waiver, .. } in residuals {
        if entry.verdict == Verdict::Passed && !class.is_some_and(Class::is_unaccounted) {
            continue;
        }
        let cause = Cause::of(entry, *class);
        let as_on_baseline = cause.as_on_baseline;
        let cluster = clusters.entry(cause).or_insert_with(|| Cluster {
            class: *class,
            verdict: entry.verdict,
            signature: entry.signature,
            as_on_baseline,
            reason: entry.reason.as_deref().unwrap_or_default().to_owned(),
            detail: entry.detail.to_string(),
            rerun: header.rerun(&entry.scenario),
            waived: 0,
            scenarios: Vec::new(),
        });
        cluster.scenarios.push(entry.scenario.clone());
        cluster.waived += u64::from(waiver.is_some());
    }
    let mut ordered: Vec<_> = clusters.into_iter().collect();
    ordered.sort_by_key(|(cause, cluster)| (cause.accounted, cause.class, std::cmp::Reverse(cluster.scenarios.len())));
    ordered.into_iter().map(|(_, cluster)| cluster).collect()
}
