//! The difference between two streams in lines.

mod bytes;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};
use unicode_security::confusable_detection::skeleton;

use self::bytes::apart;
use super::excerpt::{NO_NEWLINE, clipped, left_out};
use super::{Against, Subject, alike};
use crate::words::counted;

/// Above this many lines or bytes between the first difference and the last no line diff is made: only the first one is shown.
const DIFF_LINES: usize = 4_000;
const DIFF_BYTES: usize = 1 << 20;
/// The lines around a difference that are kept.
const CONTEXT: usize = 2;
/// The most lines of a difference that are kept: so many of its start, so many of its end.
const SHOWN_FIRST: usize = 40;
const SHOWN_LAST: usize = 20;

/// What two streams are, for the heading of their difference.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'s> {
    /// The step that printed them, from 1.
    pub(super) step: usize,
    /// Which of its streams or files they are.
    pub(super) subject: &'s Subject,
    /// Where the first of them comes from.
    pub(super) against: Against,
}

impl Sides<'_> {
    fn headings(self) -> [String; 2] {
        let Self { step, subject, against } = self;
        let source = match against {
            Against::Stated => "as expected",
            Against::Baseline => "of the baseline",
        };
        let step = if step > 1 { format!(", step {step}") } else { String::new() };
        [format!("--- {subject} {source}{step}"), format!("+++ {subject} of this build{step}")]
    }
}

/// A line of a difference.
struct Line {
    side: Side,
    text: String,
}

/// Whose text a line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Old,
    New,
    /// It says something of the others.
    Neither,
}

impl Line {
    fn about(text: String) -> Self {
        Self { side: Side::Neither, text }
    }
}

/// The difference in lines: `-` as it should be, `+` as it is, and `?` says what tells two lines apart that look alike. It is never
/// empty, and its two sides never read the same without a line that says where they differ.
pub(super) fn diff(sides: Sides<'_>, expected: &[u8], seen: &[u8]) -> String {
    let (before, after): (Vec<&[u8]>, Vec<&[u8]>) = (lines(expected), lines(seen));
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let room = before.len().min(after.len()) - same;
    let end = before.iter().rev().zip(after.iter().rev()).take(room).take_while(|(one, other)| one == other).count();
    // The lines that are the same at both ends need no search; those around the difference are shown.
    let binary = bytes::is_binary(&before[same..before.len() - end]) || bytes::is_binary(&after[same..after.len() - end]);
    let (start, end) = (same.saturating_sub(CONTEXT), end.saturating_sub(CONTEXT));
    let (before, after) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    let is_large = |side: &[&[u8]]| side.len() > DIFF_LINES || side.iter().map(|line| line.len()).sum::<usize>() > DIFF_BYTES;
    if binary || is_large(before) || is_large(after) {
        return joined(&first_difference(sides, expected, seen, binary));
    }
    let ops = capture_diff_slices(Algorithm::Myers, before, after);
    let mut text: Vec<Line> = Vec::new();
    for hunk in group_diff_ops(ops, CONTEXT) {
        text.extend(heading(&hunk, start).map(Line::about));
        hunk.iter().for_each(|op| push_op(&mut text, op, before, after));
    }
    let mut shown: Vec<Line> = sides.headings().into_iter().map(Line::about).collect();
    shown.extend(bounded(text));
    if read_the_same(&shown) {
        shown.push(Line::about(bytes::first(expected, seen)));
    }
    joined(&shown)
}

fn joined(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
}

/// Whether a person could take the two sides for the same, and nothing says what tells them apart.
fn read_the_same(shown: &[Line]) -> bool {
    let side = |side: Side| {
        let lines = shown.iter().filter(move |line| line.side == side || line.side == Side::Both);
        lines.map(|line| look(&line.text[1..]))
    };
    !shown.iter().any(|line| line.text.starts_with('?')) && side(Side::Old).eq(side(Side::New))
}

