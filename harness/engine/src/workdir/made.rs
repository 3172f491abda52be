//! Whether a directory is still as it was made.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

use crate::remove::empty_directory;

/// How a directory was when it had been made, and a way to look into it.
#[derive(Debug)]
pub(crate) struct DirectorySnapshot {
    /// Nothing until note is taken of it, and where the system did not tell.
    condition: Option<Condition>,
    listing: Dir,
}

/// Which directory it is, and everything that the system tells of a change to it.
#[derive(Debug, PartialEq, Eq)]
struct Condition {
    inode: (u64, u64),
    mode: u32,
    owner: (u32, u32),
    links: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl DirectorySnapshot {
    /// A way to look into an empty directory, if the system gives one.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let listing = openat(CWD, path, flags, Mode::empty()).and_then(Dir::new).ok()?;
        Some(Self { condition: None, listing })
    }

    /// Takes note of an empty directory at once.
    pub(crate) fn noted(path: &Path) -> Option<Self> {
        let mut made = Self::of(path)?;
        made.take_note(path);
        Some(made)
    }

    /// Whether nothing has been done to it, and nothing is in it.
    pub(crate) fn is_untouched(&mut self, path: &Path) -> bool {
        self.is_unchanged(path) && self.is_empty()
    }

    /// Whether note was taken of it since it was last emptied.
    pub(super) fn is_noted(&self) -> bool {
        self.condition.is_some()
    }

    /// Takes note of how it is now.
    pub(super) fn take_note(&mut self, path: &Path) {
        self.condition = Condition::of(path);
    }

    /// Whether nothing has been done to it, but perhaps to what is in it. Its times do not tell all: where a clock stands still for
    /// milliseconds, a file made right after the directory leaves no trace in them. So its contents are looked for.
    pub(super) fn is_unchanged(&self, path: &Path) -> bool {
        self.is_noted() && Condition::of(path) == self.condition
    }

    /// Whether nothing is in it, or could be left in it; then the note is void.
    pub(super) fn is_empty_again(&mut self, path: &Path) -> bool {
        if self.is_empty() {
            return true;
        }
        self.condition = None;
        empty_directory(path).is_ok() && self.is_empty()
    }

    fn is_empty(&mut self) -> bool {
        self.listing.rewind();
        let own = |name: &[u8]| name == b"." || name == b"..";
        std::iter::from_fn(|| self.listing.read()).all(|entry| entry.is_ok_and(|entry| own(entry.file_name().to_bytes())))
    }
}

impl Condition {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok()?;
        Some(Self {
            inode: (metadata.dev(), metadata.ino()),
            mode: metadata.mode(),
            owner: (metadata.uid(), metadata.gid()),
            links: metadata.nlink(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
