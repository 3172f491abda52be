//! `fixgate verify`

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::gate::{Decision, Signoff};
use fixgate_core::id::ReleaseName;
use fixgate_core::ledger::Ledger;
use fixgate_core::report::files::SignoffFile;
use fixgate_core::seal::{Sealed, Verified};
use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;
use fixgate_engine::place::Place;
use fixgate_engine::reports::read_report;
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::decide_as_of;
use fixgate_engine::{builds, run};

use super::records::Records;
use crate::arguments::Verify;
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// Checks offline that a release's decision, reports, records and build belong together.
pub(super) fn verify(session: &Session, arguments: &Verify) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let directory = directory(session, &tree, &arguments.reports)?;
    let files = files(&ledger, &directory, &arguments.reports)?;
    let stated = files.get(SignoffFile::Decision.name()).and_then(|bytes| Signoff::read(std::str::from_utf8(bytes).ok()?).ok());
    let release = release(&ledger, &directory, stated.as_ref()).ok_or_else(|| no_reports(&arguments.reports))?;
    let found = stated.map_or(Ok(Records::Todays), |stated| Records::of(&tree, &ledger, &stated.test_product));
    let then = found.as_ref().map(|found| found.ledger(&ledger)).map_err(String::as_str);
    let records = then.map(|then| then.digest);
    let sealed = Sealed { release: &release, files: &files, ledger: &ledger, records, today: today() };
    let output = session.output;
    let mut verified = match sealed.verify() {
        Ok(verified) => verified,
        Err(refusals) => {
            refusals.iter().for_each(|refusal| output.complaint(&format!("{refusal}\n")));
            output.result(&format!("refused: {release}\n"))?;
            return Ok(Exit::Failures);
        }
    };
    let subject = verified.signoff.candidate.digest;
    if let Some(word) = &arguments.candidate {
        let found = builds::find(&session.site(&tree, &ledger, &()), word, None)?.build.digest();
        if found != subject {
            verified.refusals.push(format!("the build {word} is {found}, not the one that was signed off, {subject}"));
        }
    }
    let again = match then {
        Ok(then) => Again::decide((&tree, then), &release, &files, &mut verified)?,
        Err(_) => Again::WithoutRecords,
    };
    verified.refusals.iter().for_each(|refusal| output.complaint(&format!("{refusal}\n")));
    output.result(&text(&verified, &release, &again, arguments.candidate.is_some()))?;
    Ok(Exit::found(!verified.refusals.is_empty() || verified.signoff.decision != Decision::Ship))
}

fn text(verified: &Verified, release: &ReleaseName, again: &Again, is_compared: bool) -> String {
    let signoff = &verified.signoff;
    let word = if verified.refusals.is_empty() { signoff.decision.as_str() } else { "refused" };
    let mut text = format!("{word}: {} {release} ({})\n", signoff.product, signoff.version);
    let build = signoff.candidate.digest;
    text.push_str(&format!("  build      {build}{}\n", if is_compared { "" } else { ", not compared" }));
    text.push_str(&format!("  signed by  {} as of {}\n", verified.by, verified.at));
    let (word, since) = match again {
        Again::WithoutRun => ("not here", 0),
        Again::WithoutRecords => ("not decided again", 0),
        Again::Decided { since } => ("decided again", *since),
    };
    text.push_str(&format!("  run        {}, {word}\n", signoff.run));
    if since > 0 {
        text.push_str(&format!("  since      {}, on which it does not rest\n", counted(since, "attestation")));
    }
    if !verified.absent.is_empty() {
        text.push_str(&format!("  not here   {}\n", verified.absent.join(", ")));
    }
    text
}

/// What came of deciding again.
enum Again {
    /// The record of the run is not here.
    WithoutRun,
    /// The records that were signed off are not.
    WithoutRecords,
    /// It was done; so many attestations have come since.
    Decided { since: usize },
}

