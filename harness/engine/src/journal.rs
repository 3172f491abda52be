//! Journals: append-only JSON lines, a header first, then records. And files that are replaced whole.
//!
//! A record is there once its line has its newline. Whatever kills the writer, nothing more than the end of the last
//! write is lost, and a reader can tell.

mod lines;

use std::fmt;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fixgate_core::id::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

pub use self::lines::{Contents, Lines, lines, read};

/// Why a journal can't be written or read.
#[derive(Debug)]
pub enum JournalError {
    /// The system refused.
    File {
        /// What was being done, as in "cannot … `path`".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record has no JSON form.
    Record {
        /// The journal it was meant for.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A whole line is not what it should be: something else has written here.
    Line {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There is not even a whole header.
    NoHeader(PathBuf),
    /// An earlier write failed halfway and could not be taken back, so that nothing may follow it.
    Broken(PathBuf),
}

impl JournalError {
    fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::File { doing, path, source } => {
                write!(f, "cannot {doing} `{}`: {source}", path.display())
            }
            Self::Record { path, source } => {
                write!(f, "cannot put a record into `{}`: {source}", path.display())
            }
            Self::Line { path, line, source } => {
                write!(f, "{}:{line}: this line is no record of a journal: {source}", path.display())
            }
            Self::NoHeader(path) => {
                write!(f, "`{}` ends before its header does, so it says nothing; start the run again", path.display())
            }
            Self::Broken(path) => {
                write!(f, "an earlier write to `{}` failed halfway; resume the run once that is mended", path.display())
            }
        }
    }
}

impl std::error::Error for JournalError {}

/// A journal being written. Nobody else may write to it meanwhile.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// The length of what is whole; `None` after a failed write that could not be taken back.
    whole: Option<u64>,
    /// Of every whole line.
    sha: Sha256,
}

impl Journal {
    /// Starts a journal; there must be no file at `path`.
    pub fn create<H: Serialize>(path: &Path, header: &H) -> Result<Self, JournalError> {
        let file = OpenOptions::new().append(true).create_new(true).open(path).map_err(JournalError::file("create", path))?;
        let mut journal = Self { path: path.to_owned(), file, whole: Some(0), sha: Sha256::new() };
        journal.append([header])?;
        Ok(journal)
    }

    /// Goes on with a journal that its writer has left, without the last line if that was cut off.
    pub fn resume(path: &Path) -> Result<Self, JournalError> {
        let file = OpenOptions::new().append(true).open(path).map_err(JournalError::file("open", path))?;
        let bytes = fs::read(path).map_err(JournalError::file("read", path))?;
        let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            return Err(JournalError::NoHeader(path.to_owned()));
        };
        let whole = newline as u64 + 1;
        file.set_len(whole).map_err(JournalError::file("cut", path))?;
        let sha = Sha256::new().chain_update(&bytes[..=newline]);
        Ok(Self { path: path.to_owned(), file, whole: Some(whole), sha })
    }

    /// Adds `records` by one write, after which they outlive this process. All of them are added or, on error, none.
    pub fn append<'a, R: Serialize + 'a>(&mut self, records: impl IntoIterator<Item = &'a R>) -> Result<(), JournalError> {
        let whole = self.whole.ok_or_else(|| JournalError::Broken(self.path.clone()))?;
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record).map_err(|source| {
                let path = self.path.clone();
                JournalError::Record { path, source }
            })?;
            lines.push(b'\n');
        }
        if let Err(error) = self.file.write_all(&lines) {
            // Half a line would run into the next one.
            self.whole = self.file.set_len(whole).ok().map(|()| whole);
            return Err(JournalError::file("write to", &self.path)(error));
        }
        self.whole = Some(whole + lines.len() as u64);
        self.sha.update(&lines);
        Ok(())
    }

    /// Says that the file has another name by now.
    pub fn moved(&mut self, path: &Path) {
        path.clone_into(&mut self.path);
    }

    /// The digest of every line so far.
    pub fn digest(&self) -> Digest {
        <[u8; 32]>::from(self.sha.clone().finalize()).into()
    }

    /// Waits until everything appended would outlive this machine's power, too.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(JournalError::file("write out", &self.path))
    }
}

/// What the name of a file begins with that is being written, until it is renamed.
const ASIDE: &str = ".fixgate-";

/// Whether a file is what a killed writer left aside.
pub fn is_aside(name: &str) -> bool {
    name.starts_with(ASIDE)
}

/// Removes what killed writers left aside in a directory; to be called by the only one who writes there.
pub fn remove_asides(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_aside) {
            // What stays is in nobody's way: it is no record and no report.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Puts `bytes` in place of whatever is at `path`: a reader, also after a crash, finds the old or the new, whole.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    write_whole_by(path, |file| file.write_all(bytes))
}

/// As [`write_whole`], for what is written a part at a time: if `write_parts` fails, the old stays.
pub fn write_whole_by<T>(path: &Path, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<T, JournalError> {
    let (aside, said) = Aside::write(path, write_parts)?;
    aside.put()?;
    Ok(said)
}

/// A file that is whole and on disk, and not yet in its place.
#[derive(Debug)]
pub struct Aside {
    file: NamedTempFile,
    path: PathBuf,
}

impl Aside {
    /// Writes what shall be at `path` beside it; gives what `write_parts` says of it, too.
    pub fn write<T>(path: &Path, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<(Self, T), JournalError> {
        let write = || {
            let mut file = tempfile::Builder::new()
                .prefix(ASIDE)
                // As for any new file: the process's mask takes away what it should.
                .permissions(Permissions::from_mode(0o666))
                .tempfile_in(directory(path))?;
            let said = write_parts(&mut file)?;
            file.as_file().sync_all()?;
            Ok((Self { file, path: path.to_owned() }, said))
        };
        write().map_err(JournalError::file("write", path))
    }

    /// Puts it in the place of whatever is there.
    pub fn put(self) -> Result<(), JournalError> {
        let Self { file, path } = self;
        let put = || {
            file.persist(&path)?;
            File::open(directory(&path))?.sync_all()
        };
        put().map_err(JournalError::file("write", &path))
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    }
}
