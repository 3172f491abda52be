//! What happens during a run, as reporters see it. The enum is closed: a new event must be thought about by each of them.

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

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'e> {
    /// A recipe is run.
    BuildStarted {
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
    /// The part is over.
    PhaseEnded,
}
