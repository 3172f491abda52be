//! What keeps the engine from an answer.

use std::fmt;

use fixgate_core::problem::Problem;

use crate::journal::JournalError;
use crate::lock::LockError;
use crate::workdir::WorkError;

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The user: what was asked for cannot be done. Nothing was run.
    Usage,
    /// Whoever looks after the harness or the machine: there is no answer.
    Harness,
    /// Nobody: the run was interrupted and can be resumed.
    Interrupted,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Who has to act.
    pub kind: FaultKind,
    /// What is wrong, in one line.
    pub message: String,
    /// More lines, such as a recipe's output.
    pub detail: String,
    /// What to do.
    pub help: Option<String>,
    /// The problems of records, if they are the reason.
    pub problems: Vec<Problem>,
}

impl Fault {
    fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: String::new(), help: None, problems: Vec::new() }
    }

    /// What was asked for cannot be done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, message)
    }

    /// The harness cannot go on.
    pub fn harness(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Harness, message)
    }

    /// The run was interrupted.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Interrupted, message)
    }

    /// The records are wrong.
    pub fn records(problems: Vec<Problem>) -> Self {
        let count = problems.len();
        let message = format!("{count} {} in the records; nothing was run", if count == 1 { "problem" } else { "problems" });
        Self { problems, ..Self::usage(message) }
    }

    /// The same fault with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same fault with more lines.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<JournalError> for Fault {
    fn from(error: JournalError) -> Self {
        Self::harness(error.to_string())
    }
}

impl From<WorkError> for Fault {
    fn from(error: WorkError) -> Self {
        Self::harness(error.to_string())
    }
}

impl From<LockError> for Fault {
    fn from(error: LockError) -> Self {
        Self::usage(error.to_string())
    }
}
