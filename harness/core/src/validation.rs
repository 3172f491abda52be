//! What is run to validate a private fix: its pair, the scenarios nearest to it, and those that are tagged `smoke`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::case::{Family, Scenario};
use crate::defect::Defect;
use crate::id::{Component, DefectId, Tag};
use crate::ledger::Ledger;
use crate::plan::Selection;
use crate::release::Standing;
use crate::words::counted;

/// The most scenarios near a fix that are run for it: a validation takes seconds.
pub const NEAR_LIMIT: usize = 200;
/// The tag of scenarios that every validation runs.
pub const SMOKE: &str = "smoke";

/// The scenarios of a validation, each in one part; the canaries that every run has are none of them.
#[derive(Debug)]
pub struct Scope<'l> {
    /// What is paired with the fixed defects.
    pub pair: Vec<&'l Scenario>,
    /// What is nearest to them, nearest first; at most [`NEAR_LIMIT`].
    pub near: Vec<&'l Scenario>,
    /// How many scenarios are near them in all.
    pub near_in_all: usize,
    /// What is tagged `smoke` and in neither other part.
    pub smoke: Vec<&'l Scenario>,
    /// Everything else that applies here, and is not run.
    pub left_out: Vec<&'l Scenario>,
}

impl<'l> Scope<'l> {
    /// The scope for a build that stands here.
    ///
    /// # Errors
    /// The fix that cannot be validated here, with the reason in words.
    pub fn new(ledger: &'l Ledger, at: Standing<'_>) -> Result<Self, String> {
        let mut pair = Vec::new();
        for id in at.fixes {
            let paired = ledger.pair(id);
            if paired.is_empty() {
                return Err(format!("no case names {id}: a fix that nothing can tell from the defect cannot be validated"));
            }
            if let Some(scenario) = paired.iter().find(|scenario| !ledger.applies(&scenario.case, at.place)) {
                return Err(format!("{} does not apply to the base, so it cannot be red there because of {id}", scenario.id));
            }
            pair.extend(paired);
        }
        let is_paired = |scenario: &Scenario| scenario.defects.iter().any(|defect| at.fixes.contains(defect));
        let rest = ledger.scenarios.iter().filter(|scenario| {
            scenario.case.family != Family::Canary && !is_paired(scenario) && ledger.applies(&scenario.case, at.place)
        });
        let surroundings = Surroundings::of(ledger, at, &pair);
        let (near, far): (Vec<_>, Vec<_>) =
            rest.map(|scenario| (surroundings.nearness(scenario), scenario)).partition(|(nearness, _)| *nearness > FAR);
        let near_in_all = near.len();
        let (near, beyond) = nearest(near);
        let is_smoke = |scenario: &&Scenario| scenario.tags.iter().any(|tag| tag.as_str() == SMOKE);
        let far = far.into_iter().map(|(_, scenario)| scenario);
        let (smoke, left_out) = beyond.into_iter().chain(far).partition(is_smoke);
        Ok(Self { pair, near, near_in_all, smoke, left_out })
    }

    /// How many scenarios are run.
    pub fn selected(&self) -> usize {
        self.pair.len() + self.near.len() + self.smoke.len()
    }

    /// How many there are.
    pub fn available(&self) -> usize {
        self.selected() + self.left_out.len()
    }

    /// What to say where nothing is near the fixes: a validation that passes says little then.
    pub fn warning(&self, ledger: &Ledger, fixes: &[DefectId]) -> Option<String> {
        if self.near_in_all > 0 {
            return None;
        }
        let components: BTreeSet<&str> =
            fixes.iter().filter_map(|id| ledger.defects.get(id)).map(|defect| defect.component.as_str()).collect();
        let components: Vec<&str> = components.into_iter().collect();
        let (silent, all) = (self.left_out.len(), counted(self.available(), "scenario"));
        Some(format!(
            "no scenario is near the fix: none is of the component {}, has a tag of its pair or is named by its `changes`; this \
             validation is silent about {silent} of {all}",
            components.join(" or ")
        ))
    }

    /// Exactly what is run.
    pub fn selection(&self) -> Selection {
        let scenarios = [&self.pair, &self.near, &self.smoke].into_iter().flatten().map(|scenario| scenario.id.clone());
        Selection { scenarios: Some(scenarios.collect()), ..Selection::default() }
    }
}

/// How near a scenario is to a fix: whether the fix claims to change it, then how many of the fix's component and tags it shares.
type Nearness = (bool, usize);

const FAR: Nearness = (false, 0);

/// What makes a scenario near.
struct Surroundings<'l> {
    ledger: &'l Ledger,
    fixes: Vec<&'l Defect>,
    components: BTreeSet<&'l Component>,
    tags: BTreeSet<&'l Tag>,
}

impl<'l> Surroundings<'l> {
    fn of(ledger: &'l Ledger, at: Standing<'_>, pair: &[&'l Scenario]) -> Self {
        let fixes: Vec<&Defect> = at.fixes.iter().filter_map(|id| ledger.defects.get(id)).collect();
        let components = fixes.iter().map(|defect| &defect.component).collect();
        let tags = pair.iter().flat_map(|scenario| scenario.tags.iter()).filter(|tag| tag.as_str() != SMOKE).collect();
        Self { ledger, fixes, components, tags }
    }

    fn nearness(&self, scenario: &Scenario) -> Nearness {
        let claimed = self.fixes.iter().flat_map(|defect| &defect.claims).any(|claim| claim.scenarios.matches(&scenario.id));
        let shared = scenario.tags.iter().filter(|tag| self.tags.contains(tag)).count();
        (claimed, shared + usize::from(self.is_of_component(scenario)))
    }

    /// A scenario is of a component by a defect that it is paired with, by a tag, or by a folder that its case is in.
    fn is_of_component(&self, scenario: &Scenario) -> bool {
        let defects = || scenario.defects.iter().filter_map(|id| self.ledger.defects.get(id));
        let folders = || scenario.case.id.as_str().rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
        self.components.iter().any(|component| {
            let word = component.as_str();
            folders().any(|folder| folder == word)
                || scenario.tags.iter().any(|tag| tag.as_str() == word)
                || defects().any(|defect| defect.component == **component)
        })
    }
}

/// The nearest, as many as are run, and the others. Of those equally near that are too many, some are taken at even distances, so
/// that have no case.
fn nearest(mut near: Vec<(Nearness, &Scenario)>) -> (Vec<&Scenario>, Vec<&Scenario>) {
    let scenario = |(_, scenario): (Nearness, _)| scenario;
    // Sorting is stable: what is equally near stays in the ledger's order.
    near.sort_by_key(|(nearness, _)| Reverse(*nearness));
    let Some((edge, _)) = near.get(NEAR_LIMIT).copied() else {
        return (near.into_iter().map(scenario).collect(), Vec::new());
    };
    let nearer = near.partition_point(|(nearness, _)| *nearness > edge);
    let equal = near.partition_point(|(nearness, _)| *nearness >= edge) - nearer;
    let wanted = NEAR_LIMIT - nearer;
    let spread: BTreeSet<usize> = (0..wanted).map(|step| nearer + step * equal / wanted).collect();
    let is_taken = |index: &usize| *index < nearer || spread.contains(index);
    let (taken, others): (Vec<_>, Vec<_>) = near.into_iter().enumerate().partition(|(index, _)| is_taken(index));
    let scenarios = |chosen: Vec<(usize, _)>| chosen.into_iter().map(|(_, near)| scenario(near)).collect();
    (scenarios(taken), scenarios(others))
}
