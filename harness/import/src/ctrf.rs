//! The Common Test Report Format: one JSON object.

use std::sync::Arc;

use fixgate_core::imported::Producer;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::words::counted;
use serde::Deserialize;

use crate::lines::{Errors, problem};
use crate::seen::{Found, Name, Outcome, Sighting};

#[derive(Deserialize)]
struct Document {
    results: Content,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    summary: Summary,
    tests: Vec<Told>,
}

#[derive(Default, Deserialize)]
struct Summary {
    #[serde(default)]
    tests: u64,
    #[serde(default)]
    failed: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    name: String,
    status: String,
    #[serde(default)]
    raw_status: Option<String>,
    #[serde(default)]
    duration: f64,
    #[serde(default)]
    suite: Option<Suite>,
    #[serde(default)]
    file_path: Option<String>,
    #[serde(default)]
    flaky: bool,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    trace: Option<String>,
}

/// Its first version has one text, its next one a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Suite {
    One(String),
    Several(Vec<String>),
}

/// Reads a report.
///
/// # Errors
/// Where it is no CTRF, or counts tests and holds none.
pub(crate) fn read(source: &Arc<Source>) -> Result<Found, Problem> {
    let document: Document = serde_json::from_str(&source.text).map_err(|reason| {
        let at = offset(&source.text, reason.line(), reason.column());
        let words = if reason.is_eof() {
            "the file ends too early: it was cut off".to_owned()
        } else {
            format!("this is no CTRF: {reason}")
        };
        problem(source, at, words).help("it is one object with `results`, which holds `tests`")
    })?;
    let Content { summary, tests } = document.results;
    if tests.is_empty() && summary.tests > 0 {
        let at = source.text.find("\"summary\"").unwrap_or_default();
        return Err(problem(source, at, format!("the summary counts {}, and there is none", counted(summary.tests, "test"))));
    }
    let sightings: Vec<Sighting> = tests.into_iter().map(sighting).collect();
    let mut errors = Errors::default();
    if summary.failed > 0 && sightings.iter().all(|seen| !seen.outcome.is_bad() && seen.outcome != Outcome::Flaky) {
        let at = source.text.find("\"summary\"").unwrap_or_default();
        errors.push(at, format!("the summary counts {} that no test shows", counted(summary.failed, "failure")));
    }
    Ok(Found { path: source.path.clone(), producer: Producer::Ctrf, sightings, suite_errors: errors.by_line(source) })
}

fn sighting(told: Told) -> Sighting {
    let outcome = match (told.status.as_str(), told.raw_status.as_deref()) {
        ("passed", _) if told.flaky => Outcome::Flaky,
        ("passed", _) => Outcome::Passed,
        ("failed", _) => Outcome::Failed,
        ("skipped" | "pending", _) | ("other", Some("todo" | "skipped" | "pending" | "disabled")) => Outcome::Skipped,
        _ => Outcome::Error,
    };
    let suite = match told.suite {
        Some(Suite::One(suite)) => suite,
        Some(Suite::Several(suites)) => suites.join(" > "),
        None => String::new(),
    };
    let name = Name { suite, class: told.file_path.unwrap_or_default(), name: told.name };
    let seen = Sighting::new(name, outcome, told.duration / 1_000.0);
    match (outcome, told.message) {
        (Outcome::Passed, _) => seen,
        (_, Some(message)) => seen.because(&message, &told.trace.unwrap_or_default()),
        (Outcome::Error, None) => seen.because(&format!("the status is {:?}", told.status), ""),
        (_, None) => seen.because("", &told.trace.unwrap_or_default()),
    }
}

/// Where a line and a column, both from 1 and in bytes, are in a text.
pub(crate) fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    text.floor_char_boundary((start + column.saturating_sub(1)).min(text.len()))
}
