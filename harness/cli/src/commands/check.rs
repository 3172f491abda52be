//! `fixgate check`

use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;

use super::gate::today;
use crate::exit::Exit;
use crate::session::Session;

/// Checks everything that can be known without running anything.
pub(super) fn check(session: &Session) -> Result<Exit, Fault> {
    let (_, ledger) = session.load()?;
    let mut gaps = ledger.gaps(Some(today()));
    gaps.extend(ledger.private_fix_gaps(today()));
    session.output.problems(&gaps);
    let fixed = ledger.defects.values().filter(|defect| defect.owes_pair()).count();
    session.output.result(&format!(
        "{}, {} ({fixed} fixed, {} proved), {}, {}: {}\n",
        counted(ledger.train.releases().len(), "release"),
        counted(ledger.defects.len(), "defect"),
        ledger.proofs.len(),
        counted(ledger.cases().count(), "case"),
        counted(ledger.scenarios.len(), "scenario"),
        if gaps.is_empty() { "all is well".to_owned() } else { counted(gaps.len(), "gap") },
    ))?;
    Ok(Exit::found(!gaps.is_empty()))
}
