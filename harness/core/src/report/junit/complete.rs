//! What the crate cannot say, added in one pass over its XML.
//!
//! The pass follows the XML's own tokens, never its text, and takes suites and cases in the document's order: output
//! that imitates markup stays text. What is not added to is copied as it stands.

use std::fmt::Display;
use std::time::Duration;

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::compose::{ShownReason, shown_reason, whole_microseconds};
use super::{Case, CaseResult, Document, RenderError};
use crate::report::visible::visible_line;

/// The crate's XML with everything added; suites and cases begin on lines of their own.
pub(super) fn complete(xml: &str, document: &Document) -> Result<String, RenderError> {
    let mut reader = Reader::from_str(xml);
    let mut suites = document.suites.iter();
    let mut cases = document.suites.iter().flat_map(|suite| &suite.cases);
    let mut completed = String::with_capacity(xml.len() + xml.len() / 4);
    let mut position = 0;
    loop {
        let event = reader.read_event().map_err(|error| writer_error(format!("XML that cannot be read: {error}")))?;
        let start = std::mem::replace(&mut position, reader.buffer_position() as usize);
        let raw = xml.get(start..position).ok_or_else(|| writer_error("XML that cannot be followed"))?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) => match tag.name().0 {
                "testsuites" => push_root_tag(&mut completed, document),
                "testsuite" => {
                    let suite = suites.next().ok_or_else(|| writer_error("too many suites"))?;
                    let counts = Counts::of(&suite.cases);
                    push_tag_without_end(&mut completed, tag, counts.time)?;
                    push_attribute(&mut completed, "skipped", counts.skipped);
                    completed.push('>');
                }
                "testcase" => {
                    let case = cases.next().ok_or_else(|| writer_error("too many cases"))?;
                    push_tag_without_end(&mut completed, tag, case.time)?;
                    push_attribute(&mut completed, "line", case.line);
                    push_content(&mut completed, case, matches!(event, Event::Empty(_)));
                }
                _ => completed.push_str(raw),
            },
            Event::End(tag) if matches!(tag.name().0, "testsuites" | "testsuite") => {
                completed.push('\n');
                completed.push_str(raw);
            }
            Event::Eof => break,
            Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => completed.push_str(raw),
        }
    }
    if suites.next().is_some() || cases.next().is_some() {
        return Err(writer_error("too few suites or cases"));
    }
    completed.push('\n');
    Ok(completed)
}

/// What readers want to know of a set of cases. One that was flaky has passed.
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    time: Duration,
}

impl Counts {
    fn of<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Self {
        let mut counts = Self { tests: 0, failures: 0, errors: 0, skipped: 0, time: Duration::ZERO };
        for case in cases {
            counts.tests += 1;
            counts.time += whole_microseconds(case.time);
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

/// The crate leaves its root bare.
fn push_root_tag(xml: &mut String, document: &Document) {
    let counts = Counts::of(document.suites.iter().flat_map(|suite| &suite.cases));
    xml.push_str("\n<testsuites");
    push_attribute(xml, "name", visible_line(&document.name));
    push_attribute(xml, "tests", counts.tests);
    push_attribute(xml, "failures", counts.failures);
    push_attribute(xml, "errors", counts.errors);
    push_attribute(xml, "skipped", counts.skipped);
    push_attribute(xml, "time", seconds(counts.time));
    push_attribute(xml, "timestamp", document.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"));
    xml.push('>');
}

/// The tag with the crate's attributes and room for more. The crate writes whole seconds without a point: `time`
/// is written again.
fn push_tag_without_end(xml: &mut String, tag: &BytesStart<'_>, time: Duration) -> Result<(), RenderError> {
    xml.push_str("\n<");
    xml.push_str(tag.name().0);
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| writer_error(format!("an attribute that cannot be read: {error}")))?;
        if attribute.key.0 == "time" {
            push_attribute(xml, "time", seconds(time));
        } else {
            // Escaped by the crate, and not unescaped by the reader.
            xml.extend([" ", attribute.key.0, "=\"", attribute.value.as_ref(), "\""]);
        }
    }
    Ok(())
}

/// The end of the case's tag and what comes first inside it; all of the case where the crate wrote it `empty`.
fn push_content(xml: &mut String, case: &Case, empty: bool) {
    let flaky = match &case.result {
        CaseResult::Flaky(reason) => Some(shown_reason(reason)),
        CaseResult::Passed | CaseResult::Failed(_) | CaseResult::Error(_) | CaseResult::Skipped(_) => None,
    };
    if empty && flaky.is_none() && case.properties.is_empty() {
        xml.push_str("/>");
        return;
    }
    xml.push('>');
    if !case.properties.is_empty() {
        xml.push_str("<properties>");
        for (name, value) in &case.properties {
            xml.push_str("<property");
            push_attribute(xml, "name", visible_line(name));
            push_attribute(xml, "value", visible_line(value));
            xml.push_str("/>");
        }
        xml.push_str("</properties>");
    }
    if let Some(ShownReason { kind, message, text }) = flaky {
        xml.push_str("<flakyFailure");
        push_attribute(xml, "type", kind);
        push_attribute(xml, "message", message);
        // Surefire's form, which is the one that Jenkins reads.
        xml.extend(["><stackTrace><![CDATA[", &text, "]]></stackTrace></flakyFailure>"]);
    }
    if empty {
        xml.push_str("</testcase>");
    }
}

fn push_attribute(xml: &mut String, name: &str, value: impl Display) {
    xml.extend([" ", name, "=\"", &escape(value.to_string()), "\""]);
}

/// Seconds with a point and six decimals.
fn seconds(time: Duration) -> String {
    format!("{}.{:06}", time.as_secs(), time.subsec_micros())
}

fn writer_error(what: impl Display) -> RenderError {
    RenderError::Writer { detail: format!("the crate that writes XML wrote {what}") }
}
