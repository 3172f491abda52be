//! Waivers: a named person's time-limited acceptance of one residual.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::defect::{Person, Title, decode_words};
use crate::document::{Decode, Decoder, Fields, Node, parse_toml};
use crate::id::{DefectId, Digest, ReleaseName, ScenarioId, WaiverName};
use crate::problem::{Place, Problem, Source, suggestion};
use crate::project::Criterion;

/// Why the residual may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverKind {
    /// The product is right and the test is wrong.
    TestIsBad,
    /// This release may have it.
    Accepted,
}
decode_words!(WaiverKind, "kind of waiver", { "test-is-bad" => WaiverKind::TestIsBad, "accepted" => WaiverKind::Accepted });

/// Exactly what is waived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waived {
    /// One scenario's failure with this signature.
    Scenario {
        /// The scenario.
        scenario: ScenarioId,
        /// The failure's signature.
        signature: Digest,
    },
    /// What one criterion holds against one defect.
    Criterion {
        /// The criterion.
        criterion: Criterion,
        /// The defect.
        defect: DefectId,
    },
}

impl fmt::Display for Waived {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Waived::Scenario { scenario, .. } => write!(formatter, "{scenario}"),
            Waived::Criterion { criterion, defect } => write!(formatter, "{criterion} of {defect}"),
        }
    }
}

/// One file of `waivers/`.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The file's stem.
    pub name: WaiverName,
    /// What is waived.
    pub waived: Waived,
    /// Why it may stand.
    pub kind: WaiverKind,
    /// The one release it is for.
    pub release: ReleaseName,
    /// Who accepts it.
    pub owner: Person,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub expires: Date,
    /// The record's first key.
    pub place: Place,
}

impl Waiver {
    /// Who accepts it, why and until when.
    pub(crate) fn terms(&self) -> String {
        format!("{}, {}, until {}", self.owner, self.reason, self.expires)
    }

    /// Reads a waiver's record.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: WaiverName, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let waiver = decoder.fields(&root, "a waiver").and_then(|fields| Self::decode(name, fields, &decoder));
        decoder.finish(waiver)
    }

    fn decode(name: WaiverName, fields: Fields<'_>, decoder: &Decoder) -> Option<Self> {
        let (scenario, signature) = (fields.optional("scenario"), fields.optional("signature"));
        let (criterion, defect) = (fields.optional("criterion"), fields.optional("defect"));
        let (kind, release) = (fields.required("kind"), fields.required("release"));
        let (owner, reason) = (fields.required("owner"), fields.required::<Title>("reason"));
        let (expires, place) = (fields.required("expires"), fields.place());
        fields.finish();
        let waived = match (scenario, signature, criterion, defect) {
            (Some(scenario), Some(signature), None, None) => Some(Waived::Scenario { scenario, signature }),
            (None, None, Some(criterion), Some(defect)) => Some(Waived::Criterion { criterion, defect }),
            _ => {
                let problem = Problem::at(place.clone(), "a waiver names exactly one residual");
                decoder.push(problem.help("give `scenario` with `signature`, or `criterion` with `defect`"));
                None
            }
        };
        Some(Self {
            name,
            waived: waived?,
            kind: kind?,
            release: release?,
            owner: owner?,
            reason: reason?.0,
            expires: expires?,
            place,
        })
    }
}
