//! The command that repeats what a run did with a scenario.

use super::Header;
use crate::id::{DefectId, ScenarioId};
use crate::words::quoted;

impl Header {
    /// The exact command that runs a scenario again as it was run.
    pub fn rerun(&self, scenario: &ScenarioId) -> String {
        let (before, after) = self.rerun_around();
        if after.is_empty() { before } else { format!("{before}{}{after}", quoted(scenario.as_str())) }
    }

    /// What stands before and after a scenario in that command; nothing after it, where the command names none.
    pub fn rerun_around(&self) -> (String, String) {
        let candidate = quoted(&self.candidate.name);
        if let Some(imported) = &self.imported {
            let files: Vec<String> = imported.files.iter().map(|file| quoted(file.path.as_str())).collect();
            return (format!("fixgate import junit {} --candidate {candidate}", files.join(" ")), String::new());
        }
        if let (false, Some(base)) = (self.fixes.is_empty(), &self.baseline) {
            let fixes: Vec<&str> = self.fixes.iter().map(DefectId::as_str).collect();
            let base = quoted(&base.build.name);
            return (format!("fixgate validate {} --candidate {candidate} --base {base}", fixes.join(" ")), String::new());
        }
        let baseline =
            self.baseline.as_ref().map(|baseline| format!(" --baseline {}", quoted(&baseline.build.name))).unwrap_or_default();
        let place = self.placed_as.as_ref().map(|release| format!(" --as {release}")).unwrap_or_default();
        ("fixgate run ".to_owned(), format!(" --candidate {candidate}{place}{baseline}"))
    }
}
