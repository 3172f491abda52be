//! What is done to a stream before it is compared, so that only what matters differs.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use regex::bytes::{NoExpand, Regex};
use serde::{Serialize, Serializer};

use crate::document::{Decode, Decoder, Node};
use crate::problem::{Problem, suggestion};

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
    fn replace_all(&self, bytes: &[u8], with: &[u8], most: usize) -> Option<Vec<u8>> {
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

/// One rule; a case's rules are applied in order, to both streams.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// Removes ANSI escape sequences.
    Ansi,
    /// Writes the work directory's path as `[WORKDIR]`.
    Workdir,
    /// Writes `\r\n` as `\n`.
    Newlines,
    /// Sorts the lines by their bytes.
    SortLines,
    /// Replaces every match; `$1` and `${name}` in `with` are groups.
    Replace {
        /// What is replaced.
        regex: Pattern,
        /// What it is replaced by.
        with: String,
    },
}

impl Decode for Normalize {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        const WORDS: [&str; 4] = ["ansi", "workdir", "newlines", "sort-lines"];
        match node.as_text() {
            Some("ansi") => Some(Self::Ansi),
            Some("workdir") => Some(Self::Workdir),
            Some("newlines") => Some(Self::Newlines),
            Some("sort-lines") => Some(Self::SortLines),
            Some(word) => {
                let help =
                    suggestion(word, WORDS).unwrap_or_else(|| format!("known are {} and {{ regex, with }}", WORDS.join(", ")));
                decoder.push(Problem::at(decoder.place(&node.span), format!("unknown rule `{word}`")).help(help));
                None
            }
            None => {
                let fields = decoder.fields(node, "a rule: a word, or { regex, with }")?;
                let (regex, with) = (fields.required("regex"), fields.required("with"));
                fields.finish();
                Some(Self::Replace { regex: regex?, with: with? })
            }
        }
    }
}

/// ECMA-48 control sequences: CSI, terminated OSC and other strings, then any two-character escape.
///
/// The last alternative also takes the opening of a string that never ends: its content stays visible, so that
/// no product can hide the rest of its output behind an unterminated sequence.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by the tests of this module")]
pub(crate) static TERMINAL_SEQUENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u)\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\r\n]*(?:\x07|\x1b\\)|[PX^_][^\x1b\r\n]*\x1b\\|[ -/]*[0-~])")
        .expect("the pattern is valid")
});

/// How much longer a stream may get: so many times, and so many bytes.
const GROWTH: (usize, usize) = (4, 1 << 20);

/// The stream after all rules.
///
/// # Errors
/// That a replacement makes so much of the stream that a few rules would take all memory, in words.
pub fn normalize<'s>(stream: &'s [u8], rules: &[Normalize], work_directory: &str) -> Result<Cow<'s, [u8]>, String> {
    let most = stream.len().saturating_mul(GROWTH.0).saturating_add(GROWTH.1);
    rules.iter().try_fold(Cow::Borrowed(stream), |stream, rule| {
        Ok(Cow::Owned(match rule {
            Normalize::Ansi => TERMINAL_SEQUENCE.replace_all(&stream, NoExpand(b"")).into_owned(),
            Normalize::Workdir => replace(&stream, work_directory.as_bytes(), b"[WORKDIR]"),
            Normalize::Newlines => replace(&stream, b"\r\n", b"\n"),
            Normalize::SortLines => {
                let mut lines: Vec<&[u8]> = stream.split_inclusive(|byte| *byte == b'\n').collect();
                lines.sort_unstable();
                lines.concat()
            }
            Normalize::Replace { regex, with } => regex.replace_all(&stream, with.as_bytes(), most).ok_or_else(|| {
                format!("`normalize` makes more than {most} bytes of a stream where it replaces {:?}", regex.as_str())
            })?,
        }))
    })
}

fn replace(stream: &[u8], needle: &[u8], by: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(stream.len());
    let mut rest = stream;
    while let Some(at) = find(rest, needle) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(by);
        rest = &rest[at + needle.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// Where the needle first stands; nowhere if it is empty.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    memchr::memmem::find(haystack, needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(stream: &[u8], rules: &[Normalize]) -> String {
        String::from_utf8_lossy(&normalize(stream, rules, "/tmp/w1").unwrap()).into_owned()
    }

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
    fn each_rule_removes_what_it_names() {
        assert_eq!(after(b"\x1b[1;31mred\x1b[0m \x1b]8;;x\x1b\\link", &[Normalize::Ansi]), "red link");
        assert_eq!(after(b"in /tmp/w1/a", &[Normalize::Workdir]), "in [WORKDIR]/a");
        assert_eq!(after(b"a\r\nb\rc", &[Normalize::Newlines]), "a\nb\rc");
        assert_eq!(after(b"b\na\nc", &[Normalize::SortLines]), "a\nb\nc");
        let times = Normalize::Replace { regex: Pattern::new(r"(\w+): \d+ms").unwrap(), with: "$1: TIME".into() };
        assert_eq!(after(b"took: 12ms", &[times]), "took: TIME");
    }

    #[test]
    fn bytes_that_are_not_utf8_pass_through() {
        assert_eq!(&*normalize(b"\xff\x1b[0m\xfe", &[Normalize::Ansi], "/w").unwrap(), b"\xff\xfe");
    }

    #[test]
    fn what_replacements_make_is_bounded() {
        let rule = |regex, with: String| Normalize::Replace { regex: Pattern::new(regex).unwrap(), with };
        let stream = b"ab".repeat(1 << 10);
        for rules in [
            vec![rule("(?s).", "$0$0".to_owned()); 40],
            vec![rule("(?s).", "xx".to_owned()); 40],
            vec![rule("(?s).*", "$0".repeat(1 << 20))],
            vec![rule("a", "x".repeat(1 << 20))],
        ] {
            let refused = normalize(&stream, &rules, "/w").unwrap_err();
            assert!(refused.starts_with("`normalize` makes more than 1056768 bytes of a stream"), "{refused}");
        }
        let doubled = normalize(&stream, &[rule("(a)(?<rest>b)", "${rest}$1$1$2".to_owned())], "/w").unwrap();
        assert_eq!(&*doubled, b"baab".repeat(1 << 10));
    }

    #[test]
    fn a_pattern_is_bounded() {
        for bomb in [r"\w{1000}{1000}", "(a{1000}){1000}{1000}", &"(".repeat(1 << 16)] {
            assert!(Pattern::new(bomb).unwrap_err().starts_with("not a regular expression: "));
        }
    }
}
