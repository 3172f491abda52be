//! The JUnit report: one XML document that GitLab, Jenkins, GitHub actions, Azure and Allure all read alike.
//!
//! It is written by the `junit-report` crate between two steps of ours: `compose` cleans what goes in, `complete`
//! adds what the crate cannot say. That is done for a part of a suite at a time, so that a million cases are never held
//! at once. The same document gives the same bytes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::iter::Sum;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

mod complete;
mod compose;
mod split;
#[cfg(test)]
mod tests;

pub use self::split::{FILE_BYTES, FILE_CASES, split};

/// A whole report. Any text in it may hold any characters, and output any bytes: rendering makes them safe.
#[derive(Debug, Clone)]
pub struct Document<C = Vec<Case>> {
    /// What was judged, for instance the candidate's release.
    pub name: String,
    /// When the run started; shown in UTC, to the second.
    pub timestamp: Timestamp,
    /// The machine the run was coordinated from.
    pub hostname: String,
    /// At least one; readers drop suites inside suites, so there is exactly one level.
    pub suites: Vec<Suite<C>>,
}

/// A named group of cases that a reader shows together.
#[derive(Debug, Clone)]
pub struct Suite<C = Vec<Case>> {
    /// Not blank.
    pub name: String,
    /// At least one.
    pub cases: C,
}

/// The cases of a suite, at hand or made one by one.
pub trait Cases {
    /// The cases, the same each time.
    fn each(&self) -> impl Iterator<Item = Cow<'_, Case>>;
}

impl Cases for Vec<Case> {
    fn each(&self) -> impl Iterator<Item = Cow<'_, Case>> {
        self.iter().map(Cow::Borrowed)
    }
}

/// One judged scenario or gate criterion.
#[derive(Debug, Clone)]
pub struct Case {
    /// Not blank; with `classname` unique in the document, because readers keep only one of two twins.
    pub name: String,
    /// Not blank; dotted and stable, as readers build their tree from it.
    pub classname: String,
    /// The record or case file that states what is expected, relative to the repository.
    pub file: String,
    /// The line in `file`, counted from one; one where the whole file is meant.
    pub line: NonZeroU32,
    /// How long it took; shown in seconds, to the microsecond.
    pub time: Duration,
    /// What became of it.
    pub result: CaseResult,
    /// Names and values beside the result. Few readers show them: what is vital also belongs into a reason's text.
    pub properties: Vec<(String, String)>,
    /// What the product printed to standard output; the end of it is shown.
    pub stdout: Vec<u8>,
    /// What the product printed to standard error; the end of it is shown.
    pub stderr: Vec<u8>,
    /// Where the whole output is kept, relative to the report.
    pub attachment: Option<String>,
}

/// What became of a case; readers disagree about a case with two results, so it has one.
#[derive(Debug, Clone)]
pub enum CaseResult {
    /// As expected.
    Passed,
    /// The product did not do what is expected of it.
    Failed(Reason),
    /// There is no answer: the harness could not tell, or the case was not run.
    Error(Reason),
    /// Not counted for or against: skipped or waived, by somebody who is named in the reason.
    Skipped(Reason),
    /// Passed in the end, after the failure that the reason describes.
    Flaky(Reason),
}

/// Why a case has the result it has.
#[derive(Debug, Clone)]
pub struct Reason {
    /// The kind of reason, by which readers group.
    pub kind: Kind,
    /// The reason on one line; the first 1,024 bytes are shown, line ends are written out.
    pub message: String,
    /// The rest of it, shown below the message: differences, defects, the command that runs the case again.
    pub text: String,
}

/// One word for a kind of reason, for instance `Regressed`. Reports show it in our namespace, as
/// `fixgate.Regressed`, because readers give bare words a meaning of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(&'static str);

impl Kind {
    /// `word` is a word of our vocabulary, in camel case.
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "fixgate.{}", self.0)
    }
}

