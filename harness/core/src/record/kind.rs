//! What kind of run a record is of.

use super::{Header, Occasion};

/// A kind of run, each of which a command of its own begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// Someone asked for it, and it decides nothing.
    Plain,
    /// The full pass of a night.
    Night,
    /// The validation of a private fix.
    Validation,
    /// The full pass that a release is signed off by.
    Signoff,
    /// Results of other programs, which Fixgate did not get.
    Imported,
}

impl RunKind {
    /// The command that begins it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Plain => "run",
            Self::Night => "nightly",
            Self::Validation => "validate",
            Self::Signoff => "signoff",
            Self::Imported => "import junit",
        }
    }

    /// Whether it speaks for the whole build, even where only a part was planned.
    pub fn decides(self) -> bool {
        match self {
            Self::Validation | Self::Signoff => true,
            Self::Plain | Self::Night | Self::Imported => false,
        }
    }
}

impl Header {
    /// The kind of this run, which is told here alone.
    pub fn kind(&self) -> RunKind {
        match (&self.release, self.occasion) {
            _ if self.imported.is_some() => RunKind::Imported,
            (Some(_), _) => RunKind::Signoff,
            (None, Occasion::Night) => RunKind::Night,
            (None, Occasion::Request) if self.fixes.is_empty() => RunKind::Plain,
            (None, Occasion::Request) => RunKind::Validation,
        }
    }
}
