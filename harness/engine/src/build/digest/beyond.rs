//! What a build has beyond names, bytes, links and the executable bit, and that can decide what it does: empty directories, modes
//! that are not the usual ones, and capabilities of files.
//!
//! A build that has none of it keeps the digest that it has always had, so that pins, proofs and statements about it stay true.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use fixgate_core::id::Digest;
use rustix::fs::getxattr;
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::{BuildError, add_text};

/// Goes in front of the digest of a build that has something beyond.
const FORM: &[u8] = b"fixgate build 2\n";
/// Where the system keeps the capabilities that a program starts with.
const CAPABILITIES: &str = "security.capability";
/// More than capabilities take.
const MOST_CAPABILITIES: usize = 256;

/// The bits of a mode by which a program runs as another user.
const SET_ID: u32 = 0o7000;
/// What an owner may do with a usual file.
const OWNER: u32 = 0o600;
const EXECUTE: u32 = 0o111;

/// What was found, in the order of the walk.
#[derive(Default)]
pub(super) struct Beyond {
    found: Option<Sha256>,
}

impl Beyond {
    /// The digest of a build with all that was found; the very same one where that is nothing.
    pub(super) fn over(self, digest: Digest) -> Digest {
        let Some(found) = self.found else { return digest };
        let mut sha = Sha256::new();
        sha.update(FORM);
        sha.update(digest.to_string());
        sha.update(found.finalize());
        <[u8; 32]>::from(sha.finalize()).into()
    }

    /// An entry of a build's directory.
    pub(super) fn entry(&mut self, path: &Path, name: &Path, metadata: &Metadata) -> Result<(), BuildError> {
        let kind = metadata.file_type();
        if kind.is_dir() {
            let is_usual = metadata.mode() & 0o700 == 0o700;
            if !is_usual || is_empty(path)? {
                self.add(b"d", name, metadata.mode() & 0o700, &[]);
            }
            Ok(())
        } else if kind.is_file() {
            self.file((b"m", name), path, metadata)
        } else {
            Ok(())
        }
    }

    /// The build, where it is one file: it is executable, or could not be run.
    pub(super) fn program(&mut self, path: &Path, metadata: &Metadata) -> Result<(), BuildError> {
        let (set_id, capabilities) = (metadata.mode() & SET_ID, capabilities(path)?);
        if set_id != 0 || !capabilities.is_empty() {
            self.add(b"p", Path::new(""), set_id, &capabilities);
        }
        Ok(())
    }

    /// A file outside, to which a link of this name leads. Whether that may be executed is told nowhere else.
    pub(super) fn outside(&mut self, target: &Path, name: &Path, metadata: &Metadata) -> Result<(), BuildError> {
        if metadata.mode() & EXECUTE == 0 {
            self.add(b"n", name, deciding(metadata.mode()), &capabilities(target)?);
            return Ok(());
        }
        self.file((b"o", name), target, metadata)
    }

    fn file(&mut self, (kind, name): (&[u8; 1], &Path), path: &Path, metadata: &Metadata) -> Result<(), BuildError> {
        let capabilities = capabilities(path)?;
        if !is_usual(metadata.mode()) || !capabilities.is_empty() {
            self.add(kind, name, deciding(metadata.mode()), &capabilities);
        }
        Ok(())
    }

    fn add(&mut self, kind: &[u8; 1], name: &Path, mode: u32, capabilities: &[u8]) {
        let found = self.found.get_or_insert_with(Sha256::new);
        found.update(kind);
        add_text(found, name.as_os_str().as_bytes());
        found.update(mode.to_le_bytes());
        add_text(found, capabilities);
    }
}

/// Whether a file's mode is one that a umask alone makes of 666 or 777. Which of those it is decides nothing for its owner.
fn is_usual(mode: u32) -> bool {
    let executable_by_readers = (mode >> 2) & EXECUTE;
    mode & SET_ID == 0 && mode & OWNER == OWNER && [0, executable_by_readers].contains(&(mode & EXECUTE))
}

/// What of a mode that is not usual can decide something.
fn deciding(mode: u32) -> u32 {
    mode & (SET_ID | OWNER | EXECUTE)
}

fn is_empty(directory: &Path) -> Result<bool, BuildError> {
    let mut entries = fs::read_dir(directory).map_err(BuildError::file("read", directory))?;
    Ok(entries.next().is_none())
}

/// The capabilities of a file; empty where it has none, or its file system knows none.
fn capabilities(path: &Path) -> Result<Vec<u8>, BuildError> {
    let mut value = vec![0; MOST_CAPABILITIES];
    match getxattr(path, CAPABILITIES, &mut value) {
        Ok(length) => {
            value.truncate(length);
            Ok(value)
        }
        Err(Errno::NODATA | Errno::NOTSUP) => Ok(Vec::new()),
        Err(error) => Err(BuildError::file("read the capabilities of", path)(error.into())),
    }
}
