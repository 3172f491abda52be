//! Lines that look alike and are not: what tells them apart, in code points.

use regex::bytes::RegexBuilder;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::visible::escaped;
use crate::words::is_unseen;

/// The most characters of a line that are looked at.
const LOOKED_AT: usize = 500;
/// Two lines that differ by so many plain letters and digits are not taken for each other.
const PLAIN: usize = 16;
/// The most characters of a place that a reader takes for others.
const SMALL: usize = 4;
/// The most places that a note names.
const NAMED: usize = 3;
/// Letters and digits that look alike in many typefaces.
const CONFUSED: [&str; 3] = ["lI1|", "O0", "'`"];

/// A character, or a byte that is part of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Symbol {
    Letter(char),
    Byte(u8),
}

/// What tells two lines apart, if a reader could take one for the other.
pub(super) fn note(before: &[u8], after: &[u8]) -> Option<String> {
    if before == after {
        return None;
    }
    let (before, after) = (symbols(before), symbols(after));
    if before.len().max(after.len()) > LOOKED_AT || plainly_apart(&before, &after) > PLAIN {
        return None;
    }
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    let changes: Vec<&DiffOp> = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).collect();
    let parts = |op: &DiffOp| (&before[op.old_range()], &after[op.new_range()]);
    let is_small = |op: &&DiffOp| {
        let (old, new) = parts(op);
        is_small(old, new)
    };
    if changes.is_empty() || !changes.iter().all(is_small) {
        return None;
    }
    let named = changes.iter().take(NAMED).map(|op| {
        let (old, new) = parts(op);
        format!("column {}: - has {}, + has {}", op.old_range().start + 1, named(old), named(new))
    });
    let more = changes.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("{more} more"));
    Some(named.chain(more).collect::<Vec<_>>().join("; "))
}

/// The line of `text` that looks like `wanted` and is not, as escapes.
pub(super) fn likeness(wanted: &[u8], text: &[u8]) -> Option<String> {
    let wanted = std::str::from_utf8(wanted).ok()?;
    let is_plain = wanted.is_ascii() && !wanted.contains(char::is_whitespace) && text.is_ascii();
    if wanted.is_empty() || wanted.len() > LOOKED_AT || is_plain {
        return None;
    }
    let pattern: String = wanted.chars().map(pattern).collect();
    let found = RegexBuilder::new(&pattern).build().ok()?.find(text)?;
    let line = memchr::memchr_iter(b'\n', &text[..found.start()]).count() + 1;
    let plain = |bytes: &[u8]| escaped(bytes).chars().flat_map(|letter| spelt(letter).collect::<Vec<_>>()).collect::<String>();
    Some(format!("line {line} has \"{}\", expected is \"{}\"", plain(found.as_bytes()), plain(wanted.as_bytes())))
}

/// What a reader takes for this letter.
fn pattern(letter: char) -> String {
    const MARKS: &str = r"[\x{300}-\x{36F}]*";
    match letter {
        _ if letter.is_whitespace() => r"\s+".to_owned(),
        _ if letter.is_ascii() => format!("(?:{}|[^\\x00-\\x7F]){MARKS}", regex::escape(letter.encode_utf8(&mut [0; 4]))),
        _ if is_unseen(letter) => String::new(),
        _ => format!("\\S{MARKS}"),
    }
}

/// A letter of plain text as it is, any other as an escape.
fn spelt(letter: char) -> impl Iterator<Item = char> {
    let plain = matches!(letter, ' '..='~');
    plain.then_some(letter).into_iter().chain((!plain).then(|| letter.escape_default()).into_iter().flatten())
}

/// How many plain letters and digits one has and the other has not: told sooner than where.
fn plainly_apart(one: &[Symbol], other: &[Symbol]) -> usize {
    let mut counts = [0_i32; 128];
    let plain = |symbol: &Symbol| match symbol {
        Symbol::Letter(letter) if letter.is_ascii_alphanumeric() => Some(*letter as usize),
        Symbol::Letter(_) | Symbol::Byte(_) => None,
    };
    one.iter().filter_map(plain).for_each(|letter| counts[letter] += 1);
    other.iter().filter_map(plain).for_each(|letter| counts[letter] -= 1);
    counts.iter().map(|count| count.unsigned_abs() as usize).sum()
}

