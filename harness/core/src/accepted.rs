//! What a person accepted of a fix's changes: `defects/ID.accepted.jsonl`, a line for each scenario with the digest of its outputs.
//!
//! A claim's `accepted` is the digest over the lines that its glob matches, so the list cannot change unseen.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{Digest, Glob, ScenarioId};
use crate::problem::{Place, Problem, Source};

/// One scenario with the outputs that were accepted.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedLine {
    scenario: ScenarioId,
    outputs: Digest,
}

/// The outputs that were accepted for one defect's claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted(BTreeMap<ScenarioId, Digest>);

impl Accepted {
    /// The accepted outputs of these scenarios.
    pub fn new(outputs: impl IntoIterator<Item = (ScenarioId, Digest)>) -> Self {
        Self(outputs.into_iter().collect())
    }

    /// Reads `ID.accepted.jsonl`.
    ///
    /// # Errors
    /// Every bad line.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let mut outputs = BTreeMap::new();
        let mut problems = Vec::new();
        for span in source.lines() {
            let text = &source.text[span.clone()];
            if text.is_empty() {
                continue;
            }
            let wrong = match serde_json::from_str::<AcceptedLine>(text) {
                // Of two lines the later would win unseen.
                Ok(line) if outputs.contains_key(&line.scenario) => format!("{} appears twice", line.scenario),
                Ok(line) => {
                    outputs.insert(line.scenario, line.outputs);
                    continue;
                }
                Err(error) => format!("not an accepted output: {error}"),
            };
            let place = Place { source: Arc::clone(source), span };
            problems.push(Problem::at(place, wrong).help("the file is written by `fixgate accept`"));
        }
        if problems.is_empty() { Ok(Self(outputs)) } else { Err(problems) }
    }

    /// The outputs accepted for a scenario.
    pub fn outputs(&self, scenario: &ScenarioId) -> Option<Digest> {
        self.0.get(scenario).copied()
    }

    /// Every scenario with its accepted outputs.
    pub fn iter(&self) -> impl Iterator<Item = (&ScenarioId, Digest)> {
        self.0.iter().map(|(scenario, outputs)| (scenario, *outputs))
    }

    /// The file as it is checked in.
    pub fn to_text(&self) -> String {
        self.lines(|_| true)
    }

    /// What a claim on these scenarios pins.
    pub fn digest(&self, scenarios: &Glob) -> Digest {
        Digest::of(self.lines(|id| scenarios.matches(id)).as_bytes())
    }

    fn lines(&self, keep: impl Fn(&ScenarioId) -> bool) -> String {
        let kept = self.0.iter().filter(|(scenario, _)| keep(scenario));
        kept.map(|(scenario, outputs)| format!("{{\"scenario\":\"{scenario}\",\"outputs\":\"{outputs}\"}}\n")).collect()
    }
}
