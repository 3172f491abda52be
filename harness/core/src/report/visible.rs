//! What a product printed, as text that is safe to show: nothing in it acts, and nothing in it is hidden.
//!
//! Sequences that steer a terminal are removed. Every other character that XML 1.0 forbids, or that a reader could
//! not see, is written out: a byte as `\x1B`, a code point as `\u{FFFE}`. What remains is valid in XML 1.0 and HTML.

use std::fmt::Write as _;

use regex::bytes::NoExpand;

use crate::normalize::TERMINAL_SEQUENCE;
use crate::words::is_unseen;

/// Room kept for the line that says what was left out of each stream, in bytes.
const NOTE_ROOM: usize = 64;

/// Text of any number of lines: line ends become `\n`, tabs stay.
pub(crate) fn visible_text(bytes: &[u8]) -> String {
    let plain = TERMINAL_SEQUENCE.replace_all(bytes, NoExpand(b""));
    let mut text = String::with_capacity(plain.len());
    for chunk in plain.utf8_chunks() {
        push_visible(&mut text, chunk.valid());
        for byte in chunk.invalid() {
            push_byte(&mut text, *byte);
        }
    }
    text
}

/// Text on one line: line ends and tabs are written out too, because XML turns them into spaces in an attribute.
pub(crate) fn visible_line(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    visible_text(text.as_bytes()).replace('\n', "\\n").replace('\t', "\\t")
}

/// The ends of both output streams as visible text, together at most `limit` bytes.
///
/// What one stream leaves of its half, the other may use. A stream that was cut says so in its first line.
pub(crate) fn visible_ends(stdout: &[u8], stderr: &[u8], limit: usize) -> (String, String) {
    let limit = limit.saturating_sub(2 * NOTE_ROOM);
    let out = visible_text(tail(stdout, limit));
    let err = visible_text(tail(stderr, limit));
    let out_limit = (limit / 2).max(limit.saturating_sub(err.len()));
    let err_limit = (limit / 2).max(limit.saturating_sub(out.len()));
    (end_of(out, out_limit, stdout, limit), end_of(err, err_limit, stderr, limit))
}

/// `text` with its middle left out where it is longer than `limit` bytes: both what happened, at its start, and
/// what to do, at its end, stay.
pub(crate) fn without_middle(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    let kept = limit.saturating_sub(NOTE_ROOM);
    let head = boundary_at_or_before(&text, kept / 2);
    let rest = boundary_at_or_after(&text, text.len() - kept / 2);
    format!("{}\n[{} bytes left out]\n{}", &text[..head], rest - head, &text[rest..])
}

/// The start of `line`, at most `limit` bytes; an ellipsis shows a cut.
pub(crate) fn head(mut line: String, limit: usize) -> String {
    const ELLIPSIS: &str = "…";
    if line.len() > limit {
        line.truncate(boundary_at_or_before(&line, limit.saturating_sub(ELLIPSIS.len())));
        line.push_str(ELLIPSIS);
    }
    line
}

