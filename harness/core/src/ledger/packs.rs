//! Packs and their cases.

use super::Ledger;
use crate::case::{Case, Family, Scenario};
use crate::pack::Pack;
use crate::problem::Problem;

impl Ledger {
    /// Every pack that has cases has a record, and `${pack}` is used only where there is a build of one.
    pub(super) fn check_packs(&self, problems: &mut Vec<Problem>) {
        let unreadable = |name: &str| self.unreadable.is(&format!("testcases/packs/{name}/pack.toml"));
        for case in self.cases() {
            if let Family::Pack(name) = &case.family
                && self.pack_of(case).is_none()
                && !unreadable(name)
            {
                let problem = Problem::at(case.place.clone(), format!("the pack `{name}` has no pack.toml"));
                problems.push(problem.help("a pack names its owner, contact and product"));
            }
        }
        let known = self.by_case().filter(|(case, _)| !matches!(&case.family, Family::Pack(name) if unreadable(name)));
        problems.extend(known.filter_map(|(case, scenarios)| self.misplaced_pack(case, scenarios)));
    }

    /// `${pack}` in a case whose pack has no build, or that is in no pack.
    fn misplaced_pack(&self, case: &Case, scenarios: &[Scenario]) -> Option<Problem> {
        let has_build = self.pack_of(case).is_some_and(|pack| pack.build.is_some());
        // Scenarios are looked through only where the text of their case or table could name it.
        let texts = [&case.place, &scenarios.first()?.place].map(|place| place.source.text.as_str());
        if has_build || !texts.iter().any(|text| text.contains("${pack}")) {
            return None;
        }
        let scenario = scenarios.iter().find(|scenario| scenario.names_pack())?;
        let message = format!("{} names `${{pack}}`, and there is no build of a pack", scenario.id);
        let help = "only a case of a pack has one, whose pack.toml says by `[build]` how it is obtained; `$$` is a dollar";
        Some(Problem::at(scenario.place.clone(), message).help(help))
    }

    /// The pack that a case belongs to.
    pub fn pack_of(&self, case: &Case) -> Option<&Pack> {
        match &case.family {
            Family::Pack(name) => self.packs.iter().find(|pack| pack.name.as_str() == name),
            Family::Regression | Family::Suite | Family::Canary => None,
        }
    }
}
