//! What a file says of tests, before what it says several times is put together.

use camino::Utf8PathBuf;
use fixgate_core::imported::{Producer, SuiteError};
use fixgate_core::visible;

/// The most bytes that are kept of what is said of one test.
const KEPT: usize = 8 << 10;
/// The most characters of a message.
const LINE: usize = 300;

/// How a test came out, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It was left out, for a stated reason.
    Skipped,
    /// It failed, and passed when it was run again.
    Flaky,
    /// It could not be carried out.
    Error,
    /// What it tests is not as it expects.
    Failed,
}

impl Outcome {
    /// Whether the test did not come to a good end.
    pub fn is_bad(self) -> bool {
        match self {
            Outcome::Error | Outcome::Failed => true,
            Outcome::Passed | Outcome::Skipped | Outcome::Flaky => false,
        }
    }
}

/// The name of a test, in the parts that its producer gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Name {
    /// The suites around it.
    pub suite: String,
    /// Its class, package or file.
    pub class: String,
    /// Its own name.
    pub name: String,
}

impl Name {
    /// The name in one line; parts that say nothing more are left out.
    pub fn whole(&self) -> String {
        let Self { suite, class, name } = self;
        let says = |part: &str, rest: &str| !part.is_empty() && !rest.starts_with(part);
        let class = if says(class, name) { format!("{class}::") } else { String::new() };
        // Producers' own names for the whole of a run.
        let is_run = matches!(suite.as_str(), "pytest" | "nose2-junit" | "(empty)" | "Root Suite" | "rspec" | "AllTests");
        let rest = format!("{class}{name}");
        if says(suite, &rest) && !is_run { format!("{suite}::{rest}") } else { rest }
    }
}

/// One time that a file speaks of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// The test.
    pub name: Name,
    /// How it came out.
    pub outcome: Outcome,
    /// Which pass over the tests it was, where the producer says so: a later one is a rerun.
    pub round: u32,
    /// How long it took.
    pub seconds: f64,
    /// Why it did not pass, in one line.
    pub message: String,
    /// What else is said of that.
    pub detail: String,
}

impl Sighting {
    /// A test that came out so, of which nothing more is said.
    pub(crate) fn new(name: Name, outcome: Outcome, seconds: f64) -> Self {
        let seconds = if seconds.is_finite() && seconds > 0.0 { seconds } else { 0.0 };
        Self { name, outcome, round: 0, seconds, message: String::new(), detail: String::new() }
    }

    /// The same, with why.
    pub(crate) fn because(mut self, message: &str, detail: &str) -> Self {
        self.message = line(if message.trim().is_empty() { detail } else { message });
        let end = detail.floor_char_boundary(KEPT);
        detail[..end].trim_end().clone_into(&mut self.detail);
        if end < detail.len() {
            self.detail.push_str("\n…");
        }
        self
    }
}

/// The first line of a text that says something, shortened, with nothing in it that a reader cannot see.
pub(crate) fn line(text: &str) -> String {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let end = first.char_indices().nth(LINE).map(|(at, _)| at);
    let shown = visible::escaped_line(&first.as_bytes()[..end.unwrap_or(first.len())]);
    if end.is_some() { shown + "…" } else { shown }
}

/// Everything that one file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The file, as it was named.
    pub path: Utf8PathBuf,
    /// What wrote it.
    pub producer: Producer,
    /// What it says of tests, in its order.
    pub sightings: Vec<Sighting>,
    /// The errors that belong to no test.
    pub suite_errors: Vec<SuiteError>,
}
