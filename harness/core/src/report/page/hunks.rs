//! The lines of a difference as they were recorded, for showing: which are of the baseline, which of this build, and what in two
//! lines that belong together is not the same.
//!
//! This reads what [`crate::judge`] wrote for people. Nothing is decided by it: what it does not know it shows as plain text.

use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Marks a change of emphasis in a packed line; no shown text holds it.
pub(super) const TURN: char = '\u{1}';

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sign {
    /// Names what is compared.
    Head,
    /// Says which lines follow.
    Place,
    /// On both sides.
    Same,
    /// Only as it should be.
    Old,
    /// Only in this build.
    New,
    /// Said of the lines above.
    Note,
    /// No line of a difference.
    Text,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Part<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// Whether the line that belongs to this one does not have it.
    pub(super) differs: bool,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Line<'t> {
    /// What it is.
    pub(super) sign: Sign,
    /// Its text without the sign.
    pub(super) parts: Vec<Part<'t>>,
}

impl<'t> Line<'t> {
    fn plain(sign: Sign, text: &'t str) -> Self {
        Self { sign, parts: vec![Part { text, differs: false }] }
    }

    fn text(&self) -> &'t str {
        self.parts.first().map_or("", |part| part.text)
    }

    /// The line as text: its sign, then its parts, with [`TURN`] between them.
    pub(super) fn packed(&self) -> String {
        let sign = match self.sign {
            Sign::Head => 'h',
            Sign::Place => '@',
            Sign::Same => ' ',
            Sign::Old => '-',
            Sign::New => '+',
            Sign::Note => '?',
            Sign::Text => 't',
        };
        let mut packed = String::from(sign);
        let mut differs = false;
        for part in &self.parts {
            if part.differs != differs {
                packed.push(TURN);
                differs = part.differs;
            }
            packed.push_str(part.text);
        }
        packed
    }
}

/// The detail that these packed lines were made from.
pub(super) fn original(packed: &[String]) -> String {
    let mut detail = String::new();
    for line in packed {
        let text = if line.starts_with([' ', '-', '+']) { line } else { line.get(1..).unwrap_or_default() };
        detail.extend(text.chars().filter(|letter| *letter != TURN).chain(['\n']));
    }
    detail
}

/// How many lines of a hunk are still to come on either side.
#[derive(Debug, Default)]
struct Rest {
    old: usize,
    new: usize,
    /// Lines were left out, so that these numbers say nothing.
    is_open: bool,
}

/// All lines of a detail.
pub(super) fn lines(detail: &str) -> Vec<Line<'_>> {
    let all: Vec<&str> = detail.lines().collect();
    let mut lines = Vec::with_capacity(all.len());
    let mut rest: Option<Rest> = None;
    for (index, text) in all.iter().enumerate() {
        let is_head = |text: &str, next: Option<&&str>| {
            text.starts_with("--- ")
                && next.is_some_and(|next| next.starts_with("+++ ") && all.get(index + 2).is_some_and(|at| hunk(at).is_some()))
        };
        let is_done = rest.as_ref().is_none_or(|rest| rest.is_open || (rest.old == 0 && rest.new == 0));
        if is_done && is_head(text, all.get(index + 1)) {
            rest = Some(Rest::default());
            lines.push(Line::plain(Sign::Head, text));
            continue;
        }
        let Some(within) = rest.as_mut() else {
            lines.push(Line::plain(Sign::Text, text));
            continue;
        };
        match sign(text, within) {
            Some((sign, text)) => lines.push(Line::plain(sign, text)),
            None => {
                rest = None;
                lines.push(Line::plain(Sign::Text, text));
            }
        }
    }
    emphasize(&mut lines);
    lines
}

/// The counts of `@@ -1,2 +3,4 @@`.
fn hunk(text: &str) -> Option<(usize, usize)> {
    let (old, new) = text.strip_prefix("@@ -")?.strip_suffix(" @@")?.split_once(" +")?;
    let count = |range: &str| range.split_once(',').map_or(Some(1), |(_, count)| count.parse().ok());
    Some((count(old)?, count(new)?))
}

/// What a line within a difference is; nothing where the difference has ended.
fn sign<'t>(text: &'t str, rest: &mut Rest) -> Option<(Sign, &'t str)> {
    let is_done = rest.old == 0 && rest.new == 0;
    if let Some((old, new)) = hunk(text).filter(|_| is_done || rest.is_open) {
        (rest.old, rest.new) = (old, new);
        return Some((Sign::Place, text));
    }
    if text.starts_with("… ") && text.ends_with(" left out") {
        rest.is_open = true;
        return Some((Sign::Note, text));
    }
    let mut take = |old: bool, new: bool| {
        let has = rest.is_open || (!old || rest.old > 0) && (!new || rest.new > 0);
        rest.old = rest.old.saturating_sub(usize::from(old && has));
        rest.new = rest.new.saturating_sub(usize::from(new && has));
        has
    };
    match text.as_bytes().first()? {
        b' ' if take(true, true) => Some((Sign::Same, &text[1..])),
        b'-' if take(true, false) => Some((Sign::Old, &text[1..])),
        b'+' if take(false, true) => Some((Sign::New, &text[1..])),
        b'+' if text.starts_with("+++ ") => Some((Sign::Head, text)),
        b'?' | b'\\' => Some((Sign::Note, text)),
        _ => None,
    }
}

