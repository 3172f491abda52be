//! Whole outputs of failures, each in a file named by its digest below the directory of its run.
//!
//! They are for readers alone. A file that is missing, or is not what its name says, is as good as not kept: no verdict, decision or
//! report rests on it, so that one which cannot be written fails nothing.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use fixgate_core::id::{Digest, RunName};
use fixgate_core::judge::{Stream, WholeOutput};

use crate::place::Place;
use crate::tree::Tree;

/// The most bytes that are kept of one run.
pub const MOST_BYTES: u64 = 64 << 20;

/// The directory of them in that of the run.
const DIRECTORY: &str = "outputs";

/// Keeps whole outputs of one run.
#[derive(Debug)]
pub(crate) struct Outputs {
    directory: Place,
    room: AtomicU64,
}

impl Outputs {
    /// For a run; of one that is gone on with, what is kept already counts.
    pub(crate) fn of(tree: &Tree, run: &RunName) -> Self {
        let directory = directory(tree, run);
        let kept = directory.list().into_iter().flatten();
        let kept: u64 = kept.filter_map(|name| directory.join(name).open().ok()?.metadata().ok()).map(|file| file.len()).sum();
        Self { directory, room: AtomicU64::new(MOST_BYTES.saturating_sub(kept)) }
    }

    /// Keeps these, as far as there is room.
    pub(crate) fn keep(&self, outputs: Vec<(Stream, Vec<u8>)>) -> Vec<WholeOutput> {
        let keep = |(stream, bytes): (Stream, Vec<u8>)| {
            let (digest, length) = (Digest::of(&bytes), bytes.len() as u64);
            let place = self.directory.join(name(digest));
            if place.exists().is_ok_and(|exists| !exists) && self.take(length) && self.write(&place, &bytes).is_err() {
                let _ = place.remove_file();
            }
            WholeOutput { stream, bytes: length, digest }
        };
        outputs.into_iter().map(keep).collect()
    }

    fn take(&self, size: u64) -> bool {
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(size)).is_ok()
    }

    /// It is not synced: every reader compares its digest.
    fn write(&self, place: &Place, bytes: &[u8]) -> io::Result<()> {
        self.directory.make()?;
        match place.create_new() {
            // Another worker keeps the same output.
            Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            file => file?.write_all(bytes),
        }
    }
}

/// Where a whole output of a run is kept, if it is, below the root of the tree.
pub fn kept(tree: &Tree, run: &RunName, output: &WholeOutput) -> Option<String> {
    let place = directory(tree, run).join(name(output.digest));
    let bytes = place.read_most(output.bytes.min(MOST_BYTES)).ok()?;
    (Digest::of(&bytes) == output.digest).then(|| place.below().to_string())
}

fn directory(tree: &Tree, run: &RunName) -> Place {
    tree.runs().join(run.as_str()).join(DIRECTORY)
}

/// No part of an algorithm's name, which has a colon.
fn name(digest: Digest) -> String {
    let text = digest.to_string();
    text.rsplit(':').next().unwrap_or_default().to_owned()
}
