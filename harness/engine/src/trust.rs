//! What a person trusts, kept in their own home and in no test product: the digests of what they said may run.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use camino::Utf8PathBuf;
use fixgate_core::id::Digest;

use crate::fault::Fault;
use crate::home::home;

/// Below the home.
const PLACE: &str = ".local/state/fixgate/trusted";

fn place() -> Option<Utf8PathBuf> {
    Some(home()?.join(PLACE))
}

/// Whether a person said so of this. What cannot be read says nothing.
pub fn is_trusted(digest: Digest) -> bool {
    let text = place().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let digest = digest.to_string();
    text.lines().any(|line| line.split(' ').next() == Some(&digest))
}

/// Keeps that a person said so; `what` is for people who read the file.
///
/// # Errors
/// When it cannot be written.
pub fn add(digest: Digest, what: &str) -> Result<(), Fault> {
    let Some(path) = place() else {
        return Err(Fault::usage("there is no home to keep what you trust in").help("set HOME to the absolute path of yours"));
    };
    let written = (|| {
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        file.write_all(format!("{digest} {what}\n").as_bytes())?;
        file.sync_all()
    })();
    written.map_err(|reason| Fault::system(format!("{path} cannot be written: {reason}"), &reason))
}
