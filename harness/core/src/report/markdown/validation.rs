//! The page that goes to a customer with a private fix.

use std::fmt::{self, Write as _};

use super::room::{MOST, limited};
use super::{causes, cell, differences, name, test_product};
use crate::cause::Causes;
use crate::report::validation::{Coverage, Manual, Validation, ValidationOutcome, proof};
use crate::words::counted;

/// The whole page.
pub fn validation(validation: &Validation) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, validation);
    page
}

fn write_page(page: &mut String, validation: &Validation) -> fmt::Result {
    let word = match validation.outcome {
        ValidationOutcome::Passed => "validated",
        ValidationOutcome::Failed => "NOT VALIDATED",
        ValidationOutcome::Void => "NO ANSWER",
    };
    let (product, base) = (cell(&validation.product), cell(&validation.base_in_words()));
    writeln!(page, "# {product} {base} with {}: {word}\n", cell(&validation.ids()))?;
    if let Some(void) = &validation.void {
        writeln!(page, "**Void: there is no answer.** {}\n", cell(void))?;
    }
    writeln!(
        page,
        "This is a private fix. It was tested quickly, for what it fixes and what is near that, and not with the full pass that a \
         release gets. {}.\n",
        cell(&validation.superseded())
    )?;
    if let Some(warning) = &validation.warning {
        writeln!(page, "**Warning:** {}.\n", cell(warning))?;
    }
    writeln!(page, "## The build\n\n- digest `{}`", validation.candidate.digest)?;
    writeln!(page, "- made from {product} {base}, digest `{}`\n", validation.base.digest)?;
    write_fixes(page, validation)?;
    write_checks(page, validation)?;
    let mut after = String::new();
    write_gaps(&mut after, validation)?;
    write_provenance(&mut after, validation)?;
    let after = limited(&after, 20_000);
    if validation.outcome != ValidationOutcome::Passed {
        causes::write(page, &validation.causes)?;
        *page = limited(page, 20_000);
        let room = MOST - page.len() - after.len();
        page.push_str(&differences::section(&validation.residuals, &Causes::default(), std::iter::empty(), room));
    }
    page.push_str(&after);
    Ok(())
}

fn write_fixes(page: &mut String, validation: &Validation) -> fmt::Result {
    writeln!(page, "## What was fixed\n")?;
    for fix in &validation.fixes {
        writeln!(page, "- **{}** {}", name(fix), cell(&fix.title))?;
    }
    writeln!(page)
}

fn write_checks(page: &mut String, validation: &Validation) -> fmt::Result {
    writeln!(page, "## How it was checked\n")?;
    for fix in &validation.fixes {
        if fix.proof.proved {
            writeln!(page, "- {}: {}", fix.defect, cell(&proof(fix, &validation.base.name)))?;
        } else {
            writeln!(page, "- {}: **not proved**: {}", fix.defect, cell(&fix.proof.refusals.join("; ")))?;
        }
    }
    let Coverage { run, available, .. } = validation.coverage;
    writeln!(page, "- {run} of {}: {}", counted(available, "scenario"), cell(&validation.parts()))?;
    writeln!(page, "- with the canaries, which must fail and so show that failures are seen: {}", validation.verdicts)?;
    let base = cell(&validation.base.name);
    writeln!(page, "- compared with {base}: {}\n", cell(&validation.classes_in_words()))
}

fn write_gaps(page: &mut String, validation: &Validation) -> fmt::Result {
    writeln!(page, "## What was not checked\n")?;
    let total: usize = validation.not_run.iter().map(|part| part.scenarios).sum();
    writeln!(page, "- {} that a sign-off runs", counted(total, "scenario"))?;
    for part in &validation.not_run {
        writeln!(page, "  - {}: {}", cell(&part.folder), part.scenarios)?;
    }
    for Manual { case, title, steps } in &validation.manual {
        writeln!(page, "- by hand, apart from this run: {} ({case})", cell(title))?;
        steps.iter().try_for_each(|step| writeln!(page, "  - [ ] {}: {}", cell(&step.action), cell(&step.expect)))?;
    }
    writeln!(page, "- the fixes of earlier releases, third parties' products, and use over days: the criteria of a sign-off\n")
}

fn write_provenance(page: &mut String, validation: &Validation) -> fmt::Result {
    writeln!(page, "## What this rests on\n\n- run {} of {}", validation.run, validation.date)?;
    writeln!(page, "- plan `{}`", validation.plan)?;
    if let Some(journal) = validation.journal {
        writeln!(page, "- journal `{journal}`")?;
    }
    writeln!(page, "- isolation {}: {}", validation.isolation.as_str(), validation.isolation.meaning())?;
    if let Some(circumstances) = &validation.circumstances {
        writeln!(page, "- machine: {}", cell(&circumstances.machine.to_string()))?;
    }
    writeln!(page, "- test product: {}", test_product(&validation.test_product))
}
