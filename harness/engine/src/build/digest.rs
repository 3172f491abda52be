//! A build's identity: the SHA-256 of its content.

mod beyond;

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use fixgate_core::id::Digest;
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

use super::BuildError;
use beyond::Beyond;

/// Goes in front of a directory's entries, so that no file has the digest of a directory.
const DIRECTORY: &[u8] = b"fixgate build directory 1\n";
const BUFFER_SIZE: usize = 64 * 1024;

/// The digest of a build.
///
/// A build that is one file has the digest of its bytes, as any other tool would give it. That of a directory covers
/// the name, executable bit and bytes of every file below it and the name and target of every symbolic link, and where a link
/// leads to a file outside, that file's bytes too: they are run as well. Where a build has more that can decide what it does
/// (see `Beyond`), its digest covers that as well. It does not cover where the directory is, owners, times, or
/// directories outside that a link leads to.
pub fn digest(path: &Path) -> Result<Digest, BuildError> {
    let mut sha = Sha256::new();
    let mut beyond = Beyond::default();
    let metadata = fs::metadata(path).map_err(BuildError::file("find the build", path))?;
    if metadata.is_dir() {
        sha.update(DIRECTORY);
        add_directory((&mut sha, &mut beyond), path)?;
    } else if metadata.is_file() {
        add_bytes(&mut sha, path, metadata.len())?;
        beyond.program(path, &metadata)?;
    } else {
        return Err(BuildError::Special(path.to_owned()));
    }
    Ok(beyond.over(<[u8; 32]>::from(sha.finalize()).into()))
}

fn add_directory((sha, beyond): (&mut Sha256, &mut Beyond), directory: &Path) -> Result<(), BuildError> {
    let root = fs::canonicalize(directory).map_err(BuildError::file("find the build", directory))?;
    for entry in WalkDir::new(directory).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(directory).to_owned();
            BuildError::file("read", &path)(error.into())
        })?;
        let path = entry.path();
        let name = path.strip_prefix(directory).unwrap_or(path);
        let metadata = entry.metadata().map_err(|error| BuildError::file("read", path)(error.into()))?;
        beyond.entry(path, name, &metadata)?;
        add_entry((sha, beyond), &root, (path, name), &metadata)?;
    }
    Ok(())
}

/// Adds the kind, then name and content, each after its length: no two directories read the same.
fn add_entry(
    (sha, beyond): (&mut Sha256, &mut Beyond),
    root: &Path,
    (path, name): (&Path, &Path),
    metadata: &Metadata,
) -> Result<(), BuildError> {
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Ok(());
    } else if kind.is_symlink() {
        let target = fs::read_link(path).map_err(BuildError::file("read the link", path))?;
        sha.update(b"l");
        add_text(sha, name.as_os_str().as_bytes());
        add_text(sha, target.as_os_str().as_bytes());
        if let Some((target, metadata)) = outside(root, path)? {
            sha.update(b"o");
            sha.update(metadata.len().to_le_bytes());
            add_bytes(sha, &target, metadata.len())?;
            beyond.outside(&target, name, &metadata)?;
        }
    } else if kind.is_file() {
        sha.update(if metadata.mode() & 0o111 == 0 { b"f" } else { b"x" });
        add_text(sha, name.as_os_str().as_bytes());
        sha.update(metadata.len().to_le_bytes());
        add_bytes(sha, path, metadata.len())?;
    } else {
        return Err(BuildError::Special(path.to_owned()));
    }
    Ok(())
}

/// What a link leads to, if that is a file outside of the build; inside, it is there by its own name.
fn outside(root: &Path, link: &Path) -> Result<Option<(PathBuf, Metadata)>, BuildError> {
    let target = match fs::canonicalize(link) {
        Err(error) if leads_nowhere(&error) => return Ok(None),
        target => target.map_err(BuildError::file("follow the link", link))?,
    };
    let metadata = fs::metadata(&target).map_err(BuildError::file("read", &target))?;
    Ok((!target.starts_with(root) && metadata.is_file()).then_some((target, metadata)))
}

/// Whether a link dangles, leads through a file, or goes round in circles. For any other reason, something may well be there.
fn leads_nowhere(error: &io::Error) -> bool {
    let reason = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(reason, Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP))
}

fn add_text(sha: &mut Sha256, text: &[u8]) {
    sha.update((text.len() as u64).to_le_bytes());
    sha.update(text);
}

/// Adds a file's bytes, of which there must be `length`: else what was hashed before them would be wrong.
fn add_bytes(sha: &mut Sha256, path: &Path, length: u64) -> Result<(), BuildError> {
    let mut file = File::open(path).map_err(BuildError::file("read", path))?;
    let mut buffer = vec![0; BUFFER_SIZE];
    let mut total = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) if total == length => return Ok(()),
            Ok(0) => return Err(BuildError::Changed(path.to_owned())),
            Ok(count) => {
                sha.update(&buffer[..count]);
                total += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BuildError::file("read", path)(error)),
        }
    }
}
