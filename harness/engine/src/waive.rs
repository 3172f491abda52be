//! A failure looked at twice, for a waiver that says what varies of it.

use fixgate_core::case::Scenario;
use fixgate_core::id::Digest;
use fixgate_core::judge::{conclude, masked, otherwise};
use fixgate_core::normalize::Masking;
use fixgate_core::observation::Observation;

use crate::builds::Placed;
use crate::execute::Executor;
use crate::fault::Fault;
use crate::packs::PackBuilds;
use crate::pool;
use crate::site::Site;
use crate::worker::{NoOutcome, Worker, Workers, unless_stopped};

/// How often the failure is looked at.
const LOOKS: usize = 2;

/// What is left of a failure.
#[derive(Debug)]
pub struct Left {
    /// What it is known by.
    pub seen: Digest,
    /// What was seen of it.
    pub observation: Observation,
}

/// What is left of a scenario's failure under these rules, the same each time.
///
/// # Errors
/// It does not fail, it still varies, nothing is left of it to know it by, or it cannot be judged.
pub fn look(
    site: &Site<'_>,
    scenario: &Scenario,
    masking: &Masking,
    candidate: &Placed,
    baseline: Option<&Placed>,
) -> Result<Left, Fault> {
    let Site { tree, ledger, stop, .. } = *site;
    let packs = PackBuilds::of(site, &[scenario])?;
    let builds: Vec<_> = [Some(candidate), baseline].into_iter().flatten().map(|placed| &placed.build).collect();
    let workers = Workers::new(tree, ledger, &builds, stop)?;
    workers.tell(site);
    let executor = |placed| Executor { root: tree.root(), build: placed, defaults: ledger.project.run, keeper: None };
    let compared = baseline.filter(|placed| ledger.applies(&scenario.case, placed.place)).map(|placed| executor(&placed.build));
    let candidate = executor(&candidate.build);
    let mut looks = Vec::new();
    let work = |worker: &mut Worker<'_>, scenario: &Scenario| {
        unless_stopped(twice(worker, scenario, &candidate, compared.as_ref(), masking))
    };
    pool::for_each(1, vec![scenario], &workers, work, |batch| {
        looks.extend(batch.into_iter().map(|(_, seen)| seen));
        Ok::<(), Fault>(())
    })?;
    packs.check_unchanged()?;
    workers.builds.check()?;
    let id = &scenario.id;
    match looks.pop() {
        None => Err(Fault::interrupted("interrupted; no waiver was written")),
        Some(Err(reason)) => Err(Fault::harness(format!("{id} cannot be judged: {reason}"))),
        Some(Ok(Err(complaint))) => Err(Fault::usage(format!("{id} {complaint}"))),
        Some(Ok(Ok(left))) => Ok(left),
    }
}

/// What is left both times, or what keeps it from being waived by these rules.
fn twice(
    worker: &mut Worker<'_>,
    scenario: &Scenario,
    candidate: &Executor<'_>,
    baseline: Option<&Executor<'_>>,
    masking: &Masking,
) -> Result<Result<Left, String>, NoOutcome> {
    let model = baseline.map(|baseline| baseline.execute(worker, scenario, None)).transpose()?;
    let mut before: Option<Left> = None;
    for _ in 0..LOOKS {
        let execution = candidate.execute(worker, scenario, model.as_ref().map(|model| &model.observation))?;
        if !conclude(scenario, &execution.observation, execution.findings.clone(), |_| None).verdict.is_failure() {
            return Ok(Err(
                "passes when it is run again: what fails only sometimes is flaky, and no `normalize` settles it".to_owned()
            ));
        }
        let (observation, seen) = match masked(masking, &execution.observation, &execution.findings) {
            Ok(left) => left,
            Err(reason) => return Ok(Err(format!("cannot be waived so: {reason}"))),
        };
        match &before {
            Some(before) if before.seen != seen => {
                let difference = otherwise(&observation, &before.observation);
                let lines: String = difference.lines().skip(1).map(|line| format!("\n  {line}")).collect();
                return Ok(Err(format!("still differs from itself under these rules:{lines}")));
            }
            Some(_) | None => before = Some(Left { seen, observation }),
        }
    }
    Ok(before.ok_or_else(|| "was not run".to_owned()))
}
