//! The criteria, and what counts against those that do not hold. Scenarios are told of once, under the residuals.

use std::fmt::{self, Write as _};

use super::{cell, code};
use crate::gate::{CriterionResult, CriterionState, Fact, Signoff};
use crate::words::counted;

/// The most lines of evidence of a criterion, and the longest of them, in bytes.
const LINES: usize = 10;
const LONGEST: usize = 400;

pub(super) fn write(page: &mut String, signoff: &Signoff) -> fmt::Result {
    writeln!(page, "## Criteria\n\n| criterion | state | |\n|---|---|---|")?;
    for criterion in &signoff.criteria {
        let state = match criterion.state {
            CriterionState::Unsatisfied => format!("**{}**", criterion.state.as_str()),
            CriterionState::Satisfied | CriterionState::Waived => criterion.state.as_str().to_owned(),
        };
        writeln!(page, "| {} | {state} | {} |", criterion.id, cell(&criterion.summary))?;
    }
    writeln!(page)?;
    signoff.criteria.iter().try_for_each(|criterion| write_evidence(page, criterion))
}

fn write_evidence(page: &mut String, criterion: &CriterionResult) -> fmt::Result {
    let Some(findings) = &criterion.findings else {
        return write_lines(page, criterion, criterion.evidence.iter().map(String::as_str), criterion.found());
    };
    let is_residual = |fact: &Fact| matches!(fact, Fact::Residual { .. });
    let (residuals, others): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| is_residual(&finding.fact));
    if !residuals.is_empty() {
        let scenarios = counted(residuals.len(), "scenario");
        writeln!(page, "{}: {scenarios}, shown under the residuals.\n", criterion.id)?;
    }
    let lines: Vec<String> = others.iter().take(LINES).map(ToString::to_string).collect();
    write_lines(page, criterion, lines.iter().map(String::as_str), others.len() as u64)
}

fn write_lines<'l>(
    page: &mut String,
    criterion: &CriterionResult,
    lines: impl Iterator<Item = &'l str>,
    all: u64,
) -> fmt::Result {
    if all == 0 {
        return Ok(());
    }
    writeln!(page, "{}, {} of evidence:\n", criterion.id, counted(all, "line"))?;
    let mut shown = 0;
    for line in lines.take(LINES) {
        shown += 1;
        writeln!(page, "- {}", code(&crate::visible::head(line.to_owned(), LONGEST)))?;
    }
    if all > shown {
        writeln!(page, "- … and {} more; signoff.json has them all", crate::words::thousands(all - shown))?;
    }
    writeln!(page)
}
