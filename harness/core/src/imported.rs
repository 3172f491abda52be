//! What a run says that Fixgate did not make: that another program's results were imported, from which files, on whose word.

use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::id::{Digest, ScenarioId, is_row_id};
use crate::problem::by_word;
use crate::words::{counted, thousands};

/// What the header of an imported run holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Imported {
    /// The files, in the order in which they were given.
    pub files: Vec<ImportedFile>,
    /// On whose word the results are those of the candidate.
    pub word: Word,
    /// The tests by what their producers meant.
    pub read: ReadCounts,
    /// The errors that belong to no test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suite_errors: Vec<SuiteError>,
}

impl Imported {
    /// What makes the run no answer, in words.
    pub(crate) fn objections(&self) -> Vec<String> {
        let mut objections = Vec::new();
        if let Some(first) = self.suite_errors.first() {
            objections.push(format!("{} no test; the first: {first}", counted_belonging(self.suite_errors.len())));
        }
        if self.read.green() == 0 {
            objections.push("no imported test passed".to_owned());
        }
        objections
    }
}

fn counted_belonging(count: usize) -> String {
    format!("{} {} to", counted(count, "error"), if count == 1 { "belongs" } else { "belong" })
}

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportedFile {
    /// Where it was, as it was named.
    #[cfg_attr(test, schemars(with = "String"))]
    pub path: Utf8PathBuf,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The program that wrote it.
    pub producer: Producer,
}

/// Who says that imported results are those of the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// The person who imported them, and no signature.
    Unsigned,
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Unsigned => formatter.write_str("unsigned"),
        }
    }
}

/// How many tests came out which way, as their producers meant it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReadCounts {
    /// They passed.
    pub passed: u64,
    /// What they test is not as they expect.
    pub failed: u64,
    /// They could not be carried out.
    pub errors: u64,
    /// They were left out, for a stated reason.
    pub skipped: u64,
    /// They failed, and passed when they were run again.
    pub flaky: u64,
    /// Errors that belong to no test.
    pub suite_errors: u64,
    /// All tests; the sum of all but `suite-errors`.
    pub total: u64,
}

impl ReadCounts {
    /// Nothing failed or could not be carried out, and at least one test passed.
    pub fn is_well(&self) -> bool {
        let Self { passed: _, failed, errors, flaky: _, suite_errors, skipped: _, total: _ } = self;
        [failed, errors, suite_errors].into_iter().all(|count| *count == 0) && self.green() > 0
    }

    /// How many tests passed, at the first time or later.
    pub fn green(&self) -> u64 {
        self.passed.saturating_add(self.flaky)
    }
}

/// In one line: what there is of each kind.
impl fmt::Display for ReadCounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, errors, skipped, flaky, suite_errors, total: _ } = *self;
        write!(formatter, "{} passed", thousands(passed))?;
        let rest = [(failed, "failed"), (errors, "in error"), (flaky, "flaky"), (skipped, "skipped")];
        for (count, word) in rest.into_iter().filter(|(count, _)| *count > 0) {
            write!(formatter, ", {} {word}", thousands(count))?;
        }
        if suite_errors > 0 { write!(formatter, ", {} of no test", counted(suite_errors, "error")) } else { Ok(()) }
    }
}

/// An error that belongs to no test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SuiteError {
    /// The file that says so.
    #[cfg_attr(test, schemars(with = "String"))]
    pub file: Utf8PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// What it says, in one line.
    pub message: String,
}

impl fmt::Display for SuiteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// A program that writes test results.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray, strum::Display,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Producer {
    /// Maven Surefire and Failsafe.
    Surefire,
    /// Gradle.
    Gradle,
    /// pytest, with or without reruns.
    Pytest,
    /// googletest.
    Gtest,
    /// cargo-nextest.
    Nextest,
    /// go-junit-report.
    GoJunitReport,
    /// gotestsum.
    Gotestsum,
    /// jest-junit.
    Jest,
    /// Vitest.
    Vitest,
    /// mocha-junit-reporter.
    Mocha,
    /// Playwright.
    Playwright,
    /// Cypress.
    Cypress,
    /// PHPUnit.
    Phpunit,
    /// RSpec.
    Rspec,
    /// Robot Framework.
    Robot,
    /// Bazel.
    Bazel,
    /// CTest.
    Ctest,
    /// Catch2.
    Catch2,
    /// A logger of .NET that writes JUnit.
    Dotnet,
    /// nose2.
    Nose2,
    /// node:test.
    Node,
    /// Any other program that writes JUnit.
    Junit,
    /// A program that writes the Test Anything Protocol.
    Tap,
    /// A program that writes the Common Test Report Format.
    Ctrf,
    /// `go test -json`.
    GoTest,
    /// A logger of .NET that writes TRX.
    Trx,
}

impl Producer {
    /// Every producer.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The producer's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl FromStr for Producer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        by_word(text, |words| format!("the producers are {words}"))
    }
}

/// The folder of all imported scenarios: no case is there.
pub const FOLDER: &str = "imported";

/// The id of an imported test. What its letters cannot be is written as in an address, so that two tests never share one; of a name that
/// is too long the beginning is kept, with its digest.
pub fn scenario_id(producer: Producer, test: &str) -> Result<ScenarioId, String> {
    const LONGEST: usize = 400;
    let mut label = String::with_capacity(test.len());
    for letter in test.chars() {
        if letter != '%' && letter.is_ascii() && is_row_id(letter.encode_utf8(&mut [0; 4])) {
            label.push(letter);
        } else {
            letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| label.push_str(&format!("%{byte:02X}")));
        }
    }
    if label.len() > LONGEST {
        label.truncate(LONGEST);
        label.push_str(&format!("~{}", &Digest::of(test.as_bytes()).hexadecimal()[..32]));
    }
    format!("{FOLDER}/{producer}#{label}").parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_an_id_of_its_own() {
        let id = |name: &str| scenario_id(Producer::Pytest, name).unwrap().to_string();
        assert_eq!(id("tests/test_a.py::test_x[a b]"), "imported/pytest#tests/test_a.py::test_x%5Ba%20b%5D");
        assert_eq!(id("é\n%41A"), "imported/pytest#%C3%A9%0A%2541A");
        let long = |end: &str| format!("{}{end}", "x ".repeat(2_000));
        assert_ne!(id(&long("a")), id(&long("b")));
        assert!(id(&long("a")).len() < 500);
    }

    #[test]
    fn a_misspelt_producer_is_answered_with_the_nearest() {
        assert_eq!("pytset".parse::<Producer>(), Err("did you mean `pytest`?".to_owned()));
        for producer in Producer::ALL {
            assert_eq!(producer.as_str().parse(), Ok(*producer));
        }
    }
}
