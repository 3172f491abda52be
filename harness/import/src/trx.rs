//! TRX, as the loggers of .NET write it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fixgate_core::imported::Producer;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::words::counted;

use crate::lines::{Errors, problem};
use crate::seen::{Found, Name, Outcome, Sighting, line};
use crate::xml::{Element, Node, Xml};

#[derive(Default)]
struct Reading {
    results: Vec<Told>,
    /// The class of each test, by its id.
    classes: HashMap<String, String>,
    errors: Errors,
    /// What the whole run came to, and where that is said.
    outcome: Option<(String, usize)>,
    counted: Option<(u64, u64, usize)>,
}

struct Told {
    id: String,
    name: String,
    outcome: String,
    seconds: f64,
    message: String,
    detail: String,
}

/// Reads a run.
///
/// # Errors
/// Where it is no TRX, or counts tests and holds none.
pub(crate) fn read(source: &Arc<Source>) -> Result<Found, Problem> {
    let (mut xml, root) = Xml::open(source)?;
    if root.name != "TestRun" {
        return Err(problem(source, root.at, format!("`{}` is no root of TRX: that is `TestRun`", line(&root.name))));
    }
    let mut reading = Reading::default();
    reading.within(&mut xml)?;
    let Reading { results, classes, mut errors, outcome, counted: claims } = reading;
    if let (true, Some((total @ 1.., _, at))) = (results.is_empty(), claims) {
        return Err(problem(source, at, format!("the run counts {} and holds none", counted(total, "test"))));
    }
    let sightings: Vec<Sighting> = results.into_iter().map(|told| told.sighting(&classes)).collect();
    let shows = sightings.iter().any(|seen| seen.outcome.is_bad());
    if let (false, true, Some((_, failed @ 1.., at))) = (shows, errors.is_empty(), claims) {
        errors.push(at, format!("the run counts {} that no test shows", counted(failed, "failure")));
    }
    let unwell = outcome.filter(|(outcome, _)| !matches!(outcome.as_str(), "Completed" | "Passed"));
    if let (false, true, Some((outcome, at))) = (shows, errors.is_empty(), unwell) {
        errors.push(at, format!("the outcome of the run is {}, and no test failed", line(&outcome)));
    }
    Ok(Found { path: source.path.clone(), producer: Producer::Trx, sightings, suite_errors: errors.by_line(source) })
}

impl Reading {
    /// Reads what stands within an element that holds others.
    fn within(&mut self, xml: &mut Xml<'_>) -> Result<(), Problem> {
        while let Some(node) = xml.next()? {
            let child = match node {
                Node::Open(child) => child,
                Node::Text(_) => continue,
                Node::Close => break,
            };
            match child.name.as_str() {
                "UnitTestResult" => self.result(xml, &child)?,
                "UnitTest" => {
                    let id = child.text("id");
                    let class = class(xml)?;
                    self.classes.insert(id, class);
                }
                "RunInfo" => {
                    let text = xml.content()?;
                    if matches!(child.get("outcome"), Some("Error" | "Failed" | "Aborted")) {
                        self.errors.push(child.at, line(&text));
                    }
                }
                "ResultSummary" => {
                    self.outcome = child.get("outcome").map(|outcome| (outcome.to_owned(), child.at));
                    self.within(xml)?;
                }
                "Counters" => {
                    let of = |name| child.number(name).unwrap_or_default();
                    let bad = ["failed", "error", "timeout", "aborted"].map(of).iter().sum();
                    self.counted = Some((of("total"), bad, child.at));
                    xml.content()?;
                }
                "Output" | "Times" | "TestSettings" => drop(xml.content()?),
                _ => self.within(xml)?,
            }
        }
        Ok(())
    }

    /// Reads a result. Of one that has results within, these are the tests, unless only it failed.
    fn result(&mut self, xml: &mut Xml<'_>, element: &Element) -> Result<(), Problem> {
        let before = self.results.len();
        let (mut message, mut detail) = (String::new(), String::new());
        while let Some(node) = xml.next()? {
            match node {
                Node::Open(child) if child.name == "Output" => (message, detail) = output(xml)?,
                Node::Open(child) if child.name == "InnerResults" => self.within(xml)?,
                Node::Open(_) => drop(xml.content()?),
                Node::Text(_) => {}
                Node::Close => break,
            }
        }
        let told = Told {
            id: element.text("testId"),
            name: element.text("testName"),
            outcome: element.text("outcome"),
            seconds: seconds(&element.text("duration")),
            message,
            detail,
        };
        let inner = &self.results[before..];
        if inner.is_empty() || (told.outcome().is_bad() && !inner.iter().any(|told| told.outcome().is_bad())) {
            self.results.push(told);
        }
        Ok(())
    }
}

impl Told {
    fn outcome(&self) -> Outcome {
        match self.outcome.as_str() {
            "Passed" | "Completed" => Outcome::Passed,
            "Failed" | "Timeout" => Outcome::Failed,
            "NotExecuted" | "Inconclusive" => Outcome::Skipped,
            // Error, Aborted, NotRunnable, Disconnected, Warning, InProgress, Pending, PassedButRunAborted, none at all.
            _ => Outcome::Error,
        }
    }

    fn sighting(self, classes: &HashMap<String, String>) -> Sighting {
        let outcome = self.outcome();
        let class = classes.get(&self.id).cloned().unwrap_or_default();
        let seen = Sighting::new(Name { suite: String::new(), class, name: self.name }, outcome, self.seconds);
        match outcome {
            Outcome::Passed => seen,
            Outcome::Error if self.message.is_empty() => {
                seen.because(&format!("the outcome is {:?}", self.outcome), &self.detail)
            }
            Outcome::Skipped | Outcome::Flaky | Outcome::Error | Outcome::Failed => seen.because(&self.message, &self.detail),
        }
    }
}

/// The class of the test whose definition was opened.
fn class(xml: &mut Xml<'_>) -> Result<String, Problem> {
    let (mut class, mut depth) = (String::new(), 1);
    while depth > 0 {
        match xml.next()? {
            Some(Node::Open(element)) => {
                depth += 1;
                if element.name == "TestMethod" {
                    class = element.text("className");
                }
            }
            Some(Node::Close) => depth -= 1,
            Some(Node::Text(_)) => {}
            None => break,
        }
    }
    Ok(class)
}

/// The message and the stack of the output that was opened.
fn output(xml: &mut Xml<'_>) -> Result<(String, String), Problem> {
    let (mut message, mut stack, mut depth) = (String::new(), String::new(), 1);
    while depth > 0 {
        match xml.next()? {
            Some(Node::Open(element)) => match element.name.as_str() {
                "Message" => message = xml.content()?,
                "StackTrace" => stack = xml.content()?,
                _ => depth += 1,
            },
            Some(Node::Close) => depth -= 1,
            Some(Node::Text(_)) => {}
            None => break,
        }
    }
    Ok((message, stack))
}

/// The seconds of a length of time such as `00:00:01.5000000`.
fn seconds(text: &str) -> f64 {
    let parts: Vec<f64> = text.split(':').filter_map(|part| part.parse().ok()).collect();
    let [hours, minutes, seconds] = parts[..] else { return 0.0 };
    let whole = hours.mul_add(3_600.0, minutes * 60.0) + seconds;
    Duration::try_from_secs_f64(whole).map(|length| length.as_secs_f64()).unwrap_or_default()
}
