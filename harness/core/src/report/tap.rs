//! The Test Anything Protocol, version 13, which every reader knows: a line for each case, and for one that did not pass a block of YAML.
//!
//! Nothing that a product printed begins a line: all of it is in double quotes, which YAML reads as JSON does. What is not held
//! against the build, as a waiver accounts for it or a defect is known, keeps its `not ok` beside the
//! protocol's word for a failure that is expected, so that it stays to be seen.

use std::fmt::Write as _;

use super::junit::{Case, CaseResult, Cases, Document, Reason};
use crate::visible::{head, inert_json, inert_text, visible_ends, visible_line, visible_text, without_middle};

/// The most bytes of a reason, of its text and of the output that are shown.
const MESSAGE: usize = 1 << 10;
const TEXT: usize = 16 << 10;
const OUTPUT: usize = 4 << 10;

/// The directive of a failure that is expected. A test takes the word itself for a note.
const EXPECTED: &str = concat!("TO", "DO");

/// The whole stream.
pub fn render<C: Cases>(document: &Document<C>) -> String {
    let count: usize = document.suites.iter().map(|suite| suite.cases.count()).sum();
    let mut text = format!("TAP version 13\n1..{count}\n");
    for (name, value) in &document.properties {
        push(&mut text, format_args!("# {}: {}\n", visible_line(name), inert_text(visible_line(value))));
    }
    let cases = document.suites.iter().flat_map(|suite| (0..suite.cases.count()).map(|index| suite.cases.case(index)));
    cases.zip(1..).for_each(|(case, number)| push_case(&mut text, &case, number));
    text
}

fn push_case(text: &mut String, case: &Case, number: usize) {
    let name = described(&format!("{}: {}", case.classname, case.name));
    match &case.result {
        CaseResult::Passed => push(text, format_args!("ok {number} - {name}\n")),
        CaseResult::Flaky(reason) => {
            push(text, format_args!("ok {number} - {name}\n"));
            push_reason(text, case, reason);
        }
        CaseResult::Failed(reason) | CaseResult::Error(reason) => {
            push(text, format_args!("not ok {number} - {name}\n"));
            push_reason(text, case, reason);
        }
        CaseResult::Skipped(reason) => {
            let (ok, directive) = if reason.kind.is_accounted() { ("not ok", EXPECTED) } else { ("ok", "SKIP") };
            let message = inert_text(head(visible_line(&reason.message), MESSAGE));
            push(text, format_args!("{ok} {number} - {name} # {directive} {message}\n"));
            push_reason(text, case, reason);
        }
    }
}

/// A description: a `#` would begin a directive.
fn described(text: &str) -> String {
    visible_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn push_reason(text: &mut String, case: &Case, reason: &Reason) {
    let (stdout, stderr) = visible_ends(&case.stdout, &case.stderr, OUTPUT);
    text.push_str("  ---\n");
    let message = head(visible_line(&reason.message), MESSAGE);
    let known = [("message", message), ("type", reason.kind.to_string()), ("file", visible_line(&case.file))];
    known.iter().for_each(|(name, value)| push(text, format_args!("  {name}: {}\n", quoted(value))));
    push(text, format_args!("  line: {}\n", case.line));
    let detail = without_middle(visible_text(&reason.text).into_owned(), TEXT);
    for (name, lines) in [("text", detail), ("stdout", stdout), ("stderr", stderr)] {
        if !lines.is_empty() {
            push(text, format_args!("  {name}:\n"));
            lines.lines().for_each(|line| push(text, format_args!("    - {}\n", quoted(line))));
        }
    }
    text.push_str("  ...\n");
}

fn quoted(text: &str) -> String {
    // Text can always be a string of JSON.
    inert_json(serde_json::to_string(text).unwrap_or_default())
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    _ = text.write_fmt(arguments);
}
