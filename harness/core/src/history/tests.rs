use super::*;
use crate::id::Digest;

/// A run of a candidate against a baseline; the later its number, the later it ran.
fn run(number: usize, candidate: &str, baseline: Option<&str>) -> PastRun {
    let build = |name: &str| BuildIdentity { name: name.to_owned(), digest: Digest::of(name.as_bytes()) };
    PastRun {
        name: format!("run-{number}").parse().unwrap(),
        journal: Digest::of(b"journal"),
        occasion: crate::record::Occasion::Request,
        started: format!("2026-01-{number:02}T00:00:00Z"),
        candidate: build(candidate),
        baseline: baseline.map(build),
        release: None,
        complete: true,
        planned: 1,
        seconds: 1.0,
        void: None,
    }
}

fn outcome(verdict: Verdict) -> RunOutcome {
    RunOutcome {
        verdict,
        differs: false,
        definition: Digest::of(b"7"),
        seen: verdict.is_failure().then(|| Digest::of(&[verdict as u8])),
        time: Duration::from_millis(10),
    }
}

/// The history of one scenario, given with the newest run first.
fn history<'h>(past: &'h [(PastRun, RunOutcome)]) -> ScenarioHistory<'h> {
    let verdicts = past.iter().map(|(run, outcome)| PastVerdict { run, outcome: *outcome }).collect();
    ScenarioHistory { scenario: "suite/words".parse().unwrap(), verdicts }
}

/// Verdicts of one build, judged by one definition.
fn of_one_build(verdicts: &[Verdict]) -> Vec<(PastRun, RunOutcome)> {
    let past = verdicts.iter().zip(1..).map(|(verdict, number)| (run(40 - number, "RU1", None), outcome(*verdict)));
    past.collect()
}

fn flakes(past: &[(PastRun, RunOutcome)]) -> (u64, u64) {
    let rate = history(past).flakes();
    (rate.flakes, rate.of)
}

#[test]
fn a_flake_is_what_differs_from_the_usual_verdict_of_the_same_build() {
    use Verdict::{Failed, Flaky, Passed, TimedOut};
    for (verdicts, expected) in [
        (&[Passed, Passed, Passed][..], (0, 3)),
        (&[Failed, Failed], (0, 2)),
        (&[Passed, Failed, Passed, TimedOut, Passed], (2, 5)),
        (&[Failed, Passed, Failed], (1, 3)),
        (&[Passed, Failed], (1, 2)),
        (&[Passed, Flaky, Flaky], (2, 3)),
        (&[Flaky], (1, 1)),
        (&[Passed], (0, 0)),
        (&[], (0, 0)),
    ] {
        assert_eq!(flakes(&of_one_build(verdicts)), expected, "{verdicts:?}");
    }
}

#[test]
fn another_candidate_baseline_or_definition_may_give_another_verdict() {
    let passed = outcome(Verdict::Passed);
    let failed = outcome(Verdict::Failed);
    let first = (run(1, "RU1", Some("RTM")), passed);
    assert_eq!(flakes(&[(run(2, "RU1", Some("RTM")), failed), first.clone()]), (1, 2));
    assert_eq!(flakes(&[(run(2, "RU2", Some("RTM")), failed), first.clone()]), (0, 0));
    assert_eq!(flakes(&[(run(2, "RU1", Some("RU0")), failed), first.clone()]), (0, 0));
    assert_eq!(flakes(&[(run(2, "RU1", None), failed), first.clone()]), (0, 0));
    assert_eq!(flakes(&[(run(2, "RU1", Some("RTM")), RunOutcome { definition: Digest::of(b"8"), ..failed }), first]), (0, 0));
}

#[test]
fn a_difference_that_was_explained_later_is_no_flake() {
    let differs = |verdict| RunOutcome { differs: true, ..outcome(verdict) };
    let at = |number| run(number, "RU1", Some("RTM"));
    assert_eq!(flakes(&[(at(2), differs(Verdict::Passed)), (at(1), differs(Verdict::Failed))]), (0, 2));
    assert_eq!(flakes(&[(at(2), outcome(Verdict::Passed)), (at(1), differs(Verdict::Passed))]), (1, 2));
}

#[test]
fn void_runs_and_what_was_not_judged_count_for_nothing() {
    let mut past = of_one_build(&[Verdict::Skipped, Verdict::Error, Verdict::Failed, Verdict::Passed, Verdict::Passed]);
    past[2].0.void = Some("the candidate changed during the run".into());
    (past[0].1.time, past[2].1.time) = (Duration::from_secs(60), Duration::from_secs(60));
    assert_eq!(flakes(&past), (0, 2));
    assert_eq!(history(&past).median_time(), Some(Duration::from_millis(10)));
    assert!(history(&past).failing().is_none());
}

#[test]
fn the_interval_is_wilsons() {
    // The values of the published example by Newcombe, 1998: 81 of 263, and the ends.
    for (flakes, of, low, high) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let interval = FlakeRate { flakes, of }.interval();
        assert!((interval.0 - low).abs() < 5e-5 && (interval.1 - high).abs() < 5e-5, "{flakes} of {of}: {interval:?}");
    }
    assert_eq!(FlakeRate::default().interval(), (0.0, 1.0));
}

#[test]
fn many_verdicts_outrank_few() {
    let mut rates = [(1, 2), (50, 200), (0, 5), (2, 2), (100, 200)].map(|(flakes, of)| FlakeRate { flakes, of });
    rates.sort_by(FlakeRate::surest_first);
    assert_eq!(rates.map(|rate| (rate.flakes, rate.of)), [(100, 200), (2, 2), (50, 200), (1, 2), (0, 5)]);
}

#[test]
fn the_median_is_the_middle_one_or_the_mean_of_two() {
    let mut past = of_one_build(&[Verdict::Passed; 4]);
    for (index, milliseconds) in [40, 10, 1000, 20].into_iter().enumerate() {
        past[index].1.time = Duration::from_millis(milliseconds);
    }
    assert_eq!(history(&past).median_time(), Some(Duration::from_millis(30)));
    assert_eq!(history(&past[..3]).median_time(), Some(Duration::from_millis(40)));
    assert_eq!(history(&[]).median_time(), None);
}

#[test]
fn a_failure_lasts_since_the_first_run_after_another_verdict() {
    use Verdict::{Crashed, Failed, Flaky, Passed, Skipped};
    let told = |verdicts: &[Verdict]| {
        let past = of_one_build(verdicts);
        history(&past).failing().map(|failing| {
            (failing.since.name.to_string(), failing.runs, failing.before.map(|(run, verdict)| (run.name.to_string(), verdict)))
        })
    };
    assert_eq!(told(&[Failed, Skipped, Failed, Passed, Failed]), Some(("run-37".into(), 2, Some(("run-36".into(), Passed)))));
    assert_eq!(told(&[Failed, Skipped, Crashed, Passed]), Some(("run-39".into(), 1, Some(("run-37".into(), Crashed)))));
    assert_eq!(told(&[Failed, Flaky]), Some(("run-39".into(), 1, Some(("run-38".into(), Flaky)))));
    assert_eq!(told(&[Failed, Failed]), Some(("run-38".into(), 2, None)));
    assert_eq!(told(&[Passed, Failed]), None);
    assert_eq!(told(&[Skipped]), None);
}
