//! The counts in the tags of suites, before their cases: all are counted before the first is written.

use std::iter::Sum;
use std::time::Duration;

use rayon::prelude::*;

use super::compose::whole_microseconds;
use super::{Case, CaseResult, Cases};

/// What readers want to know of a set of cases. One that was flaky has passed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) tests: usize,
    pub(super) failures: usize,
    pub(super) errors: usize,
    pub(super) skipped: usize,
    pub(super) elements: usize,
    pub(super) time: Duration,
}

impl Counts {
    pub(super) fn of_all(cases: &impl Cases) -> Self {
        (0..cases.count()).into_par_iter().map(|index| Self::of(&cases.case(index))).sum()
    }

    fn of(case: &Case) -> Self {
        let (failures, errors, skipped) = match case.result {
            CaseResult::Passed | CaseResult::Flaky(_) => (0, 0, 0),
            CaseResult::Failed(_) => (1, 0, 0),
            CaseResult::Error(_) => (0, 1, 0),
            CaseResult::Skipped(_) => (0, 0, 1),
        };
        // A time that is out of range is refused with its case, once that is composed.
        let time = whole_microseconds(case.time);
        Self { tests: 1, failures, errors, skipped, elements: elements(case), time }
    }
}

/// Of how many elements a case consists.
fn elements(case: &Case) -> usize {
    let result = match case.result {
        CaseResult::Passed => 0,
        CaseResult::Failed(_) | CaseResult::Error(_) | CaseResult::Skipped(_) => 1,
        // The stack trace is one more.
        CaseResult::Flaky(_) => 2,
    };
    let properties = if case.properties.is_empty() { 0 } else { 1 + case.properties.len() };
    let streams = [!case.stdout.is_empty() || case.attachment.is_some(), !case.stderr.is_empty()];
    1 + result + properties + streams.into_iter().filter(|is_there| *is_there).count()
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, counts| Self {
            tests: sum.tests + counts.tests,
            failures: sum.failures + counts.failures,
            errors: sum.errors + counts.errors,
            skipped: sum.skipped + counts.skipped,
            elements: sum.elements + counts.elements,
            time: sum.time.saturating_add(counts.time),
        })
    }
}
