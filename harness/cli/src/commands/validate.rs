//! `fixgate validate`

use std::io;

use fixgate_core::id::{DefectId, Digest};
use fixgate_core::identity::Identity;
use fixgate_core::ledger::Ledger;
use fixgate_core::private_fix::{PrivateFix, PrivateFixState};
use fixgate_core::record::{Requested, RunKind, RunRecord};
use fixgate_core::release::Position;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::validation::{self, Validation, ValidationOutcome};
use fixgate_core::report::{junit, markdown, page};
use fixgate_core::residual::{Analysis, analyse};
use fixgate_core::validation::Scope;
use fixgate_engine::builds::{self, Placed};
use fixgate_engine::fault::Fault;
use fixgate_engine::identify::seen;
use fixgate_engine::run::{Purpose, Request, how_to_go_on};
use fixgate_engine::site::Site;
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::{Asked, Typed};
use fixgate_engine::{commit, plan};

use super::private_fix::advance;
use super::prove::no_defect;
use super::report::{carry_out, tell_size};
use crate::arguments::{Format, Validate};
use crate::exit::Exit;
use crate::session::{Places, Session};

/// Validates a private fix, and takes its record to `validated` if it passes.
pub(super) fn validate(session: &Session, arguments: &Validate) -> Result<Exit, Fault> {
    let asked = [("--junit", &arguments.junit), ("--markdown", &arguments.markdown), ("--html", &arguments.html)];
    let places = session.places(asked, arguments.format == Format::Json)?;
    // The record of the private fix is read and written under one lock.
    let lock = session.lock(&session.tree()?)?;
    let (tree, ledger) = session.load()?;
    let typed = Typed {
        candidate: arguments.candidate.clone(),
        baseline: arguments.base.clone(),
        resume: arguments.resume.clone(),
        rest: Requested { defects: arguments.defects.clone(), ..Requested::default() },
    };
    let asked = Asked::of(&tree, typed, RunKind::Validation)?;
    let commit = commit::ask(&tree, &ledger);
    let fixes = fixes(&ledger, &asked.requested.defects)?;
    let progress = session.progress();
    let site = session.site_of_cases(&tree, &ledger, &progress)?;
    let mut candidate = asked.find_candidate(&site)?;
    let word = match asked.baseline() {
        Some(word) => word.to_owned(),
        None => base(&ledger, &fixes, candidate.build.digest())?,
    };
    let base = find_base(&site, &word)?;
    stand_on(&ledger, &mut candidate, &base, fixes)?;
    let scope = Scope::new(&ledger, candidate.standing()).map_err(Fault::usage)?;
    let plan = plan::make(&ledger, &scope.selection(), candidate.place)?;
    let request = Request {
        site,
        lock: &lock,
        test_product: session.commit(commit),
        candidate,
        baseline: Some(base),
        plan,
        purpose: Purpose::Validation,
        shards: Vec::new(),
        resume: asked.resume,
        requested: asked.requested,
        keep: arguments.keep,
    };
    let record = carry_out(session, &request, places.files[0].as_ref())?;
    let analysis = analyse(&ledger, &record, None);
    let result = Validation::new(&ledger, &record, &analysis).map_err(Fault::harness)?;
    write_reports(session, &places, &ledger, &record, &analysis, &result)
        .map_err(|fault| fault.then(&how_to_go_on(&record.header.run)))?;
    let page = match arguments.format {
        Format::Text => validation::text(&result, &record, &analysis, session.output.paint()),
        Format::Json => result.to_json(),
    };
    session.result_beside(&places, &page)?;
    match result.outcome {
        ValidationOutcome::Passed => note_validated(session, &tree, &ledger, &request.candidate).map(|()| Exit::Success),
        ValidationOutcome::Failed => Ok(Exit::Failures),
        ValidationOutcome::Void => Ok(Exit::Void),
    }
}

/// Writes the reports that were asked for.
fn write_reports(
    session: &Session,
    places: &Places<3>,
    ledger: &Ledger,
    record: &RunRecord,
    analysis: &Analysis<'_>,
    result: &Validation,
) -> Result<(), Fault> {
    let [junit_file, review, html] = &places.files;
    if let Some(file) = junit_file {
        let document = document(ledger, record, analysis, None, Accounting::Shown);
        let size = file.write_by(|file| junit::write(&document, file).map_err(io::Error::from))?;
        tell_size(session, record, size);
    }
    if let Some(file) = review {
        file.write(markdown::validation(result).as_bytes())?;
    }
    let Some(file) = html else { return Ok(()) };
    let page = page::render(&page::Source { ledger, record, analysis, about: page::About::Validation(result), past: &[] });
    file.write(page.map_err(Fault::harness)?.as_bytes())
}

