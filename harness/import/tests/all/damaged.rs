//! Files that are cut off or changed anywhere: none of them is a quiet success.

use fixgate_import::merge;
use proptest::prelude::*;

use super::{bytes, is_well, read_bytes};

/// Files of which every test passed, with one thing that ends them.
const GREEN: [&str; 5] = ["ctest-pass.xml", "catch2-pass.xml", "go-pass.json", "pytest-pass.xml", "bazel/test.xml"];
/// Files that show something wrong.
const RED: [&str; 14] = [
    "catch2.xml",
    "ctest.xml",
    "go.json",
    "gotestsum.xml",
    "gtest-t.xml",
    "jest-ctrf.json",
    "mocha.tap",
    "nextest.xml",
    "node.tap",
    "nose2.xml",
    "phpunit.xml",
    "pytest-rerun.xml",
    "surefire-a.xml",
    "trx.trx",
];

#[test]
fn no_beginning_of_a_file_is_well() {
    for name in GREEN.iter().chain(&RED) {
        let whole = bytes(name);
        let whole = whole.trim_ascii_end();
        // Tests of one package or file alone are a whole of their own.
        let last = if name.ends_with(".json") || name.ends_with(".tap") { whole.len() - 1 } else { whole.len() };
        // Of the long ones a part tells as much.
        let step = 1 + whole.len() / 2_000 * 7;
        for end in (0..last).step_by(step).chain([last - 1]) {
            if let Ok(found) = read_bytes(name, whole[..end].to_vec(), None) {
                assert!(!is_well(&merge(vec![found])), "{name} is well with its first {end} bytes");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_file_is_read_or_refused(
        file in proptest::sample::select(GREEN.iter().chain(&RED).collect::<Vec<_>>()),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), any::<u8>(), 0..5u8), 1..6),
    ) {
        let mut text = bytes(file);
        for (from, to, byte, kind) in changes {
            let (from, to) = (from.index(text.len()), to.index(text.len()));
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 200));
            match kind {
                0 => text[from] = byte,
                1 => drop(text.drain(from..to)),
                2 => { let part = text[from..to].to_vec(); text.splice(to..to, part); }
                3 => text.insert(from, b'<'),
                _ => text.truncate(text.len() - text.len().min(usize::from(byte))),
            }
            if text.is_empty() {
                text.push(byte);
            }
        }
        if let Ok(found) = read_bytes(file, text, None) {
            let results = merge(vec![found]);
            let entries = results.entries().map_err(TestCaseError::fail)?;
            prop_assert_eq!(entries.len() as u64, results.counts().total);
            let ids: std::collections::HashSet<_> = entries.iter().map(|entry| &entry.scenario).collect();
            prop_assert_eq!(ids.len(), entries.len());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(ok|not ok|1\\.\\.|[ #]|---|\\.\\.\\.|TAP version|<testsuite>|<testcase name='a'>|</testcase>|</testsuite>|\\{|\"Action\"|[0-9]|\n){0,40}") {
        if let Ok(found) = read_bytes("a", text.into_bytes(), None) {
            let results = merge(vec![found]);
            prop_assert_eq!(results.entries().map_err(TestCaseError::fail)?.len(), results.tests.len());
        }
    }
}