/// What a person sees of a line: blanks are alike, and so are letters of many typefaces. The size of a cut line tells nothing of what
/// differs in it.
fn look(text: &str) -> String {
    let text = if text.ends_with(" bytes)") { text.rsplit_once("… (").map_or(text, |(line, _)| line) } else { text };
    skeleton(text).map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect()
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Where the streams begin to differ, of binary data in bytes.
fn first_difference(sides: Sides<'_>, expected: &[u8], seen: &[u8], binary: bool) -> Vec<Line> {
    let at = apart(expected, seen);
    let sizes = [expected, seen].map(|stream| counted(stream.len(), "byte"));
    let mut text: Vec<Line> =
        sides.headings().iter().zip(sizes).map(|(name, size)| Line::about(format!("{name}: {size}"))).collect();
    if binary {
        text.push(Line::about(bytes::first(expected, seen)));
        text.extend(bytes::rows('-', expected, at).map(|text| Line { side: Side::Old, text }));
        text.extend(bytes::rows('+', seen, at).map(|text| Line { side: Side::New, text }));
    } else {
        push_pair(&mut text, line_at(expected, at), line_at(seen, at));
        text.push(Line::about(bytes::first(expected, seen)));
    }
    text
}

/// The part of a line around a byte.
fn line_at(bytes: &[u8], at: usize) -> &[u8] {
    let at = at.min(bytes.len());
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let start = start.max(at.saturating_sub(80));
    let end = (at + 80).min(bytes.len());
    bytes[start..end].split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default()
}

fn heading(hunk: &[DiffOp], start: usize) -> Option<String> {
    let (first, last) = (hunk.first()?, hunk.last()?);
    let range = |first: std::ops::Range<usize>, last: std::ops::Range<usize>| {
        let (from, count) = (start + first.start, last.end - first.start);
        if count == 1 { (from + 1).to_string() } else { format!("{},{count}", from + usize::from(count > 0)) }
    };
    let (old, new) = (range(first.old_range(), last.old_range()), range(first.new_range(), last.new_range()));
    Some(format!("@@ -{old} +{new} @@"))
}

fn push_op(text: &mut Vec<Line>, op: &DiffOp, before: &[&[u8]], after: &[&[u8]]) {
    let (old, new) = (&before[op.old_range()], &after[op.new_range()]);
    match op {
        DiffOp::Equal { .. } => old.iter().for_each(|line| push_line(text, Side::Both, line, 0)),
        DiffOp::Delete { .. } => old.iter().for_each(|line| push_line(text, Side::Old, line, 0)),
        DiffOp::Insert { .. } => new.iter().for_each(|line| push_line(text, Side::New, line, 0)),
        DiffOp::Replace { .. } if old.len() == new.len() && are_close(old, new) => {
            old.iter().zip(new).for_each(|(one, other)| push_pair(text, one, other));
        }
        DiffOp::Replace { .. } => {
            let places = |one: &[&[u8]], other: &[&[u8]]| {
                let place = |(index, line): (usize, &&[u8])| other.get(index).map_or(0, |other| apart(line, other));
                one.iter().enumerate().map(place).collect::<Vec<_>>()
            };
            old.iter().zip(places(old, new)).for_each(|(line, at)| push_line(text, Side::Old, line, at));
            new.iter().zip(places(new, old)).for_each(|(line, at)| push_line(text, Side::New, line, at));
        }
    }
}

/// Whether some of these lines are best read one below the other; more than those are not shown anyway.
fn are_close(old: &[&[u8]], new: &[&[u8]]) -> bool {
    old.iter().zip(new).take(SHOWN_FIRST).any(|(one, other)| alike::note(one, other).is_some())
}

fn push_pair(text: &mut Vec<Line>, before: &[u8], after: &[u8]) {
    push_line(text, Side::Old, before, apart(before, after));
    push_line(text, Side::New, after, apart(after, before));
    text.extend(alike::note(before, after).map(|note| Line::about(format!("? {note}"))));
}

/// A line with its sign; blanks at the end of one that differs are escapes, as a reader would not see them.
fn push_line(text: &mut Vec<Line>, side: Side, line: &[u8], at: usize) {
    let (content, ends) = line.strip_suffix(b"\n").map_or((line, false), |content| (content, true));
    let shown = clipped(content, at);
    text.push(Line {
        side,
        text: match side {
            Side::Both | Side::Neither => format!(" {shown}"),
            Side::Old => format!("-{}", with_last_blanks(&shown)),
            Side::New => format!("+{}", with_last_blanks(&shown)),
        },
    });
    if !ends {
        text.push(Line { side, text: NO_NEWLINE.to_owned() });
    }
}

fn with_last_blanks(shown: &str) -> String {
    let text = shown.trim_end_matches([' ', '\t']);
    let blanks = shown[text.len()..].chars().map(|blank| if blank == '\t' { "\\t" } else { "\\x20" });
    text.chars().map(String::from).chain(blanks.map(str::to_owned)).collect()
}

fn bounded(mut lines: Vec<Line>) -> Vec<Line> {
    let more = lines.len().saturating_sub(SHOWN_FIRST + SHOWN_LAST);
    if let Some(note) = left_out(more) {
        lines.splice(SHOWN_FIRST..SHOWN_FIRST + more, [Line::about(note)]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDOUT: Sides<'static> = Sides { step: 1, subject: &Subject::Stdout, against: Against::Stated };

    #[test]
    fn a_large_difference_names_its_first_byte() {
        let (expected, mut seen) = (vec![b'a'; 2 << 20], vec![b'a'; 2 << 20]);
        seen[1_000_000] = b'b';
        assert!(diff(STDOUT, &expected, &seen).contains("first difference is at byte 1000000: "));
    }

    #[test]
    fn a_small_difference_in_a_long_stream_is_shown_with_its_lines() {
        let lines: Vec<String> = (1..=100_000).map(|number| format!("line {number}\n")).collect();
        let mut seen = lines.clone();
        seen[70_000] = "changed\n".to_owned();
        assert_eq!(
            diff(STDOUT, lines.concat().as_bytes(), seen.concat().as_bytes()),
            "--- stdout as expected\n+++ stdout of this build\n@@ -69999,5 +69999,5 @@\n line 69999\n line 70000\n-line 70001\n+changed\n line 70002\n line 70003\n"
        );
    }

    #[test]
    fn of_a_long_difference_both_ends_are_shown_and_the_rest_is_counted() {
        let expected: String = (1..=100).map(|number| format!("old {number}\n")).collect();
        let text = diff(STDOUT, expected.as_bytes(), b"new\n");
        assert!(
            text.contains("-old 1\n") && text.contains("\n… 42 lines left out\n") && text.ends_with("-old 100\n+new\n"),
            "{text}"
        );
    }

    #[test]
    fn a_missing_last_newline_is_seen() {
        let text = diff(STDOUT, b"a\nb\n", b"a\nb");
        assert_eq!(
            text,
            "--- stdout as expected\n+++ stdout of this build\n@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let (before, after) = (format!("{}x\n", "a".repeat(5_000)), format!("{}y\n", "a".repeat(5_000)));
        let text = diff(STDOUT, before.as_bytes(), after.as_bytes());
        assert!(text.contains("ax\n") && text.contains("ay\n"), "{text}");
    }

    #[test]
    fn an_empty_side_has_a_heading_as_diff_writes_it() {
        assert_eq!(diff(STDOUT, b"", b"a\n"), "--- stdout as expected\n+++ stdout of this build\n@@ -0,0 +1 @@\n+a\n");
    }

    #[test]
    fn a_difference_says_which_stream_of_which_step_it_is_of() {
        let sides = Sides { step: 2, subject: &Subject::Stderr, against: Against::Baseline };
        assert!(
            diff(sides, b"a\n", b"b\n").starts_with("--- stderr of the baseline, step 2\n+++ stderr of this build, step 2\n")
        );
    }

    #[test]
    fn an_escape_that_one_side_prints_is_told_from_the_character_of_the_other() {
        for (expected, seen) in [("a\\r\n", "a\r\n"), ("\\u{1b}[1m\n", "\u{1b}[1m\n"), ("\\xff\n", "\\\\xff\n")] {
            let text = diff(STDOUT, expected.as_bytes(), seen.as_bytes());
            let side = |sign: char| text.lines().skip(2).find_map(|line| line.strip_prefix(sign)).map(str::to_owned);
            assert_ne!(side('-'), side('+'), "{text}");
        }
    }

    #[test]
    fn sides_that_read_the_same_are_told_apart_by_a_note() {
        let blanks = diff(STDOUT, b"a b\n", b"a\tb\nc\n");
        assert!(!blanks.contains("first difference"), "{blanks}");
        for (expected, seen) in [
            // Lines of other numbers, so that they are not compared one by one.
            ("x\ny\na b\n", "x\ny\na\tb\n"),
            ("\u{e9}\n\n", "e\u{301}\n\n"),
            ("pass\n", "p\u{430}ss\n"),
            (
                &format!("{}a{}\n", "x ".repeat(600), "y".repeat(600)),
                &format!("{}\u{430}{}\n", "x ".repeat(600), "y".repeat(600)),
            ),
        ] {
            let text = diff(STDOUT, expected.as_bytes(), seen.as_bytes());
            assert!(text.contains("\n? "), "{text}");
        }
        assert!(diff(STDOUT, b"a\n", b"a \t\nb\nb\n").contains("\n+a\\x20\\t\n"));
    }

    #[test]
    fn equal_texts_are_never_shown_as_a_difference_without_a_word() {
        assert!(
            diff(STDOUT, b"a\n", b"a\n")
                .ends_with("? the first difference is at byte 2: - ends after 2 bytes, + ends after 2 bytes\n")
        );
    }

    #[test]
    fn binary_data_is_shown_by_its_sizes_and_the_bytes_that_differ() {
        let (expected, mut seen) = (vec![0_u8; 5_000], vec![0_u8; 5_001]);
        seen[3_000] = 0x89;
        let text = diff(STDOUT, &expected, &seen);
        assert!(text.starts_with("--- stdout as expected: 5,000 bytes\n+++ stdout of this build: 5,001 bytes\n? the first difference is at byte 3000: "), "{text}");
        assert!(text.contains("\n+00000bb0  00 00 00 00 00 00 00 00 89 00") && text.lines().count() == 3 + 2 * 4, "{text}");
    }
}
