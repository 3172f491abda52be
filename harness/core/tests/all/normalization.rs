//! The laws of `normalize`: applied twice a rule gives what it gave, and contents that it makes equal differ in nothing but what it
//! says that it removes.

use fixgate_core::normalize::{Normalize, Paths, normalize};
use proptest::prelude::*;

/// The two builds' directories begin alike, and so do the work directories of two scenarios.
const PATHS: Paths<'_> = Paths { work_directory: "/w/1", product: "/b/RU1/p", build: "/b/RU1" };

fn after(rule: &Normalize, stream: &[u8]) -> Vec<u8> {
    normalize(stream, std::slice::from_ref(rule), &PATHS).unwrap().into_owned()
}

/// Bytes put together from pieces that the rules look for, whole and broken.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 29] = [
        b"\n",
        b"\r",
        b"\r\n",
        b"a",
        b"b",
        b" ",
        b"\t",
        b"\x1b",
        b"\x1b[",
        b"[0m",
        b"\x1b[1;31m",
        b"\x1b]8;;x",
        b"\x1b\\",
        b"\x07",
        b"\x1bP",
        b"0",
        b"m",
        b"/w/1",
        b"/w/",
        b"1",
        b"/b/RU1",
        b"/p",
        b"/b/RU",
        b".",
        b"-",
        b"\xff",
        b"[WORKDIR]",
        b"[BUILD]",
        b"\x7f",
    ];
    let piece = prop_oneof![9 => prop::sample::select(PIECES.to_vec()).prop_map(<[u8]>::to_vec), 1 => any::<u8>().prop_map(|byte| vec![byte])];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn lines(stream: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines
}

/// The stream as it was, from what a rule made of it; only where it held none of what the rule writes.
fn undone(stream: &[u8], marks: &[(&str, &str)]) -> Vec<u8> {
    let mut text: String = stream.iter().map(|byte| char::from(*byte)).collect();
    for (mark, path) in marks {
        text = text.replace(mark, path);
    }
    text.chars().map(|letter| letter as u8).collect()
}

proptest! {
    #[test]
    fn a_rule_that_is_applied_twice_gives_what_it_gave(stream in stream()) {
        for rule in [Normalize::Ansi, Normalize::Workdir, Normalize::Build, Normalize::Newlines, Normalize::SortLines] {
            let once = after(&rule, &stream);
            prop_assert_eq!(after(&rule, &once), once, "{:?}", rule);
        }
    }

    #[test]
    fn sorting_keeps_every_line_and_whether_the_last_one_has_ended(stream in stream()) {
        let sorted = after(&Normalize::SortLines, &stream);
        prop_assert_eq!(lines(&sorted), lines(&stream));
        prop_assert_eq!(sorted.ends_with(b"\n"), stream.ends_with(b"\n"));
    }

    #[test]
    fn line_ends_alone_are_made_equal(stream in stream()) {
        let with_marks = |stream: &[u8]| {
            let text: String = stream.iter().map(|byte| char::from(*byte)).collect();
            text.replace("\r\r\n", "CR-CR-LF").replace("\r\n", "\n")
        };
        let written = after(&Normalize::Newlines, &stream);
        let text: String = written.iter().map(|byte| char::from(*byte)).collect();
        prop_assert_eq!(text.replace("\r\r\n", "CR-CR-LF"), with_marks(&stream));
    }

    #[test]
    fn a_path_that_was_replaced_can_be_put_back(stream in stream()) {
        prop_assume!(!stream.contains(&b'['));
        let workdir = after(&Normalize::Workdir, &stream);
        prop_assert_eq!(undone(&workdir, &[("[WORKDIR]", "/w/1")]), stream.clone());
        let build = after(&Normalize::Build, &stream);
        prop_assert_eq!(undone(&build, &[("[PRODUCT]", "/b/RU1/p"), ("[BUILD]", "/b/RU1")]), stream);
    }

    #[test]
    fn nothing_but_escape_sequences_is_removed(stream in stream()) {
        let plain = after(&Normalize::Ansi, &stream);
        let mut rest = stream.iter();
        prop_assert!(plain.iter().all(|byte| rest.any(|other| other == byte)), "a byte was added or moved");
        // Without the byte that begins every sequence there is none.
        let without: Vec<u8> = stream.iter().copied().filter(|byte| *byte != 0x1b).collect();
        prop_assert_eq!(after(&Normalize::Ansi, &without), without);
    }
}

#[test]
fn what_was_made_equal_and_is_not() {
    let differ = |rule: &Normalize, one: &[u8], other: &[u8]| {
        assert_ne!(after(rule, one), after(rule, other), "{rule:?}: {} and {}", one.escape_ascii(), other.escape_ascii());
    };
    differ(&Normalize::SortLines, b"b\na", b"ab\n");
    differ(&Normalize::SortLines, b"a\nb", b"a\nb\n");
    differ(&Normalize::Newlines, b"a\r\r\n", b"a\r\n");
    differ(&Normalize::Workdir, b"/w/10", b"[WORKDIR]0");
    differ(&Normalize::Build, b"/b/RU10/p", b"[BUILD]0/p");
    let same = |rule: &Normalize, one: &[u8], other: &[u8]| assert_eq!(after(rule, one), after(rule, other), "{rule:?}");
    same(&Normalize::SortLines, b"b\na\n", b"a\nb\n");
    same(&Normalize::Newlines, b"a\r\nb\r", b"a\nb\r");
    same(&Normalize::Workdir, b"at /w/1.\n", b"at [WORKDIR].\n");
    same(&Normalize::Build, b"/b/RU1/p: /b/RU1/lib", b"[PRODUCT]: [BUILD]/lib");
    same(&Normalize::Ansi, b"\x1b\x1b[0m[0m", b"[0m");
}
