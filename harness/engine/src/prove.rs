//! Pairs, run without the fix and with it, several times each.

mod again;

use fixgate_core::case::Scenario;
use fixgate_core::defect::Defect;
use fixgate_core::event::{Event, Phase};
use fixgate_core::id::DefectId;
use fixgate_core::judge::{conclude, shows};
use fixgate_core::observation::{Observation, StepObservation};
use fixgate_core::record::{PairResult, PairSide};
use fixgate_core::running::Stopped;
use fixgate_core::verdict::Verdict;
use fixgate_core::visible::escaped;

pub use self::again::OlderProofs;
use crate::execute::{Execution, Executor};
use crate::fault::Fault;
use crate::pool;
use crate::site::Site;
use crate::worker::{Worker, Workers, unless_stopped};

/// Runs every scenario of these defects' pairs `runs` times on both builds.
///
/// # Errors
/// When the run is interrupted.
pub fn prove(
    site: &Site<'_>,
    defects: &[&Defect],
    (base, fixed): (&Executor<'_>, &Executor<'_>),
    runs: u32,
    workers: &Workers<'_>,
) -> Result<Vec<PairResult>, Fault> {
    let ledger = site.ledger;
    let pairs: Vec<(&DefectId, &Scenario)> =
        defects.iter().flat_map(|defect| ledger.pair(&defect.id).into_iter().map(|scenario| (&defect.id, scenario))).collect();
    let total = pairs.len();
    site.tell(Event::PhaseStarted { phase: Phase::Proofs, total: total as u64, done: 0 });
    let work = |worker: &mut Worker<'_>, (defect, scenario): (&DefectId, &Scenario)| {
        prove_one(worker, (defect, scenario), base, fixed, runs)
    };
    let mut results = Vec::with_capacity(total);
    pool::for_each(site.jobs, pairs, workers, work, |batch| {
        for ((_, scenario), result) in batch {
            site.tell(Event::Judged { scenario: &scenario.id, verdict: result.fixed.verdict });
            results.push(result);
        }
        Ok::<(), Fault>(())
    })?;
    site.tell(Event::PhaseEnded);
    if results.len() < total {
        return Err(Fault::interrupted("interrupted while fixes were proved"));
    }
    results.sort_by(|one, other| (&one.defect, &one.scenario).cmp(&(&other.defect, &other.scenario)));
    Ok(results)
}

/// Runs a pair's scenario on both builds; gives nothing if it shall stop.
pub(crate) fn prove_one(
    worker: &mut Worker<'_>,
    (defect, scenario): (&DefectId, &Scenario),
    base: &Executor<'_>,
    fixed: &Executor<'_>,
    runs: u32,
) -> Option<PairResult> {
    let mut symptom = true;
    let (mut stopped, mut stopped_with_fix) = (Ends::default(), Ends::default());
    let base = side(worker, scenario, base, runs, |seen| {
        symptom &= scenario.symptom.as_ref().is_none_or(|symptom| shows(symptom, seen));
        stopped.add(seen);
    })?;
    let fixed = side(worker, scenario, fixed, runs, |seen| stopped_with_fix.add(seen))?;
    let is_told = |stopped: &Stopped| scenario.symptom.as_ref().is_some_and(|symptom| stopped.is_told_by(symptom));
    // A program that ends early with the fix, too, differs in something else. One that is not started can differ in nothing.
    let is_same = |stopped: &Stopped| *stopped != Stopped::Unstarted && stopped_with_fix.every_time() == Some(*stopped);
    let stopped = stopped.every_time().filter(|stopped| base.verdict.is_failure() && !is_told(stopped) && !is_same(stopped));
    let base = PairSide { stopped, ..base };
    let (defect, definition) = (defect.clone(), scenario.digest());
    Some(PairResult { defect, scenario: scenario.id.clone(), definition, base, symptom, fixed, runs })
}

/// How a program ended over several runs.
#[derive(Default)]
struct Ends(Vec<Option<Stopped>>);

impl Ends {
    fn add(&mut self, seen: &Observation) {
        self.0.push(Stopped::of(seen));
    }

    /// Why it ended early, if it did each time, and for the same reason.
    fn every_time(&self) -> Option<Stopped> {
        let first = self.0.first().copied()??;
        self.0.iter().all(|other| *other == Some(first)).then_some(first)
    }
}

/// Runs a scenario several times on one build; gives nothing if it shall stop. Verdicts that differ make it flaky: neither red nor green.
fn side(
    worker: &mut Worker<'_>,
    scenario: &Scenario,
    executor: &Executor<'_>,
    runs: u32,
    mut look: impl FnMut(&Observation),
) -> Option<PairSide> {
    let mut first: Option<PairSide> = None;
    for _ in 0..runs {
        let side = match unless_stopped(executor.execute(worker, scenario, None))? {
            Err(reason) => return Some(PairSide { verdict: Verdict::Error, signature: None, shown: reason, stopped: None }),
            Ok(execution) => {
                look(&execution.observation);
                let shown = shown(&execution);
                let judgement = conclude(scenario, &execution.observation, execution.findings, |_| None);
                PairSide { verdict: judgement.verdict, signature: judgement.signature, shown, stopped: None }
            }
        };
        match &first {
            Some(before) if before.verdict != side.verdict => {
                let shown = format!("{} once and {} another time", before.verdict, side.verdict);
                return Some(PairSide { verdict: Verdict::Flaky, signature: None, shown, stopped: None });
            }
            Some(_) => {}
            None => first = Some(side),
        }
    }
    let never = || PairSide { verdict: Verdict::Skipped, signature: None, shown: "it was run no times".into(), stopped: None };
    Some(first.unwrap_or_else(never))
}

/// What a reader needs: why it failed with the difference, and what it printed where the difference does not say that.
fn shown(execution: &Execution) -> String {
    let mut text = String::new();
    for finding in &execution.findings {
        text.push_str(&format!("step {}: {}\n{}", finding.step, finding.message, finding.detail));
    }
    if execution.findings.iter().any(|finding| !finding.detail.is_empty()) {
        return text;
    }
    let shown = |bytes: &[u8]| escaped(&bytes[..bytes.len().min(2_000)]);
    let step = |(index, step): (usize, &StepObservation)| {
        format!("step {}: {}\nstdout:\n{}\nstderr:\n{}\n", index + 1, step.ending, shown(&step.stdout), shown(&step.stderr))
    };
    text.extend(execution.observation.steps.iter().enumerate().map(step));
    text
}
