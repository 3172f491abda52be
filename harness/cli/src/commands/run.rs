//! `fixgate run`

use std::io;

use camino::Utf8PathBuf;
use fixgate_core::case::{Family, Scenario};
use fixgate_core::plan::Unmatched;
use fixgate_core::record::{Requested, RunKind, RunRecord};
use fixgate_core::report::junit;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::summary::{self, Summary};
use fixgate_core::residual::analyse;
use fixgate_engine::fault::Fault;
use fixgate_engine::run::{Purpose, Request, how_to_go_on};
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::{Asked, Typed};
use fixgate_engine::{baseline, commit, plan};
use serde_json::json;

use super::list::selection;
use super::report::{carry_out, extent, tell_size};
use crate::arguments::{Filters, Format, Run};
use crate::exit::Exit;
use crate::session::{Places, Session};

/// Makes a run, or goes on with one.
pub(super) fn run(session: &Session, arguments: Run) -> Result<Exit, Fault> {
    let tree = session.tree()?;
    let Run { filters, candidate, baseline, placed_as, resume, keep, junit, all, format } = arguments;
    let rest = Requested { placed_as, ..filters.requested() };
    let asked = Asked::of(&tree, Typed { candidate, baseline, resume, rest }, RunKind::Plain)?;
    pass(session, &tree, Pass { asked, shards: Vec::new(), keep, shown: Shown { junit, all, format } })
}

/// A run, as it is asked for.
pub(super) struct Pass {
    /// What is to be run.
    pub(super) asked: Asked,
    /// The runs that its verdicts are taken from, if they are.
    pub(super) shards: Vec<RunRecord>,
    /// Whether failing scenarios' work directories and whole outputs are kept.
    pub(super) keep: bool,
    /// How it is shown.
    pub(super) shown: Shown,
}

/// How what was found is shown.
pub(super) struct Shown {
    /// Where a JUnit report is written, too.
    pub(super) junit: Option<Utf8PathBuf>,
    /// Everything, and not only what fits on a terminal.
    pub(super) all: bool,
    /// Text or JSON.
    pub(super) format: Format,
}

/// Runs and judges what has no verdict yet, and says what was found.
pub(super) fn pass(session: &Session, tree: &Tree, pass: Pass) -> Result<Exit, Fault> {
    let Pass { asked, shards, keep, shown: Shown { junit: file, all, format } } = pass;
    let places = session.places([("--junit", &file)], format == Format::Json)?;
    let selection = selection(tree, Filters::of(&asked.requested).map_err(Fault::usage)?)?;
    let ledger = session.load_meant(tree, &selection)?;
    // What matches nothing is said before a build is obtained, which may take long.
    if let Err(unmatched) = selection.select(&ledger) {
        return nothing_to_run(session, &places, format, unmatched);
    }
    let lock = session.lock(tree)?;
    let commit = commit::ask(tree, &ledger);
    if asked.baseline().is_some() {
        baseline::prepare();
    }
    let progress = session.progress();
    let site = session.site_of_cases(tree, &ledger, &progress)?;
    let candidate = asked.find_candidate(&site)?;
    let baseline = asked.find_baseline_or(&site, None)?;
    let plan = match plan::make(&ledger, &selection, candidate.place) {
        Ok(plan) => plan,
        Err(unmatched) => return nothing_to_run(session, &places, format, unmatched),
    };
    let answerable =
        |scenario: &Scenario| scenario.case.family != Family::Canary && (baseline.is_some() || !scenario.needs_baseline());
    // A part may happen to hold none that can be answered, where the whole does.
    if selection.shard.is_none() && !plan.scenarios().iter().copied().any(answerable) {
        let message = "every selected scenario expects what the baseline gives";
        return Err(Fault::usage(message).help("name the build to compare with: --baseline B"));
    }
    let request = Request {
        site,
        lock: &lock,
        test_product: session.commit(commit),
        candidate,
        baseline,
        plan,
        purpose: Purpose::Request,
        shards,
        resume: asked.resume,
        requested: asked.requested,
        keep,
    };
    let record = carry_out(session, &request, places.files[0].as_ref())?;
    let analysis = analyse(&ledger, &record, None);
    if let [Some(file)] = &places.files {
        let document = document(&ledger, &record, &analysis, None, Accounting::Shown);
        let written = file.write_by(|file| junit::write(&document, file).map_err(io::Error::from));
        let size = written.map_err(|fault| fault.then(&how_to_go_on(&record.header.run)))?;
        tell_size(session, &record, size);
    }
    let result = match format {
        Format::Text => {
            let next = summary::next_step(&record, &analysis).map(|step| format!("next: {step}\n")).unwrap_or_default();
            let extent = extent(all).beside(next.lines().count());
            summary::text(&record, &analysis, session.output.paint(), extent) + &next
        }
        Format::Json => Summary::new(&record, &analysis).to_json(),
    };
    session.result_beside(&places, &result)?;
    Ok(if record.void.is_empty() { Exit::found(summary::has_findings(&analysis)) } else { Exit::Void })
}

/// Says that this part of the scenarios is empty, which is no failure: other machines have the other parts.
fn nothing_to_run(session: &Session, places: &Places<1>, format: Format, unmatched: Unmatched) -> Result<Exit, Fault> {
    let Unmatched::EmptyShard(shard) = unmatched else { return Err(unmatched.into()) };
    let result = match format {
        Format::Text => format!("{unmatched}; nothing was run\n"),
        Format::Json => format!("{}\n", json!({ "run": null, "planned": 0, "shard": shard.to_string() })),
    };
    session.result_beside(places, &result)?;
    Ok(Exit::Success)
}
