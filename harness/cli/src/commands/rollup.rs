//! `fixgate status` and `fixgate rollup`

mod cut;
mod notes;

use fixgate_core::gate::SignedOff;
use fixgate_core::ledger::Ledger;
use fixgate_core::report::train;
use fixgate_core::rollup::{Night, Standing, TrainStatus};
use fixgate_engine::builds::unknown_release;
use fixgate_engine::commit::{self, Since};
use fixgate_engine::fault::Fault;
use fixgate_engine::signoffs::Signoffs;
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::decide;
use fixgate_engine::{reports, run};

use crate::arguments::{Format, Rollup, RollupStatus, Status};
use crate::clock::today;
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

/// How many nights the dashboard shows.
const NIGHTS: usize = 3;

fn status_of(tree: &Tree, ledger: &Ledger) -> Result<TrainStatus, Fault> {
    let signed = Signoffs::of_tree(tree)?.signed_off(ledger.train.releases())?;
    let nights = reports::nights(tree, NIGHTS)?.into_iter().map(Night::of).collect();
    let standing = signed.into_iter().map(|signed| standing(tree, ledger, signed)).collect::<Result<Vec<_>, _>>()?;
    Ok(TrainStatus::new(ledger, &standing, nights, today()))
}

/// A sign-off as it was written; decided again where people have attested something since, the release has not shipped and the
/// run is here. What was changed since its run is told before it ships.
fn standing(tree: &Tree, ledger: &Ledger, signed: SignedOff) -> Result<Standing, Fault> {
    let today = today();
    let written = Standing::written(ledger, signed, today);
    let SignedOff { release, run, test_product, .. } = &written.signed;
    if ledger.train.release(release).is_some_and(|release| release.shipped.is_some()) {
        return Ok(written);
    }
    let own = match commit::since(tree, ledger, test_product)? {
        Since::Changed(outdated) => return Ok(written.outdated(outdated)),
        Since::Described(own) => Some(own),
        Since::Same => None,
    };
    if written.attested_since == 0 || !run::is_here(tree, run)? {
        return Ok(written);
    }
    let record = run::read(tree, run.as_str())?;
    let now = decide(tree, own.as_deref().unwrap_or(ledger), &record, release, today)?.signoff;
    Ok(Standing::again(ledger, written.signed.decided_again(&now), written.attested_since, today))
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
