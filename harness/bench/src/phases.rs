//! Each phase of a run alone, straight from the crates, in a process of its own: so its peak memory is its own.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use fixgate_core::case::{Bytes, Family, Network, Scenario};
use fixgate_core::gate::{Evidence, Signoff, decide};
use fixgate_core::history::{PastRun, RunOutcome as PastOutcome};
use fixgate_core::id::ReleaseName;
use fixgate_core::judge::{conclude, judge_step};
use fixgate_core::ledger::Ledger;
use fixgate_core::observation::{Ending, Observation, StepObservation};
use fixgate_core::plan::{Plan, Selection};
use fixgate_core::record::{Entry, JournalLine, RunRecord};
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::report::{junit, markdown};
use fixgate_core::residual::{Analysis, analyse};
use fixgate_engine::history::Store;
use fixgate_engine::journal::Journal;
use fixgate_engine::load::load;
use fixgate_engine::place::Place;
use fixgate_engine::pool;
use fixgate_engine::process::Command;
use fixgate_engine::stop::StopFlag;
use fixgate_engine::tree::Tree;
use fixgate_engine::workdir;
use fixgate_engine::worker::{Needs, Program, Worker, Workers, unless_stopped};
use serde::{Deserialize, Serialize};

use crate::arguments::{Phase, PhaseArguments};
use crate::context::clean_environment;
use crate::failure::{Failure, Outcome, While};
use crate::workload::{BUILD, RELEASE};

/// What a phase took.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) seconds: f64,
    /// Resident when it began, in bytes: its input, and what freed memory the process had not given back.
    pub(crate) before: u64,
    /// The most that was resident meanwhile, in bytes.
    pub(crate) peak: u64,
}

/// Performs one phase.
pub(crate) fn perform(arguments: &PhaseArguments) -> Outcome<Reading> {
    let stage = Stage { prepare_only: arguments.prepare_only };
    let tree = Tree::find(&arguments.tree).so("cannot find the tree")?;
    let read = || {
        let name = arguments.run.as_deref().ok_or_else(|| Failure::new("this phase needs --run"))?;
        fixgate_engine::run::read(&tree, name).so("cannot read the record")
    };
    match arguments.phase {
        Phase::Load => stage.measure(|| loaded(&tree)),
        Phase::Plan => {
            let ledger = loaded(&tree)?;
            stage.measure(|| planned(&ledger))
        }
        Phase::WorkDirectories => {
            let ledger = loaded(&tree)?;
            stage.measure(|| work_directories(&tree, &ledger, arguments.jobs))
        }
        Phase::SpawnAndCapture => {
            let ledger = loaded(&tree)?;
            stage.measure(|| spawn_and_capture(&tree, &ledger, arguments.jobs))
        }
        Phase::Judge => {
            let ledger = loaded(&tree)?;
            let observed: Vec<_> = ledger.scenarios.iter().map(|scenario| (scenario, observed(scenario))).collect();
            stage.measure(|| Ok(observed.iter().map(|(scenario, observation)| judged(scenario, observation)).collect::<Vec<_>>()))
        }
        Phase::Journal => {
            let record = read()?;
            let lines: Vec<JournalLine> = record.entries.iter().cloned().map(JournalLine::Scenario).collect();
            stage.measure(|| journal(&tree, &record, &lines))
        }
        Phase::ReadRecord => stage.measure(read),
        Phase::Residuals => {
            let (ledger, record) = (loaded(&tree)?, read()?);
            stage.measure(|| Ok(analyse(&ledger, &record, None)))
        }
        Phase::Gate => {
            let (ledger, record) = (loaded(&tree)?, read()?);
            stage.measure(|| signed_off(&ledger, &record))
        }
        Phase::Junit => {
            let (ledger, record) = (loaded(&tree)?, read()?);
            let (analysis, signoff) = (analyse(&ledger, &record, None), signed_off(&ledger, &record)?);
            stage.measure(|| junit(&ledger, &record, &analysis, &signoff))
        }
        Phase::Markdown => {
            let (ledger, record) = (loaded(&tree)?, read()?);
            let signoff = signed_off(&ledger, &record)?;
            stage.measure(|| Ok(markdown::signoff(&signoff, &ledger.scenarios)))
        }
        Phase::Json => {
            let (ledger, record) = (loaded(&tree)?, read()?);
            let signoff = signed_off(&ledger, &record)?;
            stage.measure(|| Ok(signoff.to_json()))
        }
        Phase::History => {
            let record = read()?;
            stage.measure(|| history(&tree, &record))
        }
        Phase::Decide => stage.measure(|| {
            let (ledger, record) = (loaded(&tree)?, read()?);
            let signoff = signed_off(&ledger, &record)?;
            let analysis = analyse(&ledger, &record, None);
            Ok((junit(&ledger, &record, &analysis, &signoff)?, markdown::signoff(&signoff, &ledger.scenarios)))
        }),
    }
}

