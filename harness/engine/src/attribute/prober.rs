//! Builds tried, each as often as it takes to be sure.

use std::collections::HashMap;

use fixgate_core::attribute::{BuildContent, Conclusion, Cost, Ground, Mark, Probe, Rates, Tally, first_runs};
use fixgate_core::case::Scenario;
use fixgate_core::id::Digest;
use fixgate_core::judge::conclude;
use fixgate_core::observation::Observation;
use fixgate_core::running::{Role, Shown};

use super::{Notice, Question};
use crate::builds::{Build, Placed};
use crate::execute::Executor;
use crate::fault::{Fault, FaultKind};
use crate::pool;
use crate::running;
use crate::site::Site;
use crate::worker::{Worker, Workers, unless_stopped};

/// Tries builds with one scenario.
pub(super) struct Prober<'r, 'e> {
    question: &'r Question<'r>,
    scenario: &'r Scenario,
    tell: &'e mut dyn FnMut(Notice<'_>),
    /// What the oldest build showed, for a scenario that is compared with it.
    reference: Option<Observation>,
    /// What tells a bad build from a good one; the candidate gives it.
    rates: Rates,
    /// What is known of bits.
    known: HashMap<Digest, Mark>,
    probes: Vec<Probe>,
}

impl<'r, 'e> Prober<'r, 'e> {
    pub(super) fn new(question: &'r Question<'r>, scenario: &'r Scenario, tell: &'e mut dyn FnMut(Notice<'_>)) -> Self {
        let rates = Rates::stable();
        Self { question, scenario, tell, reference: None, rates, known: HashMap::new(), probes: Vec::new() }
    }

    pub(super) fn scenario(&self) -> &'r Scenario {
        self.scenario
    }

    /// How many builds were tried.
    fn tried(&self) -> u32 {
        self.probes.len() as u32
    }

    pub(super) fn into_probes(self) -> Vec<Probe> {
        self.probes
    }

    /// Says what a part of the search may take: so many builds, made by recipes.
    pub(super) fn begin(&mut self, what: String, probes: u32, provided: &str) {
        let cost = Cost { probes, builds: probes, runs: runs_for(self.tried(), probes) };
        (self.tell)(Notice::Begins { what, cost, provided });
    }

    /// Says what the whole chain may take.
    pub(super) fn begin_with(&mut self, what: String, cost: Cost) {
        (self.tell)(Notice::Begins { what, cost, provided: "" });
    }

    /// Has the scenario compared with what this build shows.
    pub(super) fn compare_with(&mut self, build: &Build) -> Result<(), Fault> {
        let mut shown = None;
        self.each_run(build, 1, |observation, _| shown = Some(observation))?;
        self.reference = shown;
        Ok(())
    }

    /// Tries the candidate, until it is known how a bad build behaves. An answer if there is nothing to search for.
    pub(super) fn ground(&mut self, candidate: &Placed) -> Result<Option<Conclusion>, Fault> {
        let (build, mut tally) = (&candidate.build, Tally::default());
        let (mark, nothing) = loop {
            match Rates::of(tally) {
                Ground::Run(more) => self.add_runs(build, more, &mut tally)?,
                Ground::Passes => break (Mark::Good, Some(Conclusion::Passes)),
                Ground::TooSeldom => break (Mark::Untestable, Some(Conclusion::TooSeldom)),
                Ground::Rates(rates) => {
                    if let Some(why) = self.unstarted(build)? {
                        return Err(
                            Fault::harness(why).help("mend the build, or what it needs here, and run the same command again")
                        );
                    }
                    self.rates = rates;
                    break (Mark::Bad, None);
                }
            }
        };
        self.keep(BuildContent::Build(build.identity().name), Some(build), tally, mark, None);
        Ok(nothing)
    }

