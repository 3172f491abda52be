//! `fixgate attribute`

use std::collections::BTreeMap;

use fixgate_core::attribute::Attribution;
use fixgate_core::case::{Family, Scenario};
use fixgate_core::id::{Digest, ReleaseName, ScenarioId};
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::Selection;
use fixgate_core::proof::BuildIdentity;
use fixgate_core::record::RunRecord;
use fixgate_core::report::attribute::{json, text};
use fixgate_core::residual::{Class, Residual, analyse};
use fixgate_core::words::quoted;
use fixgate_engine::attribute::{self as engine, Question};
use fixgate_engine::builds::{self, Placed};
use fixgate_engine::fault::Fault;
use fixgate_engine::site::Site;
use fixgate_engine::tree::Tree;
use fixgate_engine::{history, run};

use crate::arguments::{Attribute, Format};
use crate::exit::Exit;
use crate::session::Session;

/// What is asked about: the builds, and the scenarios, each with how many others fail in the same way.
struct Asked<'l> {
    candidate: Placed,
    baseline: Option<Placed>,
    scenarios: Vec<(&'l Scenario, usize)>,
    /// The run that this was taken from.
    run: Option<RunRecord>,
}

/// Finds what makes scenarios fail.
pub(super) fn attribute(session: &Session, arguments: &Attribute) -> Result<Exit, Fault> {
    let (tree, ledger) = session.load()?;
    let _lock = session.lock(&tree)?;
    let progress = session.progress();
    let site = session.site_of_cases(&tree, &ledger, &progress)?;
    let Asked { candidate, baseline, scenarios, run } = asked(&site, arguments)?;
    let question = Question { site, candidate: &candidate, baseline: baseline.as_ref(), commit: arguments.commit.as_ref() };
    let mut answers: Vec<Attribution> = Vec::new();
    for (scenario, alike) in scenarios {
        session.output.note(&format!("{}\n", scenario.id));
        let mut tell = |notice: engine::Notice<'_>| session.output.note(&format!("  {notice}\n"));
        let answer = engine::attribute(&question, (scenario, alike), &mut tell)?;
        if arguments.format == Format::Text {
            let again = again(&scenario.id, &question, arguments);
            session.output.result(&text(&answer, &candidate.build.identity().name, &again))?;
        }
        answers.push(answer);
    }
    match (arguments.format, &run) {
        (Format::Json, _) => session.output.result(&json(&answers))?,
        (Format::Text, Some(run)) if answers.is_empty() => {
            session.output.result(&format!("there is no new regression in the run {}\n", run.header.run))?;
        }
        (Format::Text, _) => {}
    }
    Ok(Exit::found(!answers.iter().all(Attribution::is_answered)))
}

/// The exact command that asks about one scenario again.
fn again(scenario: &ScenarioId, question: &Question<'_>, arguments: &Attribute) -> String {
    let named = |placed: &Placed| quoted(&placed.build.identity().name);
    let candidate = format!(" --candidate {}", named(question.candidate));
    let place = question.candidate.placed_as.as_ref().map(|release| format!(" --as {release}")).unwrap_or_default();
    let baseline = question.baseline.map(|baseline| format!(" --baseline {}", named(baseline))).unwrap_or_default();
    let commit = arguments.commit.as_ref().map(|commit| format!(" --commit {commit}")).unwrap_or_default();
    format!("fixgate attribute {}{candidate}{place}{baseline}{commit}", quoted(scenario.as_str()))
}

