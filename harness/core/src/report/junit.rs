//! The JUnit report: one XML document that GitLab, Jenkins, GitHub actions, Azure and Allure all read alike.
//!
//! It is written by the `junit-report` crate between two steps of ours: `compose` cleans what goes in, `complete`
//! adds what the crate cannot say. That is done for a part of a suite at a time, so that a million cases are never held
//! at once. The same document gives the same bytes.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use rayon::prelude::*;

mod complete;
mod compose;
mod counts;
mod error;
mod shown;
mod split;
#[cfg(test)]
mod tests;

use self::counts::Counts;
pub use self::error::RenderError;
use self::shown::{Hashes, Shown};
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
    /// Names and values that are the same for all of it, such as the run; each suite shows them.
    pub properties: Vec<(String, String)>,
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
pub trait Cases: Sync {
    /// How many there are.
    fn count(&self) -> usize;
    /// One of them, by its place from 0 among as many as there are; the same each time.
    fn case(&self, index: usize) -> Cow<'_, Case>;
}

impl Cases for Vec<Case> {
    fn count(&self) -> usize {
        self.len()
    }

    fn case(&self, index: usize) -> Cow<'_, Case> {
        Cow::Borrowed(&self[index])
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
    /// Not counted for or against: skipped or waived, by a person whom the reason names.
    Skipped(Reason),
    /// Passed in the end, after the failure that the reason describes.
    Flaky(Reason),
}

/// Why a case has the result it has.
#[derive(Debug, Clone)]
pub struct Reason {
    /// The kind of reason, by which readers group.
    pub kind: ReasonKind,
    /// The reason on one line; the first 1,024 bytes are shown, line ends are written out.
    pub message: String,
    /// The rest of it, shown below the message: differences, defects, the command that runs the case again.
    pub text: String,
}

/// A kind of reason, for instance `Regressed`, and where that leaves it open how the program ended, for instance `TimedOut`. Reports
/// show it in our namespace, as `fixgate.Regressed.TimedOut`, because readers give bare words a meaning of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonKind {
    word: &'static str,
    ended: Option<&'static str>,
}

impl ReasonKind {
    /// `word` is a word of our vocabulary, in camel case.
    pub const fn new(word: &'static str) -> Self {
        Self { word, ended: None }
    }

    /// The same kind of something that ended like this; a word in camel case, too.
    #[must_use]
    pub const fn ended(self, ended: &'static str) -> Self {
        Self { ended: Some(ended), ..self }
    }
}

impl ReasonKind {
    /// Whether a failure is meant that something answers for: a waiver, a defect that is known, or that a pack does not gate.
    pub(super) fn is_accounted(self) -> bool {
        matches!(self.word, "Waived" | "Known" | "Informs")
    }
}

impl fmt::Display for ReasonKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "fixgate.{}", self.word)?;
        self.ended.map_or(Ok(()), |ended| write!(formatter, ".{ended}"))
    }
}

/// What of a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All of it, for readers that take what they do not know for what it is.
    Full,
    /// What both the schema of Jenkins' xUnit plugin (`junit-10.xsd`) and that of Maven Surefire (3.0.2) allow: one suite, which is the
    /// root, without its host, number, package and time of day; cases without file, line and properties; milliseconds.
    Plain,
}

/// How many cases are given to the crate at a time.
const PART: usize = 250;
/// How many parts all processors together make, before they are written one after the other.
const PARTS: usize = 8;

/// The document as XML in UTF-8, ending with a line end.
///
/// # Errors
/// A [`RenderError`] where the document breaks a rule that some reader relies on; no part of it is then rendered.
pub fn render<C: Cases>(document: &Document<C>) -> Result<Vec<u8>, RenderError> {
    render_as(Form::Full, document)
}

/// As [`render`]; in the plain form the document has one suite.
fn render_as<C: Cases>(form: Form, document: &Document<C>) -> Result<Vec<u8>, RenderError> {
    let mut xml = Vec::new();
    write_as(form, document, &mut xml)?;
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
    write_as(Form::Full, document, out)
}

fn write_as<C: Cases>(form: Form, document: &Document<C>, out: &mut dyn Write) -> Result<Size, RenderError> {
    let head = compose::Head::of(document)?;
    let counts: Vec<Counts> = document.suites.iter().map(|suite| Counts::of_all(&suite.cases)).collect();
    let all = counts.iter().copied().sum::<Counts>();
    let mut completed = complete::begin(form, document, &all);
    let mut bytes = 0;
    let mut shown = Shown::new(all.tests);
    let refused = |error: io::Error| RenderError::Unwritable { kind: error.kind(), detail: error.to_string() };
    for ((suite, counts), number) in document.suites.iter().zip(&counts).zip(0..) {
        // An empty suite is an error, which its one empty part brings about.
        let parts: Vec<usize> = (0..counts.tests.max(1)).step_by(PART).collect();
        for parts in parts.chunks(PARTS) {
            let make =
                |first: &usize| Written::make(&head, (form, &document.properties), (suite, counts, number), *first, &shown);
            let made: Vec<Result<Written, RenderError>> = parts.par_iter().map(make).collect();
            for part in made {
                let part = part?;
                shown.add(part.hashes);
                completed.push_str(&part.xml);
            }
            out.write_all(completed.as_bytes()).map_err(refused)?;
            bytes += completed.len();
            completed.clear();
        }
        complete::end_suite(&mut completed);
    }
    shown.each_once(document)?;
    complete::end(form, &mut completed);
    out.write_all(completed.as_bytes()).map_err(refused)?;
    let properties = if document.properties.is_empty() { 0 } else { 1 + document.properties.len() };
    let elements = 1 + counts.len() * (1 + properties) + all.elements;
    Ok(Size { bytes: bytes + completed.len(), elements })
}

/// Some cases of a suite, as the report has them.
struct Written {
    xml: String,
    /// By which each is told from all others.
    hashes: Vec<Hashes>,
}

impl Written {
    /// Makes the part of a suite, which has its counts and its number in the document, that begins with its case `first`.
    fn make<C: Cases>(
        head: &compose::Head,
        (form, properties): (Form, &[(String, String)]),
        (suite, counts, number): (&Suite<C>, &Counts, usize),
        first: usize,
        shown: &Shown,
    ) -> Result<Self, RenderError> {
        let places = first..counts.tests.min(first + PART);
        let cases: Vec<Cow<'_, Case>> = places.map(|index| suite.cases.case(index)).collect();
        let composed = head.suite(&suite.name, first, &cases)?;
        let hashes = composed
            .testcases
            .iter()
            .map(|case| shown.hashes(case.classname.as_deref().unwrap_or_default(), &case.name))
            .collect();
        let mut xml = String::new();
        complete::Part { form, properties, cases: &cases, first: first == 0, number, counts }
            .complete(&written(composed)?, &mut xml)?;
        Ok(Self { xml, hashes })
    }
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
