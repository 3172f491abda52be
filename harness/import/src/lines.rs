//! Places in a file: problems, and errors that are told by their line.

use std::sync::Arc;

use fixgate_core::imported::SuiteError;
use fixgate_core::problem::{Place, Problem, Source};

/// A problem at a byte of the file.
pub(crate) fn problem(source: &Arc<Source>, at: usize, message: impl Into<String>) -> Problem {
    let at = at.min(source.text.len());
    Problem::at(Place { source: Arc::clone(source), span: at..at }, message)
}

/// Errors that belong to no test, each at a byte of the file.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<(usize, String)>);

impl Errors {
    pub(crate) fn push(&mut self, at: usize, message: impl Into<String>) {
        self.0.push((at, message.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors in the order of the file, with their lines, which are counted in one pass.
    pub(crate) fn by_line(mut self, source: &Source) -> Vec<SuiteError> {
        self.0.sort();
        let (mut line, mut counted) = (1, 0);
        let told = self.0.into_iter().map(|(at, message)| {
            let at = at.min(source.text.len());
            line += source.text.as_bytes()[counted..at].iter().filter(|byte| **byte == b'\n').count() as u64;
            counted = at;
            SuiteError { file: source.path.clone(), line, message }
        });
        told.collect()
    }
}