fn symbols(line: &[u8]) -> Vec<Symbol> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let chunks = line.utf8_chunks();
    chunks
        .flat_map(|chunk| chunk.valid().chars().map(Symbol::Letter).chain(chunk.invalid().iter().copied().map(Symbol::Byte)))
        .collect()
}

/// Whether a reader could miss this change.
fn is_small(old: &[Symbol], new: &[Symbol]) -> bool {
    let all = || old.iter().chain(new);
    let is_blank = |symbol: &Symbol| matches!(symbol, Symbol::Letter(letter) if letter.is_whitespace());
    let is_odd = |symbol: &Symbol| matches!(symbol, Symbol::Letter(letter) if !letter.is_ascii() || is_unseen(*letter));
    let is_short = old.len() <= SMALL && new.len() <= SMALL;
    let is_confused = |set: &&str| all().all(|symbol| matches!(symbol, Symbol::Letter(letter) if set.contains(*letter)));
    let replaced = !old.is_empty() && !new.is_empty();
    all().all(is_blank) || (is_short && (all().any(is_odd) || (replaced && CONFUSED.iter().any(is_confused))))
}

/// Symbols by their code points: `3 × U+0020 (space)`.
fn named(symbols: &[Symbol]) -> String {
    let Some(first) = symbols.first() else { return "nothing".to_owned() };
    if symbols.len() > 1 && symbols.iter().all(|symbol| symbol == first) {
        return format!("{} × {}", symbols.len(), name(*first));
    }
    let named: Vec<String> = symbols.iter().take(2 * SMALL).map(|symbol| name(*symbol)).collect();
    let more = if symbols.len() > named.len() { " …" } else { "" };
    named.join(" ") + more
}

fn name(symbol: Symbol) -> String {
    let letter = match symbol {
        Symbol::Letter(letter) => letter,
        Symbol::Byte(byte) => return format!("the byte 0x{byte:02X}"),
    };
    let kind = match letter {
        ' ' => "space",
        '\t' => "tab",
        '\r' => "carriage return",
        '\u{A0}' | '\u{202F}' => "no-break space",
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' => "combining mark",
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => "Greek letter",
        '\u{400}'..='\u{52F}' => "Cyrillic letter",
        '\u{FF01}'..='\u{FF5E}' => "full-width form",
        _ if letter.is_whitespace() => "space",
        _ if is_unseen(letter) => "invisible",
        '!'..='~' => return format!("U+{:04X} ({letter})", u32::from(letter)),
        _ => return format!("U+{:04X}", u32::from(letter)),
    };
    format!("U+{:04X} ({kind})", u32::from(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> String {
        note(before.as_bytes(), after.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn lines_that_look_alike_are_told_apart() {
        for (before, after, what) in [
            ("a\n", "a  \n", "column 2: - has nothing, + has 2 × U+0020 (space)"),
            ("a\tb", "a b", "column 2: - has U+0009 (tab), + has U+0020 (space)"),
            ("1\u{A0}000", "1 000", "column 2: - has U+00A0 (no-break space), + has U+0020 (space)"),
            ("caf\u{E9}", "cafe\u{301}", "column 4: - has U+00E9, + has U+0065 (e) U+0301 (combining mark)"),
            ("p\u{430}ss", "pass", "column 2: - has U+0430 (Cyrillic letter), + has U+0061 (a)"),
            ("a\u{200B}b", "ab", "column 2: - has U+200B (invisible), + has nothing"),
            ("10", "l0", "column 1: - has U+0031 (1), + has U+006C (l)"),
        ] {
            assert_eq!(told(before, after), what);
        }
    }

    #[test]
    fn lines_that_look_different_need_no_note() {
        for (before, after) in [("hello", "goodbye"), ("exit 1", "exit 2"), ("\u{E9}t\u{E9}", "winter is here"), ("a", "a")] {
            assert_eq!(told(before, after), "");
        }
    }

    #[test]
    fn what_was_looked_for_in_other_letters_is_found() {
        let found = likeness(b"total 1 000", "a\ntot\u{430}l 1\u{A0}000\n".as_bytes());
        assert_eq!(found.unwrap(), r#"line 2 has "tot\u{430}l 1\u{a0}000", expected is "total 1 000""#);
        assert!(likeness("caf\u{E9}".as_bytes(), "cafe\u{301}".as_bytes()).is_some());
        assert!(likeness(b"total", b"nothing\n").is_none());
    }
}
