//! `fixgate check`

use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;

use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// From how many characters on readers may cut an id: TestRail cuts names after 250, ReportPortal after 256, with room for a suite.
const LONG_ID: usize = 200;

/// Checks everything that can be known without running anything.
pub(super) fn check(session: &Session) -> Result<Exit, Fault> {
    let (ledger, unnamed) = session.load_to_check(today())?;
    let mut gaps = ledger.gaps(Some(today()));
    gaps.extend(ledger.private_fix_gaps(today()));
    session.output.problems(&gaps);
    for path in unnamed {
        session.output.note(&format!("warning: no case names {path}: remove it, or name it in a case\n"));
    }
    for scenario in ledger.scenarios.iter().filter(|scenario| scenario.id.as_str().chars().count() > LONG_ID) {
        let length = scenario.id.as_str().chars().count();
        session.output.note(&format!(
            "warning: an id has {length} characters, and readers of JUnit reports cut names after {LONG_ID} to 256, so that two scenarios \
             could become one; shorten the names of its folders, or of its values: {}\n",
            scenario.id
        ));
    }
    // A word that does not count is no gap: it may be of a build, and of a signer, of long ago.
    for attestation in &ledger.attestations {
        if let Err(why) = &attestation.standing {
            session.output.note(&format!("attestations/{}.json does not count: {why}\n", attestation.name));
        }
    }
    let fixed = ledger.defects.values().filter(|defect| defect.owes_pair()).count();
    session.output.result(&format!(
        "{}, {} ({fixed} fixed, {} proved), {}, {}{}{}: {}\n",
        counted(ledger.train.releases().len(), "release"),
        counted(ledger.defects.len(), "defect"),
        ledger.proofs.len(),
        counted(ledger.cases().count(), "case"),
        counted(ledger.scenarios.len(), "scenario"),
        if_any(ledger.manual.len(), "manual case"),
        if_any(ledger.attestations.len(), "attestation"),
        if gaps.is_empty() { "all is well".to_owned() } else { counted(gaps.len(), "gap") },
    ))?;
    Ok(Exit::found(!gaps.is_empty()))
}

/// How many there are, after a comma; nothing where there is none.
fn if_any(count: usize, noun: &str) -> String {
    if count == 0 { String::new() } else { format!(", {}", counted(count, noun)) }
}
