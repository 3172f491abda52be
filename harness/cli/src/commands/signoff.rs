//! `fixgate signoff`

use fixgate_core::event::Event;
use fixgate_core::gate::Signoff as Decided;
use fixgate_core::id::{Digest, ReleaseName};
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::Selection;
use fixgate_core::record::{NamedBuild, Occasion, Requested, RunRecord};
use fixgate_core::report::markdown;
use fixgate_core::report::scenarios::Accounting;
use fixgate_core::report::summary;
use fixgate_core::residual::{Analysis, analyse};
use fixgate_core::rules::{Rules, plan_text};
use fixgate_engine::builds::{self, Placed, release_build, unknown_release};
use fixgate_engine::fault::Fault;
use fixgate_engine::reports::JUNIT;
use fixgate_engine::run::{Request, how_to_go_on};
use fixgate_engine::tree::Tree;
use fixgate_engine::{commit, plan, reports};

use super::gate::{decision, exit, text};
use super::report::junit;
use crate::arguments::{Format, Signoff};
use crate::exit::Exit;
use crate::requested::{named, resumed, word};
use crate::session::Session;

/// The full pass, the proofs of the new fixes, the gate and all reports.
pub(super) fn signoff(session: &Session, arguments: &Signoff) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let typed = Requested {
        candidate: arguments.candidate.as_ref().map(|word| named(&tree, word)),
        baseline: arguments.baseline.as_ref().map(|word| named(&tree, word)),
        ..Requested::default()
    };
    let asked = resumed(&tree, arguments.resume.as_ref(), "signoff", &typed)?.unwrap_or(typed);
    let name = &release_of(&tree, arguments)?;
    let release = ledger.train.release(name).ok_or_else(|| unknown_release(&ledger, name))?;
    // What is wrong with the last sign-off is said before a build is obtained, which may take long.
    reports::last_signoff(&tree, &ledger, name)?;
    let lock = session.lock(&tree)?;
    let commit = commit::ask(&tree, &ledger);
    let mut progress = session.progress();
    let mut on_event = |event: Event<'_>| progress.event(event);
    let typed_or_asked = |typed: &Option<String>, asked: &Option<NamedBuild>| {
        typed.clone().or_else(|| asked.as_ref().map(|build| word(&tree, build)))
    };
    let candidate = typed_or_asked(&arguments.candidate, &asked.candidate).unwrap_or(name.to_string());
    let candidate = builds::find(&tree, &ledger, &candidate, Some(name), &session.stop, &mut on_event)?;
    let before = ledger
        .train
        .before(name)
        .map(|before| release_build(&tree, &ledger, before, &session.stop, &mut on_event))
        .transpose()?;
    let baseline: Option<Placed> = match (typed_or_asked(&arguments.baseline, &asked.baseline), &release.follows) {
        (Some(word), _) => Some(builds::find(&tree, &ledger, &word, None, &session.stop, &mut on_event)?),
        (None, Some(follows)) => Some(builds::find(&tree, &ledger, follows.as_str(), None, &session.stop, &mut on_event)?),
        (None, None) => None,
    };
    let plan = plan::make(&ledger, &Selection::default(), candidate.place)?;
    let request = Request {
        tree: &tree,
        lock: &lock,
        ledger: &ledger,
        test_product: commit.answer()?,
        candidate,
        baseline,
        plan,
        signoff: Some((name.clone(), before)),
        occasion: Occasion::Request,
        jobs: session.jobs(),
        keep: false,
        resume: arguments.resume.clone(),
        requested: asked,
    };
    reports::remove_unreviewed(&tree, name)?;
    let record = fixgate_engine::run::run(&request, &session.stop, &mut on_event)?;
    session.keep(&tree, &record);
    let signoff = decision(&tree, &ledger, &record, name)?;
    let analysis = analyse(&ledger, &record, None);
    let written = write_reports(session, &tree, &ledger, &record, &signoff);
    written.map_err(|fault| fault.then(&how_to_go_on(&record.header.run)))?;
    session.output.result(&match arguments.format {
        Format::Text => {
            let paint = session.output.paint();
            format!("{}\n{}reports/{name}/\n", summary::text(&record, &analysis, paint), text(&signoff, paint))
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

/// Writes all reports of a sign-off from its record; gives the digest of each.
pub(super) fn write_reports(
    session: &Session,
    tree: &Tree,
    ledger: &Ledger,
    record: &RunRecord,
    signoff: &Decided,
) -> Result<Vec<(String, Digest)>, Fault> {
    let name = &signoff.release;
    let release = ledger.train.release(name).ok_or_else(|| unknown_release(ledger, name))?;
    let analysis = analyse(ledger, record, None);
    // The decision comes last: where it stands, everything that it rests on stands too.
    let files = [
        (JUNIT[0], junit(session, ledger, record, &analysis, (Some(signoff), Accounting::Shown))?),
        (JUNIT[1], junit(session, ledger, record, &analysis, (Some(signoff), Accounting::Raw))?),
        ("rules.json", Rules::of(ledger, release, record).to_json().into_bytes()),
        ("signoff.md", markdown::signoff(signoff).into_bytes()),
        ("signoff.json", signoff.to_json().into_bytes()),
    ];
    reports::write(tree, name, &plan_text(record), &files)
}

/// What is left over of a sign-off, with what is missing since the last.
pub(super) fn analysis_of<'r>(
    tree: &Tree,
    ledger: &'r Ledger,
    record: &'r RunRecord,
    release: &ReleaseName,
) -> Result<Analysis<'r>, Fault> {
    let last = reports::last_signoff(tree, ledger, release)?;
    Ok(analyse(ledger, record, last.as_ref().map(|last| &last.plan)))
}
