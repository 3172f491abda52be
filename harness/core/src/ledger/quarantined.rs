//! Which scenarios are known to be flaky.

use jiff::civil::Date;

use super::Ledger;
use crate::defect::Defect;
use crate::id::ScenarioId;
use crate::problem::{Problem, suggestion};
use crate::quarantine::Quarantine;

impl Ledger {
    /// The quarantine that a scenario is in on this day. The author of a fix can't quarantine its pair.
    pub fn quarantined(&self, scenario: &ScenarioId, today: Date) -> Option<&Quarantine> {
        let counts = |quarantine: &&Quarantine| {
            quarantine.scenario == *scenario && today <= quarantine.expires && self.own_pair(quarantine).is_none()
        };
        self.quarantine.iter().find(counts)
    }

    /// What is wrong with quarantines; without a day their dates are not judged.
    pub(super) fn quarantine_gaps(&self, today: Option<Date>) -> Vec<Problem> {
        let gap = |quarantine: &Quarantine| {
            let Quarantine { name, scenario, owner, expires, place, .. } = quarantine;
            let at = |message: String, help: String| Some(Problem::at(place.clone(), message).help(help));
            if !self.unreadable.has_case() && !self.scenarios.iter().any(|known| known.id == *scenario) {
                let ids = self.scenarios.iter().map(|known| known.id.as_str());
                let help = suggestion(scenario.as_str(), ids).unwrap_or_else(|| "delete it".to_owned());
                return at(format!("the quarantine `{name}` is of `{scenario}`, which is no scenario"), help);
            }
            if let Some(fix) = self.own_pair(quarantine) {
                let help = "authors cannot quarantine the pair of their own fix: ask someone else".to_owned();
                return at(format!("the quarantine `{name}` is {owner}'s, who made the fix of {}", fix.id), help);
            }
            if today.is_some_and(|today| *expires < today) {
                let help = format!("ask {owner} to mend the scenario, or to renew it with a reason");
                return at(format!("the quarantine `{name}` expired on {expires}"), help);
            }
            None
        };
        self.quarantine.iter().filter_map(gap).collect()
    }

    fn own_pair(&self, quarantine: &Quarantine) -> Option<&Defect> {
        self.fix_by(&quarantine.owner, |defect| {
            self.scenarios.iter().any(|known| known.id == quarantine.scenario && known.defects.contains(defect))
        })
    }
}