    /// Tries a build. One that cannot be made is untestable.
    pub(super) fn probe(
        &mut self,
        content: BuildContent,
        make: impl FnOnce(&Question<'_>) -> Result<Build, Fault>,
    ) -> Result<Mark, Fault> {
        let made = make(self.question);
        let build = match made {
            Ok(build) => build,
            Err(fault) if fault.kind == FaultKind::Interrupted => return Err(fault),
            Err(fault) => {
                let reason = fault.message.lines().next().unwrap_or_default().trim_end_matches(" and ends with").to_owned();
                return Ok(self.keep(content, None, Tally::default(), Mark::Untestable, Some(reason)));
            }
        };
        if let Some(mark) = self.known.get(&build.digest()) {
            return Ok(self.keep(content, Some(&build), Tally::default(), *mark, None));
        }
        let (number, mut tally) = (self.tried(), Tally::default());
        let mark = loop {
            match self.rates.mark(tally, number) {
                Some(mark) => break mark,
                None => self.add_runs(&build, self.rates.fewest(number).saturating_sub(tally.runs).max(1), &mut tally)?,
            }
        };
        let unstarted = if mark == Mark::Bad { self.unstarted(&build)? } else { None };
        let (mark, reason) = match (mark, unstarted) {
            (_, Some(why)) => (Mark::Untestable, Some(why)),
            (Mark::Untestable, None) => (mark, Some("neither good nor bad".to_owned())),
            (Mark::Good | Mark::Bad, None) => (mark, None),
        };
        Ok(self.keep(content, Some(&build), tally, mark, reason))
    }

    fn keep(&mut self, content: BuildContent, build: Option<&Build>, tally: Tally, mark: Mark, reason: Option<String>) -> Mark {
        self.known.extend(build.map(|build| (build.digest(), mark)));
        let probe = Probe { content, build: build.map(Build::identity), tally, mark, reason };
        (self.tell)(Notice::Tried(&probe));
        self.probes.push(probe);
        mark
    }

    fn add_runs(&self, build: &Build, more: u32, tally: &mut Tally) -> Result<(), Fault> {
        self.each_run(build, more, |_, failed| {
            tally.runs += 1;
            tally.failures += u32::from(failed);
        })
    }

    /// Runs the scenario so often on a build, and hands on what was seen and whether it failed.
    fn each_run(&self, build: &Build, count: u32, mut take: impl FnMut(Observation, bool)) -> Result<(), Fault> {
        let Site { tree, ledger, jobs, stop, .. } = self.question.site;
        let workers = Workers::new(tree, ledger, &[build], stop)?;
        let executor = Executor { root: tree.root(), build, defaults: ledger.project.run, keeper: None };
        let (scenario, reference) = (self.scenario, self.reference.as_ref());
        let work = |worker: &mut Worker<'_>, _: u32| unless_stopped(executor.execute(worker, scenario, reference));
        let mut done = 0;
        pool::for_each(jobs, (0..count).collect(), &workers, work, |batch| {
            for (_, execution) in batch {
                let execution = execution.map_err(|reason| self.unjudged(build, &reason))?;
                let judgement = conclude(scenario, &execution.observation, execution.findings, |_| None);
                take(execution.observation, judgement.verdict.is_failure());
                done += 1;
            }
            Ok::<(), Fault>(())
        })?;
        if done < count { Err(interrupted()) } else { workers.builds.check() }
    }

    /// Why nothing is to be concluded from what fails on the build: it ends each time as if it had not been started.
    fn unstarted(&self, build: &Build) -> Result<Option<String>, Fault> {
        let Question { site: Site { tree, ledger, stop, .. }, candidate, .. } = self.question;
        let workers = Workers::new(tree, ledger, &[build], stop)?;
        let executor = Executor { root: tree.root(), build, defaults: ledger.project.run, keeper: None };
        let running = running::show(ledger, &workers, &executor, (Role::Candidate, candidate.place.into()), |_| false)?;
        Ok(running.objection().filter(|_| matches!(running.shown, Shown::Not(_))))
    }

    fn unjudged(&self, build: &Build, reason: &str) -> Fault {
        Fault::harness(format!("{} cannot be judged on {}: {reason}", self.scenario.id, build.identity().name))
    }
}

fn interrupted() -> Fault {
    Fault::interrupted("interrupted; the builds that were made are kept")
}

/// How many runs so many probes take at most while verdicts are stable, after `before` others; the first of all has runs of
/// its own.
pub(super) fn runs_for(before: u32, probes: u32) -> u32 {
    let first = if before == 0 { first_runs() } else { 0 };
    first + (before.max(1)..before + probes).map(|number| Rates::stable().if_stable(number)).sum::<u32>()
}
