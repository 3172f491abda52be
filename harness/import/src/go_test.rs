//! `go test -json`: one event a line. A package that does not compile is told in plain text between them.

use std::collections::BTreeMap;
use std::sync::Arc;

use fixgate_core::imported::Producer;
use fixgate_core::problem::{Problem, Source};
use serde::Deserialize;

use crate::lines::{Errors, problem};
use crate::seen::{Found, Name, Outcome, Sighting, line};

/// The most bytes that are kept of what a running test prints.
const PRINTED: usize = 8 << 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    #[serde(default)]
    package: String,
    #[serde(default)]
    test: String,
    #[serde(default)]
    elapsed: f64,
    #[serde(default)]
    output: String,
    #[serde(default)]
    import_path: String,
}

/// A package, from one of its ends to the next.
#[derive(Default)]
struct Package {
    round: u32,
    /// The tests that have begun, with what they printed.
    begun: BTreeMap<String, String>,
    /// Whether one of them failed.
    fails: bool,
    is_open: bool,
}

struct Reading {
    packages: BTreeMap<String, Package>,
    sightings: Vec<Sighting>,
    errors: Errors,
}

/// Reads a stream of events.
///
/// # Errors
/// Where a line was cut off, or has no event that is known.
pub(crate) fn read(source: &Arc<Source>) -> Result<Found, Problem> {
    let mut reading = Reading { packages: BTreeMap::new(), sightings: Vec::new(), errors: Errors::default() };
    let mut at = 0;
    for text in source.text.split_inclusive('\n') {
        let begun = at;
        at += text.len();
        if !text.starts_with('{') {
            reading.plain(text, begun);
            continue;
        }
        match serde_json::from_str::<Event>(text) {
            Ok(event) => reading.event(event, begun),
            Err(reason) => {
                let words =
                    if reason.is_eof() { "this line was cut off".to_owned() } else { format!("this line is no event: {reason}") };
                return Err(problem(source, begun + reason.column().saturating_sub(1), words)
                    .help("the stream is damaged: run the tests again"));
            }
        }
    }
    reading.end(source.text.len());
    let Reading { sightings, errors, .. } = reading;
    Ok(Found { path: source.path.clone(), producer: Producer::GoTest, sightings, suite_errors: errors.by_line(source) })
}

impl Reading {
    /// A line that is no event. What a build says is the only text that belongs there, and the command on its way to it.
    fn plain(&mut self, text: &str, at: usize) {
        let text = text.trim();
        let is_harmless = text.is_empty() || text.starts_with("go: downloading") || text.starts_with("?   ");
        if !is_harmless {
            self.errors.push(at, format!("this line is no event of a test: {}", line(text)));
        }
    }

    fn event(&mut self, event: Event, at: usize) {
        let Event { action, package: name, test, elapsed, output, import_path } = event;
        if action == "build-fail" {
            self.errors.push(at, format!("{} does not compile", line(&import_path)));
            return;
        }
        if name.is_empty() {
            return;
        }
        let package = self.packages.entry(name.clone()).or_default();
        package.is_open = true;
        let outcome = match action.as_str() {
            "run" => return drop(package.begun.insert(test, String::new())),
            "output" => {
                if let Some(printed) = package.begun.get_mut(&test).filter(|printed| printed.len() < PRINTED) {
                    printed.push_str(&output);
                }
                return;
            }
            "pass" => Outcome::Passed,
            "fail" => Outcome::Failed,
            "skip" => Outcome::Skipped,
            // They say that tests wait, go on, or take long.
            _ => return,
        };
        if test.is_empty() {
            self.close(&name, outcome, at);
            return;
        }
        let printed = package.begun.remove(&test).unwrap_or_default();
        package.fails |= outcome.is_bad();
        let round = package.round;
        self.see(&name, test, outcome, (elapsed, round), &printed);
    }

    fn see(&mut self, package: &str, test: String, outcome: Outcome, (elapsed, round): (f64, u32), printed: &str) {
        let name = Name { suite: String::new(), class: package.to_owned(), name: test };
        let seen = Sighting { round, ..Sighting::new(name, outcome, elapsed) };
        self.sightings.push(match outcome {
            Outcome::Passed => seen,
            Outcome::Skipped | Outcome::Flaky | Outcome::Error | Outcome::Failed => seen.because(said(printed), printed),
        });
    }

    /// The end of a package: what had begun and did not end was running when it died.
    fn close(&mut self, name: &str, outcome: Outcome, at: usize) {
        let Some(package) = self.packages.get_mut(name) else { return };
        let Package { round, begun, fails, .. } = std::mem::take(package);
        package.round = round + 1;
        let has_open = !begun.is_empty();
        for (test, printed) in begun {
            // A package passes only if each of its tests does.
            let outcome = if outcome == Outcome::Passed { Outcome::Passed } else { Outcome::Error };
            let words = format!("the package ended while it ran\n{printed}");
            self.see(name, test, outcome, (0.0, round), &words);
        }
        if outcome.is_bad() && !fails && !has_open {
            self.errors.push(at, format!("the package {} failed, and none of its tests did", line(name)));
        }
    }

    fn end(&mut self, at: usize) {
        let open: Vec<String> =
            self.packages.iter().filter(|(_, package)| package.is_open).map(|(name, _)| name.clone()).collect();
        for name in open {
            self.errors.push(at, format!("the stream ends before the package {} does: it was cut off", line(&name)));
            self.close(&name, Outcome::Error, at);
        }
    }
}

/// What a test says of its failure, without the lines of the runner.
fn said(printed: &str) -> &str {
    let own = |line: &&str| !line.trim().is_empty() && !line.starts_with("=== ") && !line.trim_start().starts_with("--- ");
    printed.lines().find(own).unwrap_or_default()
}
