//! Quarantine: a named person's word that a scenario is known to be flaky, until a date.

use std::sync::Arc;

use jiff::civil::Date;

use crate::defect::Title;
use crate::document::{Decoder, Fields, parse_toml};
use crate::id::{QuarantineName, ScenarioId};
use crate::person::Person;
use crate::problem::{Place, Problem, Source};

/// How often a quarantined scenario that fails is tried again at least, so that flaky is told from failing.
pub const RETRIES: u32 = 3;

/// One file of `quarantine/`.
#[derive(Debug, Clone)]
pub struct Quarantine {
    /// The file's stem.
    pub name: QuarantineName,
    /// The one scenario that is flaky.
    pub scenario: ScenarioId,
    /// Who sees to it.
    pub owner: Person,
    /// Why it is flaky, or what is done about it.
    pub reason: String,
    /// The last day on which it counts.
    pub expires: Date,
    /// The record's first key.
    pub place: Place,
}

impl Quarantine {
    /// Who sees to it, why it counts and until when.
    pub(crate) fn terms(&self) -> String {
        format!("{}, {}, until {}", self.owner, self.reason, self.expires)
    }

    /// Reads a quarantine's record.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(name: QuarantineName, source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let root = parse_toml(source)?;
        let decoder = Decoder::new(source);
        let quarantine = decoder.fields(&root, "a quarantine").and_then(|fields| Self::decode(name, fields));
        decoder.finish(quarantine)
    }

    fn decode(name: QuarantineName, fields: Fields<'_>) -> Option<Self> {
        let (scenario, owner) = (fields.required("scenario"), fields.required("owner"));
        let (reason, expires) = (fields.required::<Title>("reason"), fields.required("expires"));
        let place = fields.place();
        fields.finish();
        Some(Self { name, scenario: scenario?, owner: owner?, reason: reason?.0, expires: expires?, place })
    }
}
