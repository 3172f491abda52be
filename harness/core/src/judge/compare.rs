//! Streams and files against what must hold of them, and the difference in words.

use camino::Utf8Path;
use similar::TextDiff;

use super::{Against, Findings, shape};
use crate::case::{Bytes, FileExpectation, StreamExpectation};
use crate::normalize::find;
use crate::observation::Left;
use crate::words::is_unseen;

/// Above this many lines or bytes on either side no line diff is made: only the first difference is shown.
const DIFF_LINES: usize = 4_000;
const DIFF_BYTES: usize = 1 << 20;
/// Above this many bytes JSON is not set in lines: with its indentation it could be a hundred times as long.
const PRETTY_JSON: usize = 64 << 10;
/// The most lines of a difference that are kept.
const SHOWN_LINES: usize = 60;
/// The most characters of a line that are kept.
const SHOWN_WIDTH: usize = 400;

impl Findings {
    pub(super) fn stream(&mut self, name: &str, expected: &[StreamExpectation], seen: &[u8], baseline: Option<&[u8]>) {
        for expectation in expected {
            match expectation {
                StreamExpectation::Baseline => {
                    if let Some(baseline) = baseline.filter(|baseline| *baseline != seen) {
                        let shape = format!("{name}: {}", shape::change(baseline, seen));
                        self.push(
                            Against::Baseline,
                            shape,
                            format!("{name} differs from the baseline"),
                            diff("baseline", baseline, seen),
                        );
                    }
                }
                stated => self.stated_stream(name, stated, seen),
            }
        }
    }

    fn stated_stream(&mut self, name: &str, expected: &StreamExpectation, seen: &[u8]) {
        let (message, detail, shape) = match expected {
            StreamExpectation::Exact(bytes) if **bytes != *seen => {
                (format!("{name} is not as expected"), diff("expected", bytes, seen), shape::change(bytes, seen))
            }
            StreamExpectation::Contains(bytes) if find(seen, bytes).is_none() => {
                (format!("{name} does not contain {bytes:?}"), shown(seen), format!("lacks {}", shape::message(bytes)))
            }
            StreamExpectation::NotContains(bytes) if find(seen, bytes).is_some() => {
                (format!("{name} contains {bytes:?}"), shown(seen), format!("has {}", shape::message(bytes)))
            }
            StreamExpectation::Regex(pattern) if !pattern.is_match(seen) => (
                format!("{name} does not match {:?}", pattern.as_str()),
                shown(seen),
                format!("does not match {}", pattern.as_str()),
            ),
            StreamExpectation::Lines(lines) if !is_lines(seen, lines) => {
                let expected: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
                (format!("{name} is not the expected lines"), diff("expected", &expected, seen), shape::change(&expected, seen))
            }
            StreamExpectation::Json(value) if seen.len() > most_json(value) => {
                (format!("{name} is not the expected JSON: it has {} bytes", seen.len()), shown(seen), "too long".to_owned())
            }
            StreamExpectation::Json(value) => match serde_json::from_slice::<serde_json::Value>(seen) {
                Ok(parsed) if parsed == **value => return,
                Ok(parsed) => {
                    let (expected, seen) = if seen.len() > PRETTY_JSON {
                        (format!("{value}\n"), format!("{parsed}\n"))
                    } else {
                        (format!("{value:#}\n"), format!("{parsed:#}\n"))
                    };
                    let detail = diff("expected", expected.as_bytes(), seen.as_bytes());
                    (format!("{name} is other JSON than expected"), detail, shape::change(expected.as_bytes(), seen.as_bytes()))
                }
                Err(reason) => (format!("{name} is not JSON: {reason}"), shown(seen), "not JSON".to_owned()),
            },
            StreamExpectation::Exact(_)
            | StreamExpectation::Contains(_)
            | StreamExpectation::NotContains(_)
            | StreamExpectation::Regex(_)
            | StreamExpectation::Lines(_)
            | StreamExpectation::Baseline => return,
        };
        self.push(Against::Stated, format!("{name}: {shape}"), message, detail);
    }