fn push_visible(text: &mut String, valid: &str) {
    let mut characters = valid.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\t' | '\n' => text.push(character),
            '\0'..='\x1F' | '\x7F' => push_byte(text, character as u8),
            _ if is_unseen(character) => {
                // Writing to a String cannot fail.
                _ = write!(text, "\\u{{{:X}}}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
}

fn push_byte(text: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    _ = write!(text, "\\x{byte:02X}");
}

/// At most the last `limit` bytes, not beginning inside a character.
fn tail(bytes: &[u8], limit: usize) -> &[u8] {
    let end = &bytes[bytes.len().saturating_sub(limit)..];
    if end.len() == bytes.len() {
        return end;
    }
    let continuation = end.iter().take(3).take_while(|byte| matches!(byte, 0x80..=0xBF)).count();
    &end[continuation..]
}

/// `text`, made from the last `read` bytes of `stream`, cut to its last `limit` bytes.
fn end_of(text: String, limit: usize, stream: &[u8], read: usize) -> String {
    if text.len() <= limit && stream.len() <= read {
        return text;
    }
    let start = boundary_at_or_after(&text, text.len().saturating_sub(limit));
    format!("[the end of {} bytes of output]\n{}", stream.len(), &text[start..])
}

fn boundary_at_or_before(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn boundary_at_or_after(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_a_terminal_is_removed() {
        for (printed, shown) in [
            ("\x1b[1;31mred\x1b[0m", "red"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
            ("\x1bP1$r\x1b\\a\x1b(Bb\x1b7c", "abc"),
        ] {
            assert_eq!(visible_text(printed.as_bytes()), shown);
        }
    }

    #[test]
    fn an_unterminated_sequence_hides_nothing() {
        assert_eq!(visible_text(b"\x1b]0;the rest\nof it"), "0;the rest\nof it");
        assert_eq!(visible_text(b"\x1b[31\nof it"), "31\nof it");
        assert_eq!(visible_text(b"\x1b\x1b[0m[31mof it\x1b"), "[31mof it\\x1B");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(visible_text(b"a\0b\x08\x7f\xff\xc3("), "a\\x00b\\x08\\x7F\\xFF\\xC3(");
        assert_eq!(visible_text("\u{9b}\u{fffe}\u{ffff}\u{fffd}é".as_bytes()), "\\u{9B}\\u{FFFE}\\u{FFFF}\u{fffd}é");
        assert_eq!(visible_text("a\u{202E}b\u{200B}\u{FEFF}".as_bytes()), "a\\u{202E}b\\u{200B}\\u{FEFF}");
        assert_eq!(visible_text(b"10%\r20%\r\nend\t."), "10%\\x0D20%\nend\t.");
        assert_eq!(visible_line("a\r\n\tb\x1b[0m"), "a\\n\\tb");
    }

    #[test]
    fn a_cut_keeps_the_end_of_output_and_both_ends_of_a_text() {
        let (out, err) = visible_ends(&[b'x'; 5000], b"last words", 1024);
        assert!(out.starts_with("[the end of 5000 bytes of output]\nxxx"), "{out}");
        assert_eq!(err, "last words");
        assert_eq!(out.bytes().filter(|byte| *byte == b'x').count(), 1024 - 2 * NOTE_ROOM - err.len());

        let text = without_middle(format!("first{}last", "é".repeat(1000)), 200);
        assert!(text.starts_with("firsté") && text.ends_with("élast") && text.len() <= 200, "{text}");
        assert_eq!(head("é".repeat(10), 8), "éé…");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_become_characters_that_xml_allows(bytes in hostile_bytes()) {
            let text = visible_text(&bytes);
            let allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='~' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..);
            prop_assert!(text.chars().all(allowed));
            prop_assert_eq!(visible_text(text.as_bytes()), text);
        }

        #[test]
        fn limits_hold_for_any_bytes(out in hostile_bytes(), err in hostile_bytes(), limit in 256_usize..600) {
            let (shown_out, shown_err) = visible_ends(&out, &err, limit);
            prop_assert!(shown_out.len() + shown_err.len() <= limit);
            let text = visible_text(&out);
            prop_assert!(without_middle(text.clone(), limit).len() <= limit);
            prop_assert!(head(text, limit).len() <= limit);
        }
    }

    /// Bytes of every kind, with the pieces that have broken reports before.
    pub(in crate::report) fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            any::<String>().prop_map(String::into_bytes),
            proptest::sample::select(vec![
                "]]>",
                "]]",
                "<![CDATA[",
                "</system-out>",
                "</testcase>",
                "<testcase name=\"x\"/>",
                "<failure/>",
                "\x1b[31m",
                "\x1b]",
                "\u{fffe}",
                "\r\n",
                "\r",
                "\t",
                "&#0;",
                "&amp;",
                "&",
                "<!--",
                "-->",
                "<?xml?>",
                "\"",
                "'",
                "=",
                "[[ATTACHMENT|/etc/passwd]]",
            ])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }
}
