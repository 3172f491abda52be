//! The criterion `imported`: every suite that is run elsewhere was green on this build, on the word of a system that may say so.
//!
//! Of several words of one system on a suite the newest counts. Those of different systems count each, so that one cannot hide
//! what another saw.

use std::collections::BTreeSet;

use super::Evidence;
use super::attested::{BuildAttestations, Words};
use super::finding::Fact;
use super::found::Found;
use super::reasons::SuiteLack;
use crate::attestation::{Attestation, Attested, SuiteResult};
use crate::id::SuiteName;
use crate::project::ImportedSuite;
use crate::words::counted;

/// What is open, and a line that says what there is.
pub(super) fn imported(evidence: &Evidence<'_>) -> (Found, String) {
    let said = BuildAttestations::of(evidence);
    let suites = &evidence.ledger.project.imports;
    let mut found = Found::default();
    let mut green = Vec::new();
    for suite in suites {
        let lacks = lacks(said, suite);
        if lacks.is_empty() {
            green.push(line(said, &suite.name));
        }
        found.open.extend(lacks.into_iter().map(|lack| Fact::Suite { suite: suite.name.clone(), lack }));
    }
    found.open.extend(dropped(said, suites));
    if suites.is_empty() {
        found.open.push(Fact::NoSuite);
    }
    let told = if green.is_empty() { String::new() } else { format!(": {}", green.join("; ")) };
    (found, format!("{} of {} green on this build{told}", green.len(), counted(suites.len(), "suite")))
}

/// What keeps the results of a suite from vouching for a build.
pub(super) fn lacks(said: BuildAttestations<'_>, suite: &ImportedSuite) -> Vec<SuiteLack> {
    let words = words(said, &suite.name);
    let refused =
        words.refused.iter().map(|(word, why)| SuiteLack::Refused { attestation: word.name.clone(), why: why.to_string() });
    let mut lacks: Vec<SuiteLack> = refused.collect();
    lacks.extend(words.counted.iter().filter_map(|(word, result)| lack(suite, word, result)));
    // A deleted statement counts against a build, and for none.
    if words.counted.iter().all(|(word, _)| word.gone) {
        let elsewhere = words.elsewhere.map(|word| (word.name.clone(), word.statement.subject.digest));
        lacks.push(SuiteLack::NotAttested { elsewhere });
    }
    lacks
}

fn lack(suite: &ImportedSuite, word: &Attestation, result: &SuiteResult) -> Option<SuiteLack> {
    let attestation = word.name.clone();
    if let Some(found) = result.files.iter().map(|file| file.producer).find(|producer| *producer != suite.producer) {
        return Some(SuiteLack::OtherProducer { attestation, found, wanted: suite.producer });
    }
    if !result.read.is_well() {
        return Some(not_green(word, result, false));
    }
    let (passed, required) = (result.read.green(), suite.min_tests);
    (passed < required).then_some(SuiteLack::TooFew { attestation, passed, required })
}

/// What systems saw fail on this build in suites that are not asked for any more.
fn dropped(said: BuildAttestations<'_>, suites: &[ImportedSuite]) -> Vec<Fact> {
    let named: BTreeSet<&SuiteName> = said.attestations.iter().filter_map(suite_result).map(|result| &result.suite).collect();
    let dropped = named.into_iter().filter(|name| suites.iter().all(|suite| suite.name != **name));
    let failures = |name: &SuiteName| {
        let words = words(said, name).counted.into_iter().filter(|(_, result)| !result.read.is_well());
        let fact = |(word, result): (&Attestation, &SuiteResult)| Fact::Suite {
            suite: name.clone(),
            lack: not_green(word, result, true),
        };
        words.map(fact).collect::<Vec<_>>()
    };
    dropped.flat_map(failures).collect()
}

fn not_green(word: &Attestation, result: &SuiteResult, dropped: bool) -> SuiteLack {
    SuiteLack::NotGreen {
        attestation: word.name.clone(),
        gone: word.gone,
        by: word.statement.by.clone(),
        read: result.read,
        dropped,
    }
}

fn line(said: BuildAttestations<'_>, suite: &SuiteName) -> String {
    let words = words(said, suite);
    let told: Vec<String> =
        words.counted.iter().map(|(word, result)| format!("{}, says {}", result.read, word.statement.by)).collect();
    format!("{suite} {}", told.join(" and "))
}

fn words<'r>(said: BuildAttestations<'r>, suite: &SuiteName) -> Words<'r, SuiteResult> {
    Words::new(said, |known| suite_result(known).filter(|result| result.suite == *suite)).newest()
}

fn suite_result(known: &Attestation) -> Option<&SuiteResult> {
    match &known.statement.attested {
        Attested::Ci(result) => Some(result),
        Attested::Tester(_)
        | Attested::Customer(_)
        | Attested::Manual(_)
        | Attested::Deployment(_)
        | Attested::ReleaseManager(_) => None,
    }
}
