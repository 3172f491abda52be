//! What keeps the engine from an answer.

use std::io;

use fixgate_core::id::RunName;
use fixgate_core::plan::Unmatched;
use fixgate_core::problem::Problem;
use fixgate_core::report::junit::RenderError;
use fixgate_core::words::counted;
use rustix::io::Errno;

use crate::journal::JournalError;
use crate::lock::LockError;
use crate::place::Unsafe;
use crate::workdir::WorkError;

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The user: what was asked for cannot be done. Nothing was run.
    Usage,
    /// The person who looks after the harness or the machine: there is no answer.
    Harness,
    /// No one: the run was interrupted and can be resumed.
    Interrupted,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
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
    /// The run that it cut short, whose record says what came of it by then.
    pub run: Option<Box<RunName>>,
}

impl Fault {
    fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: String::new(), help: None, problems: Vec::new(), run: None }
    }

    /// What was asked for cannot be done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, message)
    }

    /// The harness cannot go on.
    pub fn harness(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Harness, message)
    }

    /// The system refused something; what can be done about that is the help.
    pub fn system(message: impl Into<String>, reason: &io::Error) -> Self {
        Self::harness(message).refused(reason)
    }

    /// The run was interrupted.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Interrupted, message)
    }

    /// The records are wrong.
    pub fn records(problems: Vec<Problem>) -> Self {
        let count = problems.len();
        let message = format!("{} in the records; nothing was run", counted(count, "problem"));
        Self { problems, ..Self::usage(message) }
    }

    /// The same fault with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same fault with what can be done about something that the system refused.
    #[must_use]
    pub fn refused(self, reason: &io::Error) -> Self {
        self.help(remedy(reason))
    }

    /// The same fault with more advice, for when the first is done.
    #[must_use]
    pub fn then(self, next: &str) -> Self {
        let help = self.help.as_ref().map_or_else(|| next.to_owned(), |first| format!("{first}, then {next}"));
        self.help(help)
    }

    /// The same fault with more lines.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// What a person can do about something that the system refused.
fn remedy(reason: &io::Error) -> &'static str {
    if let Some(unsafe_place) = Unsafe::of(reason) {
        return unsafe_place.remedy();
    }
    match reason.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room there",
        io::ErrorKind::FileTooLarge => "raise the limit on the size of files",
        io::ErrorKind::ReadOnlyFilesystem => "make it writable",
        io::ErrorKind::PermissionDenied => "give this user the right to it",
        io::ErrorKind::NotFound => "put what is missing there, or correct the path",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "something else is where a directory belongs: move it away, or correct the path"
        }
        io::ErrorKind::IsADirectory => "a directory is where a file belongs: move it away, or correct the path",
        io::ErrorKind::InvalidFilename => "give a shorter name",
        io::ErrorKind::InvalidData => "put back what was there, or make it again",
        io::ErrorKind::OutOfMemory => "let it have more memory",
        io::ErrorKind::WouldBlock => "let it have more memory, or processes",
        // Most kinds can't come from writing, and more are added with time; an I/O error has none of its own.
        _ if Errno::from_io_error(reason) == Some(Errno::IO) => "see what the system's log says of that disk, and mend it",
        _ => "remove that cause, and run the same command again",
    }
}

impl From<JournalError> for Fault {
    fn from(error: JournalError) -> Self {
        let message = error.to_string();
        match error {
            JournalError::File { source, .. } => Self::system(message, &source),
            JournalError::Record { .. } | JournalError::Line { .. } | JournalError::NoHeader(_) | JournalError::Broken(_) => {
                Self::harness(message)
            }
        }
    }
}

impl From<Unmatched> for Fault {
    fn from(unmatched: Unmatched) -> Self {
        Self::usage(unmatched.to_string())
    }
}

impl From<RenderError> for Fault {
    fn from(error: RenderError) -> Self {
        Self::harness(error.to_string())
    }
}

impl From<WorkError> for Fault {
    fn from(error: WorkError) -> Self {
        let message = error.to_string();
        match error {
            WorkError::File { source, .. } => Self::system(message, &source),
            WorkError::Outside(_) | WorkError::NotUtf8(_) | WorkError::InRepository { .. } => Self::harness(message),
        }
    }
}

impl From<LockError> for Fault {
    fn from(error: LockError) -> Self {
        let message = error.to_string();
        match error {
            LockError::Held { .. } => Self::usage(message),
            LockError::File { source, .. } => Self::system(message, &source),
        }
    }
}
