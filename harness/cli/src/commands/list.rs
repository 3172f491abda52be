//! `fixgate list`

use std::collections::BTreeSet;

use fixgate_core::id::{DefectId, Digest, RunName, ScenarioId, Tag};
use fixgate_core::plan::{Selection, Unmatched};
use fixgate_engine::fault::Fault;
use fixgate_engine::run;
use fixgate_engine::tree::Tree;
use serde::Serialize;

use crate::arguments::{Filters, Format, List};
use crate::exit::Exit;
use crate::session::Session;

/// One line of `list --format json`.
#[derive(Serialize)]
struct Listed<'l> {
    id: &'l ScenarioId,
    digest: Digest,
    defects: &'l [DefectId],
    tags: &'l [Tag],
    file: &'l str,
    line: u32,
}

/// Lists the scenarios that the filters mean.
pub(super) fn list(session: &Session, arguments: List) -> Result<Exit, Fault> {
    let tree = session.tree()?;
    let selection = selection(&tree, arguments.filters)?;
    let ledger = session.load_meant(&tree, &selection)?;
    let mut text = String::new();
    let selected = match selection.select(&ledger) {
        Err(empty @ Unmatched::EmptyShard(_)) => {
            session.output.note(&format!("{empty}\n"));
            return Ok(Exit::Success);
        }
        selected => selected?,
    };
    for scenario in selected {
        match arguments.format {
            Format::Text => text.push_str(scenario.id.as_str()),
            Format::Json => {
                let listed = Listed {
                    id: &scenario.id,
                    digest: scenario.digest(),
                    defects: &scenario.defects,
                    tags: &scenario.tags,
                    file: scenario.place.source.path.as_str(),
                    line: scenario.line,
                };
                text.push_str(&serde_json::to_string(&listed).map_err(|reason| Fault::harness(reason.to_string()))?);
            }
        }
        text.push('\n');
    }
    session.output.result(&text)?;
    Ok(Exit::Success)
}

/// What the filters mean, with the scenarios of an earlier run looked up.
pub(super) fn selection(tree: &Tree, filters: Filters) -> Result<Selection, Fault> {
    let failed_in = filters.failed_in.as_ref().map(|run| not_passed(tree, run)).transpose()?;
    Ok(filters.selection(failed_in))
}

fn not_passed(tree: &Tree, run: &RunName) -> Result<BTreeSet<ScenarioId>, Fault> {
    let record = run::read(tree, run.as_str())?;
    let passed: BTreeSet<&ScenarioId> = record
        .entries
        .iter()
        .filter(|entry| entry.verdict == fixgate_core::verdict::Verdict::Passed)
        .map(|entry| &entry.scenario)
        .collect();
    let open: BTreeSet<ScenarioId> =
        record.plan.iter().map(|planned| &planned.scenario).filter(|scenario| !passed.contains(scenario)).cloned().collect();
    if open.is_empty() { Err(Fault::usage(format!("everything passed in the run `{run}`"))) } else { Ok(open) }
}
