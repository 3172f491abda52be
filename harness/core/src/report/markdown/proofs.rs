//! The section on proofs of earlier fixes: those that were run again, and those that a reviewer should know of.

use std::fmt::{self, Write as _};

use super::{cell, code};
use crate::gate::{AgainResult, Signoff};
use crate::words::counted;

/// Writes the section, if there is anything to say.
pub(super) fn write(page: &mut String, signoff: &Signoff) -> fmt::Result {
    let (again, doubtful) = (&signoff.proved_again, &signoff.doubtful_proofs);
    if again.is_empty() && doubtful.is_empty() {
        return Ok(());
    }
    writeln!(page, "## Proofs of earlier fixes\n")?;
    if !again.is_empty() {
        writeln!(page, "| defect | proved again on |\n|---|---|")?;
        again.iter().try_for_each(|again| writeln!(page, "| {} | {} |", again.defect, proof(again)))?;
        writeln!(page)?;
    }
    if !doubtful.is_empty() {
        writeln!(
            page,
            "Not over the releases as they are known, and not run again in this sign-off (`--all-proofs` does that):\n"
        )?;
        for doubtful in doubtful {
            let doubts: Vec<String> = doubtful.doubts.iter().map(|doubt| cell(&doubt.to_string())).collect();
            writeln!(page, "- {}: {}", code(doubtful.defect.as_str()), doubts.join("; "))?;
        }
        writeln!(page)?;
    }
    Ok(())
}

fn proof(again: &AgainResult) -> String {
    let refusals = || cell(&again.proof.refusals.join("; "));
    match &again.base {
        Some(base) if again.proof.proved => format!("{}: {}", cell(base), counted(again.proof.scenarios, "scenario")),
        Some(base) => format!("{}: **not proved**: {}", cell(base), refusals()),
        None => format!("nothing: {}", refusals()),
    }
}
