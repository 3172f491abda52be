//! What a person consents to, kept in their own home and in no test product: the digests of what may run.

mod own;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use camino::Utf8PathBuf;
use fixgate_core::id::Digest;
use serde::Serialize;

pub use self::own::{is_own, make_own};
use crate::fault::Fault;
use crate::home::home;

/// Below the home.
const PLACE: &str = ".local/state/fixgate/trusted";

/// Why something waits for a person's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Why {
    /// Nothing keeps it from what its user may do.
    Unconfined,
    /// It is a third party's.
    OfAPack,
    /// It is granted what is not the test product's to give.
    Granted,
}

impl fmt::Display for Why {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unconfined => "nothing confines it here, so it can do everything that you can",
            Self::OfAPack => "a third party wrote it",
            Self::Granted => "a record grants it more than the system's files and its own",
        })
    }
}

fn place() -> Option<Utf8PathBuf> {
    Some(home()?.join(PLACE))
}

/// Whether a person consented to this. What cannot be read says nothing.
pub fn is_trusted(digest: Digest) -> bool {
    let text = place().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let digest = digest.to_string();
    text.lines().any(|line| line.split(' ').next() == Some(&digest))
}

/// Keeps that a person consented; `what` is for people who read the file.
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
        // A path may have any character, and each line is one consent.
        file.write_all(format!("{digest} {}\n", what.replace('\n', " ")).as_bytes())?;
        file.sync_all()
    })();
    written.map_err(|reason| Fault::system(format!("{path} cannot be written: {reason}"), &reason))
}
