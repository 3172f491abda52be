//! History over many runs: rates hold for any verdicts, and to put the long in front loses and repeats nothing.

use std::time::Duration;

use crate::common::{build, case};
use fixgate_core::case::Scenario;
use fixgate_core::history::{FlakeRate, PastRun, PastVerdict, RunOutcome, longest_first};
use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::record::Occasion;
use fixgate_core::verdict::Verdict;
use proptest::prelude::*;

/// Ten scenarios, `suite/numbers@n=0` to `n=9`.
fn ten() -> Vec<Scenario> {
    case(
        "suite/numbers",
        "title = 't'\n[matrix]\nn = ['0','1','2','3','4','5','6','7','8','9']\n[[step]]\nrun = ['${product}', '${n}']",
    )
}

fn order(scenarios: &[Scenario], long: &[ScenarioId]) -> String {
    let mut ordered: Vec<&Scenario> = scenarios.iter().collect();
    longest_first(&mut ordered, long);
    ordered.iter().map(|scenario| scenario.id.as_str().trim_start_matches("suite/numbers@n=")).collect()
}

fn number(n: usize) -> ScenarioId {
    format!("suite/numbers@n={n}").parse().unwrap()
}

#[test]
fn the_long_come_first_and_all_others_keep_their_order() {
    let scenarios = ten();
    assert_eq!(order(&scenarios, &[number(7), "suite/gone".parse().unwrap(), number(2)]), "7201345689");
    assert_eq!(order(&scenarios, &[]), "0123456789");
}

/// Runs of two builds, by turns.
fn runs(count: usize) -> Vec<PastRun> {
    let run = |number: usize| PastRun {
        name: format!("run-{number}").parse().unwrap(),
        journal: Digest::of(b"journal"),
        occasion: Occasion::Request,
        started: "2026-01-01T00:00:00Z".into(),
        candidate: build(["RU1", "RU2"][number % 2]),
        baseline: None,
        release: None,
        complete: true,
        planned: 1,
        seconds: 1.0,
        void: None,
    };
    (0..count).map(run).collect()
}

fn outcome(verdict: usize) -> RunOutcome {
    RunOutcome {
        verdict: Verdict::ALL[verdict],
        differs: false,
        definition: Digest::of(b"1"),
        seen: None,
        time: Duration::from_millis(1),
    }
}

proptest! {
    #[test]
    fn to_put_the_long_in_front_loses_and_repeats_nothing(long in prop::collection::vec(0usize..12, 0..12)) {
        let long: Vec<ScenarioId> = long.into_iter().map(number).collect();
        let ordered = order(&ten(), &long);
        let mut sorted: Vec<char> = ordered.chars().collect();
        sorted.sort_unstable();
        prop_assert_eq!(sorted.into_iter().collect::<String>(), "0123456789");
        let rest: Vec<char> = ordered.chars().filter(|digit| !long.iter().any(|id| id.as_str().ends_with(*digit))).collect();
        prop_assert!(rest.is_sorted());
    }

    #[test]
    fn a_flake_rate_does_not_depend_on_the_order_of_runs(verdicts in prop::collection::vec(0usize..7, 0..20)) {
        let runs = runs(20);
        let mut past: Vec<PastVerdict<'_>> =
            verdicts.iter().zip(&runs).map(|(verdict, run)| PastVerdict { run, outcome: outcome(*verdict) }).collect();
        let rate = FlakeRate::of(&past);
        prop_assert!(rate.of <= past.iter().filter(|past| past.counts()).count() as u64);
        past.reverse();
        prop_assert_eq!(FlakeRate::of(&past), rate);
    }

    #[test]
    fn an_interval_holds_its_rate_and_shrinks_with_evidence((flakes, of) in (1u64..1000).prop_flat_map(|of| (0..=of, Just(of)))) {
        let (rate, more) = (FlakeRate { flakes, of }, FlakeRate { flakes: 4 * flakes, of: 4 * of });
        let ((low, high), (nearer_low, nearer_high)) = (rate.interval(), more.interval());
        prop_assert!(0.0 <= low && low <= rate.rate() + 1e-12 && rate.rate() <= high + 1e-12 && high <= 1.0, "{low} {high}");
        prop_assert!(nearer_high - nearer_low < high - low);
    }
}
