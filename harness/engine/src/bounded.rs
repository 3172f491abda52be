//! Reading no more than there may be: what a file holds, unpacked or not, is somebody else's.

use std::io::{self, Read};

/// The most bytes of a table, of a file that a case names, and of what a sign-off left, unpacked.
pub(crate) const FILE_LIMIT: u64 = 256 << 20;

/// Reads everything, if it is no more than `limit` bytes.
///
/// # Errors
/// What the system says, or the limit, of a whole number of MiB.
pub(crate) fn read(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {} MiB", limit >> 20)));
    }
    Ok(bytes)
}
