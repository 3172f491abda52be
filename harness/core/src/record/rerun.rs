//! The command that repeats what a run did with a scenario.

use super::Header;
use crate::id::{DefectId, ScenarioId};
use crate::words::quoted;

impl Header {
    /// The exact command that runs a scenario again as it was run.
    pub fn rerun(&self, scenario: &ScenarioId) -> String {
        let candidate = quoted(&self.candidate.name);
        if let (false, Some(base)) = (self.fixes.is_empty(), &self.baseline) {
            let fixes: Vec<&str> = self.fixes.iter().map(DefectId::as_str).collect();
            return format!("fixgate validate {} --candidate {candidate} --base {}", fixes.join(" "), quoted(&base.build.name));
        }
        let baseline =
            self.baseline.as_ref().map(|baseline| format!(" --baseline {}", quoted(&baseline.build.name))).unwrap_or_default();
        let place = self.placed_as.as_ref().map(|release| format!(" --as {release}")).unwrap_or_default();
        format!("fixgate run {} --candidate {candidate}{place}{baseline}", quoted(scenario.as_str()))
    }
}
