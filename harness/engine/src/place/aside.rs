//! Files that are replaced whole: written beside their place, then renamed.

use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Place;

/// What the name of a file begins with that is being written, until it is renamed.
const ASIDE: &str = ".fixgate-";

/// Whether a file is what a killed writer left aside.
pub fn is_aside(name: &str) -> bool {
    name.starts_with(ASIDE)
}

/// Removes what killed writers left aside in a directory; to be called by the only one who writes there.
pub fn remove_asides(directory: &Place) {
    for name in directory.list().into_iter().flatten().filter(|name| is_aside(name)) {
        // What stays does no harm: it is no record and no report.
        let _ = directory.join(name).remove_file();
    }
}

/// A file that is whole and on disk, and not yet in its place.
#[derive(Debug)]
pub struct PendingFile {
    aside: Place,
    place: Place,
    is_put: bool,
}

impl PendingFile {
    /// Writes beside a place what shall be there; gives what `write_parts` says of it, too.
    ///
    /// # Errors
    /// What the system says; then nothing is left.
    pub fn write<T>(place: &Place, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<(Self, T)> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let aside = place.join("..").join(format!("{ASIDE}{}-{number}", process::id()));
            let mut file = match aside.create_new() {
                // A writer of the same number was killed.
                Err(reason) if reason.kind() == io::ErrorKind::AlreadyExists => continue,
                file => file?,
            };
            let aside = Self { aside, place: place.clone(), is_put: false };
            let said = write_parts(&mut file)?;
            file.sync_all()?;
            return Ok((aside, said));
        }
    }

    /// Puts it in place of any file that is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn put(mut self) -> io::Result<()> {
        self.aside.rename(&self.place)?;
        self.is_put = true;
        self.place.sync_parent()
    }

    /// Where it is to be.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.is_put {
            let _ = self.aside.remove_file();
        }
    }
}