/// Marks what is not the same in as many old lines as new ones that follow them.
fn emphasize(lines: &mut [Line<'_>]) {
    let mut start = 0;
    while start < lines.len() {
        let run = |from: usize, sign: Sign| lines[from..].iter().take_while(|line| line.sign == sign).count();
        let old = run(start, Sign::Old);
        let new = run(start + old, Sign::New);
        if old > 0 && old == new {
            for place in start..start + old {
                let (one, other) = (lines[place].text(), lines[place + old].text());
                if let Some((parts, others)) = apart(one, other) {
                    lines[place].parts = parts;
                    lines[place + old].parts = others;
                }
            }
        }
        start += (old + new).max(1);
    }
}

/// Both lines in parts; nothing where too little of them is the same to tell more than the lines do.
fn apart<'t>(one: &'t str, other: &'t str) -> Option<(Vec<Part<'t>>, Vec<Part<'t>>)> {
    let (old, new) = (words(one), words(other));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let length = |range: std::ops::Range<usize>, words: &[&str]| words[range].iter().map(|word| word.len()).sum::<usize>();
    let same: usize = ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. })).map(|op| length(op.old_range(), &old)).sum();
    if same * 3 < one.len().max(other.len()) {
        return None;
    }
    let side = |text: &'t str, words: &[&str], range: fn(&DiffOp) -> std::ops::Range<usize>| {
        let mut at = 0;
        let parts = ops.iter().map(|op| {
            let end = at + length(range(op), words);
            let part = Part { text: &text[at..end], differs: !matches!(op, DiffOp::Equal { .. }) };
            at = end;
            part
        });
        parts.filter(|part| !part.text.is_empty()).collect::<Vec<_>>()
    };
    Some((side(one, &old, DiffOp::old_range), side(other, &new, DiffOp::new_range)))
}

/// A line in words: runs of letters and digits, and every other character.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() {
            rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packed(detail: &str) -> Vec<String> {
        lines(detail).iter().map(Line::packed).collect()
    }

    #[test]
    fn what_differs_in_two_lines_is_marked() {
        let detail = "--- baseline\n+++ this build\n@@ -1,2 +1,2 @@\n a\n-the fox ran\n+the ox ran\n";
        assert_eq!(
            packed(detail),
            ["h--- baseline", "h+++ this build", "@@@ -1,2 +1,2 @@", " a", "-the \u{1}fox\u{1} ran", "+the \u{1}ox\u{1} ran"]
        );
    }

    #[test]
    fn lines_with_nothing_in_common_are_not_cut_into_parts() {
        assert_eq!(packed("--- a\n+++ b\n@@ -1 +1 @@\n-one\n+two\n")[3..], ["-one", "+two"]);
    }

    #[test]
    fn what_follows_a_difference_is_text_again() {
        let detail = "--- expected\n+++ this build\n@@ -1 +0,0 @@\n-a\n-- option\n+ not a line of it\n";
        assert_eq!(packed(detail)[3..], ["-a", "t-- option", "t+ not a line of it"]);
        // A program that prints the look of a difference forges no more than its look, and only whole.
        assert_eq!(packed("stdout: --- a\n-x\n"), ["tstdout: --- a", "t-x"]);
        assert_eq!(packed("--- a\n-x\n"), ["t--- a", "t-x"]);
    }

    #[test]
    fn lines_that_were_left_out_do_not_end_it() {
        let detail = "--- expected\n+++ this build\n@@ -1,9 +1 @@\n-a\n… 7 lines left out\n-i\n+new\n--- baseline\n+++ this build\n@@ -1 +1 @@\n-x\n+y\n";
        assert_eq!(packed(detail)[3..7], ["-a", "?… 7 lines left out", "-i", "+new"]);
        assert_eq!(packed(detail)[7], "h--- baseline");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_character_is_lost_from_any_text(detail in "([-+ @?\\\\a-c…é]{0,6}\n|--- x\n\\+\\+\\+ y\n@@ -1,2 \\+1 @@\n){0,12}") {
            let packed: Vec<String> = lines(&detail).iter().map(Line::packed).collect();
            let ended = if detail.is_empty() || detail.ends_with('\n') { detail.clone() } else { format!("{detail}\n") };
            prop_assert_eq!(original(&packed), ended);
            for (line, text) in lines(&detail).iter().zip(detail.lines()) {
                let shown: String = line.parts.iter().map(|part| part.text).collect();
                prop_assert!(shown == text || text[1..] == shown, "{line:?} of {text:?}");
            }
        }
    }
}
