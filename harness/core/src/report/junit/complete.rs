//! What the crate cannot say, added in one pass over its XML.
//!
//! The pass follows the XML's own tokens, never its text, and takes cases in the document's order: output
//! that imitates markup stays text. What is not added to is copied as it stands.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::compose::{ShownReason, shown_reason};
use super::{Case, CaseResult, Counts, Document, Form, RenderError};
use crate::visible::visible_line;

/// The document up to its first suite. The crate leaves its root bare.
pub(super) fn begin<C>(form: Form, document: &Document<C>, counts: &Counts) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    if form == Form::Plain {
        return xml;
    }
    xml.push_str("\n<testsuites");
    push_attribute(&mut xml, "name", visible_line(&document.name));
    push_attribute(&mut xml, "tests", counts.tests);
    push_attribute(&mut xml, "failures", counts.failures);
    push_attribute(&mut xml, "errors", counts.errors);
    push_attribute(&mut xml, "skipped", counts.skipped);
    push_attribute(&mut xml, "time", seconds(form, counts.time));
    push_attribute(&mut xml, "timestamp", document.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"));
    xml.push('>');
    xml
}

/// What follows the last case of a suite.
pub(super) fn end_suite(xml: &mut String) {
    xml.push_str("\n</testsuite>");
}

/// What follows the last suite.
pub(super) fn end(form: Form, xml: &mut String) {
    xml.push_str(match form {
        Form::Full => "\n</testsuites>\n",
        Form::Plain => "\n",
    });
}

/// Some of a suite's cases, one after the other.
pub(super) struct Part<'p> {
    pub(super) form: Form,
    /// Of the document.
    pub(super) properties: &'p [(String, String)],
    /// At least one.
    pub(super) cases: &'p [Cow<'p, Case>],
    /// Whether they are the first of the suite.
    pub(super) first: bool,
    /// The suite's place in the document, from 0.
    pub(super) number: usize,
    /// Of the whole suite.
    pub(super) counts: &'p Counts,
}

