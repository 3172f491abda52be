//! What was seen of a scenario: ends, streams and files, normalized and ready to be judged.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::case::Bytes;
use crate::id::Digest;
use crate::words::{size, span};

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// With an exit code.
    Exited(i32),
    /// By a signal that the harness did not send.
    Signalled(i32),
    /// The harness ended it at its time limit.
    TimedOut,
    /// The harness ended it when it printed more than the output limit.
    TooMuchOutput,
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exited(code) => write!(formatter, "exit {code}"),
            Ending::Signalled(signal) => write!(formatter, "signal {signal}"),
            Ending::TimedOut => write!(formatter, "timed out"),
            Ending::TooMuchOutput => write!(formatter, "output limit exceeded"),
        }
    }
}

/// What a step left at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// Nothing at all.
    Nothing,
    /// A plain file, with all that it holds.
    File(Bytes),
    /// A symbolic link, with its text; where it leads to was not looked at.
    Link(String),
    /// Something else, such as a directory, in words.
    Special(&'static str),
    /// The path leads out of the work directory, so nothing was looked at.
    Outside,
    /// The system does not allow a look, and why.
    Unreadable(String),
}

/// The limits at which the harness ends a step, for what is said of one that was ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepLimits {
    /// How long it may take.
    pub time: Duration,
    /// Whether the case states that, rather than `fixgate.toml`.
    pub time_is_of_case: bool,
    /// How many bytes each stream may have.
    pub output: u64,
}

impl StepLimits {
    /// An ending, as the beginning of a sentence, with the limit that brought it about and where that is stated.
    pub fn explain(&self, ending: Ending) -> String {
        match ending {
            Ending::TimedOut if self.time_is_of_case => {
                format!("timed out after {}, the limit of the case's `timeout`;", span(self.time))
            }
            Ending::TimedOut => format!("timed out after {}, the limit of `timeout` in fixgate.toml;", span(self.time)),
            Ending::TooMuchOutput => {
                format!("printed more than {}, the limit of `output-limit` in fixgate.toml;", size(self.output))
            }
            Ending::Exited(_) | Ending::Signalled(_) => format!("{ending},"),
        }
    }
}

/// What was seen of one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepObservation {
    /// How it ended.
    pub ending: Ending,
    /// Standard output, normalized.
    pub stdout: Bytes,
    /// Standard error, normalized.
    pub stderr: Bytes,
    /// What is at each path that the step, or the symptom, expects something of.
    #[serde(skip)]
    pub files: BTreeMap<Utf8PathBuf, Left>,
    /// How long it took.
    #[serde(skip)]
    pub elapsed: Duration,
    /// The most memory it used, in bytes.
    #[serde(skip)]
    pub peak_memory: u64,
    /// The limits that it was run with.
    #[serde(skip)]
    pub limits: StepLimits,
}

/// What was seen of the steps that ran, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Observation {
    /// The steps.
    pub steps: Vec<StepObservation>,
}

impl Observation {
    /// The digest of what a person can accept: ends and streams, not times.
    pub fn outputs(&self) -> Digest {
        Digest::of_json(self)
    }

    /// How long all steps took.
    pub fn elapsed(&self) -> Duration {
        self.steps.iter().map(|step| step.elapsed).sum()
    }
}