    pub(super) fn file(&mut self, path: &Utf8Path, expected: &FileExpectation, seen: Option<&Left>) {
        let wanted = match expected {
            FileExpectation::Absent => "nothing is",
            FileExpectation::Content(_) => "a file is",
        };
        let (shape, what) = match (expected, seen) {
            (FileExpectation::Absent, Some(Left::Nothing)) => return,
            (FileExpectation::Absent, Some(Left::File(_))) => {
                return self.stated("file: unexpected", format!("the file {path} exists"));
            }
            (FileExpectation::Content(_), Some(Left::Nothing)) => {
                return self.stated("file: absent", format!("the file {path} does not exist"));
            }
            (FileExpectation::Content(expected), Some(Left::File(seen))) => {
                return self.stream(&format!("the file {path}"), expected, seen, None);
            }
            (_, Some(Left::Link(target))) => ("a link", format!("is a link to {target:?}")),
            (_, Some(Left::Special(what))) => (*what, format!("is {what}")),
            (_, Some(Left::Outside)) => ("outside", "leads out of the work directory".to_owned()),
            (_, Some(Left::Unreadable(reason))) => ("unreadable", format!("cannot be looked at ({reason})")),
            (_, None) => ("unknown", "was not looked at".to_owned()),
        };
        self.stated(&format!("file: {shape}"), format!("{path} {what}, and {wanted} expected there"));
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
    DIFF_BYTES.max(SPACES * expected.to_string().len())
}

/// Bytes as text that shows everything: what nobody would see and what is not UTF-8 as escapes; newlines and tabs stay.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\n' | '\t' => text.push(letter),
                _ if is_unseen(letter) => text.extend(letter.escape_default()),
                _ => text.push(letter),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// The difference in lines: `-` as it should be, `+` as it is.
fn diff(expected_name: &str, expected: &[u8], seen: &[u8]) -> String {
    let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
    if [expected, seen].iter().any(|side| side.len() > DIFF_BYTES || lines(side) > DIFF_LINES) {
        let at = expected.iter().zip(seen).take_while(|(one, other)| one == other).count();
        let sizes = format!("{} bytes expected, {} bytes seen", expected.len(), seen.len());
        return format!("{sizes}; the first difference is at byte {at}\n-{}\n+{}\n", line_at(expected, at), line_at(seen, at));
    }
    let (expected, seen) = (escaped(expected), escaped(seen));
    let diff = TextDiff::from_lines(expected.as_str(), seen.as_str());
    let text = diff.unified_diff().context_radius(2).header(expected_name, "this build").to_string();
    bounded(&text)
}

fn line_at(bytes: &[u8], at: usize) -> String {
    let at = at.min(bytes.len());
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let start = start.max(at.saturating_sub(80));
    let end = (at + 80).min(bytes.len());
    escaped(bytes[start..end].split(|byte| *byte == b'\n').next().unwrap_or_default())
}

/// The first lines of a stream, each after a mark.
pub(super) fn marked(mark: &str, bytes: &[u8], most: usize) -> String {
    let text = escaped(&bytes[..bytes.len().min(DIFF_BYTES)]);
    text.lines().take(most).map(|line| format!("{mark}{}\n", clipped(line))).collect()
}

fn shown(bytes: &[u8]) -> String {
    if bytes.is_empty() { "(it is empty)\n".to_owned() } else { bounded(&escaped(&bytes[..bytes.len().min(DIFF_BYTES)])) }
}

fn bounded(text: &str) -> String {
    let mut lines = text.lines();
    let mut kept: String = lines.by_ref().take(SHOWN_LINES).map(|line| clipped(line) + "\n").collect();
    match lines.count() {
        0 => {}
        more => kept.push_str(&format!("… {more} more lines\n")),
    }
    kept
}

fn clipped(line: &str) -> String {
    match line.char_indices().nth(SHOWN_WIDTH) {
        Some((end, _)) => format!("{}… ({} bytes)", &line[..end], line.len()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_printed_is_shown_as_escapes() {
        assert_eq!(escaped(b"a\x1b[0m\xff\0\n"), "a\\u{1b}[0m\\xff\\u{0}\n");
        assert_eq!(escaped("a\u{202E}b\u{FFFE}\u{FEFF}é\r".as_bytes()), "a\\u{202e}b\\u{fffe}\\u{feff}é\\r");
    }

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
            findings.stated_stream("stdout", &StreamExpectation::Json(Box::new(serde_json::json!([1]))), seen);
            findings.found.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
        };
        assert!(judged(b"[1]").is_empty());
        assert!(judged(format!("{}[1]", " ".repeat(DIFF_BYTES - 3)).as_bytes()).is_empty());
        let long = format!("[1{}]", ",{}".repeat(DIFF_BYTES));
        assert_eq!(judged(long.as_bytes()), ["stdout is not the expected JSON: it has 3145731 bytes"]);
    }

    #[test]
    fn a_large_difference_names_its_first_byte() {
        let (expected, mut seen) = (vec![b'a'; 2 << 20], vec![b'a'; 2 << 20]);
        seen[1_000_000] = b'b';
        assert!(diff("expected", &expected, &seen).contains("first difference is at byte 1000000"));
    }
}