impl Part<'_> {
    /// Adds the cases of the crate's XML with all that belongs to them, after the tag of their suite if they are its first;
    /// suites and cases begin on lines of their own.
    pub(super) fn complete(&self, xml: &str, completed: &mut String) -> Result<(), RenderError> {
        let mut reader = Reader::from_str(xml);
        let mut cases = self.cases.iter();
        let mut position = 0;
        loop {
            let event = reader.read_event().map_err(|error| writer_error(format!("XML that cannot be read: {error}")))?;
            let start = std::mem::replace(&mut position, reader.buffer_position() as usize);
            let raw = xml.get(start..position).ok_or_else(|| writer_error("XML that cannot be followed"))?;
            match &event {
                Event::Start(tag) | Event::Empty(tag) => match tag.name().0 {
                    "testsuites" => {}
                    "testsuite" if self.first => self.push_suite_tag(completed, tag)?,
                    "testsuite" => {}
                    "testcase" => {
                        let case = cases.next().ok_or_else(|| writer_error("too many cases"))?;
                        push_tag_without_end(completed, tag, |name| match (name, self.form) {
                            ("time", form) => Written::Again(seconds(form, case.time)),
                            ("file", Form::Plain) => Written::Not,
                            (_, Form::Full | Form::Plain) => Written::AsItIs,
                        })?;
                        if self.form == Form::Full {
                            push_attribute(completed, "line", case.line);
                        }
                        self.push_content(completed, case, matches!(event, Event::Empty(_)));
                    }
                    "failure" | "error" | "skipped" => {
                        // Surefire's schema knows no type of what was skipped.
                        push_attributes(completed, tag, |name| match (tag.name().0, name, self.form) {
                            ("skipped", "type", Form::Plain) => Written::Not,
                            (_, _, Form::Full | Form::Plain) => Written::AsItIs,
                        })?;
                        completed.push_str(if matches!(event, Event::Empty(_)) { "/>" } else { ">" });
                    }
                    _ => completed.push_str(raw),
                },
                Event::End(tag) if matches!(tag.name().0, "testsuites" | "testsuite") => {}
                Event::Decl(_) => {}
                Event::Eof => break,
                Event::End(_)
                | Event::Text(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_) => completed.push_str(raw),
            }
        }
        if cases.next().is_some() { Err(writer_error("too few cases")) } else { Ok(()) }
    }

    /// What the crate says of the suite is true of this part alone.
    fn push_suite_tag(&self, completed: &mut String, tag: &BytesStart<'_>) -> Result<(), RenderError> {
        let counts = self.counts;
        push_tag_without_end(completed, tag, |name| match (name, self.form) {
            ("id" | "package" | "hostname" | "timestamp", Form::Plain) => Written::Not,
            ("id", Form::Full) => Written::Again(self.number.to_string()),
            ("tests", _) => Written::Again(counts.tests.to_string()),
            ("errors", _) => Written::Again(counts.errors.to_string()),
            ("failures", _) => Written::Again(counts.failures.to_string()),
            ("time", form) => Written::Again(seconds(form, counts.time)),
            (_, Form::Full | Form::Plain) => Written::AsItIs,
        })?;
        push_attribute(completed, "skipped", counts.skipped);
        completed.push('>');
        if !self.properties.is_empty() {
            completed.push('\n');
            push_properties(completed, self.properties);
        }
        Ok(())
    }

    /// The end of the case's tag and what comes first inside it; all of the case where the crate wrote it `empty`.
    fn push_content(&self, xml: &mut String, case: &Case, empty: bool) {
        let flaky = match &case.result {
            CaseResult::Flaky(reason) => Some(shown_reason(reason)),
            CaseResult::Passed | CaseResult::Failed(_) | CaseResult::Error(_) | CaseResult::Skipped(_) => None,
        };
        let properties = if self.form == Form::Full { &*case.properties } else { &[] };
        if empty && flaky.is_none() && properties.is_empty() {
            xml.push_str("/>");
            return;
        }
        xml.push('>');
        if !properties.is_empty() {
            push_properties(xml, properties);
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
}

fn push_properties(xml: &mut String, properties: &[(String, String)]) {
    xml.push_str("<properties>");
    for (name, value) in properties {
        xml.push_str("<property");
        push_attribute(xml, "name", visible_line(name));
        push_attribute(xml, "value", visible_line(value));
        xml.push_str("/>");
    }
    xml.push_str("</properties>");
}

/// What becomes of an attribute that the crate wrote.
enum Written {
    AsItIs,
    Again(String),
    Not,
}

/// The tag with the crate's attributes, some of them written again, and room for more. The crate writes whole seconds
/// without a point.
fn push_tag_without_end(xml: &mut String, tag: &BytesStart<'_>, again: impl Fn(&str) -> Written) -> Result<(), RenderError> {
    xml.push('\n');
    push_attributes(xml, tag, again)
}

/// The beginning of a tag and its attributes, as the crate wrote them but for what is escaped.
fn push_attributes(xml: &mut String, tag: &BytesStart<'_>, again: impl Fn(&str) -> Written) -> Result<(), RenderError> {
    xml.extend(["<", tag.name().0]);
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| writer_error(format!("an attribute that cannot be read: {error}")))?;
        match again(attribute.key.0) {
            Written::Not => {}
            Written::Again(value) => push_attribute(xml, attribute.key.0, value),
            Written::AsItIs => {
                let value = unescape(attribute.value.as_ref());
                let value = value.map_err(|error| writer_error(format!("an attribute that cannot be read: {error}")))?;
                push_attribute(xml, attribute.key.0, value);
            }
        }
    }
    Ok(())
}

/// An attribute. Only what XML demands is escaped: some readers show entities as they are written.
fn push_attribute(xml: &mut String, name: &str, value: impl Display) {
    xml.extend([" ", name, "=\""]);
    for letter in value.to_string().chars() {
        match letter {
            '<' => xml.push_str("&lt;"),
            '&' => xml.push_str("&amp;"),
            '"' => xml.push_str("&quot;"),
            _ => xml.push(letter),
        }
    }
    xml.push('"');
}

/// Seconds with a point and six decimals, or three, which is what schemas allow.
fn seconds(form: Form, time: Duration) -> String {
    match form {
        Form::Full => format!("{}.{:06}", time.as_secs(), time.subsec_micros()),
        Form::Plain => {
            let milliseconds = (time.as_micros() + 500) / 1_000;
            format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
        }
    }
}

fn writer_error(what: impl Display) -> RenderError {
    RenderError::Writer { detail: format!("the crate that writes XML wrote {what}") }
}
