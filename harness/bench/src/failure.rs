//! Why the benchmark cannot go on.

use std::fmt::Display;

use fixgate_engine::fault::Fault;

/// In words, for the person who started it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) String);

/// What came of it, or why not.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::new(fault.to_string())
    }
}

/// Says of any error what was being done.
pub(crate) trait While<T> {
    /// `doing` goes before the error: "`cannot write the table`: no space left".
    fn so(self, doing: impl Display) -> Outcome<T>;
}

impl<T, E: Display> While<T> for Result<T, E> {
    fn so(self, doing: impl Display) -> Outcome<T> {
        self.map_err(|reason| Failure(format!("{doing}: {reason}")))
    }
}
