//! `fixgate nightly`

use fixgate_core::gate::{older_fixes, proved_again, turn};
use fixgate_core::history::PastRun;
use fixgate_core::ledger::Ledger;
use fixgate_core::night::NightSurvey;
use fixgate_core::plan::Selection;
use fixgate_core::record::{Requested, RunKind, RunRecord};
use fixgate_core::report::night::Page;
use fixgate_core::report::page;
use fixgate_core::report::scenarios::Accounting;
use fixgate_core::report::summary::has_findings;
use fixgate_core::residual::analyse;
use fixgate_core::rollup::nights::NightDocument;
use fixgate_engine::builds::Placed;
use fixgate_engine::fault::Fault;
use fixgate_engine::history::{self, HistoryError, Runs, Store};
use fixgate_engine::prove::OlderProofs;
use fixgate_engine::run::{Purpose, Request, how_to_go_on};
use fixgate_engine::tree::Tree;
use fixgate_engine::workflow::{Asked, Typed, junit};
use fixgate_engine::{commit, plan, reports};

use jiff::civil::Date;

use super::report::{carry_out, tell_size};
use crate::arguments::{Nightly, NightlyFormat};
use crate::clock::today;
use crate::exit::Exit;
use crate::session::{Places, Session};

/// A night's summary in its forms.
struct Pages {
    text: String,
    markdown: String,
    json: String,
    html: String,
}

/// The full pass, and what is new in it since the last night.
pub(super) fn nightly(session: &Session, arguments: &Nightly) -> Result<Exit, Fault> {
    let is_json = arguments.format == NightlyFormat::Json;
    let places = session.places([("--junit", &arguments.junit)], is_json)?;
    let (tree, ledger) = session.load()?;
    let typed = Typed {
        candidate: arguments.candidate.clone(),
        baseline: arguments.baseline.clone(),
        resume: arguments.resume.clone(),
        rest: Requested { placed_as: arguments.placed_as.clone(), ..Requested::default() },
    };
    let asked = Asked::of(&tree, typed, RunKind::Night)?;
    let lock = session.lock(&tree)?;
    let commit = commit::ask(&tree, &ledger);
    let progress = session.progress();
    let site = session.site_of_cases(&tree, &ledger, &progress)?;
    let candidate = asked.find_candidate(&site)?;
    let baseline = asked.find_baseline_or(&site, last_release(&ledger, &candidate))?;
    let (older, date) = (older_fixes(&ledger, candidate.place), begun_on(&tree, arguments)?);
    let again = OlderProofs::of(&site, turn(&older, date), candidate.place)?;
    let plan = plan::make(&ledger, &Selection::default(), candidate.place)?;
    let request = Request {
        site,
        lock: &lock,
        test_product: session.commit(commit),
        candidate,
        baseline,
        plan,
        purpose: Purpose::Night { again },
        shards: Vec::new(),
        keep: false,
        resume: asked.resume,
        requested: asked.requested,
    };
    let record = carry_out(session, &request, places.files[0].as_ref())?;
    let analysis = analyse(&ledger, &record, None);
    let again = proved_again(&ledger, &record);
    let found = has_findings(&analysis) || again.iter().any(|again| !again.against().is_empty());
    let Some(tonight) = PastRun::of(&record) else { return Err(Fault::harness("the night's run has not ended")) };
    let ask = |store: &Store, runs: &Runs| -> Result<(NightDocument, String, String), HistoryError> {
        let mut survey = NightSurvey::new(&tonight, runs.iter().map(|(_, run)| run), &analysis);
        store.each_scenario(runs, |scenario, verdicts| survey.add(scenario, verdicts))?;
        let report = survey.finish();
        let page = Page { ledger: &ledger, record: &record, analysis: &analysis, report: &report, again: &again, found };
        Ok((page.document(), page.text(), page.markdown()))
    };
    let (night, text, markdown) = history::consult(&tree, &mut |notice| session.notice(&notice), ask)?;
    let source =
        page::Source { ledger: &ledger, record: &record, analysis: &analysis, about: page::About::Night(&night), past: &[] };
    let html = page::render(&source).map_err(Fault::harness)?;
    let pages = Pages { text, markdown, json: night.to_json(), html };
    let (report, size) = junit(&ledger, &record, &analysis, None, Accounting::Shown)?;
    tell_size(session, &record, size);
    write(&tree, &record, &pages, &report, &places).map_err(|fault| fault.then(&how_to_go_on(&record.header.run)))?;
    let page = match arguments.format {
        NightlyFormat::Text => &pages.text,
        NightlyFormat::Markdown => &pages.markdown,
        NightlyFormat::Json => &pages.json,
    };
    session.result_beside(&places, page)?;
    Ok(if record.void.is_empty() { Exit::found(found) } else { Exit::Void })
}

/// The day by which it is told whose turn it is: that of the night that is gone on with, or today.
fn begun_on(tree: &Tree, arguments: &Nightly) -> Result<Date, Fault> {
    let run = arguments.resume.as_ref();
    run.map_or_else(|| Ok(today()), |run| fixgate_engine::run::read(tree, run.as_str()).map(|record| record.header.date))
}

/// The release that comes last before the candidate.
fn last_release<'l>(ledger: &'l Ledger, candidate: &Placed) -> Option<&'l str> {
    let train = &ledger.train;
    let mut before = train.releases().iter().filter(|release| train.position(&release.name) < Some(candidate.place));
    before.next_back().map(|release| release.name.as_str())
}

/// Writes the reports beside the record, and to where they were asked for.
fn write(tree: &Tree, record: &RunRecord, pages: &Pages, report: &[u8], places: &Places<1>) -> Result<(), Fault> {
    let directory = tree.runs().join(record.header.run.as_str());
    reports::write_file(&directory.join("junit.xml"), report)?;
    reports::write_file(&directory.join("nightly.md"), pages.markdown.as_bytes())?;
    reports::write_file(&directory.join(reports::NIGHT), pages.json.as_bytes())?;
    reports::write_file(&directory.join("nightly.html"), pages.html.as_bytes())?;
    let [junit] = &places.files;
    junit.as_ref().map_or(Ok(()), |file| file.write(report))
}
