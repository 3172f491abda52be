//! Intended changes of behaviour, and what each explained.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::code;
use crate::gate::{ClaimResult, Signoff};
use crate::id::DefectId;
use crate::words::thousands;

/// Above this many claims there is a line for each record.
const EACH: usize = 20;

pub(super) fn write(page: &mut String, signoff: &Signoff) -> fmt::Result {
    if signoff.claims.is_empty() {
        return Ok(());
    }
    writeln!(page, "## Changes of behaviour that fixes claim\n")?;
    if signoff.claims.len() > EACH {
        write_records(page, &signoff.claims)?;
    } else {
        writeln!(page, "| record | scenarios | planned | explained | pinned |\n|---|---|---|---|---|")?;
        for claim in &signoff.claims {
            let pinned = if claim.pinned { "yes" } else { "**no**" };
            let (planned, explained) = (thousands(claim.planned), thousands(claim.explained));
            writeln!(page, "| {} | {} | {planned} | {explained} | {pinned} |", claim.defect, code(&claim.scenarios))?;
        }
    }
    writeln!(page)
}

fn write_records(page: &mut String, claims: &[ClaimResult]) -> fmt::Result {
    let mut records: BTreeMap<&DefectId, Vec<&ClaimResult>> = BTreeMap::new();
    claims.iter().for_each(|claim| records.entry(&claim.defect).or_default().push(claim));
    writeln!(page, "| record | claims | explained of planned | not pinned |\n|---|---|---|---|")?;
    for (record, claims) in records {
        let sum = |count: fn(&ClaimResult) -> u64| thousands(claims.iter().map(|claim| count(claim)).sum::<u64>());
        let open = match claims.iter().filter(|claim| !claim.pinned).count() {
            0 => "none".to_owned(),
            open => format!("**{open}**"),
        };
        let (explained, planned) = (sum(|claim| claim.explained), sum(|claim| claim.planned));
        writeln!(page, "| {record} | {} | {explained} of {planned} | {open} |", claims.len())?;
    }
    Ok(())
}
