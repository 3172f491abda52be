//! Scenarios: the work directory made, the steps run and judged until one fails, everything removed again.

mod read_back;

use std::path::PathBuf;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::{Bytes, Family, FileContent, FileEntry, Places, Scenario, Step};
use fixgate_core::judge::{Finding, goes_on, judge_step};
use fixgate_core::normalize::{Paths, normalize};
use fixgate_core::observation::{Ending, Left, Observation, StepLimits, StepObservation};
use fixgate_core::project::RunDefaults;

use crate::builds::Build;
use crate::keep::Keeper;
use crate::process::{self, Command, PeakMemory, ProgramOutcome, StartError};
use crate::tree::Tree;
use crate::workdir::{Entry, EntryContent, WorkDirectory};
use crate::worker::{Needs, NoOutcome, Program, Suspicion, Worker};
use read_back::read_back;

/// The most bytes that a program of a series reads. All that the programs of one read is held at once.
const SMALL_INPUT: usize = 64 << 10;

/// Runs scenarios against one build.
#[derive(Debug, Clone, Copy)]
pub struct Executor<'r> {
    /// The root of the tree.
    pub root: &'r Utf8Path,
    /// The build under test.
    pub build: &'r Build,
    /// The project's defaults.
    pub defaults: RunDefaults,
    /// Keeps what failing scenarios leave, if that was asked for.
    pub keeper: Option<&'r Keeper>,
}

/// What was seen of a scenario, and what was not as expected.
#[derive(Debug, Default)]
pub struct Execution {
    /// What was seen.
    pub observation: Observation,
    /// What was not as expected.
    pub findings: Vec<Finding>,
    /// Where its work directory and its outputs are kept, if they are.
    pub kept: Option<PathBuf>,
}

impl Execution {
    /// Judges one more step.
    fn add(&mut self, step: &Step, seen: StepObservation, baseline: Option<&Observation>) {
        let index = self.observation.steps.len();
        let before = baseline.and_then(|baseline| baseline.steps.get(index));
        self.findings.extend(judge_step(index + 1, step, &seen, before));
        self.observation.steps.push(seen);
    }

    /// Normalizes the files of a scenario that failed, since they are part of what is seen of it and may vary as streams do. They
    /// are judged as they are.
    fn normalize_files(&mut self, scenario: &Scenario, paths: &Paths<'_>) -> Result<(), NoOutcome> {
        let steps = self.observation.steps.iter_mut().filter(|_| !self.findings.is_empty());
        for left in steps.flat_map(|step| step.files.values_mut()) {
            if let Left::File(content) = left {
                let normalized = normalize(content, &scenario.case.normalize, paths).map_err(harness)?;
                *content = Bytes::from(normalized.into_owned());
            }
        }
        Ok(())
    }
}

