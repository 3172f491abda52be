//! `fixgate status` and `fixgate rollup`

mod cut;
mod notes;

use fixgate_core::ledger::Ledger;
use fixgate_core::report::train;
use fixgate_core::rollup::TrainStatus;
use fixgate_engine::builds::unknown_release;
use fixgate_engine::fault::Fault;
use fixgate_engine::reports;
use fixgate_engine::tree::Tree;
use jiff::Zoned;

use crate::arguments::{Format, Rollup, RollupStatus, Status};
use crate::exit::Exit;
use crate::session::Session;

/// The page that says where the train stands and what to do next.
pub(super) fn dashboard(session: &Session, arguments: &Status) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let status = status_of(&tree, &ledger)?;
    show(session, arguments.format, &status, || train::dashboard(&status))
}

/// The train, its next rollup, or notes.
pub(super) fn rollup(session: &Session, rollup: &Rollup) -> Result<Exit, Fault> {
    match rollup {
        Rollup::Status(arguments) => status(session, arguments),
        Rollup::Cut(arguments) => cut::cut(session, arguments),
        Rollup::Notes { release } => notes::notes(session, release),
    }
}

fn status(session: &Session, arguments: &RollupStatus) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let status = status_of(&tree, &ledger)?;
    match &arguments.from {
        None => show(session, arguments.format, &status, || train::chain(&status)),
        Some(from) if ledger.train.release(from).is_none() => Err(unknown_release(&ledger, from)),
        Some(from) => show(session, arguments.format, status.after(from), || train::gets(&status, from)),
    }
}

fn status_of(tree: &Tree, ledger: &Ledger) -> Result<TrainStatus, Fault> {
    let signed = reports::signed_off(tree, ledger.train.releases())?;
    Ok(TrainStatus::new(ledger, &signed, Zoned::now().date()))
}

fn show<T: serde::Serialize + ?Sized>(
    session: &Session,
    format: Format,
    value: &T,
    text: impl FnOnce() -> String,
) -> Result<Exit, Fault> {
    session.output.result(&match format {
        Format::Text => text(),
        Format::Json => {
            let json = serde_json::to_string_pretty(value);
            json.map_err(|reason| Fault::harness(format!("the status cannot be written as JSON: {reason}")))? + "\n"
        }
    })?;
    Ok(Exit::Success)
}
