//! What proving a pair gave.

use serde::{Deserialize, Serialize};

use crate::id::{DefectId, Digest, ScenarioId};
use crate::proof::RedEvidence;
use crate::running::Stopped;
use crate::verdict::Verdict;

/// What proving one scenario of a pair gave, over several runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PairResult {
    /// The fix that is proved.
    pub defect: DefectId,
    /// The scenario.
    pub scenario: ScenarioId,
    /// The digest of its definition.
    pub definition: Digest,
    /// What it did without the fix.
    pub base: PairSide,
    /// Whether the failure without the fix matched the symptom; `true` where none is given.
    pub symptom: bool,
    /// What it did with the fix.
    pub fixed: PairSide,
    /// How often it was run on each build.
    pub runs: u32,
}

/// What a pair's scenario did on one build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PairSide {
    /// The verdict, the same every time; `flaky` if it was not.
    pub verdict: Verdict,
    /// The signature of its failure.
    pub signature: Option<Digest>,
    /// What it showed.
    pub shown: String,
    /// Why it ended early every time, where the fixed build does not and no symptom says that this is the defect.
    #[serde(default, alias = "unstarted", deserialize_with = "Stopped::read", skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
}

impl PairResult {
    /// The evidence on the base, if this proves the fix; otherwise why it does not.
    ///
    /// # Errors
    /// The reason in words.
    pub fn evidence(&self) -> Result<RedEvidence, String> {
        let scenario = &self.scenario;
        let red = match (self.base.verdict, self.base.signature) {
            (verdict, Some(signature)) if verdict.is_failure() => RedEvidence { verdict, signature },
            (Verdict::Passed, _) => return Err(format!("{scenario} is green without the fix: it cannot tell the defect")),
            (verdict, _) => {
                return Err(format!(
                    "{scenario} is {verdict} without the fix, which proves nothing: {}",
                    self.base.shown.trim_end()
                ));
            }
        };
        if !self.symptom {
            return Err(format!("{scenario} fails without the fix, but not as its symptom says"));
        }
        if let Some(stopped) = self.base.stopped {
            let (how, symptom) = stopped.words();
            return Err(format!(
                "{scenario} fails without the fix {how}, which proves nothing: {}; if that is the defect, say so in the case: \
                 [symptom] {symptom}",
                self.base.shown.trim_end().replace('\n', ", ")
            ));
        }
        if self.fixed.verdict != Verdict::Passed {
            return Err(format!("{scenario} is {} with the fix", self.fixed.verdict));
        }
        Ok(red)
    }
}
