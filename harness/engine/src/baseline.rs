//! What a baseline did, kept for one digest and one plan, so that it is run once.

use std::collections::HashMap;
use std::fs;

use camino::Utf8Path;
use fixgate_core::case::Scenario;
use fixgate_core::event::{Event, Phase};
use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::judge::conclude;
use fixgate_core::observation::Observation;
use fixgate_core::plan::Plan;
use fixgate_core::record::BaselineResult;
use serde::{Deserialize, Serialize};

use crate::execute::Executor;
use crate::fault::Fault;
use crate::journal::{self, Contents, Journal};
use crate::pool::{self, StopFlag};
use crate::tree::Tree;
use crate::worker::{NoOutcome, Worker, unless_stopped};

/// What a kept file is about; a file about anything else is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    baseline: Digest,
    plan: Digest,
}

/// What the baseline did with one scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    scenario: ScenarioId,
    result: BaselineResult,
    observation: Observation,
}

/// What the baseline did with every scenario that applies to it.
#[derive(Debug, Default)]
pub struct Baseline(HashMap<ScenarioId, (BaselineResult, Observation)>);

impl Baseline {
    /// What it showed of a scenario, and its verdict.
    pub fn of(&self, scenario: &ScenarioId) -> Option<&(BaselineResult, Observation)> {
        self.0.get(scenario)
    }
}

/// Runs the plan on the baseline, less what is kept from an earlier run of the same plan on the same bits.
///
/// # Errors
/// When a scenario cannot be judged, the store cannot be written, or the run is interrupted.
pub fn observe(
    tree: &Tree,
    plan: &Plan<'_>,
    executor: &Executor<'_>,
    jobs: usize,
    stop: &StopFlag,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Baseline, Fault> {
    let subject = Subject { baseline: executor.build.digest(), plan: plan.digest() };
    tree.make(&tree.baselines())?;
    let path = tree.baselines().join(format!("{}-{}.jsonl", subject.baseline.short(), subject.plan.short()));
    let (mut journal, mut baseline) = open(&path, &subject)?;
    let open: Vec<&Scenario> = plan.scenarios().iter().copied().filter(|scenario| baseline.of(&scenario.id).is_none()).collect();
    let total = plan.scenarios().len() as u64;
    on_event(Event::PhaseStarted { phase: Phase::Baseline, total, done: total - open.len() as u64 });
    let work = |worker: &mut Worker<'_>, scenario: &&Scenario| unless_stopped(keep(worker, scenario, executor));
    pool::for_each(jobs, &open, stop, work, |batch| {
        let mut lines = Vec::with_capacity(batch.len());
        for (scenario, kept) in batch {
            let kept =
                kept.map_err(|reason| Fault::harness(format!("the baseline cannot be judged: {}: {reason}", scenario.id)))?;
            on_event(Event::Judged { scenario: &kept.scenario, verdict: kept.result.verdict });
            lines.push(kept);
        }
        journal.append(&lines)?;
        baseline.0.extend(lines.into_iter().map(|kept| (kept.scenario, (kept.result, kept.observation))));
        Ok::<(), Fault>(())
    })?;
    on_event(Event::PhaseEnded);
    if baseline.0.len() < plan.scenarios().len() {
        return Err(Fault::interrupted("interrupted while the baseline ran; the next run goes on from there"));
    }
    Ok(baseline)
}

/// Goes on with what is kept about this subject, or starts anew.
fn open(path: &Utf8Path, subject: &Subject) -> Result<(Journal, Baseline), Fault> {
    if path.exists() {
        let contents: Contents<Subject, Kept> = journal::read(path.as_std_path())?;
        if contents.header == *subject {
            let kept = contents.records.into_iter().map(|kept| (kept.scenario, (kept.result, kept.observation)));
            return Ok((Journal::resume(path.as_std_path())?, Baseline(kept.collect())));
        }
        // Another subject whose short digests are the same.
        fs::remove_file(path).map_err(|reason| Fault::harness(format!("{path} cannot be replaced: {reason}")))?;
    }
    Ok((Journal::create(path.as_std_path(), subject)?, Baseline::default()))
}

fn keep(worker: &mut Worker<'_>, scenario: &Scenario, executor: &Executor<'_>) -> Result<Kept, NoOutcome> {
    let execution = executor.execute(worker, scenario, None)?;
    let judgement = conclude(scenario, &execution.observation, execution.findings, |_| None);
    let result = BaselineResult { verdict: judgement.verdict, signature: judgement.signature };
    Ok(Kept { scenario: scenario.id.clone(), result, observation: execution.observation })
}
