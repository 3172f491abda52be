//! A plan judged scenario by scenario, and the proofs of fixes after it.

use std::collections::HashSet;

use fixgate_core::case::{Family, Scenario};
use fixgate_core::claim::Claims;
use fixgate_core::defect::Defect;
use fixgate_core::event::{Event, Phase};
use fixgate_core::history::longest_first;
use fixgate_core::id::{DefectId, ScenarioId};
use fixgate_core::judge::conclude;
use fixgate_core::quarantine::RETRIES;
use fixgate_core::record::{Entry, Line};
use fixgate_core::verdict::Verdict;
use jiff::civil::Date;

use super::{PROOF_RUNS, Request};
use crate::baseline::Baseline;
use crate::execute::{Execution, Executor, seconds};
use crate::fault::Fault;
use crate::history;
use crate::journal::Journal;
use crate::pool;
use crate::prove;
use crate::worker::{Worker, Workers, unless_stopped};

/// Everything that judging a plan takes.
pub(super) struct Runner<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) date: Date,
    pub(super) workers: &'r Workers<'r>,
    pub(super) executor: Executor<'r>,
    pub(super) baseline: Baseline,
    pub(super) claims: Claims<'r>,
}

impl Runner<'_> {
    pub(super) fn judge_all(
        &self,
        journal: &mut Journal,
        done: &HashSet<ScenarioId>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        let scenarios = self.request.plan.scenarios();
        let mut open: Vec<&Scenario> = scenarios.iter().copied().filter(|scenario| !done.contains(&scenario.id)).collect();
        longest_first(&mut open, &history::longest(self.request.tree));
        on_event(Event::PhaseStarted { phase: Phase::Candidate, total: scenarios.len() as u64, done: done.len() as u64 });
        let mut judged = done.len();
        pool::for_each(
            self.request.jobs,
            &open,
            self.workers,
            |worker, scenario| self.judge(worker, scenario),
            |batch| {
                judged += batch.len();
                let lines: Vec<Line> = batch
                    .into_iter()
                    .map(|(_, entry)| {
                        on_event(Event::Judged { scenario: &entry.scenario, verdict: entry.verdict });
                        Line::Scenario(entry)
                    })
                    .collect();
                journal.append(&lines).map_err(Fault::from)
            },
        )?;
        on_event(Event::PhaseEnded);
        if judged < scenarios.len() {
            let message = format!("interrupted after {judged} of {} scenarios", scenarios.len());
            return Err(Fault::interrupted(message));
        }
        Ok(())
    }

    /// Proves the fixes that are new in a sign-off, or that a private fix is for, less what an interrupted run has recorded.
    pub(super) fn prove_fixes(
        &self,
        journal: &mut Journal,
        recorded: &HashSet<(DefectId, ScenarioId)>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Fault> {
        let ledger = self.request.ledger;
        let (base, fixes): (_, Vec<&Defect>) = match (&self.request.signoff, &self.request.baseline) {
            (Some((release, Some(base))), _) => (base, fixgate_core::gate::new_fixes(ledger, release).collect()),
            (None, Some(base)) => {
                (&base.build, self.request.candidate.fixes.iter().filter_map(|id| ledger.defects.get(id)).collect())
            }
            (Some((_, None)), _) | (None, None) => return Ok(()),
        };
        let is_recorded = |defect: &DefectId, scenario: &ScenarioId| recorded.contains(&(defect.clone(), scenario.clone()));
        let is_open = |defect: &&Defect| ledger.pair(&defect.id).iter().any(|scenario| !is_recorded(&defect.id, &scenario.id));
        let fixes: Vec<&Defect> = fixes.into_iter().filter(is_open).collect();
        if fixes.is_empty() {
            return Ok(());
        }
        let base = Executor { build: base, ..self.executor };
        let pairs = prove::prove(ledger, &fixes, (&base, &self.executor), PROOF_RUNS, self.request.jobs, self.workers, on_event)?;
        let open = pairs.into_iter().filter(|pair| !is_recorded(&pair.defect, &pair.scenario));
        Ok(journal.append(&open.map(Line::Pair).collect::<Vec<_>>())?)
    }

    /// Nothing if it shall stop.
    fn judge(&self, worker: &mut Worker<'_>, scenario: &Scenario) -> Option<Entry> {
        if self.request.baseline.is_none() && scenario.needs_baseline() {
            let reason = "it expects what the baseline gives, and there is none: give --baseline".to_owned();
            return Some(Entry::unjudged(&scenario.id, Verdict::Skipped, reason));
        }
        let first = self.attempt(worker, scenario)?;
        let retries = if first.verdict.is_failure() { self.retries(scenario) } else { 0 };
        for attempt in 0..retries {
            if self.attempt(worker, scenario)?.verdict == Verdict::Passed {
                return Some(Entry { verdict: Verdict::Flaky, attempts: attempt + 2, ..first });
            }
        }
        Some(Entry { attempts: retries + 1, ..first })
    }

    /// How often it is tried again when it fails, to tell flaky from failing.
    fn retries(&self, scenario: &Scenario) -> u32 {
        let ledger = self.request.ledger;
        match (&scenario.case.family, ledger.quarantined(&scenario.id, self.date)) {
            (Family::Canary, _) => 0,
            (_, Some(_)) => ledger.project.run.retries.max(RETRIES),
            (_, None) => ledger.project.run.retries,
        }
    }

    fn attempt(&self, worker: &mut Worker<'_>, scenario: &Scenario) -> Option<Entry> {
        let baseline = self.baseline.of(&scenario.id);
        let result = self.executor.execute(worker, scenario, baseline.map(|kept| &*kept.observation));
        Some(match unless_stopped(result)? {
            Err(reason) => Entry::unjudged(&scenario.id, Verdict::Error, reason),
            Ok(Execution { observation, findings }) => {
                let explain = |outputs| self.claims.explain(&scenario.id, outputs).cloned();
                let judgement = conclude(scenario, &observation, findings, explain);
                Entry::judged(scenario, judgement, seconds(observation.elapsed()), baseline.map(|kept| kept.result.clone()))
            }
        })
    }
}
