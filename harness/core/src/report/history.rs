//! History, in text for a terminal and as one JSON object.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::history::{Failing, FlakeRate, PastRun, PastVerdict, ScenarioHistory, Survey};
use crate::id::Digest;
use crate::id::ScenarioId;
use crate::words::counted;

/// All scenarios over the runs, for a terminal; at most `limit` lines of each list.
pub fn survey_text(survey: &Survey<'_>, limit: usize) -> String {
    if survey.runs.is_empty() {
        return "no run is finished under reports/runs/; what runs find is kept there: fixgate run --candidate B\n".to_owned();
    }
    let mut text = format!("{}{}\n", counted(survey.runs.len(), "run"), newest(limit, survey.runs.len()));
    let run = |(run, verdicts): &(&PastRun, _)| {
        let scope = if run.complete { "everything" } else { "filtered" };
        let void = run.void.as_ref().map(|reason| format!(" · VOID: {}", clipped(reason))).unwrap_or_default();
        let seconds = format!("{:.1} s", run.seconds);
        [run.name.to_string(), date(run), candidate(run), scope.to_owned(), seconds, format!("{verdicts}{void}")]
    };
    text.push_str(&table(survey.runs.iter().take(limit).map(run)));

    text.push_str(&format!("\nflaky: {} of {}", survey.flaky, counted(survey.scenarios as usize, "scenario")));
    if survey.flaky > 0 {
        text.push_str(&format!(", {}surest first", first(limit, survey.flaky as usize)));
    }
    text.push('\n');
    let flaky = |(scenario, flakes): &(ScenarioId, FlakeRate)| [scenario.to_string(), rate(*flakes)];
    text.push_str(&table(survey.flakiest.iter().map(flaky)));

    text.push_str("\nslowest, by the median over their runs\n");
    let slow = |(scenario, time): &(ScenarioId, Duration)| [scenario.to_string(), seconds(*time)];
    text.push_str(&table(survey.slowest.iter().map(slow)));
    text
}

/// All scenarios over the runs, as JSON; at most `limit` of each list.
pub fn survey_json(survey: &Survey<'_>, limit: usize) -> String {
    let runs = survey.runs.iter().take(limit).map(|(run, verdicts)| {
        json!({
            "run": run.name, "started": run.started, "candidate": run.candidate, "baseline": run.baseline,
            "release": run.release, "complete": run.complete, "planned": run.planned, "verdicts": verdicts,
            "seconds": run.seconds, "void": run.void,
        })
    });
    let flakiest = survey.flakiest.iter().map(|(scenario, flakes)| json!({ "id": scenario, "flakes": flakes_json(*flakes) }));
    let slowest = survey.slowest.iter().map(|(scenario, time)| json!({ "id": scenario, "median-seconds": time.as_secs_f64() }));
    line(&json!({
        "runs": runs.collect::<Vec<_>>(), "run-count": survey.runs.len(),
        "flakiest": flakiest.collect::<Vec<_>>(), "flaky-count": survey.flaky,
        "slowest": slowest.collect::<Vec<_>>(), "scenario-count": survey.scenarios,
    }))
}