fn asked<'l>(site: &Site<'l>, arguments: &Attribute) -> Result<Asked<'l>, Fault> {
    let Site { tree, ledger, .. } = *site;
    let selection = Selection { globs: arguments.scenarios.clone(), ..Selection::default() };
    let selected = selection.select(ledger)?;
    if arguments.run.is_none() && !selection.is_everything() {
        let newest = ledger.train.newest().map(|release| release.name.to_string());
        let Some(word) = arguments.candidate.clone().or(newest) else {
            return Err(Fault::usage("there is no release: name a build with --candidate"));
        };
        let find = |word: &str, place| builds::find(site, word, place);
        let baseline = arguments.baseline.as_ref().map(|word| find(word, None)).transpose()?;
        let candidate = find(&word, arguments.placed_as.as_ref())?;
        let scenarios = selected.into_iter().filter(|scenario| scenario.case.family != Family::Canary);
        let scenarios: Vec<_> = scenarios.map(|scenario| (scenario, 0)).collect();
        if let Some((scenario, _)) = scenarios.iter().find(|(scenario, _)| !ledger.applies(&scenario.case, candidate.place)) {
            return Err(Fault::usage(format!("{} does not apply to {word}", scenario.id)));
        }
        if scenarios.is_empty() {
            return Err(Fault::usage("a canary must fail, on every build: there is nothing to blame for it"));
        }
        return Ok(Asked { candidate, baseline, scenarios, run: None });
    }
    let record = read(tree, arguments)?;
    let header = &record.header;
    let candidate = found(site, &header.candidate, header.placed_as.as_ref())?;
    let baseline = header.baseline.as_ref().map(|known| found(site, &known.build, None)).transpose()?;
    let scenarios = regressions(ledger, &record, &selected);
    Ok(Asked { candidate, baseline, scenarios, run: Some(record) })
}

/// The run that was named, or the last.
fn read(tree: &Tree, arguments: &Attribute) -> Result<RunRecord, Fault> {
    let name = match &arguments.run {
        Some(name) => name.to_string(),
        None => history::newest(tree)?.ok_or_else(|| {
            Fault::usage("no run is finished under reports/runs/").help("name a scenario, or run some: fixgate run --candidate B")
        })?,
    };
    let record = run::read(tree, &name)?;
    match record.void_reason() {
        Some(reason) => Err(Fault::usage(format!("the run `{name}` is void, and tells nothing: {reason}"))),
        None => Ok(record),
    }
}

/// The build that a run was made of, which must still be what it was.
pub(super) fn found(site: &Site<'_>, recorded: &BuildIdentity, placed_as: Option<&ReleaseName>) -> Result<Placed, Fault> {
    let placed = builds::find(site, &recorded.name, placed_as)?;
    if placed.build.digest() == recorded.digest {
        return Ok(placed);
    }
    let message = format!("`{}` is not the build that the run judged, {}", recorded.name, recorded.digest);
    Err(Fault::usage(message).help("run the scenarios again, or name them with --candidate and --baseline"))
}

/// The regressions of a run among these scenarios: of each cause the first, with the number of the others.
fn regressions<'l>(ledger: &'l Ledger, record: &RunRecord, selected: &[&'l Scenario]) -> Vec<(&'l Scenario, usize)> {
    let analysis = analyse(ledger, record, None);
    let is_new = |residual: &&Residual<'_>| {
        let class =
            matches!(residual.class, None | Some(Class::Regressed | Class::Unexplained | Class::FailingDifferently | Class::New));
        residual.entry.verdict.is_failure() && class && residual.waiver.is_none()
    };
    let selected: BTreeMap<&ScenarioId, &'l Scenario> = selected.iter().map(|scenario| (&scenario.id, *scenario)).collect();
    let mut by_cause: BTreeMap<Option<Digest>, usize> = BTreeMap::new();
    let mut first: Vec<(&'l Scenario, usize)> = Vec::new();
    for residual in analysis.residuals.iter().filter(is_new) {
        let Some(scenario) = selected.get(&residual.entry.scenario) else { continue };
        match by_cause.get(&residual.entry.signature) {
            Some(index) => first[*index].1 += 1,
            None => {
                by_cause.insert(residual.entry.signature, first.len());
                first.push((scenario, 0));
            }
        }
    }
    first
}
