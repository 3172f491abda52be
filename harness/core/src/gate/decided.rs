//! What became of a criterion.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::Finding;
use crate::project::Criterion;

/// Whether a criterion holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum CriterionState {
    /// It holds.
    Satisfied,
    /// It would not hold, but for waivers.
    Waived,
    /// It does not hold.
    Unsatisfied,
}

impl CriterionState {
    /// The state's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One criterion, decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CriterionResult {
    /// Which.
    pub id: Criterion,
    /// Whether it holds.
    pub state: CriterionState,
    /// One line that says so, with numbers.
    pub summary: String,
    /// The findings in words, for people: the first of them, a line each.
    pub evidence: Vec<String>,
    /// How many findings are in `findings` alone; older sign-offs have a last line of evidence that says it.
    #[serde(default, rename = "evidence-left-out", skip_serializing_if = "is_zero")]
    pub evidence_left_out: u64,
    /// Everything that counts against it, or is waived; absent in sign-offs that were written before findings were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<Finding>>,
    /// Who accepts what is waived, why and until when; each once.
    #[serde(skip)]
    pub terms: BTreeSet<String>,
}

impl CriterionResult {
    /// How many findings there are.
    pub fn found(&self) -> u64 {
        self.findings.as_ref().map_or(self.evidence.len() as u64 + self.evidence_left_out, |findings| findings.len() as u64)
    }

    /// The first lines of evidence, at most so many, and a line that says how many more there are.
    pub fn first_evidence(&self, most: usize) -> impl Iterator<Item = String> {
        let shown = self.evidence.len().min(most);
        let more = self.found().saturating_sub(shown as u64);
        self.evidence.iter().take(shown).cloned().chain((more > 0).then(|| format!("… and {more} more")))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
