//! `fixgate sign`

use fixgate_core::id::Digest;
use fixgate_core::seal::{self, DECISION, EVIDENCE, Envelope, FileDigests, SIGNER, public_key_pem};
use fixgate_core::signer::Role;
use fixgate_engine::fault::Fault;
use fixgate_engine::keys::Key;
use fixgate_engine::reports::write_file;
use fixgate_engine::workflow::{Rendered, decide, made_for, publish, run_of_reports};
use fixgate_engine::{builds, run};

use super::gate::{exit, is_of_the_build_at_hand, text};
use super::records::Records;
use super::report::tell_size;
use crate::arguments::Sign;
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
    let found = Records::of_run(session.output, &tree, &ledger, &record)?;
    let ledger = found.ledger(&ledger);
    let decided = decide(&tree, ledger, &record, release, today())?;
    if decided.signoff.void.is_some() {
        session.output.result(&text(&decided.signoff, session.output.paint()))?;
        session.output.complaint("there is no answer to sign\n");
        return Ok(exit(&decided.signoff));
    }
    is_of_the_build_at_hand(session, (&tree, ledger), &record, &decided.signoff)?;
    let at = seal::time_verified(&decided.signoff, &record.header);
    ledger.signers.accept(&principal, key.public.key_data(), at).map_err(|why| Fault::usage(why.to_string()))?;
    let rendered = Rendered::new(ledger, &record, &decided)?;
    tell_size(session, &record, rendered.size);
    let (signoff, reports) = publish(&tree, ledger, &record, rendered)?;
    let analysis = decided.analysis_since(ledger, &record);
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
    session
        .output
        .result(&format!("{}signed by {principal} as of {at}: reports/{release}/\n", text(&signoff, session.output.paint())))?;
    Ok(exit(&signoff))
}
