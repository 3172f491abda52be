//! `fixgate signoff`

use fixgate_core::gate::{Signoff as Decided, older_fixes};
use fixgate_core::id::{Digest, ReleaseName};
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::Selection;
use fixgate_core::record::{NamedBuild, Occasion, Requested, RunRecord};
use fixgate_core::report::junit::Size;
use fixgate_core::report::scenarios::Accounting;
use fixgate_core::report::summary;
use fixgate_core::report::text::next_step;
use fixgate_core::report::{markdown, page};
use fixgate_core::residual::{Analysis, analyse};
use fixgate_core::rules::{Reference, Rules, plan_text};
use fixgate_engine::builds::{self, Placed, release_build, unknown_release};
use fixgate_engine::fault::Fault;
use fixgate_engine::prove::Again;
use fixgate_engine::reports::{JUNIT, PAGE};
use fixgate_engine::run::{Request, how_to_go_on};
use fixgate_engine::tree::Tree;
use fixgate_engine::{commit, plan, reports, signoffs};

use super::gate::{decided_text, decision, exit};
use super::report::{extent, junit, tell_size};
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
        all_proofs: arguments.all_proofs,
        ..Requested::default()
    };
    let asked = resumed(&tree, arguments.resume.as_ref(), "signoff", &typed)?.unwrap_or(typed);
    let name = &release_of(&tree, arguments)?;
    let release = ledger.train.release(name).ok_or_else(|| unknown_release(&ledger, name))?;
    let lock = session.lock(&tree)?;
    let mut test_product = commit::ask(&tree, &ledger).answer()?;
    // What is wrong with an earlier sign-off is told before a build is obtained, which may take long.
    let past = signoffs::past(&tree, &ledger, name, &mut test_product)?;
    let progress = session.progress();
    let site = session.site(&tree, &ledger, &progress);
    let typed_or_asked = |typed: &Option<String>, asked: &Option<NamedBuild>| {
        typed.clone().or_else(|| asked.as_ref().map(|build| word(&tree, build)))
    };
    let candidate = typed_or_asked(&arguments.candidate, &asked.candidate).unwrap_or(name.to_string());
    let candidate = builds::find(&site, &candidate, Some(name))?;
    let before = ledger.train.before(name).map(|before| release_build(&site, before)).transpose()?;
    let baseline: Option<Placed> = match (typed_or_asked(&arguments.baseline, &asked.baseline), &release.follows) {
        (Some(word), _) => Some(builds::find(&site, &word, None)?),
        (None, Some(follows)) => Some(builds::find(&site, follows.as_str(), None)?),
        (None, None) => None,
    };
    let older = if asked.all_proofs { older_fixes(&ledger, candidate.place) } else { Vec::new() };
    let again = Again::of(&site, older, candidate.place)?;
    let plan = plan::make(&ledger, &Selection::default(), candidate.place)?;
    let request = Request {
        site,
        lock: &lock,
        test_product,
        past: Some(past),
        candidate,
        baseline,
        plan,
        signoff: Some((name.clone(), before)),
        again,
        occasion: Occasion::Request,
        keep: false,
        resume: arguments.resume.clone(),
        requested: asked,
    };
    reports::remove_unreviewed(&tree, name)?;
    let record = fixgate_engine::run::run(&request)?;
    session.keep(&tree, &record);
    let decided = decision(&tree, &ledger, &record, name)?;
    let analysis = analyse(&ledger, &record, None);
    let written = write_reports(session, &tree, &ledger, &record, decided);
    let (signoff, _) = written.map_err(|fault| fault.then(&how_to_go_on(&record.header.run)))?;
    session.output.result(&match arguments.format {
        Format::Text => {
            let paint = session.output.paint();
            let decided = decided_text(&signoff, paint, extent(arguments.all));
            let decided = format!("\n{decided}reports/{name}/\nnext: {}\n", next_step(&signoff));
            let extent = extent(arguments.all).beside(decided.lines().count());
            summary::text(&record, &analysis, paint, extent) + &decided
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

/// A decision that names the reports made of it, and their files.
pub(super) struct Rendered {
    /// The decision.
    pub(super) signoff: Decided,
    /// The reports by their names.
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
    size: Size,
}

impl Rendered {
    /// Makes the reports of a decision.
    pub(super) fn new(ledger: &Ledger, record: &RunRecord, decided: Decided) -> Result<Self, Fault> {
        let analysis = analyse(ledger, record, None);
        let (shown, size) = junit(ledger, record, &analysis, (Some(&decided), Accounting::Shown))?;
        let (raw, _) = junit(ledger, record, &analysis, (Some(&decided), Accounting::Raw))?;
        let mut files =
            vec![(JUNIT[0], shown), (JUNIT[1], raw), (PAGE, markdown::signoff(&decided, &ledger.scenarios).into_bytes())];
        let mut signoff = decided;
        signoff.files = files.iter().map(|(name, bytes)| ((*name).to_owned(), Digest::of(bytes))).collect();
        // The page holds the decision that names the other reports; the decision then names the page.
        let page = page::render(&page::Source { ledger, record, analysis: &analysis, signoff: Some(&signoff) });
        let page = page.map_err(Fault::harness)?.into_bytes();
        signoff.files.insert(page::NAME.to_owned(), Digest::of(&page));
        files.push((page::NAME, page));
        Ok(Self { signoff, files, size })
    }
}

/// Writes all reports of a sign-off from its record; gives the decision that names them, and the digest of each.
pub(super) fn write_reports(
    session: &Session,
    tree: &Tree,
    ledger: &Ledger,
    record: &RunRecord,
    decided: Decided,
) -> Result<(Decided, Vec<(String, Digest)>), Fault> {
    let name = decided.release.clone();
    let release = ledger.train.release(&name).ok_or_else(|| unknown_release(ledger, &name))?;
    let Rendered { signoff, mut files, size } = Rendered::new(ledger, record, decided)?;
    tell_size(session, record, size);
    files.push(("rules.json", Rules::of(ledger, release, record).to_json().into_bytes()));
    // The decision comes last: where it stands, everything that it rests on stands too.
    files.push(("signoff.json", signoff.to_json().into_bytes()));
    let digests = reports::write(tree, &name, &plan_text(record), &files)?;
    Ok((signoff, digests))
}

/// What is left over of a sign-off, with what is missing since the last.
pub(super) fn analysis_of<'r>(
    tree: &Tree,
    ledger: &'r Ledger,
    record: &'r RunRecord,
    release: &ReleaseName,
) -> Result<Analysis<'r>, Fault> {
    let compared = signoffs::compared(tree, ledger, record, release)?;
    Ok(analyse(ledger, record, compared.reference.as_ref().map(Reference::plan).as_ref()))
}