impl Again {
    /// Decides again by the records of then, where the record of the run is here.
    fn decide(
        (tree, then): (&Tree, &Ledger),
        release: &ReleaseName,
        files: &BTreeMap<String, Vec<u8>>,
        verified: &mut Verified,
    ) -> Result<Self, Fault> {
        let name = &verified.signoff.run;
        if !run::is_here(tree, name)? {
            return Ok(Self::WithoutRun);
        }
        let record = run::read(tree, name.as_str())?;
        let (again, since) = decide_as_of(&verified.signoff, tree, then, &record, release, today())?;
        // The reports themselves are held against what was signed.
        let mut again = again.signoff;
        again.files.clone_from(&verified.signoff.files);
        if files.get(SignoffFile::Decision.name()).map(Vec::as_slice) != Some(again.to_json().as_bytes()) {
            verified.refusals.push(format!("signoff.json is not what the run {name} gives"));
        }
        Ok(Self::Decided { since })
    }
}

/// The directory of the reports that are meant: the one at a path, or, by its name alone, a release's own.
fn directory(session: &Session, tree: &Tree, typed: &Utf8Path) -> Result<Utf8PathBuf, Fault> {
    let path = session.directory().join(typed);
    let is_name = typed.as_str().parse::<ReleaseName>().is_ok();
    let is_meant = !is_name || is_directory(&path).map_err(|reason| unread(typed, &reason))?;
    Ok(if is_meant { path } else { tree.reports(typed.as_str()).path() })
}

/// Whether a path leads to a directory.
fn is_directory(path: &Utf8Path) -> io::Result<bool> {
    match path.metadata() {
        Err(reason) if matches!(reason.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        metadata => Ok(metadata?.is_dir()),
    }
}

fn unread(typed: &Utf8Path, reason: &io::Error) -> Fault {
    Fault::usage(format!("{typed} cannot be read: {reason}")).refused(reason)
}

/// The release whose reports a directory holds: the one that it is named after, or else the one that they say they are about.
fn release(ledger: &Ledger, directory: &Utf8Path, stated: Option<&Signoff>) -> Option<ReleaseName> {
    let named: Option<ReleaseName> = directory.file_name().and_then(|name| name.parse().ok());
    let known = named.clone().filter(|named| ledger.train.release(named).is_some());
    known.or_else(|| stated.map(|stated| stated.release.clone())).or(named)
}

fn no_reports(typed: &Utf8Path) -> Fault {
    Fault::usage(format!("{typed} is no directory of a release's reports")).help("such as reports/RU2, or RU2")
}

fn no_directory(ledger: &Ledger, directory: &Utf8Path, typed: &Utf8Path) -> Fault {
    let name = typed.as_str().parse::<ReleaseName>().ok();
    let help = "name a release that is signed, or the directory of its reports: fixgate verify reports/RELEASE";
    let told = match name {
        Some(release) if ledger.train.release(&release).is_some() => {
            return Fault::usage(format!("{release} has no reports: there is no reports/{release}/"))
                .help(format!("make them: fixgate signoff {release}, then fixgate sign {release}"));
        }
        _ if directory.exists() || typed.exists() => format!("{typed} is a file"),
        Some(_) => format!("there is no release `{typed}`, and no directory of that name"),
        None => format!("{typed} does not exist"),
    };
    Fault::usage(told).help(help)
}

/// The files of a directory, each with its bytes.
fn files(ledger: &Ledger, directory: &Utf8Path, typed: &Utf8Path) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let unread = |reason: io::Error| unread(typed, &reason);
    if !is_directory(directory).map_err(unread)? {
        return Err(no_directory(ledger, directory, typed));
    }
    let mut files = BTreeMap::new();
    let place = Place::root(directory).map_err(unread)?;
    for name in place.list().map_err(unread)? {
        let file = place.join(&name);
        if file.is_file().map_err(unread)? {
            files.insert(name, read_report(&file).map_err(unread)?);
        }
    }
    Ok(files)
}
