//! How a build was found: what the system tells of each of its files, without reading any.
//!
//! A digest says what a build is at one moment. That it was not exchanged in between and put back is told by which files they are
//! and when the system last saw a change to each: that time cannot be set.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use fixgate_core::id::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

use super::BuildError;

/// Longer than the system's own clock, which times changes, stands still.
const TICK: Duration = Duration::from_millis(20);
/// How often a build that is being changed is looked at again.
const LOOKS: usize = 50;

/// What the system tells of one file. Two changes within a tick of its clock leave the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    device: u64,
    inode: u64,
    mode: u32,
    size: u64,
    changed: (i64, i64),
}

impl State {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            mode: metadata.mode(),
            size: metadata.len(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    fn add_to(self, sha: &mut Sha256) {
        for number in [self.device, self.inode, self.mode.into(), self.size] {
            sha.update(number.to_le_bytes());
        }
        sha.update(self.changed.0.to_le_bytes());
        sha.update(self.changed.1.to_le_bytes());
    }
}

/// One file as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundFile {
    path: PathBuf,
    state: State,
}

impl FoundFile {
    /// The file at a path, through any link.
    pub(crate) fn at(path: &Path) -> Result<Self, BuildError> {
        let metadata = fs::metadata(path).map_err(BuildError::file("read", path))?;
        Ok(Self { path: path.to_owned(), state: State::of(&metadata) })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the same file is there, unchanged.
    pub(crate) fn is_as_found(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|now| State::of(&now) == self.state)
    }
}

/// All that can be told of a build in this way. Where two are equal, it was not changed in between.
///
/// A build that was changed this very moment is waited for until a further change would show.
pub(crate) fn state_of(build: &Path) -> Result<Digest, BuildError> {
    for _ in 0..LOOKS {
        let begun = SystemTime::now();
        let (state, newest) = look(build)?;
        match begun.duration_since(newest) {
            Ok(age) if age < TICK => thread::sleep(TICK),
            // A time to come is another clock's: no waiting makes it the past.
            Ok(_) | Err(_) => return Ok(state),
        }
    }
    Err(BuildError::Changed(build.to_owned()))
}

/// The state of every file, and when the newest change was.
fn look(build: &Path) -> Result<(Digest, SystemTime), BuildError> {
    let (mut sha, mut newest) = (Sha256::new(), (0, 0));
    for entry in WalkDir::new(build).sort_by_file_name().follow_root_links(true) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(build).to_owned();
            BuildError::file("read", &path)(error.into())
        })?;
        let metadata = entry.metadata().map_err(|error| BuildError::file("read", entry.path())(error.into()))?;
        sha.update(entry.path().as_os_str().as_bytes());
        sha.update([0]);
        let led_to = if metadata.is_symlink() { led_to(entry.path())? } else { None };
        for metadata in [Some(metadata), led_to].into_iter().flatten() {
            let state = State::of(&metadata);
            state.add_to(&mut sha);
            newest = newest.max(state.changed);
        }
    }
    let (seconds, nanoseconds) = newest;
    let since = Duration::new(seconds.unsigned_abs(), u32::try_from(nanoseconds).unwrap_or_default());
    Ok((<[u8; 32]>::from(sha.finalize()).into(), SystemTime::UNIX_EPOCH + since))
}

/// What a link leads to; whether that can be told is the digest's affair.
fn led_to(link: &Path) -> Result<Option<Metadata>, BuildError> {
    match fs::metadata(link) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(BuildError::file("follow the link", link)(error)),
        metadata => Ok(metadata.ok()),
    }
}
