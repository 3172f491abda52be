//! Files of real producers, files that cannot be trusted, and damaged ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the tests read stored files")]

mod damaged;
mod producers;
mod refused;

use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use fixgate_core::imported::Producer;
use fixgate_core::problem::Problem;
use fixgate_import::{Found, Results, merge, read, source};

fn stored(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(stored(name)).unwrap_or_else(|reason| panic!("{name}: {reason}"))
}

fn read_bytes(path: &str, bytes: Vec<u8>, producer: Option<Producer>) -> Result<Found, Problem> {
    source(Utf8PathBuf::from(path), bytes).and_then(|source| read(&source, producer))
}

/// What a text says; the name only has the ending that its kind usually has.
fn read_text(text: &str) -> Result<Found, Problem> {
    read_bytes("results", text.as_bytes().to_vec(), None)
}

fn results(text: &str) -> Results {
    merge(vec![read_text(text).unwrap_or_else(|problem| panic!("{problem:?}"))])
}

/// The counts that are not zero, in a line.
fn counts(results: &Results) -> String {
    let read = results.counts();
    let all = [
        ("passed", read.passed),
        ("failed", read.failed),
        ("errors", read.errors),
        ("skipped", read.skipped),
        ("flaky", read.flaky),
        ("suite-errors", read.suite_errors),
    ];
    assert_eq!(read.passed + read.failed + read.errors + read.skipped + read.flaky, read.total);
    let shown: Vec<String> = all.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}")).collect();
    shown.join(", ")
}

/// Whether it reads as if nothing were wrong.
fn is_well(results: &Results) -> bool {
    let read = results.counts();
    read.failed + read.errors + read.suite_errors == 0 && read.passed + read.flaky > 0
}
