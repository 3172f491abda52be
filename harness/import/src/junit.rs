//! JUnit XML, as many programs write it. Elements decide: what a count says is believed only where it says more failures than are shown.

mod judge;
mod producer;

use std::sync::Arc;

use fixgate_core::imported::Producer;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::words::counted;

use crate::lines::{Errors, problem};
use crate::seen::{Found, Name, Outcome, Sighting, line};
use crate::xml::{Element, Node, Xml};

/// The most tests of one file.
const MOST_TESTS: usize = 1_000_000;

/// What an element within a test says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    Failure,
    Error,
    /// PHPUnit: it ends the whole run as a failure does.
    Warning,
    Skipped,
    /// It failed so at first, and passed in the end.
    Flaky,
    /// It failed so again.
    Rerun,
    /// No reader knows what it means.
    Unknown(String),
}

impl Mark {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "failure" => Mark::Failure,
            "error" => Mark::Error,
            "warning" => Mark::Warning,
            "skipped" | "ignored" | "disabled" => Mark::Skipped,
            "flakyFailure" | "flakyError" => Mark::Flaky,
            "rerunFailure" | "rerunError" => Mark::Rerun,
            "system-out" | "system-err" | "properties" | "property" | "attachments" | "tags" | "reqs" | "passed" => return None,
            other => Mark::Unknown(other.to_owned()),
        })
    }
}

/// An element within a test, and what it holds.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) mark: Mark,
    pub(super) message: String,
    pub(super) kind: String,
    pub(super) text: String,
}

/// A test, as an element says it.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: Name,
    pub(super) said: Vec<Said>,
    pub(super) status: String,
    /// googletest's word beside the status.
    pub(super) result: Option<String>,
    /// Where the test is, as googletest says it.
    pub(super) location: String,
    pub(super) timestamp: String,
    /// The host of the suite, which Playwright names a project by.
    pub(super) project: String,
    seconds: f64,
    at: usize,
}

/// A suite's own claims, and what was found in it.
#[derive(Debug)]
struct Suite {
    name: String,
    at: usize,
    /// How many suites are around it.
    depth: usize,
    failures: u64,
    errors: u64,
}

/// A document while it is read.
struct Reading<'s> {
    xml: Xml<'s>,
    cases: Vec<Case>,
    errors: Errors,
    suites: Vec<Suite>,
    clues: producer::Clues,
}

/// Reads a document.
///
/// # Errors
/// Where it is no JUnit, or claims what it doesn't hold.
pub(crate) fn read(source: &Arc<Source>, producer: Option<Producer>) -> Result<Found, Problem> {
    let (xml, root) = Xml::open(source)?;
    if !matches!(root.name.as_str(), "testsuites" | "testsuite") {
        return Err(foreign(source, &root));
    }
    let mut reading =
        Reading { xml, cases: Vec::new(), errors: Errors::default(), suites: Vec::new(), clues: Default::default() };
    reading.clues.root(&root);
    reading.suite(root, "", 0)?;
    let Reading { cases, mut errors, suites, clues, .. } = reading;
    let producer = producer.unwrap_or_else(|| clues.producer(&cases));
    let mut sightings = Vec::with_capacity(cases.len());
    for case in cases {
        let (outcome, why) = judge::judge(&case);
        let (message, text) = why.map(|said| (said.message.as_str(), said.text.as_str())).unwrap_or_default();
        if case.name.name.trim().is_empty() {
            if outcome.is_bad() {
                let message = line(if message.is_empty() { text } else { message });
                errors.push(case.at, format!("an error in {}: {message}", named(&case.name.suite)));
            }
            continue;
        }
        let mut name = case.name.clone();
        if producer == Producer::Playwright && !case.project.is_empty() {
            name.suite = format!("{} {}", case.project, name.suite);
        }
        sightings.push(Sighting::new(name, outcome, case.seconds).because(message, text));
    }
    hidden(&suites, &sightings, producer, &mut errors);
    Ok(Found { path: source.path.clone(), producer, sightings, suite_errors: errors.by_line(source) })
}

fn foreign(source: &Arc<Source>, root: &Element) -> Problem {
    let help = match root.name.as_str() {
        "robot" => "write it as JUnit: robot --xunit FILE",
        "Site" => "write it as JUnit: ctest --output-junit FILE",
        "assemblies" | "test-run" => "write it as TRX or JUnit: dotnet test --logger trx",
        _ => "its root is `testsuites` or `testsuite`",
    };
    problem(source, root.at, format!("`{}` is no root of JUnit XML", line(&root.name))).help(help)
}

fn named(suite: &str) -> String {
    if suite.is_empty() { "a suite without a name".to_owned() } else { format!("the suite {}", line(suite)) }
}

