//! Packs and their cases.

use super::Ledger;
use crate::case::{Case, Family, Scenario};
use crate::pack::Pack;
use crate::problem::Problem;

impl Ledger {
    /// `${pack}` in a case whose pack has no build, or that is in no pack.
    pub(super) fn misplaced_pack(&self, case: &Case, scenarios: &[Scenario]) -> Option<Problem> {
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
