//! Texts that were valid, with changes such as hands, merges, disks and attackers make: inputs that get further into a reader
//! than noise does.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Words that are right somewhere and wrong in most places.
const WORDS: [&str; 40] = [
    "",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "\\u0000",
    "\\uD800",
    "${",
    "${product}",
    "$$",
    "$0",
    "null",
    "true",
    "nan",
    "-0",
    "1e400",
    "-1",
    "0",
    "9223372036854775808",
    "18446744073709551615",
    "99999999999999999999999",
    "0x7fffffffffffffff",
    "2020-02-30",
    "-009999-01-01",
    "9999-12-31",
    "24h",
    "18446744073709551615GiB",
    "../",
    "/",
    "**",
    "{a,b}",
    "[!a]",
    "(?i)",
    "(a{1000}){1000}",
    "\r\n",
    "\n",
    "\u{feff}",
    "\u{202e}",
    "ü",
    "\u{0}",
];

/// The most bytes that a repeated token comes to.
const MOST_REPEATED: usize = 64 << 10;

/// What nests, opened and closed.
const BRACKETS: [(&str, &str); 6] = [("[", "]"), ("{", "}"), ("{\"a\":", "}"), ("{a=", "}"), ("(", ")"), ("a.", "")];

/// One change; its places are chosen among those that the text has when it is made.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// A token goes.
    Delete(Index),
    /// A token appears twice.
    Double(Index),
    /// Two tokens change places.
    Exchange(Index, Index),
    /// A token becomes one of another text's.
    Splice(Index, Index, Index),
    /// A token becomes another word.
    Replace(Index, &'static str),
    /// A line goes.
    DeleteLine(Index),
    /// A line stands again elsewhere.
    CopyLine(Index, Index),
    /// A byte is another.
    Flip(Index, u8),
    /// The rest is gone.
    Cut(Index),
    /// A token is repeated many times.
    Lengthen(Index, u16),
    /// A token stands deep inside of brackets.
    Nest(Index, (&'static str, &'static str), u8),
}

/// Inputs made of these texts, and some of nothing.
pub(crate) fn mutants(seeds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let changed = (select(seeds), vec(change(), 1..6)).prop_map(|(seed, changes)| changed(seed, &changes, seeds));
    let syntax = "[\\[\\]{}(),.:=\"'#@$*?\\\\a-c0-2 \r\n-]{0,120}".prop_map(String::into_bytes);
    prop_oneof![12 => changed, 1 => syntax, 1 => vec(any::<u8>(), 0..200)]
}

/// As [`mutants`], as text: what is not UTF-8 never gets to a reader of text.
pub(crate) fn texts(seeds: &'static [&'static str]) -> impl Strategy<Value = String> {
    mutants(seeds).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        3 => place().prop_map(Change::Delete),
        3 => place().prop_map(Change::Double),
        2 => (place(), place()).prop_map(|(one, other)| Change::Exchange(one, other)),
        4 => (place(), place(), place()).prop_map(|(to, seed, from)| Change::Splice(to, seed, from)),
        4 => (place(), select(&WORDS[..])).prop_map(|(at, word)| Change::Replace(at, word)),
        2 => place().prop_map(Change::DeleteLine),
        2 => (place(), place()).prop_map(|(from, to)| Change::CopyLine(from, to)),
        2 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        1 => place().prop_map(Change::Cut),
        1 => (place(), 2..2000_u16).prop_map(|(at, times)| Change::Lengthen(at, times)),
        1 => (place(), select(&BRACKETS[..]), any::<u8>()).prop_map(|(at, brackets, depth)| Change::Nest(at, brackets, depth)),
    ]
}

fn changed(seed: &str, changes: &[Change], seeds: &[&str]) -> Vec<u8> {
    changes.iter().fold(seed.as_bytes().to_vec(), |bytes, change| change.made(bytes, seeds))
}

impl Change {
    fn made(&self, mut bytes: Vec<u8>, seeds: &[&str]) -> Vec<u8> {
        let token = |at: &Index| at.get(&tokens(&bytes)).clone();
        if bytes.is_empty() {
            return bytes;
        }
        match self {
            Self::Delete(at) => drop(bytes.drain(token(at))),
            Self::Double(at) => repeat(token(at), &mut bytes, 2),
            Self::Lengthen(at, times) => repeat(token(at), &mut bytes, usize::from(*times)),
            Self::Exchange(one, other) => {
                let (one, other) = (token(one), token(other));
                let (first, last) = if one.start <= other.start { (one, other) } else { (other, one) };
                if first.end <= last.start {
                    let (before, after) = (bytes[first.clone()].to_vec(), bytes[last.clone()].to_vec());
                    bytes.splice(last, before);
                    bytes.splice(first, after);
                }
            }
            Self::Splice(to, seed, from) => {
                let donor = seed.get(seeds).as_bytes();
                bytes.splice(token(to), donor[from.get(&tokens(donor)).clone()].to_vec());
            }
            Self::Replace(at, word) => drop(bytes.splice(token(at), word.bytes())),
            Self::DeleteLine(at) => drop(bytes.drain(at.get(&lines(&bytes)).clone())),
            Self::CopyLine(from, to) => {
                let lines = lines(&bytes);
                let (line, to) = (bytes[from.get(&lines).clone()].to_vec(), to.get(&lines).start);
                bytes.splice(to..to, line);
            }
            Self::Flip(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Nest(at, (open, close), depth) => {
                let (token, depth) = (token(at), usize::from(*depth));
                let inside = [open.repeat(depth).as_bytes(), &bytes[token.clone()], close.repeat(depth).as_bytes()].concat();
                bytes.splice(token, inside);
            }
        }
        bytes
    }
}

fn repeat(token: Range<usize>, bytes: &mut Vec<u8>, times: usize) {
    // What is long already would soon be longer than any memory.
    let times = times.min((MOST_REPEATED / token.len()).max(1));
    let repeated = bytes[token.clone()].repeat(times);
    bytes.splice(token, repeated);
}

/// Words, runs of spaces, and every other byte by itself; at least one of a text that is not empty.
fn tokens(bytes: &[u8]) -> Vec<Range<usize>> {
    let kind = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => 1,
        b' ' => 2,
        _ => 3,
    };
    ranges(bytes.chunk_by(|one, other| kind(*one) == kind(*other) && kind(*one) != 3))
}

/// Each line with its newline.
fn lines(bytes: &[u8]) -> Vec<Range<usize>> {
    ranges(bytes.split_inclusive(|byte| *byte == b'\n'))
}

fn ranges<'b>(parts: impl Iterator<Item = &'b [u8]>) -> Vec<Range<usize>> {
    let mut end = 0;
    parts
        .map(|part| {
            let start = end;
            end += part.len();
            start..end
        })
        .collect()
}
