//! What of a file is its content: in the harness's own texts, how lines end is not, as a checkout may convert that.

use camino::Utf8Path;

/// The content of a file below the root: a text that the harness reads itself has lines that end in `\n`, however the checkout
/// writes them. A file that a case names is bytes.
pub(crate) fn content(path: &Utf8Path, bytes: Vec<u8>) -> Vec<u8> {
    if is_own_text(path) { with_plain_lines(bytes) } else { bytes }
}

/// Whether the harness itself reads a file at this path as text: each record, and in `testcases/` cases and tables.
pub(crate) fn is_own_text(path: &Utf8Path) -> bool {
    if !path.starts_with("testcases") {
        return true;
    }
    let is_fixture = path.components().any(|part| part.as_str() == "fixtures");
    !is_fixture && (matches!(path.extension(), Some("toml" | "jsonl")) || path.file_name() == Some("README.md"))
}

/// Writes `\r\n` as `\n`.
pub(crate) fn with_plain_lines(bytes: Vec<u8>) -> Vec<u8> {
    // Most texts have none at all, which is seen faster than it is searched for a pair.
    if !has_converted_lines(&bytes) {
        return bytes;
    }
    let followed = bytes.iter().zip(bytes.iter().skip(1).map(Some).chain([None]));
    followed.filter(|pair| !matches!(pair, (b'\r', Some(b'\n')))).map(|(byte, _)| *byte).collect()
}

/// Whether any line ends in `\r\n`.
pub(crate) fn has_converted_lines(bytes: &[u8]) -> bool {
    bytes.contains(&b'\r') && bytes.windows(2).any(|pair| pair == b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carriage_return_before_a_newline_is_no_content_and_any_other_is() {
        for (bytes, expected) in
            [(&b"a\r\nb\r\n"[..], &b"a\nb\n"[..]), (b"a\rb\n\r", b"a\rb\n\r"), (b"\r\r\n", b"\r\n"), (b"\r\n", b"\n"), (b"", b"")]
        {
            assert_eq!(with_plain_lines(bytes.to_vec()), expected);
        }
    }

    #[test]
    fn a_file_that_a_case_names_is_bytes() {
        let bytes = b"a\r\n".to_vec();
        for path in
            ["fixgate.toml", "allowed_signers", "defects/A-1.proof.json", "testcases/suite/a.toml", "testcases/suite/a.jsonl"]
        {
            assert_eq!(content(path.into(), bytes.clone()), b"a\n", "{path}");
        }
        for path in ["testcases/suite/a.txt", "testcases/suite/fixtures/a.jsonl", "testcases/suite/a.jsonl.gz"] {
            assert_eq!(content(path.into(), bytes.clone()), bytes, "{path}");
        }
    }
}
