//! `fixgate report`

use fixgate_core::record::{RunKind, RunRecord};
use fixgate_core::report::files::SignoffFile;
use fixgate_core::report::page::About;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::summary::{Extent, Summary};
use fixgate_core::report::validation::Validation;
use fixgate_core::report::{ctrf, github, junit as xml, markdown, page, tap};
use fixgate_core::residual::analyse;
use fixgate_core::words::counted;
use fixgate_engine::fault::Fault;
use fixgate_engine::output_file::{OutputFile, append};
use fixgate_engine::reports;
use fixgate_engine::run::Request;
use fixgate_engine::site::Site;
use fixgate_engine::workflow::{Rendered, decide, junit_of_unfinished};

use super::records::Records;
use crate::arguments::{Report, ReportFormat};
use crate::clock::today;
use crate::exit::Exit;
use crate::session::Session;

/// The most bytes that GitHub shows as the summary of a step; of a longer one it shows nothing.
const STEP_SUMMARY: u64 = 1 << 20;

/// Makes one report from a run's record.
pub(super) fn report(session: &Session, arguments: &Report) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let record = fixgate_engine::run::read(&tree, arguments.run.as_str())?;
    let found = match &record.header.release {
        Some(_) => Records::of_run(session.output, &tree, &ledger, &record)?,
        None => Records::Todays,
    };
    let ledger = found.ledger(&ledger);
    let release = record.header.release.as_ref();
    let decided = release.map(|release| decide(&tree, ledger, &record, release, today())).transpose()?;
    let alone;
    let (analysis, signoff) = match &decided {
        Some(decided) => (&decided.analysis, Some(&decided.signoff)),
        None => {
            alone = analyse(ledger, &record, None);
            (&alone, None)
        }
    };
    let split = arguments.junit_split.as_ref().map(|directory| (xml::Form::Full, directory));
    let plain = arguments.junit_plain.as_ref().map(|directory| (xml::Form::Plain, directory));
    if let Some((form, directory)) = split.or(plain) {
        let document = document(ledger, &record, analysis, signoff, Accounting::Shown);
        let place = reports::junit_directory(directory)?;
        let files = xml::split(&document, form, |name, xml| reports::write_file(&place.join(name), xml))?;
        session.output.result(&format!("{} in {directory}/\n", counted(files, "file")))?;
        return Ok(Exit::Success);
    }
    let format = arguments.format.unwrap_or(ReportFormat::Junit);
    if let (Some(_), false) = (&arguments.step_summary, format == ReportFormat::Github) {
        return Err(Fault::usage("--step-summary belongs to `--format github`"));
    }
    let is_validation = record.header.kind() == RunKind::Validation;
    let validation = || Validation::new(ledger, &record, analysis).map_err(Fault::usage);
    let page_about = |about| page::Source { ledger, record: &record, analysis, about, past: &[] };
    let cases = || document(ledger, &record, analysis, signoff, Accounting::Shown);
    let as_markdown = || -> Result<String, Fault> {
        Ok(match signoff {
            Some(signoff) => markdown::signoff(signoff, &ledger.scenarios),
            None if is_validation => markdown::validation(&validation()?),
            None => markdown::run(&record, analysis),
        })
    };
    let text = match (format, &decided) {
        (ReportFormat::Junit, _) => {
            session.output.result_by(|stdout| {
                tell_size(session, &record, xml::write(&cases(), stdout)?);
                Ok(())
            })?;
            return Ok(Exit::Success);
        }
        (ReportFormat::Markdown, _) => as_markdown()?,
        (ReportFormat::Html, Some(decided)) => {
            let page = Rendered::new(ledger, &record, decided)?.file(SignoffFile::Page);
            String::from_utf8_lossy(&page).into_owned()
        }
        (ReportFormat::Html, None) if is_validation => {
            page::render(&page_about(About::Validation(&validation()?))).map_err(Fault::harness)?
        }
        (ReportFormat::Html, None) => {
            let night = reports::night_of(&tree, &record.header.run)?;
            page::render(&page_about(night.as_ref().map_or(About::Run, About::Night))).map_err(Fault::harness)?
        }
        (ReportFormat::Json, Some(decided)) => Rendered::new(ledger, &record, decided)?.signoff.to_json(),
        (ReportFormat::Json, None) if is_validation => validation()?.to_json(),
        (ReportFormat::Json, None) => Summary::new(&record, analysis).to_json(),
        (ReportFormat::Tap, _) => tap::render(&cases()),
        (ReportFormat::Ctrf, _) => {
            let seconds = record.footer.as_ref().map_or(0.0, |footer| footer.seconds);
            ctrf::render(&cases(), ("fixgate", env!("CARGO_PKG_VERSION")), seconds)
        }
        (ReportFormat::Github, _) => {
            if let Some(file) = &arguments.step_summary {
                append(file, as_markdown()?.as_bytes(), STEP_SUMMARY)?;
            }
            github::annotations(&page_about(signoff.map_or(About::Run, About::Signoff)))
        }
    };
    session.output.result(&text)?;
    Ok(Exit::Success)
}

/// Makes a run and adds it to the history. Where it is cut short, the JUnit report that was asked for says so.
pub(super) fn carry_out(session: &Session, request: &Request<'_>, junit: Option<&OutputFile>) -> Result<RunRecord, Fault> {
    let Site { tree, ledger, .. } = request.site;
    let record = fixgate_engine::run::run(request).inspect_err(|fault| {
        if let Err(reason) = junit_of_unfinished(tree, ledger, junit, fault) {
            session.output.warning(&format!("the run was cut short, and {reason}"));
        }
    })?;
    session.keep(tree, &record);
    Ok(record)
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
