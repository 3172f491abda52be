//! Reading no more than there may be: what a file holds, unpacked or not, was written by others.

use std::fs::File;
use std::io::{self, Read};

/// The most bytes of a table, of a file that a case names, and of what a sign-off left, unpacked.
pub(crate) const FILE_LIMIT: u64 = 256 << 20;

/// Reads everything, if it is no more than `limit` bytes.
///
/// # Errors
/// What the system says, or the limit, of a whole number of MiB.
pub(crate) fn read(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    read_into(Vec::new(), reader, limit)
}

/// As [`read`], into the room of `bytes`, which are none yet.
fn read_into(mut bytes: Vec<u8>, reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// As [`read`], for a file, of which nothing is read if it says itself that it is too large.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_opened(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let said = file.metadata()?.len();
    if said > limit {
        return Err(too_large(limit));
    }
    // It may hold more or less when it is read; with room for what it says most files take two calls of the system.
    read_into(Vec::with_capacity(usize::try_from(said).unwrap_or_default()), file, limit)
}

fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", limit >> 20))
}