impl Executor<'_> {
    /// Runs a scenario once; `baseline` is what the baseline showed of it. Where the machine may be why it failed, it is run again, since
    /// only what was counted while it ran can tell.
    ///
    /// # Errors
    /// Why the harness cannot tell: the work directory cannot be made, the program cannot be started or watched.
    pub fn execute(
        &self,
        worker: &mut Worker<'_>,
        scenario: &Scenario,
        baseline: Option<&Observation>,
    ) -> Result<Execution, NoOutcome> {
        match self.execute_once(worker, scenario, baseline)? {
            Looked::Seen(execution) => Ok(execution),
            Looked::Suspicious(Suspicion::Lacks(reason)) => Err(harness(reason)),
            Looked::Suspicious(suspicion @ Suspicion::Counted(_)) => self.execute_again(worker, scenario, baseline, suspicion),
        }
    }

    /// Runs a scenario again that failed while, or before, the machine had not enough of something. A failure while nothing is counted
    /// is the product's own. If it passes now, nothing is known of why it failed.
    fn execute_again(
        &self,
        worker: &mut Worker<'_>,
        scenario: &Scenario,
        baseline: Option<&Observation>,
        suspicion: Suspicion,
    ) -> Result<Execution, NoOutcome> {
        match self.execute_once(worker, scenario, baseline)? {
            Looked::Seen(execution) if is_failure(scenario, &execution, baseline) => Ok(execution),
            Looked::Seen(_) => Err(harness(suspicion.words())),
            Looked::Suspicious(again) => Err(harness(again.words())),
        }
    }

    fn execute_once(
        &self,
        worker: &mut Worker<'_>,
        scenario: &Scenario,
        baseline: Option<&Observation>,
    ) -> Result<Looked, NoOutcome> {
        let entries: Vec<Entry<'_>> = scenario.files.iter().map(entry).collect();
        let mut directory = worker.directory(&entries)?;
        let place = &path(&directory)?.to_owned();
        let needs = self.needs(scenario);
        let (mut execution, mut printed) = (Execution::default(), Vec::new());
        for step in scenario.steps.iter() {
            let outcome = worker.run(&self.program(scenario, step, place)?, &needs)?;
            if self.keeper.is_some() {
                printed.push((outcome.stdout.clone(), outcome.stderr.clone()));
            }
            execution.add(step, self.observed(scenario, step, outcome, place)?, baseline);
            if !goes_on(&execution.findings) {
                break;
            }
        }
        execution.normalize_files(scenario, &self.paths(place))?;
        if let Some(suspicion) = trouble(worker, scenario, &execution, baseline) {
            worker.note_counts();
            worker.clear(directory)?;
            return Ok(Looked::Suspicious(suspicion));
        }
        // A canary is to fail.
        let is_of_interest = !execution.findings.is_empty() && scenario.case.family != Family::Canary;
        let keeper = self.keeper.filter(|_| is_of_interest);
        execution.kept = keeper.and_then(|keeper| keeper.keep(&scenario.id, &mut directory, &printed));
        if execution.kept.is_none() {
            worker.clear(directory)?;
        }
        Ok(Looked::Seen(execution))
    }

    /// Runs the first of these scenarios once each: as many as may and can be run in a series, or else one by itself. Gives what came
    /// of each that was run; of none where the harness shall stop.
    pub fn execute_series<'b>(
        &self,
        worker: &mut Worker<'_>,
        scenarios: &[&Scenario],
        baseline: impl Fn(&Scenario) -> Option<&'b Observation>,
    ) -> Vec<Result<Execution, NoOutcome>> {
        // Programs of a series share a directory, which is then of none of them.
        let together = if self.keeper.is_some() { Vec::new() } else { self.series(scenarios) };
        if let series @ [_, _, ..] = &*together {
            match self.execute_together(worker, series, &baseline) {
                Ok(executions) => return executions,
                Err(NoOutcome::Stopped) => return Vec::new(),
                // By whichever of them; it will be told of that one when it is run by itself.
                Err(NoOutcome::Harness(_)) => {}
            }
        }
        scenarios.first().map(|first| self.execute(worker, first, baseline(first))).into_iter().collect()
    }

    fn execute_together<'b>(
        &self,
        worker: &mut Worker<'_>,
        series: &[(&Scenario, &Step)],
        baseline: impl Fn(&Scenario) -> Option<&'b Observation>,
    ) -> Result<Vec<Result<Execution, NoOutcome>>, NoOutcome> {
        let directory = worker.directory(&[])?;
        let place = path(&directory)?;
        let programs = series.iter().map(|(scenario, step)| self.program(scenario, step, place));
        let needs = series.first().map(|(first, _)| self.needs(first)).ok_or_else(|| harness("a series is empty"))?;
        let outcomes = worker.run_series(&programs.collect::<Result<Vec<_>, _>>()?, &needs)?;
        let look = |((scenario, step), outcome): (&(&Scenario, &Step), Result<ProgramOutcome, StartError>)| {
            let (mut execution, before) = (Execution::default(), baseline(scenario));
            execution.add(step, self.observed(scenario, step, outcome?, place)?, before);
            Ok(trouble(worker, scenario, &execution, before).map_or(Looked::Seen(execution), Looked::Suspicious))
        };
        // All of them have run by now, so that the counters are compared with what they said before the first.
        let looked: Vec<Result<Looked, NoOutcome>> = series.iter().zip(outcomes).map(look).collect();
        if looked.iter().any(|looked| matches!(looked, Ok(Looked::Suspicious(_)))) {
            worker.note_counts();
        }
        worker.clear(directory)?;
        let executed = |((scenario, _), looked): (&(&Scenario, &Step), Result<Looked, NoOutcome>)| match looked? {
            Looked::Seen(execution) => Ok(execution),
            Looked::Suspicious(Suspicion::Lacks(reason)) => Err(harness(reason)),
            Looked::Suspicious(suspicion @ Suspicion::Counted(_)) => {
                self.execute_again(worker, scenario, baseline(scenario), suspicion)
            }
        };
        Ok(series.iter().zip(looked).map(executed).collect())
    }

    /// The first of these scenarios that may be run in a series, each with its only step: they start in an empty directory, none is
    /// judged by what is in it afterwards, and all of them need the same.
    fn series<'s>(&self, scenarios: &[&'s Scenario]) -> Vec<(&'s Scenario, &'s Step)> {
        let needs = scenarios.first().map(|first| self.needs(first));
        let is_small = |input: &[u8]| input.len() <= SMALL_INPUT;
        let is_judged_by_no_file = |scenario, step| files_judged(scenario, step).next().is_none();
        let with_only_step = |scenario: &&'s Scenario| match &*scenario.steps {
            [step] if is_judged_by_no_file(scenario, step) && step.input.as_deref().is_none_or(is_small) => {
                Some((*scenario, step))
            }
            _ => None,
        };
        let starts_alike = |scenario: &&&Scenario| scenario.files.is_empty() && Some(self.needs(scenario)) == needs;
        scenarios.iter().take_while(starts_alike).map_while(with_only_step).collect()
    }

    /// What the programs of a scenario need: the build under test and no other one, and of all that is checked in what the case names.
    pub(crate) fn needs(&self, scenario: &Scenario) -> Needs {
        let mut readable = vec![self.build.content().to_owned()];
        if let Family::Pack(name) = &scenario.case.family {
            readable.push(Tree::pack_build(self.root, name));
        }
        readable.extend(scenario.case.uses.stated().iter().map(|path| self.root.join(path)));
        Needs { network: scenario.case.network, readable }
    }

    /// The paths that the scenario's templates are filled with, for as long as they are used.
    fn with_places<T>(&self, scenario: &Scenario, directory: &Utf8Path, fill: impl FnOnce(&Places<'_>) -> T) -> T {
        let case_directory = scenario.case.place.source.path.parent().map(|parent| self.root.join(parent)).unwrap_or_default();
        let pack = match &scenario.case.family {
            Family::Pack(name) => Tree::pack_build(self.root, name),
            Family::Regression | Family::Suite | Family::Canary => Utf8PathBuf::new(),
        };
        fill(&Places {
            pack: pack.as_str(),
            product: self.build.program().as_str(),
            build: self.build.directory().as_str(),
            work_directory: directory.as_str(),
            case_directory: case_directory.as_str(),
            root: self.root.as_str(),
        })
    }

    /// At which limits the harness ends a step of this scenario.
    fn limits(&self, scenario: &Scenario) -> StepLimits {
        StepLimits {
            time: scenario.timeout.unwrap_or(self.defaults.timeout),
            time_is_of_case: scenario.timeout.is_some(),
            output: self.defaults.output_limit,
        }
    }

    /// What a step runs.
    fn program<'s>(&self, scenario: &Scenario, step: &'s Step, directory: &Utf8Path) -> Result<Program<'s>, NoOutcome> {
        let fill = |places: &Places<'_>| {
            let words: Vec<String> = step.run.iter().map(|template| template.fill(places)).collect();
            (words, environment(step, places))
        };
        let (words, environment) = self.with_places(scenario, directory, fill);
        let mut filled = words.into_iter();
        let program = filled.next().ok_or_else(|| harness("the step runs nothing"))?;
        let limits = self.limits(scenario);
        let command = Command {
            program: program.into(),
            arguments: filled.collect(),
            environment,
            directory: directory.to_owned(),
            timeout: limits.time,
            output_limit: limits.output,
        };
        Ok(Program { command, input: step.input.as_deref() })
    }

    /// The paths that normalization may put words for.
    fn paths<'p>(&'p self, directory: &'p Utf8Path) -> Paths<'p> {
        let (product, build) = (self.build.program().as_str(), self.build.content().as_str());
        Paths { work_directory: directory.as_str(), product, build }
    }

    /// What is seen of a step once it has been run.
    fn observed(
        &self,
        scenario: &Scenario,
        step: &Step,
        outcome: ProgramOutcome,
        directory: &Utf8Path,
    ) -> Result<StepObservation, NoOutcome> {
        let paths = self.paths(directory);
        let clean = |stream: Vec<u8>| match normalize(&stream, &scenario.case.normalize, &paths) {
            Ok(normalized) => Ok(Bytes::from(normalized.into_owned())),
            Err(reason) => Err(harness(reason)),
        };
        let files = files_judged(scenario, step).map(|path| Ok((path.clone(), read_back(directory, path)?)));
        Ok(StepObservation {
            ending: ending(outcome.ending),
            stdout: clean(outcome.stdout)?,
            stderr: clean(outcome.stderr)?,
            files: files.collect::<Result<_, String>>().map_err(harness)?,
            elapsed: outcome.elapsed,
            peak_memory: peak_memory(outcome.peak_memory, step).map_err(harness)?,
            limits: self.limits(scenario),
        })
    }
}

