//! What is done to a stream before it is compared, so that only what matters differs.

mod masking;
mod pattern;

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use regex::bytes::{NoExpand, Regex};
use serde::Serialize;

use crate::document::{Decode, Decoder, Node};
use crate::problem::{Problem, suggestion};

pub use self::masking::Masking;
pub use self::pattern::{Matches, Pattern};

/// One rule; a case's rules are applied in order, to both streams.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalize {
    /// Removes ANSI escape sequences.
    Ansi,
    /// Writes the work directory's path as `[WORKDIR]`.
    Workdir,
    /// Writes the program's path as `[PRODUCT]`, and that of the build's directory as `[BUILD]`.
    Build,
    /// Writes `\r\n` as `\n`, but not where another `\r` comes before it: that is no line end of any system.
    Newlines,
    /// Sorts the lines by their bytes; the last one may lack its newline, before as after.
    SortLines,
    /// Replaces every match; `$1` and `${name}` in `with` are groups.
    Replace {
        /// What is replaced.
        regex: Pattern,
        /// What it is replaced by.
        with: String,
    },
}

/// As a case or a waiver states it.
impl fmt::Display for Normalize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ansi => formatter.write_str("\"ansi\""),
            Self::Workdir => formatter.write_str("\"workdir\""),
            Self::Build => formatter.write_str("\"build\""),
            Self::Newlines => formatter.write_str("\"newlines\""),
            Self::SortLines => formatter.write_str("\"sort-lines\""),
            Self::Replace { regex, with } => {
                write!(formatter, "{{ regex = {}, with = {} }}", toml(regex.as_str()), toml(with))
            }
        }
    }
}

/// The text as a string of TOML.
pub(crate) fn toml(text: &str) -> String {
    let is_literal = |letter: char| letter != '\'' && !letter.is_control();
    if text.chars().all(is_literal) { format!("'{text}'") } else { serde_json::Value::from(text).to_string() }
}

impl Decode for Normalize {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        const WORDS: [&str; 5] = ["ansi", "workdir", "build", "newlines", "sort-lines"];
        match node.as_text() {
            Some("ansi") => Some(Self::Ansi),
            Some("workdir") => Some(Self::Workdir),
            Some("build") => Some(Self::Build),
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

/// ECMA-48 control sequences: CSI, terminated OSC and other strings, then any two-character escape; and before each of them those
/// that it interrupts, for a terminal drops them as well.
///
/// The last alternative also takes the opening of a string that never ends: its content stays visible, so that
/// no product can hide the rest of its output behind an unterminated sequence.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by the tests of this module")]
pub(crate) static TERMINAL_SEQUENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?-u)(?:\x1b[ -/]*)*\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\r\n]*(?:\x07|\x1b\\)|[PX^_][^\x1b\r\n]*\x1b\\|[ -/]*[0-~])",
    )
    .expect("the pattern is valid")
});

/// For rules that name no path.
pub(crate) const NO_PATHS: Paths<'static> = Paths { work_directory: "", product: "", build: "" };

/// The paths of a run that are no part of what a product has to say. All are absolute.
#[derive(Debug, Clone, Copy)]
pub struct Paths<'a> {
    /// The scenario's work directory.
    pub work_directory: &'a str,
    /// The program under test.
    pub product: &'a str,
    /// Its build: a directory, or the program once more.
    pub build: &'a str,
}

/// How much longer a stream may get: so many times, and so many bytes.
const GROWTH: (usize, usize) = (4, 1 << 20);

/// The stream after all rules.
///
/// # Errors
/// That a replacement makes so much of the stream that a few rules would take all memory, in words.
pub fn normalize<'s>(stream: &'s [u8], rules: &[Normalize], paths: &Paths<'_>) -> Result<Cow<'s, [u8]>, String> {
    let most = stream.len().saturating_mul(GROWTH.0).saturating_add(GROWTH.1);
    rules.iter().try_fold(Cow::Borrowed(stream), |stream, rule| {
        Ok(Cow::Owned(match rule {
            Normalize::Ansi => TERMINAL_SEQUENCE.replace_all(&stream, NoExpand(b"")).into_owned(),
            Normalize::Workdir => without_path(&stream, paths.work_directory, b"[WORKDIR]"),
            Normalize::Build => without_path(&without_path(&stream, paths.product, b"[PRODUCT]"), paths.build, b"[BUILD]"),
            Normalize::Newlines => replace(&stream, b"\r\n", b"\n", |before, _| before.last() != Some(&b'\r')),
            Normalize::SortLines => sorted_lines(&stream),
            Normalize::Replace { regex, with } => regex.replace_all(&stream, with.as_bytes(), most).ok_or_else(|| {
                format!("`normalize` makes more than {most} bytes of a stream where it replaces {:?}", regex.as_str())
            })?,
        }))
    })
}

