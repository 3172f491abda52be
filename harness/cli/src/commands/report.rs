//! `fixgate report`

use fixgate_core::gate::Signoff;
use fixgate_core::ledger::Ledger;
use fixgate_core::record::RunRecord;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::summary::Summary;
use fixgate_core::report::validation::Validation;
use fixgate_core::report::{junit as xml, markdown};
use fixgate_core::residual::{Analysis, analyse};
use fixgate_engine::fault::Fault;

use super::gate::decision;
use crate::arguments::{Report, ReportFormat};
use crate::exit::Exit;
use crate::session::Session;

/// Makes one report from a run's record.
pub(super) fn report(session: &Session, arguments: &Report) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let record = fixgate_engine::run::read(&tree, arguments.run.as_str())?;
    let signoff = record.header.release.clone().map(|release| decision(&tree, &ledger, &record, &release)).transpose()?;
    let analysis = analyse(&ledger, &record, None);
    let is_validation = !record.header.fixes.is_empty();
    let validation = || Validation::new(&ledger, &record, &analysis).map_err(Fault::usage);
    let text = match (arguments.format, &signoff) {
        (ReportFormat::Junit, _) => {
            let document = document(&ledger, &record, &analysis, signoff.as_ref(), Accounting::Shown);
            session.output.result_by(|stdout| Ok(xml::write(&document, stdout)?))?;
            return Ok(Exit::Success);
        }
        (ReportFormat::Markdown, Some(signoff)) => markdown::signoff(signoff),
        (ReportFormat::Json, Some(signoff)) => signoff.to_json(),
        (ReportFormat::Markdown, None) if is_validation => markdown::validation(&validation()?),
        (ReportFormat::Json, None) if is_validation => validation()?.to_json(),
        (ReportFormat::Markdown, None) => markdown::run(&record, &analysis),
        (ReportFormat::Json, None) => Summary::new(&record, &analysis).to_json(),
    };
    session.output.result(&text)?;
    Ok(Exit::Success)
}

/// The JUnit report of a run.
pub(super) fn junit(
    ledger: &Ledger,
    record: &RunRecord,
    analysis: &Analysis<'_>,
    signoff: Option<&Signoff>,
    accounting: Accounting,
) -> Result<Vec<u8>, Fault> {
    let document = document(ledger, record, analysis, signoff, accounting);
    xml::render(&document).map_err(|reason| Fault::harness(format!("the JUnit report cannot be made: {reason}")))
}
