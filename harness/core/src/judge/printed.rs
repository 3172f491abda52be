//! The ends of what a product printed, which are kept of a scenario that did not pass.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::case::Bytes;
use crate::id::Digest;
use crate::observation::{Observation, StepObservation};

/// The most bytes of each stream that are kept: a run may hold as many failures as scenarios, and all of them are read back.
pub const KEPT: usize = 8 << 10;

/// What a scenario's steps printed, the end of each stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// Standard output, normalized; the first line says so if it is the end of more.
    #[cfg_attr(test, schemars(with = "crate::case::WrittenBytes"))]
    pub stdout: Bytes,
    /// Standard error, likewise.
    #[cfg_attr(test, schemars(with = "crate::case::WrittenBytes"))]
    pub stderr: Bytes,
    /// The outputs that are longer than what is here, each by what it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub whole: Vec<WholeOutput>,
}

/// An output that is too long for a record, by the digest of all of it. Whether it is kept, the record does not say: that depends on which
/// of many came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WholeOutput {
    /// Which output it is.
    pub stream: Stream,
    /// How many bytes it has.
    pub bytes: u64,
    /// The digest of them.
    pub digest: Digest,
}

/// An output of a scenario on one of the two builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Standard output of the baseline.
    BaselineStdout,
    /// Standard error of the baseline.
    BaselineStderr,
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Stream::Stdout => "stdout of this build",
            Stream::Stderr => "stderr of this build",
            Stream::BaselineStdout => "stdout of the baseline",
            Stream::BaselineStderr => "stderr of the baseline",
        })
    }
}

/// The outputs of a failure that are longer than what a record keeps, normalized, and those of the baseline that they differ from.
pub fn whole_outputs(seen: &Observation, before: Option<&Observation>) -> Vec<(Stream, Vec<u8>)> {
    let whole = |seen: &Observation, stream: Of| seen.steps.iter().flat_map(|step| stream(step).to_vec()).collect::<Vec<u8>>();
    let streams: [(Of, Stream, Stream); 2] = [
        (|step| &step.stdout, Stream::Stdout, Stream::BaselineStdout),
        (|step| &step.stderr, Stream::Stderr, Stream::BaselineStderr),
    ];
    let mut outputs = Vec::new();
    for (of, here, there) in streams {
        let length = |seen: &Observation| seen.steps.iter().map(|step| of(step).len()).sum::<usize>();
        let is_long = length(seen) > KEPT || before.is_some_and(|before| length(before) > KEPT);
        if is_long && before.is_none_or(|before| whole(before, of) != whole(seen, of)) {
            outputs.push((here, whole(seen, of)));
            outputs.extend(before.map(|before| (there, whole(before, of))));
        }
    }
    outputs
}

/// One of the streams of a step.
type Of = fn(&StepObservation) -> &Bytes;

impl Printed {
    /// Nothing where nothing was printed.
    pub(super) fn of(seen: &Observation) -> Option<Box<Self>> {
        let end = |stream: Of| end(&seen.steps.iter().map(|step| &**stream(step)).collect::<Vec<_>>());
        let printed = Self { stdout: end(|step| &step.stdout), stderr: end(|step| &step.stderr), whole: Vec::new() };
        (!printed.stdout.is_empty() || !printed.stderr.is_empty()).then(|| Box::new(printed))
    }

    /// The same with the outputs that are longer; a build may print nothing where its baseline prints much.
    pub fn with_whole(printed: Option<Box<Self>>, whole: Vec<WholeOutput>) -> Option<Box<Self>> {
        let nothing = || (!whole.is_empty()).then(|| Box::new(Self { stdout: "".into(), stderr: "".into(), whole: Vec::new() }));
        let printed = printed.or_else(nothing);
        printed.map(|printed| Box::new(Self { whole, ..*printed }))
    }
}

/// The end of pieces that follow each other, which does not begin inside a character.
fn end(pieces: &[&[u8]]) -> Bytes {
    let all: usize = pieces.iter().map(|piece| piece.len()).sum();
    if all <= KEPT {
        return Bytes::from(pieces.concat());
    }
    let mut last: Vec<&[u8]> = Vec::new();
    let mut room = KEPT;
    for piece in pieces.iter().rev() {
        let kept = &piece[piece.len().saturating_sub(room)..];
        room -= kept.len();
        last.push(kept);
    }
    last.reverse();
    let last = last.concat();
    let inside = last.iter().take(3).take_while(|byte| matches!(byte, 0x80..=0xBF)).count();
    let said = format!("[the end of {all} bytes of output]\n");
    Bytes::from([said.as_bytes(), &last[inside..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_all_pieces_is_kept_and_says_of_how_many_bytes() {
        assert_eq!(*end(&[b"a", b"", b"bc"]), *b"abc");
        let long = "é".repeat(KEPT);
        let kept = end(&[b"first", long.as_bytes(), b"z"]);
        let text = std::str::from_utf8(&kept).unwrap();
        let (said, rest) = text.split_once('\n').unwrap();
        assert_eq!(said, format!("[the end of {} bytes of output]", 2 * KEPT + 6));
        assert!(rest.len() == KEPT - 1 && rest.starts_with('é') && rest.ends_with("éz"), "{}", rest.len());
    }
}
