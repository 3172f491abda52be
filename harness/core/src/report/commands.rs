//! What a scenario runs, as lines for a shell.

use crate::case::{Places, Scenario, Step};
use crate::ledger::Ledger;
use crate::words::quoted;

/// A line for each step, with the variables that it sets. The build is named by its program's name alone: a report is the same on
/// every machine.
pub(super) fn command_lines(ledger: &Ledger, scenario: &Scenario) -> Vec<String> {
    let program = ledger.project.program.file_name().unwrap_or("product");
    let directory = scenario.case.place.source.path.parent().map_or("", |path| path.as_str());
    let places =
        Places { product: program, build: "BUILD", work_directory: ".", case_directory: directory, root: ".", pack: "PACK" };
    scenario.steps.iter().map(|step| line(step, &places)).collect()
}

fn line(step: &Step, places: &Places<'_>) -> String {
    let environment = step.environment.iter().map(|(name, value)| format!("{name}={}", quoted(&value.fill(places))));
    let words = step.run.iter().map(|word| quoted(&word.fill(places)));
    let command = environment.chain(words).collect::<Vec<_>>().join(" ");
    if step.input.is_some() { format!("{command} <stdin") } else { command }
}
