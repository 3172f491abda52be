//! `fixgate report`

use fixgate_core::gate::Signoff;
use fixgate_core::ledger::Ledger;
use fixgate_core::record::RunRecord;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::summary::{Extent, Summary};
use fixgate_core::report::validation::Validation;
use fixgate_core::report::{junit as xml, markdown, page};
use fixgate_core::residual::{Analysis, analyse};
use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;
use fixgate_engine::output_file::OutputFile;
use fixgate_engine::reports;
use fixgate_engine::tree::Tree;

use super::gate::decision;
use super::records::Records;
use super::signoff::Rendered;
use crate::arguments::{Report, ReportFormat};
use crate::exit::Exit;
use crate::session::Session;

/// Makes one report from a run's record.
pub(super) fn report(session: &Session, arguments: &Report) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let record = fixgate_engine::run::read(&tree, arguments.run.as_str())?;
    let found = match &record.header.release {
        Some(_) => Records::of_run(session.output, &tree, &ledger, &record),
        None => Records::Todays,
    };
    let ledger = found.ledger(&ledger);
    let signoff = record.header.release.clone().map(|release| decision(&tree, ledger, &record, &release)).transpose()?;
    let analysis = analyse(ledger, &record, None);
    let split = arguments.junit_split.as_ref().map(|directory| (xml::Form::Full, directory));
    let plain = arguments.junit_plain.as_ref().map(|directory| (xml::Form::Plain, directory));
    if let Some((form, directory)) = split.or(plain) {
        let document = document(ledger, &record, &analysis, signoff.as_ref(), Accounting::Shown);
        let place = reports::junit_directory(directory)?;
        let files = xml::split(&document, form, |name, xml| reports::write_file(&place.join(name), xml))?;
        session.output.result(&format!("{} in {directory}/\n", counted(files, "file")))?;
        return Ok(Exit::Success);
    }
    let is_validation = !record.header.fixes.is_empty();
    let validation = || Validation::new(ledger, &record, &analysis).map_err(Fault::usage);
    let text = match (arguments.format.unwrap_or(ReportFormat::Junit), &signoff) {
        (ReportFormat::Junit, _) => {
            let document = document(ledger, &record, &analysis, signoff.as_ref(), Accounting::Shown);
            session.output.result_by(|stdout| {
                tell_size(session, &record, xml::write(&document, stdout)?);
                Ok(())
            })?;
            return Ok(Exit::Success);
        }
        (ReportFormat::Markdown, Some(signoff)) => markdown::signoff(signoff, &ledger.scenarios),
        (ReportFormat::Html, Some(signoff)) => {
            let files = Rendered::new(ledger, &record, signoff.clone())?.files;
            let page = files.into_iter().find(|(name, _)| *name == page::NAME).map(|(_, page)| page).unwrap_or_default();
            String::from_utf8_lossy(&page).into_owned()
        }
        (ReportFormat::Html, None) => {
            let source = page::Source { ledger, record: &record, analysis: &analysis, signoff: None };
            page::render(&source).map_err(Fault::harness)?
        }
        (ReportFormat::Json, Some(signoff)) => Rendered::new(ledger, &record, signoff.clone())?.signoff.to_json(),
        (ReportFormat::Markdown, None) if is_validation => markdown::validation(&validation()?),
        (ReportFormat::Json, None) if is_validation => validation()?.to_json(),
        (ReportFormat::Markdown, None) => markdown::run(&record, &analysis),
        (ReportFormat::Json, None) => Summary::new(&record, &analysis).to_json(),
    };
    session.output.result(&text)?;
    Ok(Exit::Success)
}

/// The JUnit report of a run, and its size.
pub(super) fn junit(
    ledger: &Ledger,
    record: &RunRecord,
    analysis: &Analysis<'_>,
    (signoff, accounting): (Option<&Signoff>, Accounting),
) -> Result<(Vec<u8>, xml::Size), Fault> {
    let document = document(ledger, record, analysis, signoff, accounting);
    let mut report = Vec::new();
    let size = xml::write(&document, &mut report)?;
    Ok((report, size))
}

/// Writes the JUnit report of a run that was cut short: without a file, a reader that waits for one would take it for a run without scenarios.
/// Gives back why it was cut short, which matters more than that the report cannot be written.
pub(super) fn of_unfinished(session: &Session, tree: &Tree, ledger: &Ledger, place: Option<&OutputFile>, fault: Fault) -> Fault {
    let (Some(run), Some(file)) = (&fault.run, place) else { return fault };
    let written = fixgate_engine::run::read(tree, run.as_str()).and_then(|record| {
        let (report, _) = junit(ledger, &record, &analyse(ledger, &record, None), (None, Accounting::Shown))?;
        file.write(&report)
    });
    if let Err(reason) = written {
        session.output.warning(&format!("the run was cut short, and {reason}"));
    }
    fault
}

/// How much of a result a terminal shows.
pub(super) fn extent(all: bool) -> Extent {
    if all { Extent::All } else { Extent::SHORT }
}

/// Says where a JUnit report is too large for some of its readers.
pub(super) fn tell_size(session: &Session, record: &RunRecord, size: xml::Size) {
    if size.is_too_much_for_some() {
        let xml::Size { bytes, elements } = size;
        let run = &record.header.run;
        session.output.warning(&format!(
            "the JUnit report has {} and {}, which is too much for some readers; \
             in files that any of them takes: fixgate report {run} --junit-split DIR",
            counted(bytes as u64, "byte"),
            counted(elements as u64, "element")
        ));
    }
}