/// What comes before a phase may be all that is wanted: what the phase costs is then the difference.
#[derive(Clone, Copy)]
struct Stage {
    prepare_only: bool,
}

impl Stage {
    fn measure<T>(self, work: impl FnOnce() -> Outcome<T>) -> Outcome<Reading> {
        if self.prepare_only {
            return Ok(Reading::default());
        }
        // Written to this file, 5 makes the peak what is resident now.
        fs::write("/proc/self/clear_refs", "5").so("cannot begin a new peak")?;
        let before = resident("VmRSS:")?;
        let begun = Instant::now();
        let made = black_box(work()?);
        let seconds = begun.elapsed().as_secs_f64();
        let peak = resident("VmHWM:")?;
        drop(made);
        Ok(Reading { seconds, before, peak })
    }
}

fn resident(key: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status").so("cannot read this process's memory")?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kibibytes.map(|kibibytes| kibibytes * 1024).ok_or_else(|| Failure::new(format!("the system does not tell {key}")))
}

fn loaded(tree: &Tree) -> Outcome<Ledger> {
    load(tree).so("cannot load the tree")
}

fn release() -> Outcome<ReleaseName> {
    RELEASE.parse().so("the workload's release has no good name")
}

fn planned(ledger: &Ledger) -> Outcome<Plan<'_>> {
    let place = ledger.train.position(&release()?).ok_or_else(|| Failure::new("the workload has no release"))?;
    Plan::new(ledger, &Selection::default(), place).so("cannot plan")
}

fn signed_off(ledger: &Ledger, record: &RunRecord) -> Outcome<Signoff> {
    let release = ledger.train.release(&release()?).ok_or_else(|| Failure::new("the workload has no release"))?;
    let gaps = ledger.gaps(None);
    let (attestations, today) = (&*ledger.attestations, record.header.date);
    Ok(decide(&Evidence { ledger, gaps: &gaps, release, record, last: None, signoffs: None, earlier: &[], attestations, today }))
}

fn junit(ledger: &Ledger, record: &RunRecord, analysis: &Analysis<'_>, signoff: &Signoff) -> Outcome<Vec<u8>> {
    junit::render(&document(ledger, record, analysis, Some(signoff), Accounting::Shown)).so("cannot make the JUnit report")
}

fn work_directories(tree: &Tree, ledger: &Ledger, jobs: usize) -> Outcome<()> {
    let made = |worker: &mut Worker<'_>, _: &Scenario| {
        let directory = worker.directory(&[])?;
        worker.clear(directory)
    };
    each(tree, ledger, jobs, |worker, series| {
        series.iter().map(|scenario| made(worker, scenario).so("no work directory")).collect()
    })
}

