//! `--keep`: what a failing scenario left in its work directory and all that it printed, for a person to look at.
//!
//! The directories stay on the file system on which they were made, so that each is moved as a whole and nothing in it is read,
//! followed or copied. They stay until the next `--keep` in the same tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use fixgate_core::id::{Digest, ScenarioId};
use walkdir::WalkDir;

use crate::fault::Fault;
use crate::place::read_plain;
use crate::remove::remove_tree;
use crate::tree::Tree;
use crate::workdir::{self, WorkDirectory};

/// What the name of such a place begins with; the digest of the tree's path follows, so that a place whose making was cut short is
/// known, too.
const PREFIX: &str = "kept-";
/// The file in it that names the tree that it belongs to, for people.
const OWNER: &str = "tree";
/// The most scenarios that are kept.
const MOST_SCENARIOS: usize = 100;
/// The most bytes that all of them take.
const MOST_BYTES: u64 = 1 << 30;
/// The most entries of a work directory that are looked at.
const MOST_ENTRIES: usize = 10_000;

/// Keeps what failing scenarios of one run leave.
#[derive(Debug)]
pub struct Keeper {
    directory: PathBuf,
    room: AtomicU64,
    begun: AtomicUsize,
    kept: AtomicUsize,
    left_out: AtomicUsize,
}

impl Keeper {
    /// Makes a place for this run, and removes that of the run before, unless it goes on with that one.
    ///
    /// # Errors
    /// When there is no place.
    pub fn begin(tree: &Tree, goes_on: bool) -> Result<Self, Fault> {
        let place = workdir::place();
        let refused = |reason: io::Error| {
            Fault::system(format!("nothing can be kept in {}: {reason}", place.display()), &reason)
                .help("set TMPDIR to a place that has room, or run without --keep")
        };
        let place = fs::canonicalize(&place).map_err(refused)?;
        let owner = tree.root().as_str().as_bytes();
        let prefix = format!("{PREFIX}{}-", Digest::of(owner).short());
        for entry in fs::read_dir(&place).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let is_named = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix));
            if is_named && !goes_on && is_own(&entry.path(), owner) {
                remove_tree(&entry.path()).map_err(refused)?;
            }
        }
        // Where the disk is full, nothing of it stays.
        let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(&place).map_err(refused)?;
        fs::write(made.path().join(OWNER), owner).map_err(refused)?;
        let directory = made.keep();
        let (begun, kept, left_out) = Default::default();
        Ok(Self { directory, room: AtomicU64::new(MOST_BYTES), begun, kept, left_out })
    }

    /// Where everything is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// How many scenarios were kept, and how many were left out because there was no room for them.
    pub fn counts(&self) -> (usize, usize) {
        (self.kept.load(Ordering::Relaxed), self.left_out.load(Ordering::Relaxed))
    }

    /// Keeps a scenario's work directory and the two streams of each of its steps; gives where, if there is room for them.
    pub(crate) fn keep(
        &self,
        scenario: &ScenarioId,
        directory: &mut WorkDirectory,
        printed: &[(Vec<u8>, Vec<u8>)],
    ) -> Option<PathBuf> {
        let place = self.directory.join(file_name(scenario.as_str()));
        // It may have been kept when it was tried for the first time.
        if place.exists() {
            return None;
        }
        let streams = printed.iter().map(|(stdout, stderr)| (stdout.len() + stderr.len()) as u64).sum::<u64>();
        let fits = size(directory.path()).is_some_and(|size| self.take(size + streams)) && self.is_one_more();
        let moved = fits && write(&place, printed).and_then(|()| directory.move_to(&place.join("work"))).is_ok();
        if moved {
            self.kept.fetch_add(1, Ordering::Relaxed);
            return Some(place);
        }
        let _ = remove_tree(&place);
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }

    fn is_one_more(&self) -> bool {
        self.begun.fetch_add(1, Ordering::Relaxed) < MOST_SCENARIOS
    }

    fn take(&self, size: u64) -> bool {
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(size)).is_ok()
    }
}

/// Whether a place so named belongs to the tree with this path: it says so, or was killed before it had said all of it.
fn is_own(place: &Path, owner: &[u8]) -> bool {
    match read_plain(&place.join(OWNER)) {
        Ok(text) => owner.starts_with(&text),
        Err(reason) => reason.kind() == io::ErrorKind::NotFound,
    }
}

fn write(place: &Path, printed: &[(Vec<u8>, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir(place)?;
    for ((stdout, stderr), number) in printed.iter().zip(1..) {
        fs::write(place.join(format!("step-{number}.stdout")), stdout)?;
        fs::write(place.join(format!("step-{number}.stderr")), stderr)?;
    }
    Ok(())
}

/// The space that everything below a directory takes, or nothing if there is too much to look at. No link is followed.
fn size(directory: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    let entries = WalkDir::new(directory).follow_links(false).into_iter();
    let mut size = 0_u64;
    for (entry, number) in entries.zip(1..) {
        if number > MOST_ENTRIES {
            return None;
        }
        // What cannot be read is moved like the rest.
        let blocks = entry.ok().and_then(|entry| entry.metadata().ok()).map_or(0, |metadata| metadata.blocks());
        size = size.saturating_add(blocks.saturating_mul(512));
    }
    Some(size)
}

/// An id as one file's name: different ids have different names, and none leads anywhere.
fn file_name(id: &str) -> String {
    const LONGEST: usize = 200;
    let mut name = String::with_capacity(id.len());
    for (index, byte) in id.bytes().enumerate() {
        match byte {
            b'.' if index == 0 => name.push_str("%2E"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'=' | b'@' | b',' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    if name.len() > LONGEST {
        name.truncate(LONGEST);
        name.push_str(&format!("%{}", Digest::of(id.as_bytes()).short()));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_a_path_and_no_two_ids_share_it() {
        assert_eq!(file_name("suite/a@b=c#d"), "suite%2Fa@b=c%23d");
        assert_eq!(file_name(".."), "%2E.");
        let long = |last: &str| file_name(&format!("{}{last}", "x/".repeat(300)));
        assert!(long("a") != long("b") && long("a").len() < 255);
    }
}
