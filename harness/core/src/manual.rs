//! Manual cases: what a person does and must see, in steps. Nothing runs them; an attestation tells how they went.

use std::sync::Arc;

use serde::Serialize;

use crate::case::Applies;
use crate::defect::Title;
use crate::document::{Decode, Decoder, Fields, Node, parse_toml};
use crate::id::{CaseId, DefectId, Digest, Tag};
use crate::problem::{Place, Problem, Source};

/// One file of `testcases/manual/`.
#[derive(Debug, Clone)]
pub struct ManualCase {
    /// Path under `testcases/` without extension.
    pub id: CaseId,
    /// A sentence of what must hold.
    pub title: String,
    /// The defects that it is about. It pairs none of them: only a scenario can be red and green.
    pub defects: Vec<DefectId>,
    /// By which it can be chosen.
    pub tags: Vec<Tag>,
    /// The releases it holds for.
    pub applies: Applies,
    /// The change after which it no longer holds.
    pub superseded_by: Option<DefectId>,
    /// What is done and seen, in order.
    pub steps: Vec<ManualStep>,
    /// The record's first key.
    pub place: Place,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ManualStep {
    /// What to do.
    #[serde(rename = "do")]
    pub action: String,
    /// What must be seen then.
    pub expect: String,
}

impl ManualCase {
    /// Reads a manual case.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(id: CaseId, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let case = decoder.fields(&root, "a manual case").and_then(|fields| Self::decode(id, fields, &decoder));
        decoder.finish(case)
    }

    fn decode(id: CaseId, fields: Fields<'_>, decoder: &Decoder) -> Option<Self> {
        let (title, defects, tags) = (fields.required::<Title>("title"), fields.list("defects"), fields.list("tags"));
        let (applies, superseded_by) = (fields.optional::<Applies>("applies"), fields.optional("superseded-by"));
        let (steps, place) = (fields.required::<Vec<ManualStep>>("step"), fields.place());
        fields.finish();
        let steps = steps?;
        if id.family() != "manual" {
            decoder.push(Problem::at(place.clone(), "a manual case belongs in testcases/manual/"));
        }
        if steps.is_empty() {
            decoder.push(Problem::at(place.clone(), "a manual case without a step asks for nothing"));
        }
        let applies = applies.unwrap_or_default();
        Some(Self { id, title: title?.0, defects, tags, applies, superseded_by, steps, place })
    }

    /// The digest of what a person is asked to do and to see: a result is for this and no other.
    pub fn digest(&self) -> Digest {
        Digest::of_json(&(&self.title, &self.steps))
    }
}

impl Decode for ManualStep {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        let fields = decoder.fields(node, "a manual step: { do, expect }")?;
        let (action, expect) = (fields.required::<Instruction>("do"), fields.required::<Instruction>("expect"));
        fields.finish();
        Some(Self { action: action?.0, expect: expect?.0 })
    }
}

/// Text that tells a person something.
struct Instruction(String);

impl Decode for Instruction {
    fn decode(node: &Node, decoder: &Decoder) -> Option<Self> {
        decoder.text(node, "an instruction", |text| {
            let told = text.contains(char::is_alphanumeric);
            if told { Ok(Self(text.to_owned())) } else { Err("an instruction tells what to do, or what must be seen".to_owned()) }
        })
    }
}
