//! Tests as the entries of a run's record.

use std::collections::HashSet;

use fixgate_core::id::{Digest, ScenarioId};
use fixgate_core::imported::scenario_id;
use fixgate_core::record::Entry;
use fixgate_core::verdict::Verdict;
use fixgate_core::visible;

use crate::merge::{Results, Test};
use crate::seen::Outcome;

impl Results {
    /// An entry for each test, in their order.
    ///
    /// # Errors
    /// A name that no id can be made of, in words.
    pub fn entries(&self) -> Result<Vec<Entry>, String> {
        let mut ids = HashSet::with_capacity(self.tests.len());
        self.tests.iter().map(|test| Ok(entry(test, id(test, &mut ids)?))).collect()
    }
}

/// An id that no other test has: names that differ may read the same as a whole.
fn id(test: &Test, ids: &mut HashSet<ScenarioId>) -> Result<ScenarioId, String> {
    let whole = test.name.whole();
    let named = |number: u64| match number {
        1 => scenario_id(test.producer, &whole),
        number => scenario_id(test.producer, &format!("{whole} ({number})")),
    };
    // Of names that only their suites tell apart, the whole one is kept.
    let mut id = named(1)?;
    if ids.contains(&id) {
        let parts = [test.name.suite.as_str(), &test.name.class, &test.name.name];
        id = scenario_id(test.producer, &parts.join("::"))?;
    }
    let mut number = 2;
    while !ids.insert(id.clone()) {
        id = named(number)?;
        number += 1;
    }
    Ok(id)
}

fn entry(test: &Test, id: ScenarioId) -> Entry {
    let verdict = match test.outcome {
        Outcome::Passed => Verdict::Passed,
        Outcome::Skipped => Verdict::Skipped,
        Outcome::Flaky => Verdict::Flaky,
        Outcome::Error => Verdict::Error,
        Outcome::Failed => Verdict::Failed,
    };
    let reason = if test.message.is_empty() { verdict.to_string() } else { test.message.clone() };
    let passed = test.outcome == Outcome::Passed;
    Entry {
        seconds: (test.seconds * 1e6).round() / 1e6,
        attempts: test.attempts,
        signature: test.outcome.is_bad().then(|| Digest::of(reason.as_bytes())),
        detail: if passed { Box::default() } else { visible::escaped(test.detail.as_bytes()).into() },
        reason: (!passed).then(|| reason.clone().into()),
        ..Entry::unjudged(&id, verdict, String::new())
    }
}
