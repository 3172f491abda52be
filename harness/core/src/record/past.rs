//! The earlier sign-offs that a run to sign off is compared with, as they stood when it began.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::ancestry::Presence;
use crate::case::{Edit, Scenario, edits};
use crate::id::{Digest, ReleaseName, RunName, ScenarioId};
use crate::ledger::Ledger;

/// What the reports of other releases, and the history of the records, said of earlier sign-offs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Past {
    /// The digest of the sign-offs that `reports/` has of other releases.
    pub digest: Digest,
    /// Whether the commit of each of these is in the history of the run's own commit; none where there is no version control.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commits: BTreeMap<ReleaseName, Presence>,
    /// The sign-offs that the history has and `reports/` no longer has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Former>,
    /// What was edited in the definitions of scenarios since these sign-offs, as far as their records are here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<CaseEdit>,
}

/// A sign-off that only the history has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// Its release.
    pub release: ReleaseName,
    /// Its run.
    pub run: RunName,
    /// A commit that has its files.
    pub commit: String,
    /// Whether another sign-off of the release is there now, or it is signed off again by this run.
    pub replaced: bool,
}

/// The same edit of the scenarios of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CaseEdit {
    /// The case's id.
    pub case: String,
    /// The edit.
    #[serde(flatten)]
    pub edit: Edit,
    /// How many scenarios it is of.
    pub count: u64,
    /// The first of them.
    pub first: Vec<ScenarioId>,
}

/// Edits, while they are collected.
#[derive(Debug, Default)]
pub struct Edits(BTreeMap<(Edit, String), BTreeSet<ScenarioId>>);

impl Edits {
    /// The most scenarios that are named for one edit.
    const NAMED: usize = 3;

    /// Adds what was edited between two states of the records, in scenarios that were defined then as a plan says.
    pub fn add(&mut self, then: &Ledger, now: &Ledger, planned: impl Fn(&Scenario) -> bool) {
        let current: HashMap<&ScenarioId, &Scenario> = now.scenarios.iter().map(|scenario| (&scenario.id, scenario)).collect();
        let (default_then, default_now) = (then.project.run.timeout, now.project.run.timeout);
        for old in &then.scenarios {
            let Some(new) = current.get(&old.id) else { continue };
            let is_same = old.case.applies == new.case.applies && old.digest() == new.digest();
            if !is_same && planned(old) {
                for edit in edits((old, default_then), (new, default_now)) {
                    self.0.entry((edit, old.id.case().to_owned())).or_default().insert(old.id.clone());
                }
            }
        }
    }

    /// All of them, what is loosened first.
    pub fn finish(self) -> Vec<CaseEdit> {
        let edit = |((edit, case), scenarios): ((Edit, String), BTreeSet<ScenarioId>)| CaseEdit {
            case,
            edit,
            count: scenarios.len() as u64,
            first: scenarios.into_iter().take(Self::NAMED).collect(),
        };
        self.0.into_iter().map(edit).collect()
    }
}
