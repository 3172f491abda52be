//! The files that a run is bound to, as they were read.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::Ledger;
use crate::id::Digest;

/// A record, a case, or a file that accompanies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFile {
    /// Below the root.
    pub path: Utf8PathBuf,
    /// Of its content.
    pub digest: Digest,
    /// By which it is known to be the same later.
    pub stamp: Stamp,
}

/// What the system says of a file, of which something differs once the file was written to, replaced or given another mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The device that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Its type and its mode.
    pub mode: u32,
    /// How many bytes it has.
    pub size: u64,
    /// When anything of it was changed, in seconds and nanoseconds: no program can set this time.
    pub changed: (i64, i64),
}

impl Ledger {
    /// The files that programs run or read where they stand while a run is made.
    pub fn used_files(&self) -> BTreeSet<&Utf8Path> {
        self.cases().flat_map(|case| case.uses.files()).map(|file| file.path.as_path()).collect()
    }
}
