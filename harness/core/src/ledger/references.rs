//! Problems of records that are well formed one by one: references that lead nowhere, and names that are used twice.

use std::collections::{BTreeMap, HashMap};

use super::Ledger;
use crate::case::Scenario;
use crate::id::{DefectId, ReleaseName, ScenarioId};
use crate::problem::{Place, Problem, suggestion};
use crate::waiver::Waived;

impl Ledger {
    pub(super) fn check_releases(&self, problems: &mut Vec<Problem>) {
        let mut known = |name: Option<&ReleaseName>, place: &Place, what: &str| {
            if let Some(name) = name.filter(|name| self.train.release(name).is_none()) {
                let names = self.train.releases().iter().map(|release| release.name.as_str());
                let help = suggestion(name.as_str(), names).unwrap_or_else(|| "there is no such file in releases/".to_owned());
                let message = format!("{what} names `{name}`, which is no release");
                problems.push(Problem::at(place.of_quoted(name.as_str()), message).help(help));
            }
        };
        for defect in self.defects.values() {
            known(defect.found_in.as_ref(), &defect.place, "`found-in`");
            known(defect.fixed_in(), &defect.place, "`fixed-in`");
        }
        for waiver in &self.waivers {
            known(Some(&waiver.release), &waiver.place, "`release`");
        }
        for fix in &self.private_fixes {
            known(Some(&fix.base), &fix.place, "`base`");
        }
        let manual = self.manual.iter().map(|case| (&case.applies, &case.place));
        for (bounds, place) in self.cases().map(|case| (&case.applies, &case.place)).chain(manual) {
            known(bounds.from.as_ref(), place, "`applies.from`");
            known(bounds.until.as_ref(), place, "`applies.until`");
        }
    }

    pub(super) fn check_references(&self, problems: &mut Vec<Problem>) {
        let mut known = |id: &DefectId, place: &Place, what: &str| {
            if !self.defects.contains_key(id) && !self.unreadable.is(&format!("defects/{id}.toml")) {
                let help = suggestion(id.as_str(), self.defects.keys().map(DefectId::as_str))
                    .unwrap_or_else(|| format!("write defects/{id}.toml, or `fixgate new defect {id}`"));
                let message = format!("{what} names `{id}`, which is no defect");
                problems.push(Problem::at(place.of_quoted(id.as_str()), message).help(help));
            }
        };
        for defect in self.defects.values() {
            defect.duplicate_of.iter().for_each(|id| known(id, &defect.place, "`duplicate-of`"));
        }
        for (id, pair) in self.pairs.iter().filter(|(id, _)| !self.defects.contains_key(*id)) {
            let mut pair: Vec<&Scenario> = pair.iter().map(|index| &self.scenarios[*index]).collect();
            pair.dedup_by_key(|scenario| &scenario.case.id);
            for scenario in pair {
                // A row states its defects itself, or leaves that to its case.
                let stated = scenario.place.source.text.contains(id.as_str());
                known(id, if stated { &scenario.place } else { &scenario.case.place }, "`defects`");
            }
        }
        for case in self.cases() {
            case.superseded_by.iter().for_each(|id| known(id, &case.place, "`superseded-by`"));
        }
        for case in &self.manual {
            case.defects.iter().for_each(|id| known(id, &case.place, "`defects`"));
            case.superseded_by.iter().for_each(|id| known(id, &case.place, "`superseded-by`"));
        }
        for waiver in &self.waivers {
            if let Waived::Criterion { defect, .. } = &waiver.waived {
                known(defect, &waiver.place, "`defect`");
            }
        }
        for fix in &self.private_fixes {
            fix.defects.iter().for_each(|id| known(id, &fix.place, "`defects`"));
        }
        let orphans =
            self.proofs.keys().map(|id| (id, "proof.json")).chain(self.accepted.keys().map(|id| (id, "accepted.jsonl")));
        for (id, kind) in orphans.filter(|(id, _)| !self.defects.contains_key(id) && !self.unreadable.is_of(id)) {
            problems.push(
                Problem::new(format!("defects/{id}.{kind} belongs to no defect")).help("delete it, or write the defect's record"),
            );
        }
        self.check_packs(problems);
    }

    /// No two names of a kind differ in case alone: one of them would be taken for the other.
    pub(super) fn check_twins(&self, problems: &mut Vec<Problem>) {
        let mut twins = |kind: &str, names: &mut dyn Iterator<Item = (&str, &Place)>| {
            let mut known: BTreeMap<String, &str> = BTreeMap::new();
            for (name, place) in names {
                if let Some(other) = known.insert(name.to_ascii_lowercase(), name) {
                    let message = format!("the {kind} `{name}` and `{other}` differ in case alone");
                    problems.push(Problem::at(place.clone(), message).help("a reader takes one for the other: rename one"));
                }
            }
        };
        twins("defects", &mut self.defects.values().map(|defect| (defect.id.as_str(), &defect.place)));
        twins("releases", &mut self.train.releases().iter().map(|release| (release.name.as_str(), &release.place)));
        twins("cases", &mut self.cases().map(|case| (case.id.as_str(), &case.place)));
        twins("manual cases", &mut self.manual.iter().map(|case| (case.id.as_str(), &case.place)));
        twins("private fixes", &mut self.private_fixes.iter().map(|fix| (fix.id.as_str(), &fix.place)));
        twins("waivers", &mut self.waivers.iter().map(|waiver| (waiver.name.as_str(), &waiver.place)));
    }

    /// Ids of two cases differ as the ids of the cases do, so each case is looked at by itself.
    pub(super) fn check_duplicates(&self, problems: &mut Vec<Problem>) {
        for (_, scenarios) in self.by_case().filter(|(_, scenarios)| scenarios.len() > 1) {
            let mut first: HashMap<&ScenarioId, &Scenario> = HashMap::with_capacity(scenarios.len());
            for scenario in scenarios {
                if let Some(other) = first.insert(&scenario.id, scenario) {
                    let message = format!("the scenario id `{}` appears twice", scenario.id);
                    let first = format!("its first place is {}:{}; ids are unique", other.place.source.path, other.line);
                    problems.push(Problem::at(scenario.place.clone(), message).help(first));
                }
            }
        }
    }
}