fn spawn_and_capture(tree: &Tree, ledger: &Ledger, jobs: usize) -> Outcome<()> {
    let (program, environment) = (tree.root().join("build/bin/echo"), clean_environment(&workdir::place().display().to_string()));
    let asked = |scenario: &&Scenario, directory: &Utf8Path| Program {
        command: Command {
            program: program.clone(),
            arguments: ["hello", "row", number(scenario)].map(str::to_owned).to_vec(),
            environment: environment.clone(),
            directory: directory.to_owned(),
            timeout: Duration::from_secs(10),
            output_limit: 8 << 20,
        },
        input: None,
    };
    let needs = Needs { network: Network::Closed, readable: vec![tree.root().join(BUILD)] };
    let run = |worker: &mut Worker<'_>, series: &[&Scenario]| {
        let directory = worker.directory(&[])?;
        let path = Utf8Path::from_path(directory.path()).unwrap_or(Utf8Path::new("/"));
        let programs: Vec<Program<'_>> = series.iter().map(|scenario| asked(scenario, path)).collect();
        let outcomes = worker.run_series(&programs, &needs)?;
        worker.clear(directory)?;
        Ok(outcomes)
    };
    each(tree, ledger, jobs, |worker, series| match unless_stopped(run(worker, series)) {
        Some(Ok(outcomes)) => outcomes.into_iter().map(|outcome| outcome.map(drop).so("cannot run the product")).collect(),
        Some(Err(reason)) => vec![Err(Failure::new(reason))],
        None => Vec::new(),
    })
}

/// Work for each scenario, on as many threads as scenarios run at a time.
fn each(
    tree: &Tree,
    ledger: &Ledger,
    jobs: usize,
    work: impl Fn(&mut Worker<'_>, &[&Scenario]) -> Vec<Outcome<()>> + Sync,
) -> Outcome<()> {
    let stop = StopFlag::new(false);
    let workers = Workers::new(tree, ledger, &[], &stop).so("cannot prepare for workers")?;
    let take = |batch: Vec<(&Scenario, Outcome<()>)>| batch.into_iter().try_for_each(|(_, done)| done);
    pool::for_each_in_series(jobs, ledger.scenarios.iter().collect(), &workers, work, take)
}

/// The number that a workload's scenario ends with, which is its product's last argument.
fn number(scenario: &Scenario) -> &str {
    scenario.id.as_str().rsplit('-').next().unwrap_or_default()
}

/// What the product shows of a scenario.
fn observed(scenario: &Scenario) -> Observation {
    let text = match scenario.case.family {
        Family::Canary => String::new(),
        Family::Regression | Family::Suite | Family::Pack(_) => format!("hello row {}\n", number(scenario)),
    };
    let step = StepObservation {
        ending: Ending::Exited(0),
        stdout: Bytes::from(text.as_str()),
        stderr: Bytes::from(""),
        files: Default::default(),
        elapsed: Duration::from_micros(1_500),
        peak_memory: 1 << 20,
        limits: Default::default(),
    };
    Observation { steps: vec![step] }
}

fn judged(scenario: &Scenario, observation: &Observation) -> Entry {
    let steps = scenario.steps.iter().zip(&observation.steps).zip(1..);
    let findings = steps.flat_map(|((step, seen), number)| judge_step(number, step, seen, None)).collect();
    let judgement = conclude(scenario, observation, findings, |_| None);
    Entry::judged(scenario, judgement, observation.elapsed().as_secs_f64(), None)
}

fn journal(tree: &Tree, record: &RunRecord, lines: &[JournalLine]) -> Outcome<()> {
    let place = tree.place("measured-journal.jsonl");
    let written = write_journal(&place, record, lines).so("cannot write a journal");
    place.remove_file().so("cannot remove the journal")?;
    written
}

fn history(tree: &Tree, record: &RunRecord) -> Outcome<()> {
    let place = tree.place("measured-history.sqlite");
    let run = PastRun::of(record).ok_or_else(|| Failure::new("the run is not finished"))?;
    let added = Store::open(&place).and_then(|mut store| store.add(&run, PastOutcome::all(record))).so("cannot add to a history");
    place.remove_file().so("cannot remove the history")?;
    added.map(drop)
}

fn write_journal(place: &Place, record: &RunRecord, lines: &[JournalLine]) -> Result<(), fixgate_engine::journal::JournalError> {
    let mut journal = Journal::create(place, &record.header)?;
    for line in lines {
        journal.append([line])?;
    }
    journal.sync()
}
