//! How far the work is, and how long it may still take. Pure: it is told what time it is.

use std::time::Duration;

use fixgate_core::verdict::{Verdict, VerdictCounts};
use fixgate_core::words::counted;

/// Below this, the time left changes too much to be shown.
const FIRST_ESTIMATE: Duration = Duration::from_secs(5);

/// What is being done.
#[derive(Debug, Default)]
enum Doing {
    /// Nothing that is counted.
    #[default]
    Preparing,
    /// A build is made, since then.
    Building(String, Duration),
    /// Scenarios are run.
    Running(&'static str),
}

/// The work so far, over all phases.
#[derive(Debug, Default)]
pub(super) struct Pace {
    doing: Doing,
    /// When the first scenario could begin.
    begun: Duration,
    /// How many scenarios the phases before this one had.
    before: u64,
    /// How many this one has, and how many of them are done.
    total: u64,
    done: u64,
    /// How many were done by an earlier run, in all phases: they take no time.
    found_done: u64,
    /// Whether the same scenarios are to be run once more after this phase.
    is_first_half: bool,
    counts: VerdictCounts,
}

impl Pace {
    pub(super) fn builds(&mut self, name: &str, now: Duration) {
        self.doing = Doing::Building(name.to_owned(), now);
    }

    pub(super) fn begins(&mut self, phase: &'static str, is_first_half: bool, (total, done): (u64, u64), now: Duration) {
        if self.before + self.total == 0 {
            self.begun = now;
        }
        self.before += self.total;
        (self.doing, self.is_first_half, self.total, self.done) = (Doing::Running(phase), is_first_half, total, done);
        self.found_done += done;
        self.counts = VerdictCounts::default();
    }

    pub(super) fn judged(&mut self, verdict: Verdict) {
        self.done += 1;
        self.counts.add(verdict);
    }

    pub(super) fn phase(&self) -> &str {
        match &self.doing {
            Doing::Preparing => "",
            Doing::Building(..) => "building",
            Doing::Running(phase) => phase,
        }
    }

    /// How many scenarios are done, and how many there are, over all phases.
    pub(super) fn done(&self) -> u64 {
        self.before + self.done
    }

    pub(super) fn whole(&self) -> u64 {
        self.before + if self.is_first_half { 2 * self.total } else { self.total }
    }

    /// The verdicts of this phase, and how much time is left.
    pub(super) fn state(&self, now: Duration) -> String {
        match self.left(now) {
            Some(left) => format!("{}, {left}", self.counts),
            None => self.counts.to_string(),
        }
    }

    /// A line that says how far it is.
    pub(super) fn line(&self, now: Duration) -> String {
        match &self.doing {
            Doing::Preparing => format!("preparing for {}\n", rough(now)),
            Doing::Building(name, since) => format!("build of {name}: not done after {}\n", rough(now.saturating_sub(*since))),
            Doing::Running(phase) => {
                let whole = counted(self.whole(), "scenario");
                format!("{phase}: {} of {whole} done; {}\n", self.done(), self.state(now))
            }
        }
    }

    /// By how long those that are done took.
    fn left(&self, now: Duration) -> Option<String> {
        let worked = now.saturating_sub(self.begun);
        let (done, left) = (self.done().saturating_sub(self.found_done), self.whole().saturating_sub(self.done()));
        if done == 0 || left == 0 || worked < FIRST_ESTIMATE {
            return None;
        }
        Some(format!("about {} left", rough(worked.mul_f64(left as f64 / done as f64))))
    }
}

/// A length of time as it is said: `40 s`, `3 min`, `2 h`.
fn rough(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5_999 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1_800) / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn both_halves_of_a_run_have_one_estimate() {
        let mut pace = Pace::default();
        pace.begins("baseline", true, (100, 0), at(0));
        (0..50).for_each(|_| pace.judged(Verdict::Passed));
        assert_eq!(pace.line(at(30)), "baseline: 50 of 200 scenarios done; 50 passed, about 90 s left\n");
        (0..50).for_each(|_| pace.judged(Verdict::Passed));
        pace.begins("candidate", false, (100, 0), at(60));
        pace.judged(Verdict::Failed);
        assert_eq!(pace.line(at(101)), "candidate: 101 of 200 scenarios done; 0 passed, 1 failed, about 99 s left\n");
    }

    #[test]
    fn what_an_earlier_run_did_is_not_taken_for_fast_work() {
        let mut pace = Pace::default();
        pace.begins("candidate", false, (1_000, 900), at(10));
        (0..50).for_each(|_| pace.judged(Verdict::Passed));
        assert_eq!(pace.line(at(310)), "candidate: 950 of 1,000 scenarios done; 50 passed, about 5 min left\n");
    }

    #[test]
    fn a_scenario_or_a_build_that_takes_long_does_not_silence_it() {
        let mut pace = Pace::default();
        pace.builds("RU2", at(10));
        assert_eq!(pace.line(at(190)), "build of RU2: not done after 3 min\n");
        pace.begins("candidate", false, (1, 0), at(200));
        assert_eq!(pace.line(at(9_999)), "candidate: 0 of 1 scenario done; 0 passed\n");
    }
}
