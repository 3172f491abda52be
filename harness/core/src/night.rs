//! Nights: what is new in a full pass since the one before.

mod slower;

use std::collections::{HashMap, HashSet};

pub use slower::{EARLIER, FEWEST, LONG, RECENT, Slower, Slowness};

use self::slower::Times;
use crate::history::{Failing, FlakeRate, PastRun, PastVerdict, ScenarioHistory};
use crate::id::ScenarioId;
use crate::record::Occasion;
use crate::residual::{Analysis, Class};
use crate::verdict::Verdict;

/// A scenario that fails tonight.
#[derive(Debug, Clone)]
pub struct Failure<'h> {
    /// The scenario.
    pub scenario: ScenarioId,
    /// Its verdict tonight.
    pub verdict: Verdict,
    /// Since when, over the nights.
    pub failing: Failing<'h>,
}

/// A night against those before it.
#[derive(Debug, Clone)]
pub struct NightReport<'h> {
    /// The night.
    pub tonight: &'h PastRun,
    /// The night before, if there was one that is an answer.
    pub last: Option<&'h PastRun>,
    /// Fail tonight, and did not in the last night that judged them, or differently.
    pub newly_failing: Vec<Failure<'h>>,
    /// Fail tonight exactly as they did before; the longest first.
    pub still_failing: Vec<Failure<'h>>,
    /// Passed tonight, and failed in the last night that judged them.
    pub newly_passing: Vec<ScenarioId>,
    /// Fail as they are recorded to: their defects are not fixed here.
    pub known: usize,
    /// Cannot be relied on, by all that runs said of them; the surest first.
    pub flaky: Vec<(ScenarioId, FlakeRate)>,
    /// Take longer than before.
    pub slower: Slower,
    /// Are planned tonight, and were not last night.
    pub new: Vec<ScenarioId>,
    /// Were planned last night, and are not tonight.
    pub removed: Vec<ScenarioId>,
}

/// Puts a report together, one scenario after another.
#[derive(Debug)]
pub struct NightSurvey<'h> {
    known: HashSet<ScenarioId>,
    times: Times,
    report: NightReport<'h>,
}

impl<'h> NightSurvey<'h> {
    /// Begins the report of a night. `runs` are all there are, newest first, and `analysis` is the night's own.
    pub fn new(tonight: &'h PastRun, runs: impl Iterator<Item = &'h PastRun>, analysis: &Analysis<'_>) -> Self {
        let is_before = |run: &&PastRun| run.occasion == Occasion::Night && run.void.is_none() && run.name != tonight.name;
        let before = |run: &&PastRun| (&run.started, &run.name) < (&tonight.started, &tonight.name);
        let earlier: Vec<&PastRun> = runs.filter(is_before).filter(before).collect();
        let known = analysis.residuals.iter().filter(|residual| residual.class == Some(Class::Known));
        let known: HashSet<ScenarioId> = known.map(|residual| residual.entry.scenario.clone()).collect();
        let order: HashMap<_, usize> =
            [tonight].into_iter().chain(earlier.iter().copied()).map(|night| night.name.clone()).zip(0..).collect();
        let report = NightReport {
            tonight,
            last: earlier.first().copied(),
            newly_failing: Vec::new(),
            still_failing: Vec::new(),
            newly_passing: Vec::new(),
            known: known.len(),
            flaky: Vec::new(),
            slower: Slower::default(),
            new: Vec::new(),
            removed: Vec::new(),
        };
        Self { known, times: Times::new(order), report }
    }

    /// Adds what all runs said of a scenario, newest first.
    pub fn add(&mut self, scenario: &ScenarioId, verdicts: &[PastVerdict<'h>]) {
        let nights: Vec<PastVerdict<'h>> =
            verdicts.iter().copied().filter(|past| self.times.order.contains_key(&past.run.name)).collect();
        let in_night = |night: &PastRun| nights.iter().find(|past| past.run.name == night.name);
        let before = self.report.last.map(in_night);
        let Some(tonight) = in_night(self.report.tonight) else {
            if before.is_some_and(|before| before.is_some()) {
                self.report.removed.push(scenario.clone());
            }
            return;
        };
        if before.is_some_and(|before| before.is_none()) {
            self.report.new.push(scenario.clone());
        }
        let verdict = tonight.outcome.verdict;
        self.times.add(scenario, &nights);
        let flakes = FlakeRate::of(verdicts);
        if flakes.flakes > 0 {
            self.report.flaky.push((scenario.clone(), flakes));
        }
        let last_judged = nights.iter().skip(1).find(|past| past.counts());
        if verdict == Verdict::Passed && last_judged.is_some_and(|past| past.outcome.verdict.is_failure()) {
            self.report.newly_passing.push(scenario.clone());
        }
        let history = ScenarioHistory { scenario: scenario.clone(), verdicts: nights };
        match history.failing() {
            Some(failing) if verdict.is_failure() && !self.known.contains(scenario) => {
                let failure = Failure { scenario: scenario.clone(), verdict, failing };
                let list = if failing.runs == 1 { &mut self.report.newly_failing } else { &mut self.report.still_failing };
                list.push(failure);
            }
            Some(_) | None => {}
        }
    }

    /// The report.
    pub fn finish(self) -> NightReport<'h> {
        let mut report = self.report;
        report.slower = self.times.finish();
        report.still_failing.sort_by_key(|failure| std::cmp::Reverse(failure.failing.runs));
        report.flaky.sort_by(|(one, first), (other, second)| first.surest_first(second).then(one.cmp(other)));
        report
    }
}
