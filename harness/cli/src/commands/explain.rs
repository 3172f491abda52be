//! `fixgate explain`

use fixgate_core::id::Glob;
use fixgate_core::report::explain::{Explained, ExplainedDocument};
use fixgate_core::residual::analyse;
use fixgate_engine::fault::Fault;
use fixgate_engine::{history, outputs};

use super::records::Records;
use crate::arguments::{Explain, Format};
use crate::exit::Exit;
use crate::session::Session;

/// Shows everything that a run says of one scenario.
pub(super) fn explain(session: &Session, arguments: &Explain) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let Explain { run, scenario, format } = arguments;
    let record = fixgate_engine::run::read(&tree, run.as_str())?;
    let found = match &record.header.release {
        Some(_) => Records::of_run(session.output, &tree, &ledger, &record)?,
        None => Records::Todays,
    };
    let ledger = found.ledger(&ledger);
    let analysis = analyse(ledger, &record, None);
    let explained = Explained::of(ledger, &record, &analysis, scenario).map_err(|nearest| {
        let fault = Fault::usage(format!("the run `{run}` did not plan `{scenario}`"));
        match nearest {
            Some(nearest) => fault.help(nearest),
            None => fault.help("explain names one scenario of the run, by its exact id"),
        }
    })?;
    let glob: Glob = scenario.as_str().parse().map_err(Fault::harness)?;
    let paint = session.output.paint();
    let kept: Vec<Option<String>> = explained.whole().iter().map(|output| outputs::kept(&tree, run, output)).collect();
    let text = history::consult(&tree, &mut |notice| session.notice(&notice), |store, runs| {
        let (known, _) = store.scenarios(runs, &glob, 1)?;
        let history = known.iter().find(|known| known.scenario == *scenario);
        Ok(match format {
            Format::Text => explained.text(history, &kept, paint),
            Format::Json => ExplainedDocument::of(&explained, history, &kept).to_json(),
        })
    })?;
    session.output.result(&text)?;
    Ok(Exit::Success)
}
