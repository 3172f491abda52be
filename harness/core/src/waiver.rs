//! Waivers: a named person's time-limited acceptance of one residual.

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::defect::Title;
use crate::document::{Decoder, Fields, decode_words, parse_toml};
use crate::id::{DefectId, Digest, ReleaseName, ScenarioId, WaiverName};
use crate::normalize::Masking;
use crate::person::Person;
use crate::problem::{Place, Problem, Source};
use crate::project::Criterion;
use crate::words::quoted;

/// Why the residual may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum WaiverKind {
    /// The product is right and the test is wrong.
    TestIsBad,
    /// This release may have it.
    Accepted,
}
decode_words!(WaiverKind, "kind of waiver");

/// Exactly what is waived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waived {
    /// One scenario's failure, exactly as it was seen.
    Scenario {
        /// The scenario.
        scenario: ScenarioId,
        /// What was seen, once what varies was taken out.
        seen: Digest,
        /// What the owner says varies from run to run.
        masking: Option<Masking>,
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
            Waived::Scenario { scenario, masking: None, .. } => write!(formatter, "{scenario}"),
            Waived::Scenario { scenario, masking: Some(masking), .. } => write!(formatter, "{scenario}, normalized by {masking}"),
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
        let (scenario, seen) = (fields.optional("scenario"), fields.optional("seen"));
        let (shape, masks) = (fields.key("signature"), fields.key("normalize"));
        let masking = fields.optional("normalize");
        let (criterion, defect) = (fields.optional("criterion"), fields.optional("defect"));
        let (kind, release) = (fields.required("kind"), fields.required("release"));
        let (owner, reason) = (fields.required("owner"), fields.required::<Title>("reason"));
        let (expires, place) = (fields.required("expires"), fields.place());
        fields.finish();
        if let Some(place) = shape {
            let renewal = Renewal { name: &name, scenario, kind, release, owner, reason, expires };
            decoder.push(renewal.problem(place));
            return None;
        }
        let is_misread = masks.is_some() && masking.is_none();
        let waived = match (scenario, seen, criterion, defect) {
            (Some(_), Some(_), None, None) if is_misread => return None,
            (Some(scenario), Some(seen), None, None) => Some(Waived::Scenario { scenario, seen, masking }),
            (None, None, Some(criterion), Some(defect)) if masks.is_none() => Some(Waived::Criterion { criterion, defect }),
            _ => {
                let problem = Problem::at(place.clone(), "a waiver names exactly one residual");
                decoder.push(
                    problem
                        .help("give `scenario` with `seen`, and `normalize` if something varies, or `criterion` with `defect`"),
                );
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

/// A waiver of an earlier form, which accepted every failure of one shape, and what it said.
struct Renewal<'w> {
    name: &'w WaiverName,
    scenario: Option<ScenarioId>,
    kind: Option<WaiverKind>,
    release: Option<ReleaseName>,
    owner: Option<Person>,
    reason: Option<Title>,
    expires: Option<Date>,
}

impl Renewal<'_> {
    fn problem(&self, place: Place) -> Problem {
        let path = quoted(place.source.path.as_str());
        let signoff = self.release.as_ref().map_or("RELEASE".to_owned(), ReleaseName::to_string);
        let message = "`signature` is only the shape of a failure, and a waiver accepts exactly what was seen";
        let help = format!("renew it: rm {path}; fixgate signoff {signoff}; {}", self.command());
        Problem::at(place, message).help(help)
    }

    /// The command that writes it again from the last run.
    fn command(&self) -> String {
        let word = |flag: &str, text: Option<String>| match text {
            Some(text) => format!(" {flag} {}", quoted(&text)),
            None => format!(" {flag} …"),
        };
        let scenario = self.scenario.as_ref().map_or("SCENARIO".to_owned(), |scenario| quoted(scenario.as_str()));
        let release = word("--release", self.release.as_ref().map(ToString::to_string));
        let owner = word("--owner", self.owner.as_ref().map(ToString::to_string));
        let reason = word("--reason", self.reason.as_ref().map(|reason| reason.0.clone()));
        let expires = word("--expires", self.expires.map(|date| date.to_string()));
        let kind = match self.kind {
            Some(WaiverKind::TestIsBad) => " --test-is-bad",
            Some(WaiverKind::Accepted) | None => "",
        };
        format!("fixgate waive {scenario}{release}{owner}{reason}{expires}{kind} --name {}", quoted(self.name.as_str()))
    }
}
