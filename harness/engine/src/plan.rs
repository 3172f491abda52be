//! Plans, whose scenarios all processors digest.

use fixgate_core::ledger::Ledger;
use fixgate_core::plan::{Plan, Selection, Unmatched};
use fixgate_core::release::Position;
use rayon::prelude::*;

/// As [`Plan::new`], which asks each scenario for its digest, one after the other: here they have been asked before.
///
/// # Errors
/// Why there is nothing to be judged.
pub fn make<'l>(ledger: &'l Ledger, selection: &Selection, place: Position) -> Result<Plan<'l>, Unmatched> {
    let selected = selection.select(ledger)?;
    selected.par_iter().for_each(|scenario| _ = scenario.digest());
    Plan::new(ledger, selection, place)
}
