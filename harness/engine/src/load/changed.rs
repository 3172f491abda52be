//! Whether records and cases are still as they were read, once a run has come to its end.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::id::Digest;
use fixgate_core::ledger::{Ledger, RecordFile, Stamp};
use rayon::prelude::*;

use super::files::Files;
use super::read_bytes;
use crate::fault::Fault;
use crate::tree::{Tree, binds};

/// What the system says of a record's file.
pub(super) fn stamp(tree: &Tree, path: &Utf8Path) -> io::Result<Stamp> {
    let file = fs::symlink_metadata(tree.root().join(path))?;
    Ok(Stamp {
        device: file.dev(),
        inode: file.ino(),
        mode: file.mode(),
        size: file.size(),
        changed: (file.ctime(), file.ctime_nsec()),
    })
}

/// What tells the files that programs use where they stand from those that were touched since; nothing where none are used.
pub(crate) fn used(ledger: &Ledger) -> Option<Digest> {
    let used = ledger.used_files();
    let is_used = |file: &&RecordFile| used.contains(file.path.as_path());
    let stamps = ledger.files.iter().filter(is_used).map(|file| {
        let Stamp { device, inode, mode, size, changed } = file.stamp;
        (&file.path, file.digest, (device, inode, mode, size, changed))
    });
    (!used.is_empty()).then(|| Digest::of_json_array(stamps))
}

/// Holds if cases are still as they were read, for a command that keeps no journal and writes records as it goes.
///
/// # Errors
/// Which of them are not.
pub fn require_unchanged(tree: &Tree, ledger: &Ledger) -> Result<(), Fault> {
    match changed_since(tree, ledger).iter().find(|path| path.starts_with("testcases")) {
        None => Ok(()),
        Some(first) => {
            Err(Fault::harness(format!("{first} was changed meanwhile, so nothing was kept")).then("run the same command again"))
        }
    }
}

/// The files that are not as they were read, those that came, and those that are gone.
///
/// What was only read when the records were, as a case is, is read again where its stamp differs. What programs read while they run
/// must not have been touched at all: it may have been another file meanwhile, and the first one again by now.
pub(crate) fn changed_since(tree: &Tree, ledger: &Ledger) -> Vec<Utf8PathBuf> {
    let used = ledger.used_files();
    let is_same = |file: &RecordFile| match stamp(tree, &file.path) {
        Ok(stamp) if stamp == file.stamp => true,
        Ok(_) if used.contains(file.path.as_path()) => false,
        Ok(_) => read_bytes(tree, &file.path).is_ok_and(|bytes| Digest::of(&bytes) == file.digest),
        Err(_) => false,
    };
    let mut changed: Vec<Utf8PathBuf> =
        ledger.files.par_iter().filter(|file| !is_same(file)).map(|file| file.path.clone()).collect();
    let known: HashSet<&Utf8Path> = ledger.files.iter().map(|file| file.path.as_path()).collect();
    let found = Files::find(tree).paths;
    changed.extend(found.into_iter().filter(|path| binds(path) && !known.contains(path.as_path())));
    changed.sort();
    changed
}
