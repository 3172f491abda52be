//! The difference between two streams in lines.

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

use super::alike;
use super::excerpt::{clipped, left_out};
use crate::words::counted;

/// Above this many lines or bytes between the first difference and the last no line diff is made: only the first one is shown.
const DIFF_LINES: usize = 4_000;
const DIFF_BYTES: usize = 1 << 20;
/// The lines around a difference that are kept.
const CONTEXT: usize = 2;
/// The most lines of a difference that are kept: so many of its start, so many of its end.
const SHOWN_FIRST: usize = 40;
const SHOWN_LAST: usize = 20;

/// What follows a last line that no newline ends.
pub(super) const NO_NEWLINE: &str = "\\ No newline at end of file";

/// The difference in lines: `-` as it should be, `+` as it is, and `?` says what tells two lines apart that look alike.
pub(super) fn diff(expected_name: &str, expected: &[u8], seen: &[u8]) -> String {
    let (before, after): (Vec<&[u8]>, Vec<&[u8]>) = (lines(expected), lines(seen));
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let room = before.len().min(after.len()) - same;
    let end = before.iter().rev().zip(after.iter().rev()).take(room).take_while(|(one, other)| one == other).count();
    // The lines that are the same at both ends need no search; those around the difference are shown.
    let (start, end) = (same.saturating_sub(CONTEXT), end.saturating_sub(CONTEXT));
    let (before, after) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    let is_large = |side: &[&[u8]]| side.len() > DIFF_LINES || side.iter().map(|line| line.len()).sum::<usize>() > DIFF_BYTES;
    if is_large(before) || is_large(after) {
        return first_difference(expected, seen);
    }
    let ops = capture_diff_slices(Algorithm::Myers, before, after);
    let mut text = vec![format!("--- {expected_name}"), "+++ this build".to_owned()];
    for hunk in group_diff_ops(ops, CONTEXT) {
        text.extend(heading(&hunk, start));
        hunk.iter().for_each(|op| push_op(&mut text, op, before, after));
    }
    bounded(&text)
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

fn first_difference(expected: &[u8], seen: &[u8]) -> String {
    let at = expected.iter().zip(seen).take_while(|(one, other)| one == other).count();
    let sizes = format!("{} expected, {} seen", counted(expected.len(), "byte"), counted(seen.len(), "byte"));
    let (before, after) = (line_at(expected, at), line_at(seen, at));
    let mut text = vec![format!("{sizes}; the first difference is at byte {at}")];
    push_pair(&mut text, before, after);
    text.into_iter().map(|line| line + "\n").collect()
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

fn push_op(text: &mut Vec<String>, op: &DiffOp, before: &[&[u8]], after: &[&[u8]]) {
    let (old, new) = (&before[op.old_range()], &after[op.new_range()]);
    match op {
        DiffOp::Equal { .. } => old.iter().for_each(|line| push_line(text, ' ', line, 0)),
        DiffOp::Delete { .. } => old.iter().for_each(|line| push_line(text, '-', line, 0)),
        DiffOp::Insert { .. } => new.iter().for_each(|line| push_line(text, '+', line, 0)),
        DiffOp::Replace { .. } if old.len() == new.len() && are_close(old, new) => {
            old.iter().zip(new).for_each(|(one, other)| push_pair(text, one, other));
        }
        DiffOp::Replace { .. } => {
            let places = |one: &[&[u8]], other: &[&[u8]]| {
                let place = |(index, line): (usize, &&[u8])| other.get(index).map_or(0, |other| apart(line, other));
                one.iter().enumerate().map(place).collect::<Vec<_>>()
            };
            old.iter().zip(places(old, new)).for_each(|(line, at)| push_line(text, '-', line, at));
            new.iter().zip(places(new, old)).for_each(|(line, at)| push_line(text, '+', line, at));
        }
    }
}

/// Whether some of these lines are best read one below the other; more than those are not shown anyway.
fn are_close(old: &[&[u8]], new: &[&[u8]]) -> bool {
    old.iter().zip(new).take(SHOWN_FIRST).any(|(one, other)| alike::note(one, other).is_some())
}

fn push_pair(text: &mut Vec<String>, before: &[u8], after: &[u8]) {
    push_line(text, '-', before, apart(before, after));
    push_line(text, '+', after, apart(after, before));
    text.extend(alike::note(before, after).map(|note| format!("? {note}")));
}

/// At which byte a line begins to differ from another.
fn apart(line: &[u8], other: &[u8]) -> usize {
    line.iter().zip(other).take_while(|(one, other)| one == other).count()
}

fn push_line(text: &mut Vec<String>, sign: char, line: &[u8], at: usize) {
    let (content, ends) = line.strip_suffix(b"\n").map_or((line, false), |content| (content, true));
    text.push(format!("{sign}{}", clipped(content, at)));
    if !ends {
        text.push(NO_NEWLINE.to_owned());
    }
}

fn bounded(lines: &[String]) -> String {
    let more = lines.len().saturating_sub(SHOWN_FIRST + SHOWN_LAST);
    let (first, rest) = lines.split_at(lines.len().min(SHOWN_FIRST));
    let last = &rest[more..];
    first.iter().cloned().chain(left_out(more)).chain(last.iter().cloned()).map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_difference_names_its_first_byte() {
        let (expected, mut seen) = (vec![b'a'; 2 << 20], vec![b'a'; 2 << 20]);
        seen[1_000_000] = b'b';
        assert!(diff("expected", &expected, &seen).contains("first difference is at byte 1000000"));
    }

    #[test]
    fn a_small_difference_in_a_long_stream_is_shown_with_its_lines() {
        let lines: Vec<String> = (1..=100_000).map(|number| format!("line {number}\n")).collect();
        let mut seen = lines.clone();
        seen[70_000] = "changed\n".to_owned();
        assert_eq!(
            diff("expected", lines.concat().as_bytes(), seen.concat().as_bytes()),
            "--- expected\n+++ this build\n@@ -69999,5 +69999,5 @@\n line 69999\n line 70000\n-line 70001\n+changed\n line 70002\n line 70003\n"
        );
    }

    #[test]
    fn of_a_long_difference_both_ends_are_shown_and_the_rest_is_counted() {
        let expected: String = (1..=100).map(|number| format!("old {number}\n")).collect();
        let text = diff("expected", expected.as_bytes(), b"new\n");
        assert!(
            text.contains("-old 1\n") && text.contains("\n… 44 lines left out\n") && text.ends_with("-old 100\n+new\n"),
            "{text}"
        );
    }

    #[test]
    fn a_missing_last_newline_is_seen() {
        let text = diff("expected", b"a\nb\n", b"a\nb");
        assert_eq!(text, "--- expected\n+++ this build\n@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n");
    }

    #[test]
    fn a_long_line_is_shown_where_it_differs() {
        let (before, after) = (format!("{}x\n", "a".repeat(5_000)), format!("{}y\n", "a".repeat(5_000)));
        let text = diff("expected", before.as_bytes(), after.as_bytes());
        assert!(text.contains("ax\n") && text.contains("ay\n"), "{text}");
    }

    #[test]
    fn an_empty_side_has_a_heading_as_diff_writes_it() {
        assert_eq!(diff("expected", b"", b"a\n"), "--- expected\n+++ this build\n@@ -0,0 +1 @@\n+a\n");
    }
}
