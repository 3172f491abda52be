//! Whether scenarios take longer than before: a rank test over several nights, never one night's time.
//!
//! The times of the last week are compared with those of the four weeks before by the exact test of Mann and Whitney ("On a test of
//! whether one of two random variables is stochastically larger than the other", 1947), which asks nothing of how times are
//! distributed. Each night's times are first divided by what that night took of all scenarios, so that a busy machine makes nothing
//! slower; whether all of them became slower together is a test of its own. With thousands of scenarios some look slower by
//! chance: the procedure of Benjamini and Hochberg ("Controlling the false discovery rate", 1995) keeps the share of those among
//! what is reported at 1 %, and when nothing is slower, the chance to report anything.

use std::collections::HashMap;
use std::time::Duration;

use crate::history::PastVerdict;
use crate::id::{RunName, ScenarioId};

/// How many nights, up to tonight, are asked about: a week, since fewer could not stand out among hundreds of scenarios.
pub const RECENT: usize = 7;
/// How many nights before them they are compared with, at most.
pub const EARLIER: usize = 28;
/// How many nights there must be in all.
pub const FEWEST: usize = RECENT + 14;
/// What takes less than this in the middle is left out: it is mostly the start of a process. The median of all its times says
/// nothing of their order, so that leaving it out favours no outcome (Bourgon, Gentleman and Huber, 2010).
pub const LONG: Duration = Duration::from_millis(20);

/// The share of false reports.
const FALSE: f64 = 0.01;
/// What is slower by less is not reported, however sure.
const WORTH: f64 = 1.1;
/// How many scenarios tell how busy the machine was, at most and at least.
const WITNESSES: (usize, usize) = (10_000, 20);

/// A scenario that takes longer.
#[derive(Debug, Clone, PartialEq)]
pub struct Slowness {
    /// The scenario.
    pub scenario: ScenarioId,
    /// The median of its times before.
    pub before: Duration,
    /// The median of its times in the recent nights.
    pub now: Duration,
    /// The chance that times like these come in this order when nothing has changed.
    pub probability: f64,
}

/// What is slower.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Slower {
    /// How many nights there are with times, tonight included.
    pub nights: usize,
    /// How many scenarios were tested.
    pub tested: usize,
    /// Those that are slower, surest first.
    pub scenarios: Vec<Slowness>,
    /// How many times as long all of them take, if they became slower together.
    pub all: Option<f64>,
}

/// The times of one scenario, newest night first: the night's number, and microseconds.
type Row = Vec<(usize, f64)>;

/// Times over nights.
#[derive(Debug)]
pub(super) struct Times {
    /// The nights by number, tonight first.
    pub(super) order: HashMap<RunName, usize>,
    long: Vec<(ScenarioId, Row)>,
    witnesses: Vec<Row>,
}

impl Times {
    pub(super) fn new(order: HashMap<RunName, usize>) -> Self {
        Self { order, long: Vec::new(), witnesses: Vec::new() }
    }

