//! Streams and files against what must hold of them, and the difference in words.

use super::difference::{Sides, diff};
use super::{Against, Findings, Subject, alike, excerpt, shape};
use crate::case::{Bytes, FileExpectation, StreamExpectation};
use crate::document::printed_json;
use crate::normalize::find;
use crate::observation::Left;
use crate::visible::quoted;
use crate::words::counted;
use camino::Utf8Path;

/// So many bytes of JSON are always read.
const JSON_BYTES: usize = 1 << 20;
/// Above this many bytes JSON is not set in lines: with its indentation it could be a hundred times as long.
const PRETTY_JSON: usize = 64 << 10;

impl Findings {
    pub(super) fn stream(&mut self, subject: &Subject, expected: &[StreamExpectation], seen: &[u8], baseline: Option<&[u8]>) {
        for expectation in expected {
            match expectation {
                StreamExpectation::Baseline => {
                    if let Some(baseline) = baseline.filter(|baseline| *baseline != seen) {
                        let shape = format!("{subject}: {}", shape::change(baseline, seen));
                        self.push(
                            (Against::Baseline, subject.clone()),
                            shape,
                            format!("{subject} differs from the baseline"),
                            diff(self.sides(subject, Against::Baseline), baseline, seen),
                        );
                    }
                }
                stated => self.stated_stream(subject, stated, seen),
            }
        }
    }

    fn sides<'s>(&self, subject: &'s Subject, against: Against) -> Sides<'s> {
        Sides { step: self.step, subject, against }
    }

    fn stated_stream(&mut self, name: &Subject, expected: &StreamExpectation, seen: &[u8]) {
        let sides = self.sides(name, Against::Stated);
        let (message, detail, shape) = match expected {
            StreamExpectation::Exact(bytes) if **bytes != *seen => {
                (format!("{name} is not as expected"), diff(sides, bytes, seen), shape::change(bytes, seen))
            }
            StreamExpectation::Contains(bytes) if find(seen, bytes).is_none() => {
                let alike = alike::likeness(bytes, seen).map(|alike| format!("? {alike}\n")).unwrap_or_default();
                let shape = format!("lacks {}", shape::message(bytes));
                (format!("{name} does not contain {}", quoted(bytes)), excerpt::end(seen) + &alike, shape)
            }
            StreamExpectation::NotContains(bytes) => {
                let Some(at) = find(seen, bytes) else { return };
                (
                    format!("{name} contains {}", quoted(bytes)),
                    excerpt::around(seen, at),
                    format!("has {}", shape::message(bytes)),
                )
            }
            StreamExpectation::Regex(pattern) if !pattern.is_match(seen) => (
                format!("{name} does not match {}", quoted(pattern.as_str().as_bytes())),
                excerpt::end(seen),
                format!("does not match {}", pattern.as_str()),
            ),
            StreamExpectation::Lines(lines) if !is_lines(seen, lines) => {
                let expected: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
                (format!("{name} is not the expected lines"), diff(sides, &expected, seen), shape::change(&expected, seen))
            }
            StreamExpectation::Json(value) if seen.len() > most_json(value) => {
                let message = format!("{name} is not the expected JSON: it has {}", counted(seen.len(), "byte"));
                (message, excerpt::end(seen), "too long".to_owned())
            }
            StreamExpectation::Json(value) => match printed_json(seen) {
                Ok(parsed) if parsed == **value => return,
                Ok(parsed) => {
                    let (expected, seen) = if seen.len() > PRETTY_JSON {
                        (format!("{value}\n"), format!("{parsed}\n"))
                    } else {
                        (format!("{value:#}\n"), format!("{parsed:#}\n"))
                    };
                    let detail = diff(sides, expected.as_bytes(), seen.as_bytes());
                    (format!("{name} is other JSON than expected"), detail, shape::change(expected.as_bytes(), seen.as_bytes()))
                }
                Err(reason) => (format!("{name} is not JSON: {reason}"), excerpt::end(seen), "not JSON".to_owned()),
            },
            StreamExpectation::Exact(_)
            | StreamExpectation::Contains(_)
            | StreamExpectation::Regex(_)
            | StreamExpectation::Lines(_)
            | StreamExpectation::Baseline => return,
        };
        self.push((Against::Stated, name.clone()), format!("{name}: {shape}"), message, detail);
    }

    pub(super) fn file(&mut self, path: &Utf8Path, expected: &FileExpectation, seen: Option<&Left>) {
        let wanted = match expected {
            FileExpectation::Absent => "nothing is",
            FileExpectation::Content(_) => "a file is",
        };
        let subject = || Subject::File(path.to_owned());
        let (shape, what) = match (expected, seen) {
            (FileExpectation::Absent, Some(Left::Nothing)) => return,
            (FileExpectation::Absent, Some(Left::File(_))) => {
                return self.stated(subject(), "file: unexpected", format!("the file {path} exists"));
            }
            (FileExpectation::Content(_), Some(Left::Nothing)) => {
                return self.stated(subject(), "file: absent", format!("the file {path} does not exist"));
            }
            (FileExpectation::Content(expected), Some(Left::File(seen))) => {
                return self.stream(&subject(), expected, seen, None);
            }
            (_, Some(Left::Link(target))) => ("a link", format!("is a link to {}", quoted(target.as_bytes()))),
            (_, Some(Left::Special(what))) => (*what, format!("is {what}")),
            (_, Some(Left::Outside)) => ("outside", "leads out of the work directory".to_owned()),
            (_, Some(Left::Unreadable(reason))) => ("unreadable", format!("cannot be looked at ({reason})")),
            (_, None) => ("unknown", "was not looked at".to_owned()),
        };
        self.stated(subject(), &format!("file: {shape}"), format!("{path} {what}, and {wanted} expected there"));
    }
}

fn is_lines(seen: &[u8], lines: &[Bytes]) -> bool {
    if lines.is_empty() {
        return seen.is_empty();
    }
    let seen = seen.strip_suffix(b"\n").unwrap_or(seen);
    seen.split(|byte| *byte == b'\n').eq(lines.iter().map(|line| &**line))
}

/// The most bytes that can be this JSON: what a product prints takes a hundred times its length in memory once it is read.
fn most_json(expected: &serde_json::Value) -> usize {
    const SPACES: usize = 16;
    JSON_BYTES.max(SPACES * expected.to_string().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_lack_the_last_newline() {
        let lines = vec![Bytes::from("a"), Bytes::from("b")];
        assert!(is_lines(b"a\nb", &lines) && is_lines(b"a\nb\n", &lines));
        assert!(!is_lines(b"a\n", &lines) && !is_lines(b"a\nb\nc\n", &lines));
        assert!(is_lines(b"", &[]));
        assert!(!is_lines(b"a\n", &[]));
    }

    #[test]
    fn json_that_is_too_long_to_be_the_expected_is_not_read() {
        let judged = |seen: &[u8]| {
            let mut findings = Findings { step: 1, found: Vec::new() };
            findings.stated_stream(&Subject::Stdout, &StreamExpectation::Json(Box::new(serde_json::json!([1]))), seen);
            findings.found.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
        };
        assert!(judged(b"[1]").is_empty());
        assert!(judged(format!("{}[1]", " ".repeat(JSON_BYTES - 3)).as_bytes()).is_empty());
        let long = format!("[1{}]", ",{}".repeat(JSON_BYTES));
        assert_eq!(judged(long.as_bytes()), ["stdout is not the expected JSON: it has 3,145,731 bytes"]);
    }
}
