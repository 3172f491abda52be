//! Whether a directory is still as it was made.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

/// How a directory was when it had been made, and a way to look into it.
#[derive(Debug)]
pub(super) struct Made {
    condition: Condition,
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

impl Made {
    /// Takes note of an empty directory, if the system lets itself be asked.
    pub(super) fn empty(path: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let listing = openat(CWD, path, flags, Mode::empty()).and_then(Dir::new).ok()?;
        Some(Self { condition: Condition::of(path)?, listing })
    }

    /// Whether nothing has been done to it. Its times alone would not tell: where a clock stands still for milliseconds, a file
    /// made right after the directory leaves no trace in them. The file itself is seen.
    pub(super) fn is_untouched(&mut self, path: &Path) -> bool {
        Condition::of(path).is_some_and(|now| now == self.condition) && self.is_empty()
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
