//! What the harness says of itself.

use std::fs::File;
use std::io;
use std::sync::OnceLock;

use fixgate_core::id::Digest;

use crate::fault::Fault;

/// The tool that writes records, with its version.
pub(crate) fn tool() -> String {
    format!("fixgate {}", env!("CARGO_PKG_VERSION"))
}

/// The system that it runs on.
pub(crate) fn host() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

static DIGEST: OnceLock<Digest> = OnceLock::new();

/// The digest of the program that is running, which is read once.
pub(crate) fn own_digest() -> Result<Digest, Fault> {
    if let Some(digest) = DIGEST.get() {
        return Ok(*digest);
    }
    let unread = |reason: io::Error| Fault::system(format!("the harness cannot read itself: {reason}"), &reason);
    let digest = File::open("/proc/self/exe").and_then(Digest::of_reader).map_err(unread)?;
    Ok(*DIGEST.get_or_init(|| digest))
}
