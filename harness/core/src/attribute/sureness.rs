//! How often a scenario is run on a build until it is sure what that build is.
//!
//! On the build that it was seen to fail on, it is run until a lower bound of its failure rate there is known. Any other build is
//! bad if it fails at least that often, and good if it fails less than half as often; between the two, either may be said. Which
//! of them holds is told by Wald's sequential test of the likelihood ratio (A. Wald, "Sequential tests of statistical
//! hypotheses", 1945). The chances of all that can go wrong add up to [`ERROR`] at most.

use super::Mark;

/// The most that the probability of a wrong answer may be.
pub const ERROR: f64 = 0.01;

/// How often the first build is run at first.
const FIRST: u32 = 20;
/// The most runs of one build; what cannot be told by them is untestable.
const MOST: u32 = 1280;

/// How often a scenario was run on one build, and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it failed.
    pub failures: u32,
    /// Of how many runs.
    pub runs: u32,
}

/// What to do about the first build next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground {
    /// Run it so many times more.
    Run(u32),
    /// It never failed.
    Passes,
    /// It fails too seldom for anything to be told.
    TooSeldom,
    /// These rates tell builds apart.
    Rates(Rates),
}

/// The rates by which builds are told apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// A bad build fails at least this often: a share of its runs.
    bad: f64,
}

impl Rates {
    /// What the runs of the first build say so far.
    pub fn of(first: Tally) -> Ground {
        if first.runs < FIRST {
            return Ground::Run(FIRST - first.runs);
        }
        if first.failures == 0 {
            return Ground::Passes;
        }
        // It is looked at after 20, 40, 80, … runs, each time with half the chance of error of the time before.
        let looks = (first.runs / FIRST).ilog2() + 1;
        let low = lower_bound(first, ERROR / 2.0 / f64::from(1 << looks));
        if low >= rate(first) / 2.0 {
            Ground::Rates(Self { bad: low })
        } else if first.runs >= MOST {
            Ground::TooSeldom
        } else {
            Ground::Run(first.runs)
        }
    }

    /// What the runs of a build say, the `number`-th that is tried, from 1; nothing while they are too few.
    pub fn mark(self, tally: Tally, number: u32) -> Option<Mark> {
        let (failure, pass) = self.evidence();
        let ratio = f64::from(tally.failures) * failure - f64::from(tally.runs - tally.failures) * pass;
        if ratio >= threshold(number) {
            Some(Mark::Bad)
        } else if -ratio >= threshold(number) {
            Some(Mark::Good)
        } else {
            (tally.runs >= MOST).then_some(Mark::Untestable)
        }
    }

    /// How many runs it takes at least until the `number`-th build that is tried is told, whichever build it is.
    pub fn fewest(self, number: u32) -> u32 {
        let (failure, pass) = self.evidence();
        (threshold(number) / failure.max(pass)).ceil() as u32
    }

    /// How many runs the `number`-th build that is tried takes, if its verdicts are all the same.
    pub fn if_stable(self, number: u32) -> u32 {
        let (failure, pass) = self.evidence();
        (threshold(number) / failure.min(pass)).ceil() as u32
    }

    /// The rates of a scenario that failed every time.
    pub fn stable() -> Self {
        Self { bad: lower_bound(Tally { failures: FIRST, runs: FIRST }, ERROR / 4.0) }
    }

    /// By how much one failure, and one pass, change the logarithm of the likelihood ratio of bad against good.
    fn evidence(self) -> (f64, f64) {
        let good = self.bad / 2.0;
        ((self.bad / good).ln(), ((1.0 - good) / (1.0 - self.bad)).ln())
    }
}

/// How often the first build is run, at least.
pub fn first_runs() -> u32 {
    FIRST
}

/// The logarithm of the likelihood ratio at which the `number`-th build is told. Its chance of error is 1 / (n (n + 1)) of half of
/// [`ERROR`], and these add up to no more than one half, however many builds there are.
fn threshold(number: u32) -> f64 {
    let number = f64::from(number.max(1));
    (2.0 * number * (number + 1.0) / ERROR).ln()
}

fn rate(tally: Tally) -> f64 {
    f64::from(tally.failures) / f64::from(tally.runs)
}

/// The lowest failure rate that this many failures are not too many for: Chernoff's bound (W. Hoeffding, "Probability
/// inequalities for sums of bounded random variables", 1963, theorem 1), which is wrong with the probability `error` at most.
fn lower_bound(tally: Tally, error: f64) -> f64 {
    let (seen, allowed) = (rate(tally), -error.ln() / f64::from(tally.runs));
    let (mut low, mut high) = (0.0, seen);
    // Each step halves the interval; after sixty it is as narrow as a number can tell.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if divergence(seen, middle) > allowed { low = middle } else { high = middle }
    }
    low
}

/// The divergence of a coin of rate `one` from a coin of rate `other`, in nats.
fn divergence(one: f64, other: f64) -> f64 {
    let part = |share: f64, of: f64| if share == 0.0 { 0.0 } else { share * (share / of).ln() };
    part(one, other) + part(1.0 - one, 1.0 - other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(failures: u32, runs: u32) -> Tally {
        Tally { failures, runs }
    }

    #[test]
    fn the_first_build_is_run_until_its_rate_is_known_to_a_factor_of_two() {
        assert_eq!(Rates::of(tally(0, 0)), Ground::Run(20));
        assert_eq!(Rates::of(tally(0, 20)), Ground::Passes);
        assert_eq!(Rates::of(tally(20, 20)), Ground::Rates(Rates::stable()));
        assert_eq!(Rates::of(tally(6, 20)), Ground::Run(20));
        assert_eq!(Rates::of(tally(1, 1280)), Ground::TooSeldom);
        assert!(matches!(Rates::of(tally(48, 160)), Ground::Rates(rates) if rates.bad > 0.15 && rates.bad < 0.3));
    }

    #[test]
    fn a_lower_bound_is_that_of_the_published_inequality() {
        // Of n runs that all fail, the bound is the n-th root of the error.
        assert!((lower_bound(tally(20, 20), 0.01) - 0.01_f64.powf(1.0 / 20.0)).abs() < 1e-12);
        let bound = lower_bound(tally(30, 100), 0.05);
        assert!((100.0 * divergence(0.3, bound) + 0.05_f64.ln()).abs() < 1e-9, "{bound}");
        assert_eq!(lower_bound(tally(0, 10), 0.05), 0.0);
    }

    #[test]
    fn stable_verdicts_take_few_runs_and_later_builds_some_more() {
        let rates = Rates::stable();
        let all = |runs, failures| rates.mark(tally(failures, runs), 1);
        assert_eq!((all(5, 0), all(8, 0)), (None, Some(Mark::Good)));
        assert_eq!((all(8, 8), all(9, 9)), (None, Some(Mark::Bad)));
        assert_eq!((rates.fewest(1), rates.if_stable(1), rates.if_stable(10)), (7, 9, 15));
        assert_eq!(rates.mark(tally(8, 20), 1), None);
        assert_eq!(rates.mark(tally(719, 1280), 1), Some(Mark::Untestable));
    }
}