/// Failures that are counted and shown by no test.
fn hidden(suites: &[Suite], sightings: &[Sighting], producer: Producer, errors: &mut Errors) {
    let count = |outcome| sightings.iter().filter(|seen| seen.outcome == outcome).count() as u64;
    let shows_none = errors.is_empty() && sightings.iter().all(|seen| !seen.outcome.is_bad() && seen.outcome != Outcome::Flaky);
    let claiming = || suites.iter().filter(|suite| suite.failures + suite.errors > 0);
    let claimed = match producer {
        // Its root counts the packages that do not compile, which are shown nowhere else.
        Producer::Gotestsum => claiming().find(|suite| suite.depth == 0 && suite.errors > 0).map(|root| (root, root.errors)),
        // It shows a test that should fail and passes as a pass.
        Producer::Catch2 => claiming()
            .find(|suite| suite.depth == 1 && suite.failures > count(Outcome::Failed))
            .map(|suite| (suite, suite.failures - count(Outcome::Failed))),
        _ => None,
    };
    let first = || claiming().min_by_key(|suite| suite.at).map(|suite| (suite, suite.failures + suite.errors));
    if let Some((suite, count)) = claimed.or_else(|| first().filter(|_| shows_none)) {
        errors.push(suite.at, format!("{} counts {} that no test shows", named(&suite.name), counted(count, "failure")));
    }
}

impl Reading<'_> {
    /// Reads what stands within a suite, whose beginning was read; gives the number of its tests.
    fn suite(&mut self, element: Element, above: &str, depth: usize) -> Result<usize, Problem> {
        let own = element.text("name");
        let path = match (depth, above, own.as_str()) {
            // The root's name is that of the run.
            (0, _, own) if element.name == "testsuites" && !own.is_empty() => String::new(),
            (_, above, own) if above.is_empty() || own.starts_with(above) => own.to_owned(),
            (_, above, "") => above.to_owned(),
            (_, above, own) => format!("{above} > {own}"),
        };
        let host = element.text("hostname");
        let mut cases = 0;
        while let Some(node) = self.xml.next()? {
            let Node::Open(child) = node else {
                if matches!(node, Node::Close) {
                    break;
                }
                continue;
            };
            cases += match child.name.as_str() {
                "testcase" => {
                    let case = self.case(&child, &path, &host)?;
                    self.cases.push(case);
                    1
                }
                "failure" | "error" => {
                    let (at, message) = (child.at, child.text("message"));
                    let text = self.xml.content()?;
                    let said = line(if message.trim().is_empty() { &text } else { &message });
                    self.errors.push(at, format!("an error in {}: {said}", named(&path)));
                    0
                }
                "system-out" | "system-err" => self.xml.content().map(|_| 0)?,
                "properties" => self.properties().map(|()| 0)?,
                // Some programs put folders of their own between.
                _ => {
                    self.clues.suite(&child);
                    self.suite(child, &path, depth + 1)?
                }
            };
            if self.cases.len() > MOST_TESTS {
                return Err(problem(self.xml.source(), element.at, format!("the file has more than {MOST_TESTS} tests")));
            }
        }
        let claims = |name| element.number(name).unwrap_or_default();
        if let (0, claimed @ 1..) = (cases, claims("tests")) {
            let message = format!("{} counts {} and holds none", named(&own), counted(claimed, "test"));
            return Err(
                problem(self.xml.source(), element.at, message).help("the program that writes it did not come to its end")
            );
        }
        let (failures, errors) = (claims("failures"), claims("errors"));
        self.suites.push(Suite { name: own, at: element.at, depth, failures, errors });
        Ok(cases)
    }

    fn properties(&mut self) -> Result<(), Problem> {
        let mut depth = 1;
        while depth > 0 {
            match self.xml.next()? {
                Some(Node::Open(property)) => {
                    self.clues.property(&property);
                    depth += 1;
                }
                Some(Node::Close) => depth -= 1,
                Some(Node::Text(_)) => {}
                None => break,
            }
        }
        Ok(())
    }

    fn case(&mut self, element: &Element, suite: &str, host: &str) -> Result<Case, Problem> {
        self.clues.case(element);
        let mut said = Vec::new();
        loop {
            match self.xml.next()? {
                Some(Node::Open(child)) => match Mark::of(&child.name) {
                    Some(mark) => {
                        let (message, kind) = (child.text("message"), child.text("type"));
                        said.push(Said { mark, message, kind, text: self.xml.content()? });
                    }
                    None => drop(self.xml.content()?),
                },
                Some(Node::Text(_)) => {}
                Some(Node::Close) | None => break,
            }
        }
        let class = element.get("classname").or_else(|| element.get("class"));
        Ok(Case {
            name: Name { suite: suite.to_owned(), class: class.unwrap_or_default().to_owned(), name: element.text("name") },
            said,
            status: element.text("status"),
            result: element.get("result").map(str::to_owned),
            location: format!("{}:{}", element.text("file"), element.text("line")),
            timestamp: element.text("timestamp"),
            project: host.to_owned(),
            seconds: element.text("time").trim().parse().unwrap_or_default(),
            at: element.at,
        })
    }
}
