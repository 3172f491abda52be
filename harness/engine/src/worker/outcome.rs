//! Why there is no outcome of a program.

use crate::process::StartError;
use crate::workdir::WorkError;

/// Why there is no outcome.
#[derive(Debug)]
pub enum NoOutcome {
    /// The harness shall stop: the program was ended, and nothing can be said of it.
    Stopped,
    /// The harness could not tell, and why.
    Harness(String),
}

impl From<WorkError> for NoOutcome {
    fn from(error: WorkError) -> Self {
        Self::Harness(error.to_string())
    }
}

impl From<StartError> for NoOutcome {
    fn from(error: StartError) -> Self {
        Self::Harness(error.to_string())
    }
}

/// What there is to be said of a result; nothing if the harness shall stop.
pub fn unless_stopped<T>(result: Result<T, NoOutcome>) -> Option<Result<T, String>> {
    match result {
        Ok(value) => Some(Ok(value)),
        Err(NoOutcome::Harness(reason)) => Some(Err(reason)),
        Err(NoOutcome::Stopped) => None,
    }
}
