//! The document in the crate's types, cleaned: what the crate writes verbatim, it is given safe.

use std::borrow::Cow;
use std::time::Duration;

use junit_report::{OffsetDateTime, TestCase, TestResult, TestSuite};

use super::{Case, CaseResult, Document, Reason, RenderError};
use crate::visible::{head, visible_ends, visible_line, visible_text, without_middle};

/// What a reason's text may take, in bytes.
const SHOWN_TEXT: usize = 32 * 1024;
/// What both streams of a case that did not simply pass may take together, in bytes: with the text, 64 KiB a case.
const SHOWN_OUTPUT: usize = 32 * 1024;
/// What both streams of a case that passed, or was skipped, may take together, in bytes.
const SHOWN_OUTPUT_WHEN_PASSED: usize = 1024;
/// What a message may take, in bytes: readers show it as one line.
const SHOWN_MESSAGE: usize = 1024;
/// Keeps every sum of times exact in the crate's types.
const LONGEST_TIME: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// A reason as it is shown: both parts clean, within their limits and safe inside CDATA.
pub(super) struct ShownReason {
    pub(super) kind: String,
    pub(super) message: String,
    /// The message again, on the first line, because some readers show only the text.
    pub(super) text: String,
}

/// What all suites of a document have in common.
pub(super) struct Head {
    timestamp: OffsetDateTime,
    hostname: String,
}

impl Head {
    pub(super) fn of<C>(document: &Document<C>) -> Result<Self, RenderError> {
        let out_of_range = || RenderError::TimestampOutOfRange { timestamp: document.timestamp };
        let timestamp = OffsetDateTime::from_unix_timestamp(document.timestamp.as_second()).map_err(|_| out_of_range())?;
        // The crate panics on a year that RFC 3339 cannot write.
        if !(0..=9999).contains(&timestamp.year()) {
            return Err(out_of_range());
        }
        if document.suites.is_empty() {
            return Err(RenderError::NoSuite);
        }
        Ok(Self { timestamp, hostname: visible_line(&document.hostname) })
    }

    /// A suite with some of its cases, which come after `before` others.
    pub(super) fn suite(&self, name: &str, before: usize, cases: &[Cow<'_, Case>]) -> Result<TestSuite, RenderError> {
        let name = visible_line(name);
        if name.trim().is_empty() {
            return Err(RenderError::BlankSuiteName);
        }
        if cases.is_empty() {
            return Err(RenderError::EmptySuite { suite: name });
        }
        let testcases = cases.iter().map(|case| self::case(case)).collect::<Result<Vec<_>, _>>()?;
        let blank = |text: &str| text.trim().is_empty();
        if let Some(index) = testcases.iter().position(|case| blank(&case.name) || case.classname.as_deref().is_none_or(blank)) {
            return Err(RenderError::BlankCaseName { suite: name, position: before + index + 1 });
        }
        let (timestamp, hostname) = (self.timestamp, self.hostname.clone());
        // Jenkins puts a package before the name, unless it is empty: the classnames of the cases already have theirs.
        Ok(TestSuite { name, package: String::new(), timestamp, hostname, testcases, system_out: None, system_err: None })
    }
}

fn case(case: &Case) -> Result<TestCase, RenderError> {
    let (name, classname) = (visible_line(&case.name), visible_line(&case.classname));
    let Some(time) = crate_time(case.time) else {
        return Err(RenderError::TimeOutOfRange { classname, name });
    };
    let (result, limit) = match &case.result {
        CaseResult::Passed => (TestResult::Success, SHOWN_OUTPUT_WHEN_PASSED),
        CaseResult::Failed(reason) => {
            let ShownReason { kind, message, text } = shown_reason(reason);
            (TestResult::Failure { type_: kind, message, cause: Some(text) }, SHOWN_OUTPUT)
        }
        CaseResult::Error(reason) => {
            let ShownReason { kind, message, text } = shown_reason(reason);
            (TestResult::Error { type_: kind, message, cause: Some(text) }, SHOWN_OUTPUT)
        }
        CaseResult::Skipped(reason) => {
            let ShownReason { kind, message, text } = shown_reason(reason);
            (TestResult::SkippedWithCause { type_: kind, message, cause: Some(text) }, SHOWN_OUTPUT_WHEN_PASSED)
        }
        // For the crate it passed; the second step adds the flaky failure.
        CaseResult::Flaky(_) => (TestResult::Success, SHOWN_OUTPUT),
    };
    let (system_out, system_err) = streams(case, limit);
    let filepath = Some(visible_line(&case.file));
    Ok(TestCase { name, time, result, classname: Some(classname), filepath, system_out, system_err })
}

/// The reason as text of the report.
pub(super) fn shown_reason(reason: &Reason) -> ShownReason {
    let message = head(visible_line(&reason.message), SHOWN_MESSAGE);
    let rest = visible_text(&reason.text).into_owned();
    let text = if rest.is_empty() { message.clone() } else { format!("{message}\n{rest}") };
    let kind = visible_line(&reason.kind.to_string());
    ShownReason { kind, message, text: safe_in_cdata(without_middle(text, SHOWN_TEXT)) }
}

/// Both streams, and where the whole of them is: the one marker that readers follow is ours.
fn streams(case: &Case, limit: usize) -> (Option<String>, Option<String>) {
    if case.stdout.is_empty() && case.stderr.is_empty() && case.attachment.is_none() {
        return (None, None);
    }
    let (mut out, mut err) = visible_ends(&case.stdout, &case.stderr, limit);
    for stream in [&mut out, &mut err] {
        *stream = stream.replace("[[ATTACHMENT|", "[[attachment|");
    }
    if let Some(path) = &case.attachment {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&format!("[[ATTACHMENT|{}]]\n", visible_line(path)));
    }
    let shown = |stream: String| Some(safe_in_cdata(stream)).filter(|stream| !stream.is_empty());
    (shown(out), shown(err))
}

/// The crate writes CDATA verbatim: where the text holds the end of a section, one section ends and another begins.
fn safe_in_cdata(text: String) -> String {
    if text.contains("]]>") { text.replace("]]>", "]]]]><![CDATA[>") } else { text }
}

/// Whole microseconds, so that the shown times of the cases add up to that of their suite.
pub(super) fn whole_microseconds(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_micros() * 1000)
}

fn crate_time(time: Duration) -> Option<junit_report::Duration> {
    if time > LONGEST_TIME {
        return None;
    }
    junit_report::Duration::try_from(whole_microseconds(time)).ok()
}
