//! The differences that a record's claims are about, for a person to review.

use fixgate_core::case::Scenario;
use fixgate_core::defect::Defect;
use fixgate_core::event::{Event, Phase};
use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::judge::{conclude, goes_on};
use fixgate_core::ledger::Ledger;
use fixgate_core::residual::is_not_fixed;
use fixgate_core::verdict::Verdict;

use crate::builds::Placed;
use crate::execute::{Execution, Executor};
use crate::fault::Fault;
use crate::packs::PackBuilds;
use crate::pool::{self, StopFlag};
use crate::tree::Tree;
use crate::worker::{NoOutcome, Worker, Workers, unless_stopped};

/// One scenario's difference from the baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The scenario.
    pub scenario: ScenarioId,
    /// The digest of its new outputs; of a known failure, of what is seen of it now.
    pub outputs: Digest,
    /// What differs, in lines.
    pub detail: String,
}

/// Runs every scenario that the defect claims on both builds, and returns those that differ, in the order of the ledger.
///
/// # Errors
/// When a scenario cannot be judged, or the run is interrupted.
pub fn differences(
    (tree, ledger): (&Tree, &Ledger),
    defect: &Defect,
    (base, fixed): (&Placed, &Placed),
    jobs: usize,
    stop: &StopFlag,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Difference>, Fault> {
    let claimed = |scenario: &&Scenario| {
        let applies = |placed: &Placed| ledger.applies(&scenario.case, placed.place);
        (scenario.needs_baseline() || is_not_fixed(scenario, ledger, fixed.standing()))
            && applies(base)
            && applies(fixed)
            && defect.claims.iter().any(|claim| claim.scenarios.matches(&scenario.id))
    };
    let scenarios: Vec<&Scenario> = ledger.scenarios.iter().filter(claimed).collect();
    let packs = PackBuilds::of(tree, ledger, &scenarios, stop, on_event)?;
    let workers = Workers::new(tree, &ledger.project.isolation, &[&base.build, &fixed.build], stop)?;
    workers.tell(on_event);
    let executor = |placed| Executor { root: tree.root(), build: placed, defaults: ledger.project.run, keeper: None };
    let is_known = |scenario: &Scenario| is_not_fixed(scenario, ledger, fixed.standing());
    let (base, on_fixed) = (executor(&base.build), executor(&fixed.build));
    on_event(Event::PhaseStarted { phase: Phase::Candidate, total: scenarios.len() as u64, done: 0 });
    let mut found = Vec::new();
    let mut done = 0;
    pool::for_each(
        jobs,
        scenarios.clone(),
        &workers,
        |worker, scenario| unless_stopped(compare(worker, (scenario, is_known(scenario)), &base, &on_fixed)),
        |batch| {
            for (scenario, difference) in batch {
                done += 1;
                on_event(Event::Judged { scenario: &scenario.id, verdict: Verdict::Passed });
                found.extend(difference.map_err(|reason| Fault::harness(format!("{}: {reason}", scenario.id)))?);
            }
            Ok::<(), Fault>(())
        },
    )?;
    on_event(Event::PhaseEnded);
    packs.check_unchanged()?;
    if done < scenarios.len() {
        return Err(Fault::interrupted("interrupted; nothing was pinned"));
    }
    let order = |difference: &Difference| scenarios.iter().position(|scenario| scenario.id == difference.scenario);
    found.sort_by_cached_key(order);
    Ok(found)
}

/// The difference of one scenario, if it differs in nothing but what the baseline gave, or is a known failure of both that looks
/// otherwise.
fn compare(
    worker: &mut Worker<'_>,
    (scenario, is_known): (&Scenario, bool),
    base: &Executor<'_>,
    fixed: &Executor<'_>,
) -> Result<Option<Difference>, NoOutcome> {
    let before = base.execute(worker, scenario, None)?;
    let after = fixed.execute(worker, scenario, Some(&before.observation))?;
    let judged = |execution: Execution| conclude(scenario, &execution.observation, execution.findings, |_| None);
    let is_difference = !after.findings.is_empty() && goes_on(&after.findings);
    let (before, after) = (judged(before), judged(after));
    let outputs = match (before.seen, after.seen) {
        _ if is_difference => after.outputs,
        (Some(then), Some(now)) if is_known && then != now => now,
        (Some(_) | None, Some(_) | None) => return Ok(None),
    };
    let detail = after.findings.iter().map(|finding| format!("{}\n{}", finding.message, finding.detail)).collect();
    Ok(Some(Difference { scenario: scenario.id.clone(), outputs, detail }))
}