/// The defects named, sorted, each once.
fn fixes(ledger: &Ledger, named: &[DefectId]) -> Result<Vec<DefectId>, Fault> {
    let mut fixes = named.to_vec();
    fixes.sort();
    fixes.dedup();
    match fixes.iter().find(|id| !ledger.defects.contains_key(id)) {
        Some(id) => Err(no_defect(ledger, id)),
        None => Ok(fixes),
    }
}

/// The recorded base of this build, or else the newest release that has none of the fixes.
fn base(ledger: &Ledger, fixes: &[DefectId], candidate: Digest) -> Result<String, Fault> {
    if let Some(recorded) = ledger.private_fixes_of(candidate).find(|recorded| is_for(recorded, fixes)) {
        return Ok(recorded.base.to_string());
    }
    let without = |place| !fixes.iter().any(|id| ledger.has_fix(id, place));
    let mut releases = ledger.train.releases().iter().rev();
    let newest = releases.find(|release| ledger.train.position(&release.name).is_some_and(without));
    let none = || Fault::usage("every release has one of these fixes: name the build that it was made from with --base");
    newest.map(|release| release.name.to_string()).ok_or_else(none)
}

/// The base. A path is told as the release with its digest, if one is known.
fn find_base(site: &Site<'_>, word: &str) -> Result<Placed, Fault> {
    let Site { tree, ledger, .. } = *site;
    let mut base = builds::find(site, word, None)?;
    if release_place(ledger, word).is_none() {
        let identity = Identity::of(ledger, base.build.digest(), &seen(tree, ledger)?);
        if let Some(place) = identity.releases.first().and_then(|release| ledger.train.position(release)) {
            base.place = place;
        }
    }
    Ok(base)
}

fn release_place(ledger: &Ledger, word: &str) -> Option<Position> {
    ledger.train.position(&word.parse().ok()?)
}

/// Puts the candidate at its base, with the fixes beyond that.
fn stand_on(ledger: &Ledger, candidate: &mut Placed, base: &Placed, fixes: Vec<DefectId>) -> Result<(), Fault> {
    let name = base.build.identity().name;
    if candidate.build.digest() == base.build.digest() {
        let message = format!("the candidate and its base, {name}, are the same build: it fixes nothing");
        return Err(Fault::usage(message).help("name the build with the fix with --candidate, the one without it with --base"));
    }
    let known = base.place < ledger.train.after_newest();
    if let Some(id) = fixes.iter().find(|id| known && ledger.has_fix(id, base.place)) {
        let message = format!("{name} has the fix of {id} by its record, so it cannot be red there");
        return Err(Fault::usage(message).help("name the build that it was made from with --base"));
    }
    candidate.place = base.place;
    candidate.placed_as = None;
    candidate.fixes = fixes;
    Ok(())
}

/// Whether a private fix is recorded for exactly these defects.
fn is_for(recorded: &PrivateFix, fixes: &[DefectId]) -> bool {
    recorded.defects.len() == fixes.len() && fixes.iter().all(|id| recorded.defects.contains(id))
}

/// Takes every record of this build, base and defects to `validated` that waits for it. Records of other builds stay, and it is said.
fn note_validated(session: &Session, tree: &Tree, ledger: &Ledger, candidate: &Placed) -> Result<(), Fault> {
    let coded = ledger.private_fixes.iter().filter(|recorded| {
        let base = ledger.train.position(&recorded.base);
        recorded.state == PrivateFixState::Coded && is_for(recorded, &candidate.fixes) && base == Some(candidate.place)
    });
    for recorded in coded {
        let line = if recorded.digest == candidate.build.digest() {
            advance(tree, recorded, PrivateFixState::Validated)?
        } else {
            format!("{} stays {}: it is of another build, {}\n", recorded.place.source.path, recorded.state, recorded.digest)
        };
        session.output.note(&line);
    }
    Ok(())
}
