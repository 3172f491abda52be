//! The sections for third parties: each pack's, for its own owner.

use std::fmt::{self, Write as _};

use super::{LISTED, cell, code};
use crate::gate::{PackFailure, PackResult};

/// Writes a section for each pack.
pub(super) fn write(page: &mut String, packs: &[PackResult]) -> fmt::Result {
    if packs.is_empty() {
        return Ok(());
    }
    writeln!(page, "## Packs of third parties\n")?;
    packs.iter().try_for_each(|pack| write_pack(page, pack))
}

fn write_pack(page: &mut String, pack: &PackResult) -> fmt::Result {
    let required = if pack.required { "required" } else { "informs only" };
    writeln!(page, "### {}: {}\n", pack.name, cell(&pack.product))?;
    writeln!(
        page,
        "For {} ({}), {required}. {} planned: {}.\n",
        cell(&pack.owner),
        cell(&pack.contact),
        pack.planned,
        pack.verdicts
    )?;
    if let Some(build) = &pack.build {
        writeln!(page, "With the build `{}`.\n", build.digest)?;
    }
    for PackFailure { scenario, verdict, reason, waived_by, .. } in pack.failures.iter().take(LISTED) {
        let waived = waived_by.as_ref().map(|by| format!(" (waived by {})", cell(by))).unwrap_or_default();
        writeln!(page, "- {} {verdict}{waived}: {}", code(scenario.as_str()), cell(reason))?;
    }
    if pack.failures.len() > LISTED {
        writeln!(page, "- … and {} more", pack.failures.len() - LISTED)?;
    }
    if pack.failures.is_empty() { Ok(()) } else { writeln!(page) }
}