/// What was seen of a scenario, or what may be why it was seen.
enum Looked {
    Seen(Execution),
    Suspicious(Suspicion),
}

/// What the machine had not enough of, if that can be why this is not as expected. It is asked while the programs' files are there.
fn trouble(worker: &Worker<'_>, scenario: &Scenario, execution: &Execution, baseline: Option<&Observation>) -> Option<Suspicion> {
    if is_failure(scenario, execution, baseline) { worker.trouble(&execution.observation) } else { None }
}

/// Whether it is not as expected. What others are to do as well is found no fault with, so that there only an exit code of 0 is well.
fn is_failure(scenario: &Scenario, execution: &Execution, baseline: Option<&Observation>) -> bool {
    let is_model = baseline.is_none() && scenario.needs_baseline();
    let is_well = execution.observation.steps.last().is_none_or(|last| last.ending == Ending::Exited(0));
    !execution.findings.is_empty() || (is_model && !is_well)
}

/// The files that a step is judged by, also where the defect is present.
fn files_judged<'s>(scenario: &'s Scenario, step: &'s Step) -> impl Iterator<Item = &'s Utf8PathBuf> {
    let of_symptom = scenario.symptom.iter().flat_map(|symptom| symptom.0.files.keys());
    step.expect.files.keys().chain(of_symptom)
}

