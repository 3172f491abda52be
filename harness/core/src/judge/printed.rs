//! The ends of what a product printed, which are kept of a scenario that did not pass.

use serde::{Deserialize, Serialize};

use crate::case::Bytes;
use crate::observation::{Observation, StepObservation};

/// The most bytes of each stream that are kept: a run may hold as many failures as scenarios, and all of them are read back.
pub const KEPT: usize = 8 << 10;

/// What a scenario's steps printed, the end of each stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// Standard output, normalized; the first line says so if it is the end of more.
    pub stdout: Bytes,
    /// Standard error, likewise.
    pub stderr: Bytes,
}

impl Printed {
    /// Nothing where nothing was printed.
    pub(super) fn of(seen: &Observation) -> Option<Box<Self>> {
        let end =
            |stream: fn(&StepObservation) -> &Bytes| end(&seen.steps.iter().map(|step| &**stream(step)).collect::<Vec<_>>());
        let printed = Self { stdout: end(|step| &step.stdout), stderr: end(|step| &step.stderr) };
        (!printed.stdout.is_empty() || !printed.stderr.is_empty()).then(|| Box::new(printed))
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
