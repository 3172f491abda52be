//! The private fixes that are on their way, for a terminal.

use jiff::civil::Date;

use crate::id::DefectId;
use crate::ledger::Ledger;
use crate::private_fix::{Due, PrivateFix, PrivateFixState};
use crate::words::counted;

/// A line for each private fix that no release supersedes yet by its record, what is due first; then how many are due.
pub fn text(ledger: &Ledger, today: Date) -> String {
    let mut waiting: Vec<&PrivateFix> =
        ledger.private_fixes.iter().filter(|fix| fix.state != PrivateFixState::Superseded).collect();
    // Sorting is stable: what is equally due stays in the order of the ids.
    waiting.sort_by_key(|fix| fix.due(today).map_or(i32::MAX, |due| due.days));
    let width = waiting.iter().map(|fix| fix.id.as_str().len()).max().unwrap_or_default();
    let lines = waiting.iter().map(|fix| format!("{:width$}  {:<10}  {}\n", fix.id, fix.state, line(ledger, fix, today)));
    let due: Vec<Due> = waiting.iter().filter_map(|fix| fix.due(today)).collect();
    let missed = due.iter().filter(|due| due.is_missed()).count();
    format!(
        "{}{}: {} due, {missed} missed\n",
        lines.collect::<String>(),
        counted(waiting.len(), "build") + " on the way to customers or into a release",
        due.len() - missed
    )
}

/// What it is, for whom, when it is due, and which release has it already.
fn line(ledger: &Ledger, fix: &PrivateFix, today: Date) -> String {
    let ids: Vec<&str> = fix.defects.iter().map(DefectId::as_str).collect();
    let due = fix.due(today).map(|due| format!("; {due}")).unwrap_or_default();
    let superseded = ledger.superseding(fix).map(|release| format!("; {} has it", release.name)).unwrap_or_default();
    format!("{} with {}, for {}{due}{superseded}", fix.base, ids.join(", "), fix.customer)
}
