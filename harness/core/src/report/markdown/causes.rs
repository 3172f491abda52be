//! The causes, before what they are made of.

use std::fmt::{self, Write as _};

use super::code;
use crate::cause::Causes;
use crate::report::causes::{rest, shared};
use crate::words::{counted, thousands};

pub(super) fn write(page: &mut String, causes: &Causes) -> fmt::Result {
    if causes.causes.is_empty() {
        return Ok(());
    }
    writeln!(page, "## Causes\n\n{} to look at. What they share, and others lack:\n", counted(causes.failing, "scenario"))?;
    writeln!(
        page,
        "| shared | to look at | of all that share it | not in a row above | the first of them |\n|---|---|---|---|---|"
    )?;
    for cause in &causes.causes {
        let (shared, first) = (shared(cause, code), code(cause.first.as_str()));
        writeln!(
            page,
            "| {shared} | {} | {} | {} | {first} |",
            thousands(cause.failing),
            thousands(cause.of),
            thousands(cause.more)
        )?;
    }
    match rest(causes) {
        rest if rest.is_empty() => writeln!(page),
        rest => writeln!(page, "\n{rest}\n"),
    }
}