/// Why a document cannot be a report that all readers accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    /// No suite at all, which every reader takes for a pass.
    NoSuite,
    /// A suite whose name is blank.
    BlankSuiteName,
    /// A suite without cases.
    EmptySuite {
        /// The suite's name.
        suite: String,
    },
    /// A case whose name or classname is blank.
    BlankCaseName {
        /// The suite the case is in.
        suite: String,
        /// The case's place in the suite, counted from one.
        position: usize,
    },
    /// Two cases that readers would take for one.
    DuplicateCase {
        /// The classname of both, as it would be shown.
        classname: String,
        /// The name of both, as it would be shown.
        name: String,
    },
    /// A case that claims to have run for more than a century.
    TimeOutOfRange {
        /// The classname of the case.
        classname: String,
        /// The name of the case.
        name: String,
    },
    /// A run that claims to have started before year zero.
    TimestampOutOfRange {
        /// The run's start.
        timestamp: Timestamp,
    },
    /// Where it goes to takes no more.
    Unwritable {
        /// What kind of thing that is.
        kind: io::ErrorKind,
        /// What the system said.
        detail: String,
    },
    /// The crate that writes the XML did not write what it was given.
    Writer {
        /// What went wrong, or what was missing.
        detail: String,
    },
}

impl fmt::Display for RenderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no JUnit report can be written: ")?;
        match self {
            Self::NoSuite => write!(formatter, "it has no suite, which readers take for a pass; report at least one case"),
            Self::BlankSuiteName => write!(formatter, "a suite has a blank name; give it one"),
            Self::EmptySuite { suite } => write!(formatter, "suite {suite:?} has no case; leave the suite out"),
            Self::BlankCaseName { suite, position } => {
                write!(formatter, "case {position} of suite {suite:?} has a blank name or classname; give it both")
            }
            Self::DuplicateCase { classname, name } => {
                write!(formatter, "two cases are {classname:?} {name:?}, and readers keep one of them; make the ids differ")
            }
            Self::TimeOutOfRange { classname, name } => {
                write!(formatter, "case {classname:?} {name:?} claims to have run for over a century; correct its record")
            }
            Self::TimestampOutOfRange { timestamp } => {
                write!(formatter, "the run claims to have started at {timestamp}; correct its record")
            }
            Self::Unwritable { detail, .. } => write!(formatter, "{detail}"),
            Self::Writer { detail } => write!(formatter, "{detail}; this is a defect of Fixgate, please report it"),
        }
    }
}

impl std::error::Error for RenderError {}

impl From<RenderError> for io::Error {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Unwritable { kind, detail } => Self::new(kind, detail),
            error => Self::other(error),
        }
    }
}

/// How many cases are given to the crate at a time.
const PART: usize = 1_000;

/// The document as XML in UTF-8, ending with a line end.
///
/// # Errors
/// A [`RenderError`] where the document breaks a rule that some reader relies on; no part of it is then rendered.
pub fn render<C: Cases>(document: &Document<C>) -> Result<Vec<u8>, RenderError> {
    let mut xml = Vec::new();
    write(document, &mut xml)?;
    Ok(xml)
}

/// How large a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Bytes of the file.
    pub bytes: usize,
    /// Elements in it.
    pub elements: usize,
}

impl Size {
    /// Whether some reader refuses a file of this size, or hangs on it.
    pub fn is_too_much_for_some(self) -> bool {
        self.bytes > 25_000_000 || self.elements > 200_000
    }
}

