//! Private fixes on their way into the train.

use jiff::civil::Date;
use serde::Serialize;

use super::Action;
use crate::id::{DefectId, PrivateFixId, ReleaseName};
use crate::ledger::Ledger;
use crate::private_fix::{PrivateFix, PrivateFixState};

/// A private fix that no customer has moved on from yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waiting {
    /// Its record.
    pub id: PrivateFixId,
    /// The defects that it fixes.
    pub defects: Vec<DefectId>,
    /// Who has it, or waits for it.
    pub customer: String,
    /// The release that it was made from.
    pub base: ReleaseName,
    /// How far it has come.
    pub state: PrivateFixState,
    /// The last day on which it may be delivered.
    pub deadline: Date,
    /// What the deadline says today, if it is near or missed.
    pub due: Option<String>,
    /// The release that its customer can go on to, if one has the fixes.
    pub superseded_by: Option<ReleaseName>,
}

/// The private fixes that are not superseded, those with the nearest deadline first.
pub(super) fn waiting(ledger: &Ledger, day: Date) -> Vec<Waiting> {
    let status = |fix: &PrivateFix| Waiting {
        id: fix.id.clone(),
        defects: fix.defects.clone(),
        customer: fix.customer.clone(),
        base: fix.base.clone(),
        state: fix.state,
        deadline: fix.deadline,
        due: fix.due(day).map(|due| due.to_string()),
        superseded_by: ledger.superseding(fix).map(|release| release.name.clone()),
    };
    let mut waiting: Vec<Waiting> =
        ledger.private_fixes.iter().filter(|fix| fix.state != PrivateFixState::Superseded).map(status).collect();
    waiting.sort_by_key(|fix| (fix.due.is_none(), fix.deadline));
    waiting
}

/// The next step of a private fix, where there is something to do about it today.
pub(super) fn action(fix: &Waiting) -> Option<Action> {
    let id = &fix.id;
    let advance = |state: PrivateFixState| format!("fixgate private-fix advance {id} --to {state}");
    let named = |what: String| format!("the private fix {id} for {}: {what}", fix.customer);
    let command = match (fix.state, &fix.superseded_by) {
        (PrivateFixState::Superseded, _) => return None,
        (PrivateFixState::Coded, _) => {
            let defects: Vec<&str> = fix.defects.iter().map(DefectId::as_str).collect();
            format!("fixgate validate {} --candidate PATH --base {}", defects.join(" "), fix.base)
        }
        (PrivateFixState::Validated, _) => advance(PrivateFixState::Delivered),
        (PrivateFixState::Delivered, _) => return None,
        (PrivateFixState::Accepted, _) => {
            return Some(Action::new(named("the customer is satisfied".to_owned()), advance(PrivateFixState::CheckedIn)));
        }
        (PrivateFixState::CheckedIn, Some(release)) => {
            return Some(Action::new(named(format!("{release} has it")), advance(PrivateFixState::Superseded)));
        }
        (PrivateFixState::CheckedIn, None) => return None,
    };
    fix.due.as_ref().map(|due| Action::new(named(due.clone()), command))
}
