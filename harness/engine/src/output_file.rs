//! Files that a user asks a report to be written to. They may be anything that can be written into: only what is a file of its own
//! is replaced.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::words::counted;
use rustix::fs::fstat;

use crate::fault::Fault;
use crate::journal::write_whole_by;
use crate::place::Place;

/// Where one report goes. What stood there before is gone once this is had, so that a command that does not come to its end
/// leaves no report that could be taken for its own.
#[derive(Debug)]
pub struct OutputFile {
    path: Utf8PathBuf,
    way: Way,
}

/// How a report gets to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is written aside and renamed: nothing or a regular file is there.
    Renamed,
    /// It is written into what is there: a device, a pipe, what a link leads to, or a file that nothing may take the place of.
    Into,
    /// It is written to standard output.
    StandardOutput,
}

impl OutputFile {
    /// Prepares the place of a report: `-` is standard output. A regular file that is there is removed, or emptied where that
    /// cannot be done; so is a regular file that a link leads to.
    ///
    /// # Errors
    /// When no report can be written there.
    pub fn prepare(path: &Utf8Path) -> Result<Self, Fault> {
        let refused = |reason: io::Error| Fault::system(format!("{path} cannot be written: {reason}"), &reason);
        let way = if path == "-" { Way::StandardOutput } else { prepared(path.as_std_path()).map_err(refused)? };
        Ok(Self { path: path.to_owned(), way })
    }

    /// Whether the report is written to standard output, where nothing else may then be written.
    pub fn is_standard_output(&self) -> bool {
        self.way == Way::StandardOutput
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Fault> {
        self.write_by(|file| file.write_all(bytes))
    }

    /// Writes the report a part at a time; gives what `write_parts` says of it.
    ///
    /// # Errors
    /// Why it cannot be made or written.
    pub fn write_by<T>(&self, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<T, Fault> {
        let Self { path, way } = self;
        let refused = |reason: io::Error| Fault::system(format!("{path} cannot be written: {reason}"), &reason);
        match way {
            Way::StandardOutput => written(io::stdout().lock(), write_parts).map_err(refused),
            // A link may have come meanwhile.
            Way::Renamed if is_replaceable(path.as_std_path()) => {
                Ok(write_whole_by(&Place::file(path).map_err(refused)?, write_parts)?)
            }
            Way::Renamed | Way::Into => {
                let file = OpenOptions::new().write(true).create(true).truncate(true).open(path).map_err(refused)?;
                written(file, write_parts).map_err(refused)
            }
        }
    }
}

/// Appends to a file of a user's, which is made if need be and then has `most` bytes at most.
///
/// # Errors
/// Why it cannot be written, or that it would be too long.
pub fn append(path: &Utf8Path, bytes: &[u8], most: u64) -> Result<(), Fault> {
    let refused = |reason: io::Error| Fault::system(format!("{path} cannot be written: {reason}"), &reason);
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(refused)?;
    let before = file.metadata().map_err(refused)?.len();
    if before.saturating_add(bytes.len() as u64) > most {
        let message = format!("{path} has {} already, and may have {} in all", counted(before, "byte"), counted(most, "byte"));
        return Err(Fault::usage(message).help("write the summary in a step of its own"));
    }
    file.write_all(bytes).map_err(refused)
}

fn written<T>(file: impl Write, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut file = BufWriter::new(file);
    let said = write_parts(&mut file)?;
    file.flush()?;
    Ok(said)
}

/// Takes away what a regular file at `path`, or one that a link there leads to, holds.
fn prepared(path: &Path) -> io::Result<Way> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(reason) if reason.kind() == io::ErrorKind::NotFound => {
            let directory = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
            return fs::read_dir(directory).map(|_| Way::Renamed);
        }
        Err(reason) => return Err(reason),
    };
    if there.is_file() && fs::remove_file(path).is_ok() {
        return Ok(Way::Renamed);
    }
    match fs::metadata(path) {
        Ok(target) if is_standard_output(&target) => Ok(Way::StandardOutput),
        Ok(target) if target.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(target) if target.is_file() => File::options().write(true).truncate(true).open(path).map(|_| Way::Into),
        // A link that leads nowhere makes its file.
        Ok(_) | Err(_) => Ok(Way::Into),
    }
}

/// Whether nothing, or a regular file, is at `path`.
fn is_replaceable(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(there) => there.is_file(),
        Err(reason) => reason.kind() == io::ErrorKind::NotFound,
    }
}

/// Whether it is the file that standard output is: opened once more, one would write over what the other wrote.
fn is_standard_output(there: &Metadata) -> bool {
    fstat(io::stdout()).is_ok_and(|stdout| (stdout.st_dev, stdout.st_ino) == (there.dev(), there.ino()))
}
