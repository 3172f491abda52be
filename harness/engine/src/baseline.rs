//! What a baseline did, kept for one digest, one plan and one set of surroundings, so that it is run once.

mod store;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use camino::Utf8Path;
use fixgate_core::case::Scenario;
use fixgate_core::circumstances::Circumstances;
use fixgate_core::event::{Event, Phase};
use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::judge::conclude;
use fixgate_core::observation::Observation;
use fixgate_core::plan::Plan;
use fixgate_core::project::Isolation;
use fixgate_core::record::{BaselineResult, FoundBuild};

use serde::Serialize;

use crate::execute::{Execution, Executor};
use crate::fault::Fault;
use crate::own::own_digest;
use crate::packs::PackBuilds;
use crate::pool;
use crate::site::Site;
use crate::tree::Tree;
use crate::worker::{Worker, Workers, unless_stopped};
use store::{Store, Subject};

/// What the baseline did with one scenario.
#[derive(Debug)]
pub struct Kept {
    /// Its verdict, by what the case states.
    pub result: BaselineResult,
    /// What it showed.
    pub observation: Arc<Observation>,
}

/// What programs could see besides their build and the plan. What is kept is kept for just this.
#[derive(Serialize)]
struct Surroundings<'a> {
    /// It may run and normalize in another way than a later one, of the same version too.
    harness: Digest,
    isolation: Isolation,
    circumstances: &'a Circumstances,
    /// Paths that programs are told, or can find out.
    root: &'a Utf8Path,
    program: &'a Utf8Path,
    /// How the build was found: what a run that was killed kept may be of another, which was put back since.
    found: FoundBuild,
    work_place: &'a Path,
}

/// What has just been seen of a scenario.
struct Seen {
    result: BaselineResult,
    observation: Observation,
    /// The digest of its outputs, which the judgement has taken already.
    outputs: Digest,
}

/// What the baseline did with every scenario that applies to it.
#[derive(Debug, Default)]
pub struct Baseline(HashMap<ScenarioId, Kept>);

impl Baseline {
    /// What it did with a scenario.
    pub fn of(&self, scenario: &ScenarioId) -> Option<&Kept> {
        self.0.get(scenario)
    }
}

/// Begins to digest this program, by which what is kept is known, while the builds are found: that takes tens of milliseconds.
pub fn prepare() {
    // A failure is told where the digest is wanted.
    thread::spawn(own_digest);
}

/// Runs the plan on the baseline, less what is kept from an earlier run of the same plan on the same bits.
///
/// # Errors
/// When a scenario cannot be judged, the store cannot be written, or the run is interrupted.
pub fn observe(
    site: &Site<'_>,
    plan: &Plan<'_>,
    executor: &Executor<'_>,
    packs: &PackBuilds,
    circumstances: &Circumstances,
    workers: &Workers<'_>,
) -> Result<Baseline, Fault> {
    let tree = site.tree;
    let surroundings = Surroundings {
        harness: own_digest()?,
        isolation: workers.isolation(),
        circumstances,
        root: executor.root,
        program: executor.build.program(),
        found: executor.build.found(),
        work_place: workers.place(),
    };
    let subject = Subject {
        baseline: executor.build.digest(),
        plan: plan.digest(),
        packs: packs.digest(),
        surroundings: Digest::of_json(&surroundings),
    };
    tree.make(&tree.baselines())?;
    remove_unpacked(tree);
    let path = tree.baselines().join(format!("{}-{}.jsonl.gz", subject.baseline.short(), subject.plan.short()));
    let (mut store, mut baseline) = Store::open(&path, &subject)?;
    let open: Vec<&Scenario> = plan.scenarios().iter().copied().filter(|scenario| baseline.of(&scenario.id).is_none()).collect();
    let total = plan.scenarios().len() as u64;
    site.tell(Event::PhaseStarted { phase: Phase::Baseline, total, done: total - open.len() as u64 });
    let work = |worker: &mut Worker<'_>, series: &[&Scenario]| {
        let executions = executor.execute_series(worker, series, |_| None);
        let seen = series.iter().zip(executions).map(|(scenario, execution)| Ok(seen(scenario, execution?)));
        seen.map_while(unless_stopped).collect()
    };
    pool::for_each_in_series(site.jobs, open, workers, work, |batch| {
        let mut results = Vec::with_capacity(batch.len());
        for (scenario, kept) in batch {
            let seen =
                kept.map_err(|reason| Fault::harness(format!("the baseline cannot be judged: {}: {reason}", scenario.id)))?;
            site.tell(Event::Judged { scenario: &scenario.id, verdict: seen.result.verdict });
            results.push((scenario.id.clone(), seen));
        }
        store.add(results, &mut baseline)
    })?;
    site.tell(Event::PhaseEnded);
    if baseline.0.len() < plan.scenarios().len() {
        return Err(Fault::interrupted("interrupted while the baseline ran; the next run goes on from there"));
    }
    Ok(baseline)
}

/// Removes what an earlier version kept in a form that is not read any more. What cannot be removed does no harm.
fn remove_unpacked(tree: &Tree) {
    for name in tree.baselines().list().into_iter().flatten().filter(|name| name.ends_with(".jsonl")) {
        let _ = tree.baselines().join(name).remove_file();
    }
}

fn seen(scenario: &Scenario, execution: Execution) -> Seen {
    let judgement = conclude(scenario, &execution.observation, execution.findings, |_| None);
    let result = BaselineResult { verdict: judgement.verdict, signature: judgement.signature, seen: judgement.seen };
    Seen { result, observation: execution.observation, outputs: judgement.outputs }
}
