//! What a step left at a path: a file as a whole, or what else is there.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use camino::Utf8Path;
use fixgate_core::observation::Left;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use crate::bounded::{self, FILE_LIMIT};

/// What is at `path`, below the work directory `directory`. A link is told and not followed, and nothing but a plain file is opened.
///
/// # Errors
/// That a file is too large to be read, or that the disk gives an error, in words.
pub(super) fn read_back(directory: &Utf8Path, path: &Utf8Path) -> Result<Left, String> {
    look(directory, path).or_else(|reason| match Errno::from_io_error(&reason) {
        Some(Errno::NOENT | Errno::NOTDIR) => Ok(Left::Nothing),
        // The product made it so: it took rights away, or its links lead in a circle.
        Some(Errno::ACCESS | Errno::LOOP) => Ok(Left::Unreadable(reason.to_string())),
        _ => Err(format!("{path} cannot be read back: {reason}")),
    })
}

fn look(directory: &Utf8Path, path: &Utf8Path) -> io::Result<Left> {
    let full = directory.join(path);
    let parent = full.parent().unwrap_or(directory).canonicalize()?;
    if !parent.starts_with(directory) {
        return Ok(Left::Outside);
    }
    let kind = fs::symlink_metadata(&full)?.file_type();
    Ok(match kind {
        _ if kind.is_file() => Left::File(read(&full)?.into()),
        _ if kind.is_dir() => Left::Special("a directory"),
        _ if kind.is_symlink() => Left::Link(fs::read_link(&full)?.to_string_lossy().into_owned()),
        _ if kind.is_fifo() => Left::Special("a fifo"),
        _ if kind.is_socket() => Left::Special("a socket"),
        _ => Left::Special("a device"),
    })
}

/// Reads a file, also one that its owner, who is the harness' own user, is forbidden to read.
fn read(path: &Utf8Path) -> io::Result<Vec<u8>> {
    let file = match open(path) {
        Err(reason) if reason.kind() == io::ErrorKind::PermissionDenied => {
            let before = fs::symlink_metadata(path)?.permissions();
            fs::set_permissions(path, Permissions::from_mode(before.mode() | 0o400))?;
            let opened = open(path);
            fs::set_permissions(path, before)?;
            opened?
        }
        opened => opened?,
    };
    bounded::read_opened(file, FILE_LIMIT)
}

/// Neither follows a link nor waits for the other end of a fifo, should one be there by now.
fn open(path: &Utf8Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(openat(CWD, path.as_std_path(), flags, Mode::empty())?))
}
