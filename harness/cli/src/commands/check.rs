//! `fixgate check`

use fixgate_engine::fault::Fault;
use jiff::Zoned;

use crate::exit::Exit;
use crate::session::Session;

/// Checks everything that can be known without running anything.
pub(super) fn check(session: &Session) -> Result<Exit, Fault> {
    let (_, ledger) = session.load()?;
    let gaps = ledger.gaps(Some(Zoned::now().date()));
    session.output.problems(&gaps);
    let fixed = ledger.defects.values().filter(|defect| defect.owes_pair()).count();
    session.output.result(&format!(
        "{} releases, {} defects ({fixed} fixed, {} proved), {} cases, {} scenarios: {}\n",
        ledger.train.releases().len(),
        ledger.defects.len(),
        ledger.proofs.len(),
        ledger.cases().count(),
        ledger.scenarios.len(),
        if gaps.is_empty() { "all is well".to_owned() } else { format!("{} gaps", gaps.len()) },
    ));
    Ok(Exit::found(!gaps.is_empty()))
}
