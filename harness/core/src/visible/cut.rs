//! Parts of texts: what is left out is counted, and no character is cut in two.

use super::escaped;

/// Room kept for the line that says what was left out of each stream, in bytes.
const NOTE_ROOM: usize = 64;

/// The ends of both output streams, escaped, together at most `limit` bytes.
///
/// What one stream leaves of its half, the other may use. A stream that was cut says so in its first line.
pub(crate) fn visible_ends(stdout: &[u8], stderr: &[u8], limit: usize) -> (String, String) {
    let limit = limit.saturating_sub(2 * NOTE_ROOM);
    let out = escaped(tail(stdout, limit));
    let err = escaped(tail(stderr, limit));
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
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::super::{escaped, visible_line, visible_text};
    use super::*;

    #[test]
    fn what_a_product_printed_stays_as_it_was_escaped() {
        let printed = b"\x1b[1mred\\n\r\n\xff\t.\n";
        assert_eq!(escaped(printed), "\\u{1b}[1mred\\\\n\\r\n\\xff\t.\n");
        assert_eq!(visible_text(&escaped(printed)).into_owned(), escaped(printed));
        assert_eq!(visible_line("a\r\n\tb\x1b"), "a\\r\\n\\tb\\u{1b}");
        let (out, err) = visible_ends(printed, b"a\r\n", 1024);
        assert_eq!((out, err), (escaped(printed), "a\\r\n".to_owned()));
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
            let text = visible_text(&String::from_utf8_lossy(&bytes)).into_owned();
            let allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='~' | '\u{A0}'..='\u{FFFD}' | '\u{10000}'..);
            prop_assert!(text.chars().all(allowed));
            prop_assert_eq!(visible_text(&text).into_owned(), text);
        }

        #[test]
        fn limits_hold_for_any_bytes(out in hostile_bytes(), err in hostile_bytes(), limit in 256_usize..600) {
            let (shown_out, shown_err) = visible_ends(&out, &err, limit);
            prop_assert!(shown_out.len() + shown_err.len() <= limit);
            let text = escaped(&out);
            prop_assert!(without_middle(text.clone(), limit).len() <= limit);
            prop_assert!(head(text, limit).len() <= limit);
        }
    }

    /// Bytes of every kind, with the pieces that have broken reports before.
    pub(crate) fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
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
