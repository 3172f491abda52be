//! A difference that lines cannot show: binary data, and what reads the same to a person.

use std::fmt::Write as _;

use crate::words::counted;

/// The most bytes that are looked at to tell text from binary data.
const LOOKED_AT: usize = 64 << 10;
/// The bytes of a row, and the most rows of each side that are shown.
const ROW: usize = 16;
const ROWS: usize = 4;
/// The most bytes of each side that a note names.
const NAMED: usize = 8;

/// Whether a person could not read this: more than three bytes of ten, and not just a few, are control characters or not UTF-8.
pub(super) fn is_binary(lines: &[&[u8]]) -> bool {
    let (mut read, mut odd) = (0, 0);
    for line in lines {
        let line = &line[..line.len().min(LOOKED_AT - read)];
        read += line.len();
        for chunk in line.utf8_chunks() {
            odd += chunk.invalid().len();
            odd += chunk.valid().bytes().filter(|byte| matches!(byte, 0..=8 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F)).count();
        }
    }
    odd > ROW && odd * 10 > read * 3
}

/// At which byte one begins to differ from the other.
pub(super) fn apart(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The first bytes that differ, in one line.
pub(super) fn first(expected: &[u8], seen: &[u8]) -> String {
    let at = apart(expected, seen);
    let named = |bytes: &[u8]| match bytes.get(at..).filter(|rest| !rest.is_empty()) {
        None => format!("ends after {}", counted(bytes.len(), "byte")),
        Some(rest) => format!("has {}", hex(&rest[..rest.len().min(NAMED)])),
    };
    format!("? the first difference is at byte {at}: - {}, + {}", named(expected), named(seen))
}

/// The rows of one side around byte `at`, each with its `sign`, its place, its bytes and its letters.
pub(super) fn rows(sign: char, bytes: &[u8], at: usize) -> impl Iterator<Item = String> {
    let start = (at / ROW * ROW).saturating_sub(ROW);
    let end = bytes.len().min(start + ROW * ROWS);
    let row = move |(number, row): (usize, &[u8])| {
        let letters: String = row.iter().map(|byte| if matches!(byte, b' '..=b'~') { *byte as char } else { '.' }).collect();
        format!("{sign}{:08x}  {:<47}  |{letters}|", start + number * ROW, hex(row))
    };
    bytes.get(start..end).unwrap_or_default().chunks(ROW).enumerate().map(row)
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(3 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x} ");
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_can_read_is_no_binary_data() {
        assert!(!is_binary(&[b"\x1b[31ma\x1b[0m\r\n", "caf\u{e9}\n".as_bytes(), b"a/b.txt\0c/d.txt\0"]));
        assert!(is_binary(&[&b"a\0b\0c\0\n\0".repeat(8)]) && is_binary(&[&b"\xff\xfe\x89PNG\n".repeat(8)]));
        assert!(!is_binary(&[]) && !is_binary(&[b"\xff\n"]));
    }

    #[test]
    fn the_first_bytes_that_differ_are_named() {
        assert_eq!(first(b"a\r\n", b"a\n"), "? the first difference is at byte 1: - has 0d 0a, + has 0a");
        assert_eq!(first(b"ab", b"abc"), "? the first difference is at byte 2: - ends after 2 bytes, + has 63");
        let rows: Vec<String> = rows('-', &[b'a'; 100], 50).collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[0], format!("-00000020  {}  |{}|", ["61"; 16].join(" "), "a".repeat(16)));
    }
}
