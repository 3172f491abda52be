//! Plans, whose scenarios all processors digest.

use fixgate_core::ledger::Ledger;
use fixgate_core::plan::{Plan, Selection};
use fixgate_core::release::Position;
use rayon::prelude::*;

use crate::fault::Fault;

/// As [`Plan::new`], which asks each scenario for its digest, one after the other: here they have been asked before.
///
/// # Errors
/// A selection that matches nothing.
pub fn make<'l>(ledger: &'l Ledger, selection: &Selection, place: Position) -> Result<Plan<'l>, Fault> {
    let selected = selection.select(ledger).map_err(Fault::usage)?;
    selected.par_iter().for_each(|scenario| _ = scenario.digest());
    Plan::new(ledger, selection, place).map_err(Fault::usage)
}
