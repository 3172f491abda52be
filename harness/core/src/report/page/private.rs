//! What a validation says of a private fix besides its proofs and differences.

use serde::Serialize;

use super::{About, Source};
use crate::report::validation::{Coverage, Manual, Part};
use crate::words::counted;

/// A private fix.
#[derive(Debug, Serialize)]
pub(super) struct Private<'v> {
    superseded: String,
    warning: Option<&'v str>,
    run: String,
    not_run: &'v [Part],
    not_run_in_all: usize,
    manual: &'v [Manual],
}

impl<'v> Private<'v> {
    /// Of a validation alone.
    pub(super) fn of(source: &Source<'v>) -> Option<Self> {
        let About::Validation(validation) = source.about else { return None };
        let Coverage { run, available, .. } = validation.coverage;
        Some(Self {
            superseded: validation.superseded(),
            warning: validation.warning.as_deref(),
            run: format!("{run} of {}: {}", counted(available, "scenario"), validation.parts()),
            not_run: &validation.not_run,
            not_run_in_all: validation.not_run.iter().map(|part| part.scenarios).sum(),
            manual: &validation.manual,
        })
    }
}
