//! `fixgate sign` and `fixgate verify`

use std::collections::BTreeMap;
use std::fs;

use camino::Utf8Path;
use fixgate_core::gate::Decision;
use fixgate_core::id::{Digest, ReleaseName};
use fixgate_core::seal::{self, DECISION, EVIDENCE, Envelope, FileDigests, SIGNER, Sealed, public_key_pem};
use fixgate_core::signer::Role;
use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;
use fixgate_engine::keys::Key;
use fixgate_engine::reports::write_file;
use fixgate_engine::{builds, run};

use super::gate::{decision, decision_as_of, exit, made_for, run_of_reports, text};
use super::signoff::{analysis_of, write_reports};
use crate::arguments::{Sign, Verify};
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// Writes a release's reports again from the record of their run, then what seals them.
pub(super) fn sign(session: &Session, arguments: &Sign) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let _lock = session.lock(&tree)?;
    let release = &arguments.release;
    ledger.train.release(release).ok_or_else(|| builds::unknown_release(&ledger, release))?;
    let key = Key::find(arguments.key.as_deref())?;
    let (principal, signing) = (key.principal(&ledger, Role::ReleaseManager)?, key.raw()?);
    let name = run_of_reports(&tree, release)?;
    let record = run::read(&tree, name.as_str())?;
    made_for(&ledger, &record, release)?;
    let signoff = decision(&tree, &ledger, &record, release)?;
    if signoff.void.is_some() {
        session.output.result(&text(&signoff))?;
        session.output.complaint("there is no answer to sign\n");
        return Ok(exit(&signoff));
    }
    let at = seal::time_verified(&signoff, &record.header);
    ledger.signers.accept(&principal, key.public.key_data(), at).map_err(|why| Fault::usage(why.to_string()))?;
    let reports = write_reports(session, &tree, &ledger, &record, &signoff)?;
    let analysis = analysis_of(&tree, &ledger, &record, release)?;
    let directory = tree.reports(release.as_str());
    let envelope = |statement: &str| Envelope::seal(statement, &key.public, |bytes| signing.sign(bytes));
    let digests: FileDigests = reports.into_iter().collect();
    let evidence = envelope(&seal::evidence(&signoff, &analysis, &record.header, &digests))?.to_json();
    let summary = envelope(&seal::decision(&signoff, &principal, at, Digest::of(evidence.as_bytes())))?.to_json();
    let pem = public_key_pem(&key.public).unwrap_or_default();
    // The decision comes last: where it stands, everything that it rests on stands too.
    for (name, text) in [(EVIDENCE, &evidence), (SIGNER, &pem), (DECISION, &summary)] {
        write_file(&directory.join(name), text.as_bytes())?;
    }
    session.output.result(&format!("{}signed by {principal} as of {at}: reports/{release}/\n", text(&signoff)))?;
    Ok(exit(&signoff))
}

/// Checks offline that a release's decision, reports, records and build belong together.
pub(super) fn verify(session: &Session, arguments: &Verify) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let release = release_of(&arguments.reports)?;
    let files = files(&tree.reports(release.as_str()), &arguments.reports)?;
    let output = session.output;
    let sealed = Sealed { release: &release, files: &files, ledger: &ledger, today: today() };
    let mut verified = match sealed.verify() {
        Ok(verified) => verified,
        Err(refusals) => {
            refusals.iter().for_each(|refusal| output.complaint(&format!("{refusal}\n")));
            output.result(&format!("refused: {release}\n"))?;
            return Ok(Exit::Failures);
        }
    };
    let signoff = &verified.signoff;
    let subject = signoff.candidate.digest;
    if let Some(word) = &arguments.candidate {
        let found = builds::find(&tree, &ledger, word, None, &session.stop, &mut |_| {})?.build.digest();
        if found != subject {
            verified.refusals.push(format!("the build {word} is {found}, not the one that was signed off, {subject}"));
        }
    }
    let run_here = tree.runs().join(signoff.run.as_str()).is_dir();
    let mut since = 0;
    if run_here {
        let record = run::read(&tree, signoff.run.as_str())?;
        let (again, new) = decision_as_of(signoff, (&tree, &ledger), &record, &release)?;
        since = new;
        if files.get("signoff.json").map(Vec::as_slice) != Some(again.to_json().as_bytes()) {
            verified.refusals.push(format!("signoff.json is not what the run {} gives", signoff.run));
        }
    }
    verified.refusals.iter().for_each(|refusal| output.complaint(&format!("{refusal}\n")));
    let word = if verified.refusals.is_empty() { signoff.decision.as_str() } else { "refused" };
    let mut text = format!("{word}: {} {release} ({})\n", signoff.product, signoff.version);
    text.push_str(&format!("  build      {subject}{}\n", if arguments.candidate.is_some() { "" } else { ", not compared" }));
    text.push_str(&format!("  signed by  {} as of {}\n", verified.by, verified.at));
    text.push_str(&format!("  run        {}, {}\n", signoff.run, if run_here { "decided again" } else { "not here" }));
    if since > 0 {
        text.push_str(&format!("  since      {}, on which it does not rest\n", counted(since, "attestation")));
    }
    if !verified.absent.is_empty() {
        text.push_str(&format!("  not here   {}\n", verified.absent.join(", ")));
    }
    output.result(&text)?;
    Ok(Exit::found(!verified.refusals.is_empty() || signoff.decision != Decision::Ship))
}

/// The release whose reports stand at a path, which ends in its name.
fn release_of(path: &Utf8Path) -> Result<ReleaseName, Fault> {
    let name = path.file_name().unwrap_or_default();
    name.parse().map_err(|_| Fault::usage(format!("{path} is no directory of a release's reports")).help("such as reports/RU2"))
}

/// The files of a directory, each with its bytes.
fn files(directory: &Utf8Path, typed: &Utf8Path) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let unread = |reason: std::io::Error| {
        let help = "it holds what `fixgate signoff` and `fixgate sign` write: reports/RELEASE";
        Fault::usage(format!("{typed} cannot be read: {reason}")).help(help)
    };
    let mut files = BTreeMap::new();
    for entry in directory.read_dir_utf8().map_err(unread)? {
        let entry = entry.map_err(unread)?;
        if entry.file_type().map_err(unread)?.is_file() {
            files.insert(entry.file_name().to_owned(), fs::read(entry.path()).map_err(unread)?);
        }
    }
    Ok(files)
}
