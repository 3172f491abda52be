//! What happens during a run, as reporters see it. The enum is closed: a new event must be thought about by each of them.

use std::fmt;

use crate::id::ScenarioId;
use crate::verdict::Verdict;

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The plan on the baseline.
    Baseline,
    /// The plan on the candidate.
    Candidate,
    /// The new fixes, without and with the fix.
    Proofs,
}

/// Why a build that is there is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebuildReason<'a> {
    /// A person asked for it.
    Asked,
    /// Nothing says what it was made by, nor that it was finished.
    Unrecorded,
    /// Its record states another recipe than it was made by.
    Recipe,
    /// Its record states another version than it was made for.
    Version,
    /// Its recipe could reach something else than it may now.
    Needs,
    /// It was made in another place, which it may refer to.
    Place,
    /// A file that its recipe names is another one.
    File(&'a str),
}

impl fmt::Display for RebuildReason<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => formatter.write_str("as asked"),
            Self::Unrecorded => formatter.write_str("no record says that the build there was finished"),
            Self::Recipe => formatter.write_str("its recipe has changed"),
            Self::Version => formatter.write_str("its version has changed"),
            Self::Needs => formatter.write_str("what its recipe may reach is not what it was made with"),
            Self::Place => formatter.write_str("the build there was made in another directory"),
            Self::File(name) => write!(formatter, "{name}, which its recipe names, has changed"),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'e> {
    /// A recipe is run.
    BuildStarted {
        /// The release that is built.
        name: &'e str,
        /// Why, where there is a build already.
        again: Option<RebuildReason<'e>>,
    },
    /// Another process makes this build, or uses the one that is to be replaced.
    BuildAwaited {
        /// The release that is built.
        name: &'e str,
    },
    /// The system does not offer strict isolation, and none was demanded.
    LessIsolation,
    /// A part of the run begins.
    PhaseStarted {
        /// Which.
        phase: Phase,
        /// How many scenarios it has in all.
        total: u64,
        /// How many of them an earlier run has done.
        done: u64,
    },
    /// One scenario of the phase is done.
    Judged {
        /// Which.
        scenario: &'e ScenarioId,
        /// Its verdict.
        verdict: Verdict,
    },
    /// Failing scenarios' work directories and outputs were kept.
    Kept {
        /// Where.
        directory: &'e str,
        /// Of how many scenarios.
        kept: usize,
        /// Of how many there was no room for them.
        left_out: usize,
    },
    /// The part is over.
    PhaseEnded,
}
