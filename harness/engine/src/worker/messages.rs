//! What the harness and a worker say to each other.

use std::path::PathBuf;
use std::time::Duration;

use fixgate_core::case::Network;
use fixgate_core::circumstances::Mounts;
use serde::{Deserialize, Serialize};

use super::settle::Held;
use crate::process::{Ending, PeakMemory, StartError};

/// What a worker is told first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Engagement<T> {
    pub(super) terms: T,
    pub(super) network: Network,
    /// Where the work directories of its programs are, one at a time.
    pub(super) place: PathBuf,
}

/// What a worker says of itself first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Standing {
    /// It holds to its terms, and this could not be set; so the file system is mounted for its programs.
    Ready(Held, Mounts),
    /// The isolation does not hold here, and why.
    NotIsolated(String),
    /// The isolation takes more of something here than there is, and of what; this could not be set.
    Short(String, Held),
}

/// What a worker is asked for: programs, to be run one after the other.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request<C, R> {
    /// What they may read besides what all may.
    pub(super) readable: R,
    /// Each with the length of its input; `None` is `/dev/null`.
    pub(super) programs: Vec<(C, Option<usize>)>,
}

/// What it says of one of them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) answer: Answer,
    /// Whether it runs no more of them.
    pub(super) is_last: bool,
}

/// What came of one of them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The program has ended; so many bytes came from its streams.
    Ended { ending: Ending, stdout: usize, stderr: usize, elapsed: Duration, peak_memory: PeakMemory },
    /// It could not be run.
    NotRun(StartError),
    /// What it started cannot be ended, or it changed the worker, and why: this worker runs nothing more.
    Overrun(String),
}
