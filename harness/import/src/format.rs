//! Which format a file has, by its content or by what its producer is said to be.

use std::sync::Arc;

use camino::Utf8PathBuf;
use fixgate_core::imported::Producer;
use fixgate_core::problem::{Problem, Source};

use crate::lines::problem;
use crate::seen::Found;
use crate::{ctrf, go_test, junit, tap, trx, xml};

/// The most bytes of a file. What its tests printed is most of a large one.
pub const MOST_BYTES: u64 = 64 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Junit,
    Trx,
    Ctrf,
    GoTest,
    Tap,
}

impl Format {
    fn of(producer: Producer) -> Self {
        match producer {
            Producer::Trx => Format::Trx,
            Producer::Ctrf => Format::Ctrf,
            Producer::GoTest => Format::GoTest,
            Producer::Tap => Format::Tap,
            Producer::Surefire
            | Producer::Gradle
            | Producer::Pytest
            | Producer::Gtest
            | Producer::Nextest
            | Producer::GoJunitReport
            | Producer::Gotestsum
            | Producer::Jest
            | Producer::Vitest
            | Producer::Mocha
            | Producer::Playwright
            | Producer::Cypress
            | Producer::Phpunit
            | Producer::Rspec
            | Producer::Robot
            | Producer::Bazel
            | Producer::Ctest
            | Producer::Catch2
            | Producer::Dotnet
            | Producer::Nose2
            | Producer::Node
            | Producer::Junit => Format::Junit,
        }
    }

    /// The format that the text has the beginning of.
    fn guess(text: &str) -> Option<Self> {
        let begun = text.trim_start();
        let first = begun.lines().next().unwrap_or_default();
        match begun.as_bytes().first()? {
            b'<' if xml::root(begun) == Some("TestRun") => Some(Format::Trx),
            b'<' => Some(Format::Junit),
            b'{' if first.contains("\"Action\"") => Some(Format::GoTest),
            b'{' => Some(Format::Ctrf),
            _ if tap::is_like(text) => Some(Format::Tap),
            // What fails to compile is told before the first line of JSON.
            _ if text.lines().any(|line| line.starts_with('{') && line.contains("\"Action\"")) => Some(Format::GoTest),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Format::Junit => "JUnit XML",
            Format::Trx => "TRX",
            Format::Ctrf => "CTRF",
            Format::GoTest => "the JSON of go test",
            Format::Tap => "TAP",
        }
    }
}

/// The text of a file.
///
/// # Errors
/// That it is empty, too large or not UTF-8.
pub fn source(path: Utf8PathBuf, bytes: Vec<u8>) -> Result<Arc<Source>, Problem> {
    const UTF_16: [&[u8]; 2] = [b"\xFF\xFE", b"\xFE\xFF"];
    if bytes.len() as u64 > MOST_BYTES {
        let message = format!("the file is larger than {} MiB", MOST_BYTES >> 20);
        return Err(problem(&Source::new(path, ""), 0, message).help("leave out of it what the tests print, or split it"));
    }
    if UTF_16.iter().any(|mark| bytes.starts_with(mark)) {
        let help = "convert it: iconv -f UTF-16 -t UTF-8";
        return Err(problem(&Source::new(path, ""), 0, "the file is UTF-16, and must be UTF-8").help(help));
    }
    let text = String::from_utf8(bytes).map_err(|reason| {
        let valid = reason.utf8_error().valid_up_to();
        let bytes = reason.into_bytes();
        let source = Source::new(path.clone(), String::from_utf8_lossy(&bytes[..valid]));
        problem(&source, valid, "this byte is not UTF-8").help("write the file again, or convert it to UTF-8")
    })?;
    let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
    let source = Source::new(path, text);
    if source.text.trim().is_empty() {
        return Err(problem(&source, 0, "the file is empty").help("the program that writes it did not come to its end"));
    }
    Ok(source)
}

/// Reads a file of results.
///
/// # Errors
/// Where it is not what its format wants.
pub fn read(source: &Arc<Source>, producer: Option<Producer>) -> Result<Found, Problem> {
    let guessed = Format::guess(&source.text);
    let format = match (producer.map(Format::of), guessed) {
        (Some(said), Some(guessed)) if said != guessed => {
            let message = format!("this is {}, and the producer writes {}", guessed.name(), said.name());
            return Err(problem(source, 0, message).help("leave out --producer, and it is told by the content"));
        }
        (Some(said), _) => said,
        (None, Some(guessed)) => guessed,
        (None, None) => {
            let known = "JUnit XML, TRX, CTRF, the JSON of go test, TAP";
            return Err(problem(source, 0, "this is no format of results that is known").help(format!("the formats are {known}")));
        }
    };
    match format {
        Format::Junit => junit::read(source, producer),
        Format::Trx => trx::read(source),
        Format::Ctrf => ctrf::read(source),
        Format::GoTest => go_test::read(source),
        Format::Tap => tap::read(source),
    }
}