/// Writes the document a part at a time.
///
/// # Errors
/// As [`render`], and when it cannot be written; what was written by then is no report.
pub fn write<C: Cases>(document: &Document<C>, out: &mut dyn Write) -> Result<Size, RenderError> {
    let head = compose::Head::of(document)?;
    let counts: Vec<Counts> = document.suites.iter().map(|suite| Counts::of(suite.cases.each())).collect();
    let all = counts.iter().sum::<Counts>();
    let mut completed = complete::begin(document, &all);
    let mut bytes = 0;
    let mut seen = Seen::default();
    let refused = |error: io::Error| RenderError::Unwritable { kind: error.kind(), detail: error.to_string() };
    for ((suite, counts), number) in document.suites.iter().zip(&counts).zip(0..) {
        let mut cases = suite.cases.each();
        let mut done = 0;
        // An empty suite is an error, which its one empty part brings about.
        while done == 0 || done < counts.tests {
            let part: Vec<Cow<'_, Case>> = cases.by_ref().take(PART).collect();
            let composed = head.suite(&suite.name, done, &part)?;
            seen.add_cases(&composed)?;
            let part = complete::Part { cases: &part, first: done == 0, number, counts };
            part.complete(&written(composed)?, &mut completed)?;
            done += part.cases.len();
            out.write_all(completed.as_bytes()).map_err(refused)?;
            bytes += completed.len();
            completed.clear();
        }
        complete::end_suite(&mut completed);
    }
    complete::end(&mut completed);
    out.write_all(completed.as_bytes()).map_err(refused)?;
    Ok(Size { bytes: bytes + completed.len(), elements: 1 + counts.len() + all.elements })
}

/// What the crate makes of a suite.
fn written(suite: junit_report::TestSuite) -> Result<String, RenderError> {
    let failed = |error: &dyn fmt::Display| RenderError::Writer { detail: format!("the crate that writes XML failed: {error}") };
    let mut report = junit_report::Report::new();
    report.add_testsuite(suite);
    let mut xml = Vec::new();
    report.write_xml(&mut xml).map_err(|error| failed(&error))?;
    String::from_utf8(xml).map_err(|error| failed(&error))
}

/// The cases so far, by two keyed hashes of what is shown of each: 128 bits do not meet by chance.
#[derive(Default)]
struct Seen {
    keys: [RandomState; 2],
    hashes: HashSet<[u64; 2]>,
}

impl Seen {
    /// Cases are told apart as readers tell them apart: by what is shown, after cleaning.
    fn add_cases(&mut self, suite: &junit_report::TestSuite) -> Result<(), RenderError> {
        for case in &suite.testcases {
            let classname = case.classname.as_deref().unwrap_or_default();
            let hashes = self.keys.each_ref().map(|key| key.hash_one((classname, &case.name)));
            if !self.hashes.insert(hashes) {
                return Err(RenderError::DuplicateCase { classname: classname.to_owned(), name: case.name.clone() });
            }
        }
        Ok(())
    }
}

/// What readers want to know of a set of cases. One that was flaky has passed.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    elements: usize,
    time: Duration,
}

impl Counts {
    fn of<'a>(cases: impl IntoIterator<Item = Cow<'a, Case>>) -> Self {
        let mut counts = Self::default();
        for case in cases {
            counts.tests += 1;
            counts.elements += elements(&case);
            // A time that is out of range is refused with its case, once that is composed.
            counts.time = counts.time.saturating_add(compose::whole_microseconds(case.time));
            match case.result {
                CaseResult::Passed | CaseResult::Flaky(_) => {}
                CaseResult::Failed(_) => counts.failures += 1,
                CaseResult::Error(_) => counts.errors += 1,
                CaseResult::Skipped(_) => counts.skipped += 1,
            }
        }
        counts
    }
}

/// Of how many elements a case consists.
fn elements(case: &Case) -> usize {
    let result = match case.result {
        CaseResult::Passed => 0,
        CaseResult::Failed(_) | CaseResult::Error(_) | CaseResult::Skipped(_) => 1,
        // The stack trace is one more.
        CaseResult::Flaky(_) => 2,
    };
    let properties = if case.properties.is_empty() { 0 } else { 1 + case.properties.len() };
    let streams = [!case.stdout.is_empty() || case.attachment.is_some(), !case.stderr.is_empty()];
    1 + result + properties + streams.into_iter().filter(|is_there| *is_there).count()
}

impl<'c> Sum<&'c Counts> for Counts {
    fn sum<I: Iterator<Item = &'c Counts>>(all: I) -> Self {
        all.fold(Self::default(), |sum, counts| Self {
            tests: sum.tests + counts.tests,
            failures: sum.failures + counts.failures,
            errors: sum.errors + counts.errors,
            skipped: sum.skipped + counts.skipped,
            elements: sum.elements + counts.elements,
            time: sum.time.saturating_add(counts.time),
        })
    }
}
