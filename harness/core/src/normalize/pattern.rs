//! Regular expressions of cases.

use std::sync::Arc;

use regex::bytes::{NoExpand, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind, Look};
use serde::{Serialize, Serializer};

use crate::document::{Decode, Decoder, Node};

/// How deep a regular expression may be nested, each `*` or group being one level: it is compiled level by level on the stack, of
/// which a thread has 2 MiB. Without optimization two hundred levels are more than that.
const LEVELS: u32 = 64;

/// A regular expression over bytes, bounded in size; equal if its text is.
#[derive(Debug, Clone)]
pub struct Pattern(Arc<Regex>);

impl Pattern {
    /// Compiles the pattern.
    ///
    /// # Errors
    /// What is wrong with it, or that its automaton would exceed 1 MiB, or that it is nested more than 64 levels deep.
    pub fn new(text: &str) -> Result<Self, String> {
        let built = regex::bytes::RegexBuilder::new(text).size_limit(1 << 20).nest_limit(LEVELS).build();
        built.map(|regex| Self(Arc::new(regex))).map_err(|reason| format!("not a regular expression: {reason}"))
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, bytes: &[u8]) -> bool {
        self.0.is_match(bytes)
    }

    /// The bytes with every match replaced, its groups put in; nothing if that comes to more than `most` bytes.
    pub(super) fn replace_all(&self, bytes: &[u8], with: &[u8], most: usize) -> Option<Vec<u8>> {
        let groups = with.iter().filter(|byte| **byte == b'$').count();
        if groups == 0 {
            let longest = with.len().saturating_mul(self.0.find_iter(bytes).count()).saturating_add(bytes.len());
            return (longest <= most).then(|| self.0.replace_all(bytes, NoExpand(with)).into_owned());
        }
        let (mut replaced, mut end) = (Vec::with_capacity(bytes.len()), 0);
        for found in self.0.captures_iter(bytes) {
            let whole = found.get_match();
            replaced.extend_from_slice(&bytes[end..whole.start()]);
            end = whole.end();
            // No group is longer than the match.
            if replaced.len().saturating_add(with.len()).saturating_add(groups.saturating_mul(whole.len())) > most {
                return None;
            }
            found.expand(with, &mut replaced);
        }
        replaced.extend_from_slice(&bytes[end..]);
        Some(replaced)
    }

    /// The pattern's text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Decode for Pattern {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "a regular expression", Self::new)
    }
}

/// What a pattern says of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matches {
    /// Anything: it matches the empty text at the beginning or the end of any text.
    Everything,
    /// Nothing at all.
    Nothing,
    /// Some, and others not.
    Some,
}

impl Pattern {
    /// Whether the pattern tells anything apart, as far as its form shows.
    pub fn matches(&self) -> Matches {
        let parsed = ParserBuilder::new().utf8(false).nest_limit(LEVELS).build().parse(self.as_str());
        match parsed {
            Ok(hir) if hir.properties().minimum_len().is_none() => Matches::Nothing,
            Ok(hir) if is_empty_at(&hir, Edge::Start) || is_empty_at(&hir, Edge::End) => Matches::Everything,
            Ok(_) | Err(_) => Matches::Some,
        }
    }
}

/// One end of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    End,
}

/// Whether it matches the empty text at this end of any text.
fn is_empty_at(hir: &Hir, edge: Edge) -> bool {
    match hir.kind() {
        HirKind::Empty => true,
        HirKind::Literal(_) | HirKind::Class(_) => false,
        HirKind::Look(look) => match edge {
            Edge::Start => matches!(look, Look::Start | Look::StartLF | Look::StartCRLF),
            Edge::End => matches!(look, Look::End | Look::EndLF | Look::EndCRLF),
        },
        HirKind::Repetition(repeated) => repeated.min == 0 || is_empty_at(&repeated.sub, edge),
        HirKind::Capture(capture) => is_empty_at(&capture.sub, edge),
        HirKind::Concat(parts) => parts.iter().all(|part| is_empty_at(part, edge)),
        HirKind::Alternation(parts) => parts.iter().any(|part| is_empty_at(part, edge)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a thread of the usual size, which overflowed.
    #[test]
    fn a_pattern_is_compiled_however_deep_it_is_nested_or_refused() {
        for (open, close) in [("(", ")"), ("", "*"), ("", "{1}"), ("(?:", ")*"), ("(a|", ")"), ("[a", "]")] {
            let nested = |levels| Pattern::new(&format!("{}a{}", open.repeat(levels), close.repeat(levels)));
            assert!(nested(20).unwrap().is_match(b"a"), "{open}a{close}");
            let refused = nested(200).unwrap_err();
            assert!(refused.ends_with("exceed the maximum number of nested parentheses/brackets (64)"), "{refused}");
        }
    }

    #[test]
    fn a_pattern_is_bounded() {
        for bomb in [r"\w{1000}{1000}", "(a{1000}){1000}{1000}", &"(".repeat(1 << 16)] {
            assert!(Pattern::new(bomb).unwrap_err().starts_with("not a regular expression: "));
        }
    }

    #[test]
    fn a_pattern_that_tells_nothing_apart_is_known_by_its_form() {
        let matches = |text: &str| Pattern::new(text).unwrap().matches();
        for everything in ["", "a*", "(a|)", "^", "$", ".*$", "^(?:ab)?", "(?m)^", "(a?)(b*)", "(?s).*", "x{0,3}|y"] {
            assert_eq!(matches(everything), Matches::Everything, "{everything}");
        }
        for nothing in ["[a&&b]", "[^\\s\\S]", "x[^\\d\\D]"] {
            assert_eq!(matches(nothing), Matches::Nothing, "{nothing}");
        }
        for some in ["a", "^$", "a+", "^a*$", ".", "\\b", "(?m)^$", "(?-u)\\xff", "^.*x?z"] {
            assert_eq!(matches(some), Matches::Some, "{some}");
        }
    }
}
