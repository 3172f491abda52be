//! Why there is no report.

use std::fmt;
use std::io;

use jiff::Timestamp;

/// Why a document cannot be a report that all readers accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    /// No suite at all, which every reader takes for a pass.
    NoSuite,
    /// A suite whose name is blank.
    BlankSuiteName,
    /// A suite without cases.
    EmptySuite {
        /// The suite's name.
        suite: String,
    },
    /// A case whose name or classname is blank.
    BlankCaseName {
        /// The suite the case is in.
        suite: String,
        /// The case's place in the suite, counted from one.
        position: usize,
    },
    /// Two cases that readers would take for one.
    DuplicateCase {
        /// The classname of both, as it would be shown.
        classname: String,
        /// The name of both, as it would be shown.
        name: String,
    },
    /// A case that claims to have run for more than a century.
    TimeOutOfRange {
        /// The classname of the case.
        classname: String,
        /// The name of the case.
        name: String,
    },
    /// A run that claims to have started before year zero.
    TimestampOutOfRange {
        /// The run's start.
        timestamp: Timestamp,
    },
    /// Where it goes to takes no more.
    Unwritable {
        /// What kind of thing that is.
        kind: io::ErrorKind,
        /// What the system said.
        detail: String,
    },
    /// The crate that writes the XML did not write what it was given.
    Writer {
        /// What went wrong, or what was missing.
        detail: String,
    },
}

impl fmt::Display for RenderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no JUnit report can be written: ")?;
        match self {
            Self::NoSuite => write!(formatter, "it has no suite, which readers take for a pass; report at least one case"),
            Self::BlankSuiteName => write!(formatter, "a suite has a blank name; give it one"),
            Self::EmptySuite { suite } => write!(formatter, "suite {suite:?} has no case; leave the suite out"),
            Self::BlankCaseName { suite, position } => {
                write!(formatter, "case {position} of suite {suite:?} has a blank name or classname; give it both")
            }
            Self::DuplicateCase { classname, name } => {
                write!(formatter, "two cases are {classname:?} {name:?}, and readers keep one of them; make the ids differ")
            }
            Self::TimeOutOfRange { classname, name } => {
                write!(formatter, "case {classname:?} {name:?} claims to have run for over a century; correct its record")
            }
            Self::TimestampOutOfRange { timestamp } => {
                write!(formatter, "the run claims to have started at {timestamp}; correct its record")
            }
            Self::Unwritable { detail, .. } => write!(formatter, "{detail}"),
            Self::Writer { detail } => write!(formatter, "{detail}; this is a defect of Fixgate, please report it"),
        }
    }
}

impl std::error::Error for RenderError {}

impl From<RenderError> for io::Error {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Unwritable { kind, detail } => Self::new(kind, detail),
            error => Self::other(error),
        }
    }
}
