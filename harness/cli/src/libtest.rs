//! The same scenarios under `cargo test` and in an IDE, through `libtest-mimic`.
//!
//! ```no_run
//! // tests/pairs.rs, with `harness = false`:
//! fn main() -> std::process::ExitCode {
//!     fixgate::libtest::run(env!("CARGO_MANIFEST_DIR"), "RU9", &["regression/**"])
//! }
//! ```
//!
//! A green result means that something ran: no scenario at all, a filter that matches nothing, and records with a problem
//! (such as an id that appears twice) are failures.

use std::process::ExitCode;
use std::sync::Arc;

use camino::Utf8Path;
use fixgate_core::case::{Family, Scenario};
use fixgate_core::id::Glob;
use fixgate_core::judge::conclude;
use fixgate_core::plan::Selection;
use fixgate_core::project::RunDefaults;
use fixgate_core::verdict::Verdict;
use fixgate_core::words::quoted;
use fixgate_engine::builds::{self, Build};
use fixgate_engine::execute::Executor;
use fixgate_engine::fault::Fault;
use fixgate_engine::packs::PackBuilds;
use fixgate_engine::site::Site;
use fixgate_engine::stop::StopFlag;
use fixgate_engine::tree::Tree;
use fixgate_engine::worker::{self, Workers, require_consent, unless_stopped};
use fixgate_engine::{load, plan};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::output::Output;

/// Runs the scenarios that the filters mean against a build: a release's name, or a path.
///
/// To be called first in `main`: the programs are started by worker processes, which are this executable started again, with
/// another argument and an empty environment.
///
/// `directory` lies in the test product. Scenarios that need a baseline are left out: they have no answer here.
pub fn run(directory: &str, candidate: &str, filters: &[&str]) -> ExitCode {
    if let Some(exit) = worker::serve_if_asked() {
        return exit;
    }
    let prepared = fixgate_engine::prepare();
    let arguments = Arguments::from_args();
    match prepared.and_then(|()| trials(directory, candidate, filters)).and_then(|trials| nothing_meant(&arguments, trials)) {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(fault) => {
            Output::plain().fault(&fault);
            ExitCode::FAILURE
        }
    }
}

/// `cargo test` is ended by its signals alone.
static NEVER: StopFlag = StopFlag::new(false);

/// Everything that a trial needs, shared by all of them.
struct Bench {
    tree: Tree,
    build: Build,
    workers: Workers<'static>,
    defaults: RunDefaults,
}

fn trials(directory: &str, candidate: &str, filters: &[&str]) -> Result<Vec<Trial>, Fault> {
    let tree = Tree::find(Utf8Path::new(directory))?;
    let ledger = load::load(&tree)?;
    let site = Site { tree: &tree, ledger: &ledger, stop: &NEVER, jobs: 1, reporter: &() };
    require_consent(&tree, &ledger, &NEVER)?;
    let placed = builds::find(&site, candidate, None)?;
    let globs = filters.iter().map(|filter| filter.parse::<Glob>()).collect::<Result<_, String>>().map_err(Fault::usage)?;
    let plan = plan::make(&ledger, &Selection { globs, ..Selection::default() }, placed.place)?;
    let answerable = |scenario: &&&Scenario| scenario.case.family != Family::Canary && !scenario.needs_baseline();
    // What a build is known to lack is no failure of it.
    let due = |scenario: &&&Scenario| scenario.defects.iter().all(|defect| ledger.has_fix(defect, placed.place));
    let scenarios: Vec<Scenario> =
        plan.scenarios().iter().filter(answerable).filter(due).map(|scenario| (*scenario).clone()).collect();
    if scenarios.is_empty() {
        return Err(Fault::usage("no scenario is left to run"));
    }
    PackBuilds::of(&site, &scenarios.iter().collect::<Vec<_>>())?;
    let bench = Arc::new(Bench {
        workers: Workers::new(&tree, &ledger, &[&placed.build], &NEVER)?,
        build: placed.build,
        defaults: ledger.project.run,
        tree,
    });
    Ok(scenarios
        .into_iter()
        .map(|scenario| {
            let bench = Arc::clone(&bench);
            Trial::test(scenario.id.to_string(), move || judge(&bench, &scenario))
        })
        .collect())
}

/// Arguments that leave no trial are a mistake, not a success.
fn nothing_meant(arguments: &Arguments, trials: Vec<Trial>) -> Result<Vec<Trial>, Fault> {
    let matches = |name: &str, word: &str| if arguments.exact { name == word } else { name.contains(word) };
    // No trial is an ignored one.
    let meant = |name: &str| {
        !arguments.ignored
            && arguments.filter.as_ref().is_none_or(|filter| matches(name, filter))
            && !arguments.skip.iter().any(|skip| matches(name, skip))
    };
    // To list nothing is an answer: cargo-nextest and editors ask for the ignored ones, too.
    if arguments.list || trials.iter().any(|trial| meant(trial.name())) {
        return Ok(trials);
    }
    Err(Fault::usage(match &arguments.filter {
        Some(filter) if !arguments.ignored && arguments.skip.is_empty() => format!("the filter `{filter}` matches no scenario"),
        Some(_) | None => "the arguments leave no scenario to run".to_owned(),
    }))
}

fn judge(bench: &Bench, scenario: &Scenario) -> Result<(), Failed> {
    let executor = Executor { root: bench.tree.root(), build: &bench.build, defaults: bench.defaults, keeper: None };
    let result = unless_stopped(executor.execute(&mut bench.workers.worker(), scenario, None));
    let execution = result.ok_or("stopped")?.map_err(|reason| format!("error of the harness: {reason}"))?;
    let judgement = conclude(scenario, &execution.observation, execution.findings, |_| None);
    if judgement.verdict == Verdict::Passed {
        return bench.workers.builds.check().map_err(|fault| format!("error of the harness: {}", fault.message).into());
    }
    let source = &scenario.place.source.path;
    let findings: String = judgement
        .findings
        .iter()
        .map(|finding| format!("\nstep {}: {}\n{}", finding.step, finding.message, finding.detail))
        .collect();
    let (id, candidate) = (quoted(scenario.id.as_str()), quoted(&bench.build.identity().name));
    let again = format!("\nagain: fixgate run {id} --candidate {candidate}");
    Err(format!("{}: {source}:{}{findings}{again}", judgement.verdict, scenario.line).into())
}
