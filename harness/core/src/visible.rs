//! Bytes as text in which nothing is hidden and nothing acts. Everything that shows what a product printed uses this notation, so
//! that two outputs that differ never read the same.
//!
//! Escapes are those of Rust: `\r`, `\u{1b}` for a character that a reader cannot see, `\xff` for a byte that is not UTF-8, and `\\`
//! for a backslash.

mod cut;
mod inert;

use std::borrow::Cow;
use std::fmt::Write as _;

#[cfg(test)]
pub(crate) use self::cut::tests;
pub(crate) use self::cut::{head, visible_ends, without_middle};
pub use self::inert::inert_text;
pub(crate) use self::inert::{inert, inert_json};
use crate::words::is_unseen;

/// What a product printed, as text. Line ends and tabs stay. Different bytes give different texts.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter == '\\' { text.push_str("\\\\") } else { push_visible(&mut text, letter) }
        }
        chunk.invalid().iter().for_each(|byte| push_byte(&mut text, *byte));
    }
    text
}

/// What a product printed, on one line.
pub fn escaped_line(bytes: &[u8]) -> String {
    on_one_line(escaped(bytes))
}

/// Bytes in a sentence, in quotation marks that XML need not escape.
///
/// ```
/// # use fixgate_core::visible::quoted;
/// assert_eq!(quoted(b"it's \"x\"\r\n"), r#"'it\'s "x"\r\n'"#);
/// ```
pub fn quoted(bytes: &[u8]) -> String {
    format!("'{}'", escaped_line(bytes).replace('\'', "\\'"))
}

/// Text of ours, of any number of lines; what a product printed is in it as escapes already, which stay as they are. What remains is
/// valid in XML 1.0 and HTML.
pub(crate) fn visible_text(text: &str) -> Cow<'_, str> {
    let is_hidden = |letter: char| is_unseen(letter) && !matches!(letter, '\n' | '\t');
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut visible = String::with_capacity(text.len());
    text.chars().for_each(|letter| push_visible(&mut visible, letter));
    Cow::Owned(visible)
}

/// Text of ours on one line: line ends and tabs are escapes too, because XML turns them into spaces in an attribute.
pub(crate) fn visible_line(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    on_one_line(visible_text(text).into_owned())
}

/// Line ends and tabs as escapes.
fn on_one_line(text: String) -> String {
    if text.contains(['\n', '\t']) { text.replace('\n', "\\n").replace('\t', "\\t") } else { text }
}

/// A character as itself, or as an escape if a reader could not see it.
fn push_visible(text: &mut String, letter: char) {
    match letter {
        '\n' | '\t' => text.push(letter),
        _ if is_unseen(letter) => text.extend(letter.escape_default()),
        _ => text.push(letter),
    }
}

/// A byte as an escape.
fn push_byte(text: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    _ = write!(text, "\\x{byte:02x}");
}

#[cfg(test)]
mod of_any_bytes {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_printed_is_shown_as_escapes() {
        assert_eq!(escaped(b"a\x1b[0m\xff\0\n"), "a\\u{1b}[0m\\xff\\u{0}\n");
        assert_eq!(escaped("a\u{202E}b\u{FFFE}\u{FEFF}é\r\n".as_bytes()), "a\\u{202e}b\\u{fffe}\\u{feff}é\\r\n");
    }

    #[test]
    fn an_escape_that_was_printed_is_no_escape() {
        for (printed, shown) in [("a\\r", "a\\\\r"), ("\\u{1b}", "\\\\u{1b}"), ("\\xff", "\\\\xff"), ("\\\r", "\\\\\\r")] {
            assert_eq!(escaped(printed.as_bytes()), shown);
        }
        assert_ne!(escaped_line(b"\n"), escaped_line(b"\\n"));
    }

    #[test]
    fn what_cannot_be_seen_is_written_out_and_the_rest_stays() {
        assert_eq!(visible_text("a\tb\nc"), "a\tb\nc");
        assert_eq!(visible_text("a\u{202E}b\u{200B}\0\r\n\u{1b}[0m\u{7f}"), "a\\u{202e}b\\u{200b}\\u{0}\\r\n\\u{1b}[0m\\u{7f}");
        assert_eq!(visible_text(&visible_text("\u{FEFF}")), "\\u{feff}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn different_bytes_never_read_the_same(one in confusing(), other in confusing()) {
            prop_assert_eq!(one == other, escaped(&one) == escaped(&other));
            prop_assert_eq!(one == other, quoted(&one) == quoted(&other));
        }
    }

    /// Short texts of the letters that escapes are made of, and of what is escaped.
    fn confusing() -> impl Strategy<Value = Vec<u8>> {
        let pieces = ["\\", "r", "n", "x0d", "u{d}", "\r", "\n", "\t", "'", "\u{1b}"].map(str::as_bytes);
        let piece = proptest::sample::select(pieces.into_iter().chain([&b"\xff"[..]]).collect::<Vec<_>>());
        proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
    }
}