fn path(directory: &WorkDirectory) -> Result<&Utf8Path, NoOutcome> {
    Utf8Path::from_path(directory.path()).ok_or_else(|| harness("the work directory's path is not UTF-8"))
}

fn harness(reason: impl ToString) -> NoOutcome {
    NoOutcome::Harness(reason.to_string())
}

fn entry(file: &FileEntry) -> Entry<'_> {
    let content = match &file.content {
        FileContent::File(bytes) => EntryContent::File { bytes, executable: false },
        FileContent::Program(bytes) => EntryContent::File { bytes, executable: true },
        FileContent::Link(target) => EntryContent::Link { target: target.as_str() },
        FileContent::Directory => EntryContent::Directory,
    };
    Entry { path: file.path.as_str(), content }
}

fn ending(ending: process::Ending) -> Ending {
    match ending {
        process::Ending::Exited(code) => Ending::Exited(code),
        process::Ending::Signalled(signal) => Ending::Signalled(signal),
        process::Ending::TimedOut => Ending::TimedOut,
        process::Ending::OutputExceeded(_) => Ending::TooMuchOutput,
    }
}

/// A clean environment, then what the step states.
fn environment(step: &Step, places: &Places<'_>) -> Vec<(String, String)> {
    let work = places.work_directory;
    let base = [("PATH", "/usr/bin:/bin"), ("HOME", work), ("TMPDIR", work), ("LC_ALL", "C"), ("TZ", "UTC")];
    let stated = step.environment.iter().map(|(name, template)| (name.clone(), template.fill(places)));
    base.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).chain(stated).collect()
}

/// A peak that is hidden behind the harness's own is good news only while it is below what is allowed.
fn peak_memory(peak: PeakMemory, step: &Step) -> Result<u64, String> {
    match (peak, step.expect.max_rss) {
        (PeakMemory::Exactly(bytes), _) | (PeakMemory::AtMost(bytes), None) => Ok(bytes),
        (PeakMemory::AtMost(bytes), Some(most)) if bytes <= most => Ok(bytes),
        (PeakMemory::AtMost(bytes), Some(most)) => Err(format!(
            "max-rss = {most} bytes cannot be told: it is less than the {bytes} bytes that the harness itself needed"
        )),
    }
}

/// A duration in seconds, for records.
pub(crate) fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
