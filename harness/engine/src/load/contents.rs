//! What each case names, kept for records that were found good, so that a run of a few scenarios reads their cases alone.
//!
//! It counts for exactly the text that it was made from, read by the very program that made it: what changed is read, and
//! checked, as a whole. Only what narrows a run uses it; a sign-off, a proof and `check` read everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::UNIX_EPOCH;

use fixgate_core::id::{CaseId, DefectId, Digest, Tag};
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::Selection;
use serde::{Deserialize, Serialize};

use crate::journal::write_whole;
use crate::place::Place;
use crate::tree::Tree;

/// The file `.fixgate/contents.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    /// Of the text of every record, as [`Ledger::digest`].
    records: Digest,
    /// Of the program that found them good.
    program: Digest,
    cases: BTreeMap<CaseId, Names>,
}

/// What the scenarios of a case name, all together.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    defects: BTreeSet<DefectId>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tags: BTreeSet<Tag>,
}

impl Contents {
    fn of(ledger: &Ledger) -> Option<Self> {
        let names = |scenarios: &[fixgate_core::case::Scenario]| Names {
            defects: scenarios.iter().flat_map(|scenario| scenario.defects.iter().cloned()).collect(),
            tags: scenarios.iter().flat_map(|scenario| scenario.tags.iter().cloned()).collect(),
        };
        let cases = ledger.by_case().map(|(case, scenarios)| (case.id.clone(), names(scenarios))).collect();
        Some(Self { records: ledger.digest, program: program()?, cases })
    }

    /// What was kept, if it is of this program. Anything that is wrong with the file means that nothing was.
    pub(super) fn read(tree: &Tree) -> Option<Self> {
        let kept: Self = serde_json::from_slice(&path(tree).read().ok()?).ok()?;
        (kept.program == program()?).then_some(kept)
    }

    /// Keeps what these records name. What cannot be kept is read as a whole the next time, too.
    pub(super) fn keep(tree: &Tree, ledger: &Ledger) {
        let bytes = Self::of(ledger).and_then(|contents| serde_json::to_vec(&contents).ok());
        if let Some(bytes) = bytes.filter(|_| tree.state().make().is_ok()) {
            write_whole(&path(tree), &bytes).ok();
        }
    }

    /// Whether they are of the records with this digest.
    pub(super) fn are_of(&self, records: Digest) -> bool {
        self.records == records
    }

    /// Whether any part of the selection, by itself, can mean a scenario of this case. Canaries are part of every run.
    pub(super) fn can_mean(&self, selection: &Selection, case: &CaseId) -> bool {
        let Selection { globs, tags, defects, components: _, scenarios, shard: _ } = selection;
        let id = case.as_str();
        let is_near = |literal: &str| {
            let start = case_part(literal);
            id.starts_with(start)
        };
        let names = self.cases.get(case);
        id.starts_with("canary/")
            || globs.iter().any(|glob| is_near(glob.literal()))
            || scenarios.iter().flatten().any(|scenario| case_part(scenario.as_str()) == id)
            || names.is_none_or(|names| {
                defects.iter().any(|defect| names.defects.contains(defect)) || tags.iter().any(|tag| names.tags.contains(tag))
            })
    }
}

/// Whether cases can be told apart by what the selection means: by a component they cannot, before defects are read.
pub(super) fn narrows(selection: &Selection) -> bool {
    let Selection { globs, tags, defects, components, scenarios, shard: _ } = selection;
    components.is_empty() && !(globs.is_empty() && tags.is_empty() && defects.is_empty() && scenarios.is_none())
}

/// A scenario's id begins with that of its case.
fn case_part(scenario: &str) -> &str {
    scenario.split(['@', '#']).next().unwrap_or_default()
}

fn path(tree: &Tree) -> Place {
    tree.state().join("contents.json")
}

/// Tells this program from any other, whose rules may be others: by its file's place, size and time.
fn program() -> Option<Digest> {
    let path = std::env::current_exe().ok()?;
    let file = fs::metadata(&path).ok()?;
    let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Digest::of_json(&(path.to_str()?, file.len(), modified.as_nanos())))
}