fn sorted_lines(stream: &[u8]) -> Vec<u8> {
    // A last line without its newline must not run into another one, and the stream must not gain one.
    let (text, end): (&[u8], &[u8]) = stream.strip_suffix(b"\n").map_or((stream, b""), |text| (text, b"\n"));
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    [&lines.join(&b'\n'), end].concat()
}

/// The stream with a path replaced wherever it ends as a path: `/b/RU1` is no part of `/b/RU10`.
fn without_path(stream: &[u8], path: &str, by: &[u8]) -> Vec<u8> {
    let goes_on = |after: &[u8]| match after {
        [b'.', next, ..] => next.is_ascii_alphanumeric(),
        [next, ..] => next.is_ascii_alphanumeric() || matches!(next, b'_' | b'-'),
        [] => false,
    };
    replace(stream, path.as_bytes(), by, |_, after| !goes_on(after))
}

/// Replaces the needle wherever the test holds of what comes before and after it.
fn replace(stream: &[u8], needle: &[u8], by: &[u8], test: impl Fn(&[u8], &[u8]) -> bool) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(stream.len());
    let (mut kept, mut looked) = (0, 0);
    while let Some(at) = find(&stream[looked..], needle) {
        let (start, end) = (looked + at, looked + at + needle.len());
        if test(&stream[..start], &stream[end..]) {
            replaced.extend_from_slice(&stream[kept..start]);
            replaced.extend_from_slice(by);
            kept = end;
        }
        looked = end;
    }
    replaced.extend_from_slice(&stream[kept..]);
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

    const PATHS: Paths<'_> = Paths { work_directory: "/tmp/w1", product: "/b/RU1/bin/p", build: "/b/RU1" };

    fn after(stream: &[u8], rules: &[Normalize]) -> String {
        String::from_utf8_lossy(&normalize(stream, rules, &PATHS).unwrap()).into_owned()
    }

    #[test]
    fn each_rule_removes_what_it_names() {
        assert_eq!(after(b"\x1b[1;31mred\x1b[0m \x1b]8;;x\x1b\\link", &[Normalize::Ansi]), "red link");
        assert_eq!(after(b"in /tmp/w1/a", &[Normalize::Workdir]), "in [WORKDIR]/a");
        assert_eq!(
            after(b"usage: /b/RU1/bin/p, in /b/RU1/lib: /b/RU10", &[Normalize::Build]),
            "usage: [PRODUCT], in [BUILD]/lib: /b/RU10"
        );
        assert_eq!(after(b"a\r\nb\rc", &[Normalize::Newlines]), "a\nb\rc");
        assert_eq!(after(b"b\na\nc", &[Normalize::SortLines]), "a\nb\nc");
        assert_eq!(after(b"\n\t", &[Normalize::SortLines]), "\n\t");
        let times = Normalize::Replace { regex: Pattern::new(r"(\w+): \d+ms").unwrap(), with: "$1: TIME".into() };
        assert_eq!(after(b"took: 12ms", &[times]), "took: TIME");
    }

    #[test]
    fn bytes_that_are_not_utf8_pass_through() {
        assert_eq!(&*normalize(b"\xff\x1b[0m\xfe", &[Normalize::Ansi], &PATHS).unwrap(), b"\xff\xfe");
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
            let refused = normalize(&stream, &rules, &PATHS).unwrap_err();
            assert!(refused.starts_with("`normalize` makes more than 1056768 bytes of a stream"), "{refused}");
        }
        let doubled = normalize(&stream, &[rule("(a)(?<rest>b)", "${rest}$1$1$2".to_owned())], &PATHS).unwrap();
        assert_eq!(&*doubled, b"baab".repeat(1 << 10));
    }
}
