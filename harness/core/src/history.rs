//! History: what runs said of a scenario over time, and what can be told from that.

mod flake;
mod order;

use std::time::Duration;

pub use flake::FlakeRate;
pub use order::longest_first;

use crate::id::{Digest, ReleaseName, RunName, ScenarioId};
use crate::proof::BuildIdentity;
use crate::record::{Entry, Occasion, RunRecord};
use crate::verdict::{Verdict, VerdictCounts};

/// A finished run.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRun {
    /// Its name.
    pub name: RunName,
    /// The digest of its journal: another run may get its name once its record is gone.
    pub journal: Digest,
    /// What it was made for.
    pub occasion: Occasion,
    /// When it started, RFC 3339 in UTC.
    pub started: String,
    /// The build that was tested.
    pub candidate: BuildIdentity,
    /// The build it was compared with.
    pub baseline: Option<BuildIdentity>,
    /// The release that it was to sign off.
    pub release: Option<ReleaseName>,
    /// Whether nothing was filtered away.
    pub complete: bool,
    /// How many scenarios were planned.
    pub planned: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The reason why it is no answer; its verdicts are shown and count for nothing.
    pub void: Option<String>,
}

impl PastRun {
    /// The run of this record; none while it is not finished.
    pub fn of(record: &RunRecord) -> Option<Self> {
        let (header, footer) = (&record.header, record.footer.as_ref()?);
        Some(Self {
            name: header.run.clone(),
            journal: footer.journal,
            occasion: header.occasion,
            started: header.started.to_string(),
            candidate: header.candidate.clone(),
            baseline: header.baseline.as_ref().map(|baseline| baseline.build.clone()),
            release: header.release.clone(),
            complete: header.complete,
            planned: header.planned,
            seconds: footer.seconds,
            void: record.void_reason(),
        })
    }
}

/// What a run said of one scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunOutcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether only the baseline was not met; with the verdict `passed`, a claim explained that.
    pub differs: bool,
    /// The digest of the scenario's definition.
    pub definition: Digest,
    /// The digest of what was seen of a failure.
    pub seen: Option<Digest>,
    /// How long its steps took, in whole microseconds.
    pub time: Duration,
}

impl RunOutcome {
    /// The outcomes of a record, in the order of its plan.
    pub fn all(record: &RunRecord) -> impl Iterator<Item = (&ScenarioId, Self)> {
        let mut plan = record.plan.iter();
        // The entries are the plan's, in its order, less those that have no verdict.
        record.entries.iter().filter_map(move |entry| {
            let planned = plan.find(|planned| planned.scenario == entry.scenario)?;
            Some((&entry.scenario, Self::of(entry, planned.digest)))
        })
    }

    fn of(entry: &Entry, definition: Digest) -> Self {
        // What a journal holds that is no time at all becomes zero.
        let time = Duration::from_micros((entry.seconds * 1e6).round() as u64);
        Self { verdict: entry.verdict, differs: entry.differs, definition, seen: entry.seen, time }
    }

    /// The verdict for telling whether two runs agree: an explained difference counts as the failure that it would be without
    /// the claim, so that to accept a difference does not look like a flake.
    fn unexplained(&self) -> Verdict {
        if self.differs { Verdict::Failed } else { self.verdict }
    }
}

/// One scenario's outcome in one run.
#[derive(Debug, Clone, Copy)]
pub struct PastVerdict<'h> {
    /// The run.
    pub run: &'h PastRun,
    /// What came of it.
    pub outcome: RunOutcome,
}

impl PastVerdict<'_> {
    /// Whether it is a statement about the product.
    pub fn counts(&self) -> bool {
        self.run.void.is_none() && self.outcome.verdict.is_judged()
    }
}

/// Since when a scenario fails as it does now.
#[derive(Debug, Clone, Copy)]
pub struct Failing<'h> {
    /// The first of the runs in which exactly the same failure was seen without a break.
    pub since: &'h PastRun,
    /// How many runs these are.
    pub runs: usize,
    /// The last run before them, and its verdict, which may be another failure; none if it has never done anything else.
    pub before: Option<(&'h PastRun, Verdict)>,
}

/// One scenario over the runs.
#[derive(Debug, Clone)]
pub struct ScenarioHistory<'h> {
    /// The scenario.
    pub scenario: ScenarioId,
    /// Its verdicts, newest first.
    pub verdicts: Vec<PastVerdict<'h>>,
}

impl<'h> ScenarioHistory<'h> {
    /// How often its verdict could not be relied on.
    pub fn flakes(&self) -> FlakeRate {
        FlakeRate::of(&self.verdicts)
    }

    /// The median of its times.
    pub fn median_time(&self) -> Option<Duration> {
        median_time(&self.verdicts)
    }

    /// Since when it fails as it does now, if it failed in the last run that judged it. What a run did not record is not the same.
    pub fn failing(&self) -> Option<Failing<'h>> {
        let counted = || self.verdicts.iter().filter(|past| past.counts());
        let now = counted().next().filter(|past| past.outcome.verdict.is_failure())?.outcome;
        let same = |past: &&PastVerdict<'_>| now.seen.is_some() && past.outcome.seen == now.seen;
        let runs = counted().take_while(same).count().max(1);
        let since = counted().nth(runs.checked_sub(1)?)?.run;
        let before = counted().nth(runs).map(|past| (past.run, past.outcome.verdict));
        Some(Failing { since, runs, before })
    }
}

/// The median of the times of verdicts that count: the middle one, or the mean of the middle two.
pub fn median_time(verdicts: &[PastVerdict<'_>]) -> Option<Duration> {
    let mut times: Vec<Duration> = verdicts.iter().filter(|past| past.counts()).map(|past| past.outcome.time).collect();
    times.sort_unstable();
    let upper = *times.get(times.len() / 2)?;
    Some(if times.len().is_multiple_of(2) { (times[times.len() / 2 - 1] + upper) / 2 } else { upper })
}

/// All scenarios over the runs.
#[derive(Debug, Clone)]
pub struct Survey<'h> {
    /// The runs, newest first, with their verdicts counted.
    pub runs: Vec<(&'h PastRun, VerdictCounts)>,
    /// How many scenarios have a verdict.
    pub scenarios: u64,
    /// How many of them have a flake.
    pub flaky: u64,
    /// The flakiest, surest first.
    pub flakiest: Vec<(ScenarioId, FlakeRate)>,
    /// The slowest by the median of their times, longest first.
    pub slowest: Vec<(ScenarioId, Duration)>,
}

#[cfg(test)]
mod tests;
