//! Proofs: that a pair's scenarios fail on a build without the fix and pass on one with it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::case::Scenario;
use crate::id::{Digest, ScenarioId};
use crate::problem::{Place, Problem, Source};
use crate::verdict::Verdict;

/// A build as a record names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BuildIdentity {
    /// A release's name, or the path it was given by.
    pub name: String,
    /// The digest of its content.
    pub digest: Digest,
}

/// `defects/ID.proof.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The build without the fix.
    pub base: BuildIdentity,
    /// The build with it.
    pub fixed: BuildIdentity,
    /// Every scenario of the pair, in the order of their ids.
    pub scenarios: Vec<ProvedScenario>,
    /// What passed on each build when it was proved, and so shows that it runs; earlier versions did not look.
    #[serde(default, rename = "shown-by", skip_serializing_if = "Option::is_none")]
    pub shown_by: Option<ShownBy>,
}

/// The scenarios that show that the builds of a proof run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ShownBy {
    /// On the base.
    pub base: ScenarioId,
    /// On the fixed build.
    pub fixed: ScenarioId,
}

/// What one scenario did on both builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProvedScenario {
    /// The scenario.
    pub scenario: ScenarioId,
    /// The digest of its definition when it was proved.
    pub definition: Digest,
    /// What it did on the base, every time.
    pub base: RedEvidence,
    /// What it did on the fixed build, every time.
    pub fixed: Verdict,
    /// How often it was run on each.
    pub runs: u32,
}

/// A failure on the base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RedEvidence {
    /// Failed, crashed or timed out; never an error of the harness.
    pub verdict: Verdict,
    /// What differed.
    pub signature: Digest,
}

impl Proof {
    /// Reads a proof's record.
    ///
    /// # Errors
    /// What is wrong with it, at its place.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        serde_json::from_str(&source.text).map_err(|error| {
            let start = line_start(&source.text, error.line());
            let at = (start + error.column().saturating_sub(1)).min(source.text.len());
            let message = format!("not a proof: {error}");
            vec![
                Problem::at(Place { source: Arc::clone(source), span: at..at }, message)
                    .help("proofs are written by `fixgate prove`"),
            ]
        })
    }

    /// The proof as it is checked in.
    pub fn to_text(&self) -> String {
        // A proof holds names, numbers and text only, which JSON can always say.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Why the proof no longer proves this pair: all reasons, none if it still does.
    pub fn staleness(&self, pair: &[&Scenario]) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.base.digest == self.fixed.digest {
            reasons.push("it was proved on one build, as base and as fixed build".to_owned());
        }
        for scenario in pair {
            // A record written by hand may name one scenario twice; then each of its lines counts.
            let mut proved = self.scenarios.iter().filter(|proved| proved.scenario == scenario.id).peekable();
            if proved.peek().is_none() {
                reasons.push(format!("{} is not in the proof", scenario.id));
            }
            reasons.extend(proved.filter_map(|proved| {
                let changed = proved.definition != scenario.digest();
                if changed { Some(format!("{} was changed after it was proved", scenario.id)) } else { proved.contradiction() }
            }));
        }
        let gone = self.scenarios.iter().filter(|proved| !pair.iter().any(|scenario| scenario.id == proved.scenario));
        reasons.extend(gone.map(|proved| format!("{} was proved and is gone from the pair", proved.scenario)));
        reasons
    }
}

impl ProvedScenario {
    /// A proof that says of itself that it is none.
    fn contradiction(&self) -> Option<String> {
        let red = self.base.verdict.is_failure();
        let holds = red && self.fixed == Verdict::Passed && self.runs > 0;
        (!holds).then(|| {
            format!("{} is recorded {} on the base and {} on the fixed build", self.scenario, self.base.verdict, self.fixed)
        })
    }
}

fn line_start(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum()
}
