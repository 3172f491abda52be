//! Why there is no report.

use std::io;

use jiff::Timestamp;

/// Why a document cannot be a report that all readers accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No suite at all, which every reader takes for a pass.
    #[error("no JUnit report can be written: it has no suite, which readers take for a pass; report at least one case")]
    NoSuite,
    /// A suite whose name is blank.
    #[error("no JUnit report can be written: a suite has a blank name; give it one")]
    BlankSuiteName,
    /// A suite without cases.
    #[error("no JUnit report can be written: suite {suite:?} has no case; leave the suite out")]
    EmptySuite {
        /// The suite's name.
        suite: String,
    },
    /// A case whose name or classname is blank.
    #[error("no JUnit report can be written: case {position} of suite {suite:?} has a blank name or classname; give it both")]
    BlankCaseName {
        /// The suite the case is in.
        suite: String,
        /// The case's place in the suite, counted from one.
        position: usize,
    },
    /// Two cases that readers would take for one.
    #[error(
        "no JUnit report can be written: two cases are {classname:?} {name:?}, and readers keep one of them; make the ids differ"
    )]
    DuplicateCase {
        /// The classname of both, as it would be shown.
        classname: String,
        /// The name of both, as it would be shown.
        name: String,
    },
    /// A case that claims to have run for more than a century.
    #[error(
        "no JUnit report can be written: case {classname:?} {name:?} claims to have run for over a century; correct its record"
    )]
    TimeOutOfRange {
        /// The classname of the case.
        classname: String,
        /// The name of the case.
        name: String,
    },
    /// A run that claims to have started before year zero.
    #[error("no JUnit report can be written: the run claims to have started at {timestamp}; correct its record")]
    TimestampOutOfRange {
        /// The run's start.
        timestamp: Timestamp,
    },
    /// Where it goes to takes no more.
    #[error("no JUnit report can be written: {detail}")]
    Unwritable {
        /// What kind of thing that is.
        kind: io::ErrorKind,
        /// What the system said.
        detail: String,
    },
    /// The crate that writes the XML did not write what it was given.
    #[error("no JUnit report can be written: {detail}; this is a defect of Fixgate, please report it")]
    Writer {
        /// What went wrong, or what was missing.
        detail: String,
    },
}

impl From<RenderError> for io::Error {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Unwritable { kind, detail } => Self::new(kind, detail),
            error => Self::other(error),
        }
    }
}
