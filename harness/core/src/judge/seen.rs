//! The identity of a failure: exactly what was seen, and which expectations it did not meet.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Serialize;

use super::{Against, Finding, Subject};
use crate::case::Bytes;
use crate::id::Digest;
use crate::observation::{Ending, Left, Observation};

#[derive(Serialize)]
struct Seen<'s> {
    steps: Vec<Step<'s>>,
    /// What was not met, without the measured numbers: a time is another at every run.
    unmet: Vec<(usize, Against, &'s Subject)>,
}

#[derive(Serialize)]
struct Step<'s> {
    ending: Ending,
    stdout: &'s Bytes,
    stderr: &'s Bytes,
    files: &'s BTreeMap<Utf8PathBuf, Left>,
}

/// The digest of each step's end, streams and files, and of what was not met.
pub(super) fn digest(seen: &Observation, findings: &[Finding]) -> Digest {
    let steps = seen.steps.iter().map(|step| Step {
        ending: step.ending,
        stdout: &step.stdout,
        stderr: &step.stderr,
        files: &step.files,
    });
    let unmet = findings.iter().map(|finding| (finding.step, finding.against, &finding.subject));
    Digest::of_json(&Seen { steps: steps.collect(), unmet: unmet.collect() })
}