/// Scenarios over the runs, for a terminal; `matching` is how many were asked about, and at most `limit` verdicts of each shown.
pub fn scenarios_text(scenarios: &[ScenarioHistory<'_>], matching: usize, limit: usize) -> String {
    let mut text = String::new();
    for scenario in scenarios {
        let verdicts = &scenario.verdicts;
        let runs = counted(verdicts.len(), "run");
        text.push_str(&format!("{}: {runs}{}\n", scenario.scenario, newest(limit, verdicts.len())));
        let today = verdicts.first().map(|past| past.outcome.definition);
        text.push_str(&table(verdicts.iter().take(limit).map(|past| verdict_row(past, today))));
        if let Some(failing) = scenario.failing() {
            text.push_str(&format!("  {}\n", since(&failing)));
        }
        text.push_str(&format!("  flakes: {}\n", rate(scenario.flakes())));
        if let Some(time) = scenario.median_time() {
            text.push_str(&format!("  median: {}\n", seconds(time)));
        }
        text.push('\n');
    }
    if matching > scenarios.len() {
        text.push_str(&format!("… and {}; --limit shows more\n", counted(matching - scenarios.len(), "more scenario")));
    } else {
        text.pop();
    }
    text
}

/// One scenario over the runs in few lines: its newest verdicts, since when it fails, and its flakes. Nothing of what never ran before.
pub fn strip(scenario: &ScenarioHistory<'_>) -> Vec<String> {
    const NEWEST: usize = 10;
    let verdicts = &scenario.verdicts;
    if verdicts.len() < 2 {
        return Vec::new();
    }
    let newest: Vec<&str> = verdicts.iter().take(NEWEST).map(|past| past.outcome.verdict.as_str()).collect();
    let runs = counted(verdicts.len(), "run");
    let mut lines = vec![format!("{runs}, newest first: {}", newest.join(", "))];
    lines.extend(scenario.failing().map(|failing| since(&failing)));
    let flakes = scenario.flakes();
    lines.extend((flakes.flakes > 0).then(|| format!("flakes: {}", rate(flakes))));
    lines
}

/// Scenarios over the runs, as JSON; at most `limit` verdicts of each.
pub fn scenarios_json(scenarios: &[ScenarioHistory<'_>], matching: usize, limit: usize) -> String {
    let shown = scenarios.iter().map(|scenario| {
        let verdicts: Vec<Value> = scenario.verdicts.iter().take(limit).map(verdict_json).collect();
        let failing = scenario.failing().map(|failing| {
            let before = failing.before.map(|(run, verdict)| json!({ "run": run.name, "verdict": verdict }));
            json!({ "since": failing.since.name, "started": failing.since.started, "runs": failing.runs, "before": before })
        });
        json!({
            "id": scenario.scenario, "verdicts": verdicts, "verdict-count": scenario.verdicts.len(), "failing": failing,
            "flakes": flakes_json(scenario.flakes()),
            "median-seconds": scenario.median_time().map(|time| time.as_secs_f64()),
        })
    });
    line(&json!({ "scenarios": shown.collect::<Vec<_>>(), "scenario-count": matching }))
}

fn verdict_row(past: &PastVerdict<'_>, today: Option<Digest>) -> [String; 5] {
    let (run, outcome) = (past.run, past.outcome);
    let notes = [
        (run.void.is_some(), "the run is void"),
        (outcome.differs && !outcome.verdict.is_failure(), "an explained difference"),
        (today != Some(outcome.definition), "by an earlier definition"),
    ];
    let notes: Vec<&str> = notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note).collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    [run.name.to_string(), date(run), candidate(run), seconds(outcome.time), format!("{}{notes}", outcome.verdict)]
}

fn verdict_json(past: &PastVerdict<'_>) -> Value {
    let (run, outcome) = (past.run, past.outcome);
    json!({
        "run": run.name, "started": run.started, "candidate": run.candidate, "baseline": run.baseline,
        "void": run.void.is_some(), "verdict": outcome.verdict, "differs": outcome.differs,
        "definition": outcome.definition, "seconds": outcome.time.as_secs_f64(),
    })
}

fn flakes_json(flakes: FlakeRate) -> Value {
    let (low, high) = flakes.interval();
    let known = flakes.of > 0;
    json!({
        "count": flakes.flakes, "of": flakes.of,
        "rate": known.then(|| flakes.rate()), "low": known.then_some(low), "high": known.then_some(high),
    })
}

/// `failing since RUN (RU9 …, 2026-11-23), 3 runs; before, it was passed in RUN (…)`
fn since(failing: &Failing<'_>) -> String {
    let of = |run: &PastRun| format!("{} ({}, {})", run.name, candidate(run), date(run));
    let runs = counted(failing.runs, "run");
    match failing.before {
        Some((run, verdict)) if verdict.is_failure() => {
            format!("failing like this since {}, {runs}; {verdict} differently before, in {}", of(failing.since), of(run))
        }
        Some((run, verdict)) => format!("failing since {}, {runs}; {verdict} before, in {}", of(failing.since), of(run)),
        None => format!("failing since {}, {runs}; it has never done anything else", of(failing.since)),
    }
}

/// `2 of 8, 25.0% (95% confidence: 7.1% to 59.1%)`
pub(super) fn rate(flakes: FlakeRate) -> String {
    if flakes.of == 0 {
        return "unknown, no build was judged twice by the same definition".to_owned();
    }
    let (low, high) = flakes.interval();
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let (rate, low, high) = (percent(flakes.rate()), percent(low), percent(high));
    format!("{} of {}, {rate} (95% confidence: {low} to {high})", flakes.flakes, flakes.of)
}

fn candidate(run: &PastRun) -> String {
    format!("{} {}", run.candidate.name, run.candidate.digest.short())
}

fn date(run: &PastRun) -> String {
    run.started.split('T').next().unwrap_or_default().to_owned()
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}

/// What to say of a list that may be shown in part.
fn newest(limit: usize, all: usize) -> String {
    if limit < all { format!(", the newest {limit}") } else { String::new() }
}

/// `the 10 ` where there are more.
fn first(limit: usize, all: usize) -> String {
    if limit < all { format!("the {limit} ") } else { String::new() }
}

fn clipped(text: &str) -> String {
    const WIDTH: usize = 120;
    if text.len() <= WIDTH { text.to_owned() } else { format!("{}…", &text[..text.floor_char_boundary(WIDTH)]) }
}

/// Lines with their columns aligned; nothing follows the last one.
fn table<const COLUMNS: usize>(rows: impl Iterator<Item = [String; COLUMNS]>) -> String {
    let rows: Vec<_> = rows.collect();
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
    text
}

fn line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).map(|text| text + "\n").unwrap_or_default()
}
