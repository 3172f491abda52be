//! `fixgate signoff`

use fixgate_core::gate::older_fixes;
use fixgate_core::id::ReleaseName;
use fixgate_core::plan::Selection;
use fixgate_core::record::{Requested, RunKind};
use fixgate_core::report::summary;
use fixgate_core::report::text::next_step;
use fixgate_engine::builds::{self, release_build, unknown_release};
use fixgate_engine::fault::Fault;
use fixgate_engine::prove::OlderProofs;
use fixgate_engine::run::{Purpose, Request, how_to_go_on};
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::{Asked, Rendered, Typed, decide, publish};
use fixgate_engine::{commit, plan, reports, signoffs};

use super::gate::{decided_text, exit};
use super::merge::shards;
use super::report::{carry_out, extent, tell_size};
use crate::arguments::{Format, Signoff};
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// The full pass, the proofs of the new fixes, the gate and all reports.
pub(super) fn signoff(session: &Session, arguments: &Signoff) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let typed = Typed {
        candidate: arguments.candidate.clone(),
        baseline: arguments.baseline.clone(),
        resume: arguments.resume.clone(),
        rest: Requested { all_proofs: arguments.all_proofs, ..Requested::default() },
    };
    let asked = Asked::of(&tree, typed, RunKind::Signoff)?;
    let name = &release_of(&tree, arguments)?;
    let release = ledger.train.release(name).ok_or_else(|| unknown_release(&ledger, name))?;
    let lock = session.lock(&tree)?;
    let mut test_product = commit::ask(&tree, &ledger).answer()?;
    // What is wrong with an earlier sign-off is told before a build is obtained, which may take long.
    let past = signoffs::past(&tree, &ledger, name, &mut test_product)?;
    let progress = session.progress();
    let site = session.site_of_cases(&tree, &ledger, &progress)?;
    let candidate = builds::find(&site, asked.candidate().unwrap_or(name.as_str()), Some(name))?;
    let before = ledger.train.before(name).map(|before| release_build(&site, before)).transpose()?;
    let baseline = asked.find_baseline_or(&site, release.follows.as_ref().map(ReleaseName::as_str))?;
    let older = if asked.requested.all_proofs { older_fixes(&ledger, candidate.place) } else { Vec::new() };
    let again = OlderProofs::of(&site, older, candidate.place)?;
    let plan = plan::make(&ledger, &Selection::default(), candidate.place)?;
    let request = Request {
        site,
        lock: &lock,
        test_product,
        candidate,
        baseline,
        plan,
        purpose: Purpose::Signoff { release: name.clone(), before, past, again },
        shards: shards(&tree, &arguments.with)?,
        keep: false,
        resume: asked.resume,
        requested: asked.requested,
    };
    reports::remove_unreviewed(&tree, name)?;
    let record = carry_out(session, &request, None)?;
    let decided = decide(&tree, &ledger, &record, name, today())?;
    let go_on = |fault: Fault| fault.then(&how_to_go_on(&record.header.run));
    let rendered = Rendered::new(&ledger, &record, &decided).map_err(go_on)?;
    tell_size(session, &record, rendered.size);
    let (signoff, _) = publish(&tree, &ledger, &record, rendered).map_err(go_on)?;
    session.output.result(&match arguments.format {
        Format::Text => {
            let paint = session.output.paint();
            let below = decided_text(&signoff, paint, extent(arguments.all));
            let below = format!("\n{below}reports/{name}/\nnext: {}\n", next_step(&signoff));
            let extent = extent(arguments.all).beside(below.lines().count());
            summary::text(&record, &decided.analysis, paint, extent) + &below
        }
        Format::Json => signoff.to_json(),
    })?;
    Ok(exit(&signoff))
}

/// The release: typed, or that of the run to go on with.
fn release_of(tree: &Tree, arguments: &Signoff) -> Result<ReleaseName, Fault> {
    let recorded = match (&arguments.release, &arguments.resume) {
        (None, Some(run)) => fixgate_engine::run::read(tree, run.as_str())?.header.release,
        (_, _) => None,
    };
    let none = || Fault::usage("no release is named to sign off");
    arguments.release.clone().or(recorded).ok_or_else(none)
}
