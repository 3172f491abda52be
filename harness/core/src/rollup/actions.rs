//! What to do next on the train, each with its exact command.

use serde::Serialize;

use super::signing::signing;
use super::{TrainStatus, private};
use crate::defect::Defect;
use crate::ledger::Ledger;
use crate::release::{Exception, WindowState};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Why, in one line.
    pub why: String,
    /// The command to give, or the file to look at.
    pub command: String,
}

impl Action {
    pub(super) fn new(why: impl Into<String>, command: impl Into<String>) -> Self {
        Self { why: why.into(), command: command.into() }
    }
}

/// Everything there is to do, the most urgent first.
pub(super) fn actions(ledger: &Ledger, train: &TrainStatus) -> Vec<Action> {
    let mut actions: Vec<Action> = train.private_fixes.iter().filter_map(private::action).collect();
    actions.extend(ledger.defects.values().filter_map(|defect| backing(ledger, defect)));
    let expired = ledger.waivers.iter().filter(|waiver| waiver.expires < train.date);
    actions.extend(expired.map(|waiver| {
        let why = format!("the waiver {} of {} expired on {}", waiver.name, waiver.owner, waiver.expires);
        Action::new(why, format!("renew or delete waivers/{}.toml", waiver.name))
    }));
    let expired = ledger.quarantine.iter().filter(|quarantine| quarantine.expires < train.date);
    actions.extend(expired.map(|quarantine| {
        let why = format!("the quarantine {} of {} expired on {}", quarantine.name, quarantine.owner, quarantine.expires);
        Action::new(why, format!("mend the scenario, or renew or delete quarantine/{}.toml", quarantine.name))
    }));
    actions.extend(train.releases.last().into_iter().flat_map(signing));
    actions.extend(cutting(train));
    actions
}

/// A fix that is in a release and not backed by a case and its proof. What is not in a release yet is an objection to the cut.
fn backing(ledger: &Ledger, defect: &Defect) -> Option<Action> {
    let gaps = if defect.owes_pair() && defect.fixed_in().is_some() { ledger.pair_gaps(defect) } else { Vec::new() };
    let first = gaps.into_iter().next()?;
    let id = &defect.id;
    let command = if ledger.pair(id).is_empty() {
        format!("fixgate new case regression/{} --defect {id}", id.as_str().to_ascii_lowercase())
    } else {
        format!("fixgate prove {id}")
    };
    Some(Action::new(first.message, command))
}

fn cutting(train: &TrainStatus) -> Vec<Action> {
    let Some(next) = &train.next else { return Vec::new() };
    if next.fixes.is_empty() {
        return Vec::new();
    }
    // Waivers that have expired are told whether there is something to cut or not.
    let objections = next.objections.iter().filter(|objection| !matches!(objection.exception, Exception::ExpiredWaiver(_)));
    let mut actions: Vec<Action> = objections.map(|objection| Action::new(&objection.reason, &objection.help)).collect();
    let state = next.window.map(|due| due.state);
    if state.is_none_or(|state| state != WindowState::Early) {
        let held = if actions.is_empty() { "" } else { ", once nothing blocks it" };
        let why = format!("the rollup after {} can be cut{held}", next.follows);
        actions.push(Action::new(why, "fixgate rollup cut NAME --version VERSION"));
    }
    actions
}
