//! What is said to be slower is slower: noise, a busy machine and thousands of scenarios make nothing slower.

use std::time::Duration;

use crate::common::build;
use fixgate_core::history::{PastRun, PastVerdict, RunOutcome};
use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::night::{NightSurvey, RECENT, Slower};
use fixgate_core::record::Occasion;
use fixgate_core::residual::Analysis;
use fixgate_core::verdict::Verdict;

fn nights(count: usize) -> Vec<PastRun> {
    let run = |number: usize| PastRun {
        name: format!("night-{number:03}").parse().unwrap(),
        journal: Digest::of(b"journal"),
        occasion: Occasion::Night,
        started: format!("2026-01-01T00:{number:02}:00Z"),
        candidate: build("RU1"),
        baseline: None,
        release: None,
        complete: true,
        planned: 1,
        seconds: 1.0,
        void: None,
    };
    (0..count).rev().map(run).collect()
}

/// Numbers that look like chance and are the same every time, from 0 to 1.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A time around a second, now and then a long one.
    fn time(&mut self) -> f64 {
        let outlier = if self.next() < 0.02 { 5.0 } else { 1.0 };
        (0.8 + 0.4 * self.next()) * outlier
    }
}

/// What is found slower among scenarios whose times, in seconds, are `time` of scenario and night, tonight being night 0.
fn slower(scenarios: usize, count: usize, mut time: impl FnMut(usize, usize) -> f64) -> Slower {
    let nights = nights(count);
    let analysis = Analysis::default();
    let mut survey = NightSurvey::new(&nights[0], nights.iter(), &analysis);
    for scenario in 0..scenarios {
        let id: ScenarioId = format!("suite/s{scenario:05}").parse().unwrap();
        let mut outcome = |night| {
            let time = Duration::from_secs_f64(time(scenario, night));
            RunOutcome { verdict: Verdict::Passed, differs: false, definition: Digest::of(b"1"), seen: None, time }
        };
        let verdicts: Vec<PastVerdict<'_>> =
            nights.iter().zip(0..).map(|(run, night)| PastVerdict { run, outcome: outcome(night) }).collect();
        survey.add(&id, &verdicts);
    }
    survey.finish().slower
}

fn names(slower: &Slower) -> Vec<&str> {
    slower.scenarios.iter().map(|slow| slow.scenario.as_str()).collect()
}

#[test]
fn noise_makes_something_slower_in_one_series_of_a_hundred_at_most() {
    const SERIES: usize = 300;
    let mut chance = Chance(1);
    let (mut scenarios, mut all) = (0, 0);
    for _ in 0..SERIES {
        let found = slower(100, 35, |_, _| chance.time());
        assert_eq!(found.tested, 100);
        scenarios += usize::from(!found.scenarios.is_empty());
        all += usize::from(found.all.is_some());
    }
    // The mean of either is 3 at most; that chance makes it more than 9 has a probability of 0.1 %.
    assert!(scenarios <= 9 && all <= 9, "{scenarios} and {all} of {SERIES}");
}

#[test]
fn one_slow_night_makes_nothing_slower() {
    let mut chance = Chance(2);
    let found = slower(300, 35, |scenario, night| if (scenario, night) == (7, 0) { 60.0 } else { chance.time() });
    assert_eq!(names(&found), Vec::<&str>::new());
}

#[test]
fn what_became_slower_is_found_among_many_and_with_how_much() {
    let mut chance = Chance(3);
    let mut found = 0;
    for _ in 0..20 {
        let slower = slower(300, 35, |scenario, night| {
            let slow = scenario == 7 && night < RECENT;
            chance.time() * if slow { 1.8 } else { 1.0 }
        });
        assert!(slower.scenarios.len() <= 1, "{:?}", names(&slower));
        if let Some(slow) = slower.scenarios.iter().find(|slow| slow.scenario.as_str() == "suite/s00007") {
            let ratio = slow.now.as_secs_f64() / slow.before.as_secs_f64();
            assert!((1.5..2.1).contains(&ratio), "{ratio}");
            found += 1;
        }
    }
    // Two long times among the earlier ones, which come one time of ten, hide it.
    assert!(found >= 15, "{found} of 20");
}

#[test]
fn a_busy_machine_makes_no_scenario_slower_and_what_all_of_them_take_is_told() {
    let mut chance = Chance(4);
    let found = slower(300, 35, |scenario, night| {
        let busy = if night < RECENT { 1.5 } else { 1.0 };
        chance.time() * busy * if scenario == 7 && night < RECENT { 1.8 } else { 1.0 }
    });
    assert_eq!(names(&found), ["suite/s00007"]);
    assert!((1.4..1.6).contains(&found.all.unwrap()), "{:?}", found.all);
}

#[test]
fn too_few_nights_and_too_short_times_tell_nothing() {
    let short = |_: usize, night: usize| if night < RECENT { 0.002 } else { 0.001 };
    assert_eq!(slower(300, 35, short).tested, 0);
    let long = |_: usize, night: usize| if night < RECENT { 2.0 } else { 1.0 };
    let few = slower(1, 20, long);
    assert_eq!((few.nights, few.tested, few.scenarios.len()), (20, 0, 0));
    // A lone scenario has nothing to be compared with but itself.
    assert_eq!(names(&slower(1, 21, long)), ["suite/s00000"]);
}