    /// Adds a scenario's nights, newest first. Only times by the definition of tonight can be compared.
    pub(super) fn add(&mut self, scenario: &ScenarioId, nights: &[PastVerdict<'_>]) {
        let Some(tonight) = nights.first() else { return };
        let same = nights.iter().filter(|past| past.counts() && past.outcome.definition == tonight.outcome.definition);
        let time = |past: &PastVerdict<'_>| Some((*self.order.get(&past.run.name)?, past.outcome.time.as_secs_f64() * 1e6));
        let row: Row = same.filter_map(time).filter(|(night, time)| *night < RECENT + EARLIER && *time > 0.0).collect();
        let Some(middle) = median(row.iter().map(|(_, time)| *time).collect()) else { return };
        if self.witnesses.len() < WITNESSES.0 {
            self.witnesses.push(row.clone());
        }
        if middle >= LONG.as_secs_f64() * 1e6 {
            self.long.push((scenario.clone(), row));
        }
    }

    pub(super) fn finish(self) -> Slower {
        let nights = self.order.len().min(RECENT + EARLIER);
        if nights < FEWEST {
            return Slower { nights, ..Slower::default() };
        }
        let busy = self.busy(nights);
        let all = split(&busy.iter().copied().enumerate().collect::<Row>())
            .filter(|(recent, earlier)| probability(recent, earlier) <= FALSE);
        let all = all.and_then(|(recent, earlier)| Some(median(recent)? / median(earlier)?)).filter(|ratio| *ratio >= WORTH);
        let test = |(scenario, row): &(ScenarioId, Row)| {
            let calm: Row = row.iter().map(|(night, time)| (*night, time / busy[*night])).collect();
            let (recent, earlier) = split(&calm)?;
            let probability = probability(&recent, &earlier);
            let (before, now) = (median(earlier)?, median(recent)?);
            let time = |microseconds: f64| Duration::from_micros(microseconds as u64);
            Some(Slowness { scenario: scenario.clone(), before: time(before), now: time(now), probability })
        };
        let mut tests: Vec<Slowness> = self.long.iter().filter_map(test).collect();
        let tested = tests.len();
        tests.sort_by(|one, other| one.probability.total_cmp(&other.probability).then(one.scenario.cmp(&other.scenario)));
        let holds = |(rank, test): &(usize, &Slowness)| test.probability <= FALSE * (rank + 1) as f64 / tested as f64;
        let reported = tests.iter().enumerate().filter(holds).map(|(rank, _)| rank + 1).next_back().unwrap_or_default();
        tests.truncate(reported);
        tests.retain(|test| test.now.as_secs_f64() >= test.before.as_secs_f64() * WORTH);
        Slower { nights, tested, scenarios: tests, all }
    }

    /// How busy the machine was in each night: the median over scenarios of their time by their own usual time.
    fn busy(&self, nights: usize) -> Vec<f64> {
        let mut shares: Vec<Vec<f64>> = vec![Vec::new(); nights];
        for row in &self.witnesses {
            let Some(usual) = median(row.iter().map(|(_, time)| *time).collect()) else { continue };
            row.iter().for_each(|(night, time)| shares[*night].push(time / usual));
        }
        let share = |shares: Vec<f64>| if shares.len() < WITNESSES.1 { Some(1.0) } else { median(shares) };
        shares.into_iter().map(|shares| share(shares).unwrap_or(1.0)).collect()
    }
}

/// The times of recent and of earlier nights, if they are enough.
fn split(row: &Row) -> Option<(Vec<f64>, Vec<f64>)> {
    let part =
        |wanted: bool| row.iter().filter(|(night, _)| (*night < RECENT) == wanted).map(|(_, time)| *time).collect::<Vec<_>>();
    let (recent, earlier) = (part(true), part(false));
    (recent.len() == RECENT && earlier.len() >= FEWEST - RECENT).then_some((recent, earlier))
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let upper = *numbers.get(numbers.len() / 2)?;
    Some(if numbers.len().is_multiple_of(2) { f64::midpoint(numbers[numbers.len() / 2 - 1], upper) } else { upper })
}

/// The chance that so many pairs have the recent time above the earlier one, when all orders are equally likely. Equal times count
/// as not above, which errs towards saying nothing.
fn probability(recent: &[f64], earlier: &[f64]) -> f64 {
    let above = recent.iter().map(|time| earlier.iter().filter(|before| time > before).count()).sum::<usize>();
    let orders = orders(recent.len(), earlier.len());
    orders[above..].iter().sum::<f64>() / orders.iter().sum::<f64>()
}

/// In how many orders of so many times each number of pairs is above: the coefficients of the Gaussian binomial, whose factors
/// (1 − qⁿ⁺ⁱ) / (1 − qⁱ) are multiplied one by one.
fn orders(recent: usize, earlier: usize) -> Vec<f64> {
    let mut counts = vec![0.0; recent * earlier + 1];
    counts[0] = 1.0;
    for factor in 1..=recent {
        for index in (earlier + factor..counts.len()).rev() {
            counts[index] -= counts[index - earlier - factor];
        }
        for index in factor..counts.len() {
            counts[index] += counts[index - factor];
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_counted_as_in_the_published_tables() {
        assert_eq!(orders(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
        assert_eq!(orders(3, 2), [1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0]);
        assert_eq!(orders(7, 28).iter().sum::<f64>(), 6_724_520.0);
        // Mann and Whitney's table for 4 and 4: 0.014 for U = 0, 0.029 for 1, 0.057 for 2, 0.100 for 3.
        let table = |above: usize| {
            let orders = orders(4, 4);
            orders[16 - above..].iter().sum::<f64>() / orders.iter().sum::<f64>()
        };
        for (above, published) in [(0, 0.014), (1, 0.029), (2, 0.057), (3, 0.100)] {
            assert!((table(above) - published).abs() < 5e-4, "{above}: {}", table(above));
        }
    }

    #[test]
    fn equal_times_are_not_slower() {
        assert_eq!(probability(&[1.0; 5], &[1.0; 10]), 1.0);
        assert!((probability(&[2.0; 5], &[1.0; 10]) - 1.0 / 3003.0).abs() < 1e-12);
    }
}
