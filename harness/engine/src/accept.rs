//! The differences that a record's claims are about, for a person to review.

use fixgate_core::case::Scenario;
use fixgate_core::defect::Defect;
use fixgate_core::event::{Event, Phase};
use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::judge::{conclude, goes_on};
use fixgate_core::residual::is_not_fixed;
use fixgate_core::running::Role;
use fixgate_core::varying::{Side, Varying, unlike};
use fixgate_core::verdict::Verdict;

use crate::builds::Placed;
use crate::execute::{Execution, Executor};
use crate::fault::Fault;
use crate::packs::PackBuilds;
use crate::pool;
use crate::running;
use crate::site::Site;
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
    /// What varies from one run to the next on one of the builds, and what settles it; such outputs can't be pinned.
    pub varying: Option<Varying>,
}

/// Runs every scenario that the defect claims on both builds, and returns those that differ, in the order of the ledger.
///
/// # Errors
/// When a scenario cannot be judged, or the run is interrupted.
pub fn differences(site: &Site<'_>, defect: &Defect, (base, fixed): (&Placed, &Placed)) -> Result<Vec<Difference>, Fault> {
    let Site { tree, ledger, stop, jobs, .. } = *site;
    let claimed = |scenario: &&Scenario| {
        let applies = |placed: &Placed| ledger.applies(&scenario.case, placed.place);
        (scenario.needs_baseline() || is_not_fixed(scenario, ledger, fixed.standing()))
            && applies(base)
            && applies(fixed)
            && defect.claims.iter().any(|claim| claim.scenarios.matches(&scenario.id))
    };
    let scenarios: Vec<&Scenario> = ledger.scenarios.iter().filter(claimed).collect();
    let packs = PackBuilds::of(site, &scenarios)?;
    let workers = Workers::new(tree, ledger, &[&base.build, &fixed.build], stop)?;
    workers.tell(site);
    let executor = |placed| Executor { root: tree.root(), build: placed, defaults: ledger.project.run, keeper: None };
    let is_known = |scenario: &Scenario| is_not_fixed(scenario, ledger, fixed.standing());
    let (base_executor, fixed_executor) = (executor(&base.build), executor(&fixed.build));
    running::require(ledger, &workers, &base_executor, (Role::Baseline, base.standing()))?;
    running::require(ledger, &workers, &fixed_executor, (Role::Candidate, fixed.standing()))?;
    site.tell(Event::PhaseStarted { phase: Phase::Candidate, total: scenarios.len() as u64, done: 0 });
    let mut found = Vec::new();
    let mut done = 0;
    pool::for_each(
        jobs,
        scenarios.clone(),
        &workers,
        |worker, scenario| unless_stopped(compare(worker, (scenario, is_known(scenario)), &base_executor, &fixed_executor)),
        |batch| {
            for (scenario, difference) in batch {
                done += 1;
                site.tell(Event::Judged { scenario: &scenario.id, verdict: Verdict::Passed });
                found.extend(difference.map_err(|reason| Fault::harness(format!("{}: {reason}", scenario.id)))?);
            }
            Ok::<(), Fault>(())
        },
    )?;
    site.tell(Event::PhaseEnded);
    packs.check_unchanged()?;
    workers.builds.check()?;
    if done < scenarios.len() {
        return Err(Fault::interrupted("interrupted; nothing was pinned"));
    }
    let order = |difference: &Difference| scenarios.iter().position(|scenario| scenario.id == difference.scenario);
    found.sort_by_cached_key(order);
    Ok(found)
}

/// The difference of one scenario, if it differs in nothing but what the baseline gave, or is a known failure of both that looks
/// otherwise. Each build runs it twice.
fn compare(
    worker: &mut Worker<'_>,
    (scenario, is_known): (&Scenario, bool),
    base: &Executor<'_>,
    fixed: &Executor<'_>,
) -> Result<Option<Difference>, NoOutcome> {
    let before = base.execute(worker, scenario, None)?;
    let before_again = base.execute(worker, scenario, None)?;
    let after = fixed.execute(worker, scenario, Some(&before.observation))?;
    let after_again = fixed.execute(worker, scenario, Some(&before.observation))?;
    let seen = |execution: &Execution| conclude(scenario, &execution.observation, execution.findings.clone(), |_| None).seen;
    let [then, then_again, now, now_again] = [&before, &before_again, &after, &after_again].map(seen);
    // One that is the same by chance varies, too.
    let differing = [&after, &after_again].into_iter().find(|after| !after.findings.is_empty());
    let is_difference = goes_on(&after.findings) && goes_on(&after_again.findings);
    let (outputs, varies_before, varies_after) = match (differing, then, now) {
        (Some(_), ..) if is_difference => {
            let unlike =
                |one: &Execution, another: &Execution| !unlike(scenario, &one.observation, &another.observation).is_empty();
            (after.observation.outputs(), unlike(&before_again, &before), unlike(&after_again, &after))
        }
        (Some(_), Some(seen_before), Some(seen)) if is_known && (seen_before != seen || then_again != now_again) => {
            (seen, then != then_again, now != now_again)
        }
        (Some(_) | None, Some(_) | None, Some(_) | None) => return Ok(None),
    };
    let lines =
        |after: &Execution| after.findings.iter().map(|finding| format!("{}\n{}", finding.message, finding.detail)).collect();
    let varying = match (varies_before, varies_after) {
        (true, _) => {
            Some(Varying::of(scenario, Side::Baseline, &[&before.observation, &before_again.observation], &after.observation))
        }
        (false, true) => {
            Some(Varying::of(scenario, Side::Candidate, &[&after.observation, &after_again.observation], &before.observation))
        }
        (false, false) => None,
    };
    let detail = differing.map(lines).unwrap_or_default();
    Ok(Some(Difference { scenario: scenario.id.clone(), outputs, detail, varying }))
}
