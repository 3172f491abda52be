//! `fixgate run`

use std::io;

use fixgate_core::case::{Family, Scenario};
use fixgate_core::event::Event;
use fixgate_core::record::Occasion;
use fixgate_core::report::junit;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::summary::{self, Summary};
use fixgate_core::residual::analyse;
use fixgate_engine::fault::Fault;
use fixgate_engine::run::{Request, how_to_go_on};
use fixgate_engine::{builds, commit, plan, reports};

use super::list::selection;
use super::report::tell_size;
use crate::arguments::{Format, Run};
use crate::exit::Exit;
use crate::session::Session;

/// Runs and judges, and says what was found.
pub(super) fn run(session: &Session, arguments: Run) -> Result<Exit, Fault> {
    let tree = session.tree()?;
    let selection = selection(&tree, arguments.filters)?;
    let ledger = session.load_meant(&tree, &selection)?;
    // What matches nothing is said before a build is obtained, which may take long.
    selection.select(&ledger).map_err(Fault::usage)?;
    let lock = session.lock(&tree)?;
    let commit = commit::ask(&tree, ledger.digest);
    let mut progress = session.progress();
    let mut on_event = |event: Event<'_>| progress.event(event);
    let candidate =
        builds::find(&tree, &ledger, &arguments.candidate, arguments.placed_as.as_ref(), &session.stop, &mut on_event)?;
    let baseline = arguments
        .baseline
        .as_ref()
        .map(|word| builds::find(&tree, &ledger, word, None, &session.stop, &mut on_event))
        .transpose()?;
    let plan = plan::make(&ledger, &selection, candidate.place)?;
    let answerable =
        |scenario: &Scenario| scenario.case.family != Family::Canary && (baseline.is_some() || !scenario.needs_baseline());
    if !plan.scenarios().iter().copied().any(answerable) {
        let message = "every selected scenario expects what the baseline gives";
        return Err(Fault::usage(message).help("name the build to compare with: --baseline B"));
    }
    let request = Request {
        tree: &tree,
        lock: &lock,
        ledger: &ledger,
        test_product: commit.answer()?,
        candidate,
        baseline,
        plan,
        signoff: None,
        occasion: Occasion::Request,
        jobs: session.jobs(),
        resume: arguments.resume,
    };
    let record = fixgate_engine::run::run(&request, &session.stop, &mut on_event)?;
    session.keep(&tree, &record);
    let analysis = analyse(&ledger, &record, None);
    if let Some(path) = &arguments.junit {
        let document = document(&ledger, &record, &analysis, None, Accounting::Shown);
        let written = reports::write_file_by(path, |file| junit::write(&document, file).map_err(io::Error::from));
        let size = written.map_err(|fault| fault.then(&how_to_go_on(&record.header.run)))?;
        tell_size(session, &record, size);
    }
    session.output.result(&match arguments.format {
        Format::Text => summary::text(&record, &analysis),
        Format::Json => Summary::new(&record, &analysis).to_json(),
    })?;
    Ok(if record.void.is_empty() { Exit::found(summary::has_findings(&analysis)) } else { Exit::Void })
}
