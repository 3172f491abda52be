//! A run's record, read back from its files.

use fixgate_core::case::Scenario;
use fixgate_core::id::RunName;
use fixgate_core::record::{Header, JournalLine, PlannedScenario, RunRecord, SCHEMA};

use crate::fault::Fault;
use crate::journal::{self, Lines};
use crate::place::Place;
use crate::tree::Tree;

/// The files of a record.
pub(crate) const JOURNAL: &str = "journal.jsonl";
pub(crate) const PLAN: &str = "plan.jsonl";
/// What the names of imported runs end with, before a number.
pub(crate) const IMPORT: &str = "import";

/// The first line of a plan's file.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanHeader {
    pub(crate) planned: u64,
}

/// Reads a run's record by its name.
///
/// # Errors
/// When there is no such run, or its files are damaged.
pub fn read(tree: &Tree, name: &str) -> Result<RunRecord, Fault> {
    with_plan(tree, name, || plan(tree, name, &[]))
}

/// Whether the record of a run is here.
///
/// # Errors
/// Why the system does not tell.
pub fn is_here(tree: &Tree, name: &RunName) -> Result<bool, Fault> {
    is_directory(&tree.runs().join(name.as_str()))
}

fn is_directory(place: &Place) -> Result<bool, Fault> {
    place.is_dir().map_err(|reason| Fault::system(format!("{place} cannot be looked at: {reason}"), &reason))
}

/// As [`read`], with what [`plan`] gives.
pub(crate) fn with_plan(
    tree: &Tree,
    name: &str,
    plan: impl FnOnce() -> Result<Vec<PlannedScenario>, Fault>,
) -> Result<RunRecord, Fault> {
    let directory = tree.runs().join(name);
    if !is_directory(&directory)? {
        return Err(Fault::usage(format!("there is no run `{name}` under reports/runs/")).help(others(tree)));
    }
    let (header, lines): (Header, Lines<JournalLine>) = journal::lines(&directory.join(JOURNAL))?;
    if header.schema != SCHEMA {
        return Err(Fault::usage(format!("the run `{name}` is of format {}; this is {SCHEMA}", header.schema)));
    }
    if header.run.as_str() != name {
        let message = format!("reports/runs/{name} holds the record of another run, `{}`", header.run);
        return Err(Fault::usage(message).help("a record is kept under the name of its run: put it back, or make a run"));
    }
    Ok(RunRecord::read(header, plan()?, lines, Lines::digest_before_last)?)
}

/// What to do where a run is not there.
fn others(tree: &Tree) -> String {
    let names = tree.runs().list().into_iter().flatten().filter_map(|name| name.parse::<RunName>().ok());
    match names.max() {
        Some(last) => format!("the last one is {last}; they are the directories under reports/runs/"),
        None => "none is recorded here; make one: fixgate run --candidate B".to_owned(),
    }
}

/// The plan of a run; if it begins with these scenarios, its ids are theirs, and not a million more.
pub(crate) fn plan(tree: &Tree, name: &str, scenarios: &[&Scenario]) -> Result<Vec<PlannedScenario>, Fault> {
    let path = tree.runs().join(name).join(PLAN);
    let (_, plan): (PlanHeader, Lines<PlannedScenario>) = journal::lines(&path)?;
    let mut ids = scenarios.iter().map(|scenario| &scenario.id);
    let mut shared = |planned: PlannedScenario| match ids.next() {
        Some(id) if *id == planned.scenario => PlannedScenario { scenario: id.clone(), ..planned },
        Some(_) | None => planned,
    };
    Ok(plan.map(|planned| planned.map(&mut shared)).collect::<Result<_, _>>()?)
}
