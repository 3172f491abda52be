//! Journals: append-only JSON lines, a header first, then records. And files that are replaced whole.
//!
//! A record is there once its line has its newline. If anything kills the writer, nothing more than the end of the last
//! write is lost, and a reader can tell.

mod lines;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use fixgate_core::id::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use self::lines::{Contents, Lines, lines, read};
use crate::place::{PendingFile, Place};

/// Why a journal can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refused.
    #[error("cannot {doing} `{path}`: {source}")]
    File {
        /// What was being done, as in "cannot … `path`".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A record has no JSON form.
    #[error("cannot put a record into `{path}`: {source}")]
    Record {
        /// The journal it was meant for.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A whole line is not what it should be: something else has written here.
    #[error("{path}:{line}: this line is no record of a journal: {source}")]
    Line {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// There is not even a whole header.
    #[error("`{0}` ends before its header does, so it says nothing; start the run again")]
    NoHeader(PathBuf),
    /// An earlier write failed halfway and could not be taken back, so that nothing may follow it.
    #[error("an earlier write to `{0}` failed halfway; resume the run once that is mended")]
    Broken(PathBuf),
}

impl JournalError {
    pub(crate) fn file(doing: &'static str, place: &Place) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = place.path().into_std_path_buf();
        move |source| Self::File { doing, path, source }
    }
}

/// A journal being written. No other process may write to it meanwhile.
#[derive(Debug)]
pub struct Journal {
    place: Place,
    file: File,
    /// The length of what is whole; `None` after a failed write that could not be taken back.
    whole: Option<u64>,
    /// Of every whole line.
    sha: Sha256,
}

impl Journal {
    /// Starts a journal; there must be no file in its place.
    pub fn create<H: Serialize>(place: &Place, header: &H) -> Result<Self, JournalError> {
        let file = place.create_new().map_err(JournalError::file("create", place))?;
        let mut journal = Self { place: place.clone(), file, whole: Some(0), sha: Sha256::new() };
        journal.append([header])?;
        Ok(journal)
    }

    /// Goes on with a journal that its writer has left, without the last line if that was cut off.
    pub fn resume(place: &Place) -> Result<Self, JournalError> {
        let mut file = place.open_to_append().map_err(JournalError::file("open", place))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(JournalError::file("read", place))?;
        let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            return Err(JournalError::NoHeader(place.path().into()));
        };
        let whole = newline as u64 + 1;
        file.set_len(whole).map_err(JournalError::file("cut", place))?;
        let sha = Sha256::new().chain_update(&bytes[..=newline]);
        Ok(Self { place: place.clone(), file, whole: Some(whole), sha })
    }

    /// Adds `records` by one write, after which they outlive this process. All of them are added or, on error, none.
    pub fn append<'a, R: Serialize + 'a>(&mut self, records: impl IntoIterator<Item = &'a R>) -> Result<(), JournalError> {
        let whole = self.whole.ok_or_else(|| JournalError::Broken(self.place.path().into()))?;
        let mut lines = Vec::new();
        for record in records {
            serde_json::to_writer(&mut lines, record).map_err(|source| {
                let path = self.place.path().into();
                JournalError::Record { path, source }
            })?;
            lines.push(b'\n');
        }
        if let Err(error) = self.file.write_all(&lines) {
            // Half a line would run into the next one.
            self.whole = self.file.set_len(whole).ok().map(|()| whole);
            return Err(JournalError::file("write to", &self.place)(error));
        }
        self.whole = Some(whole + lines.len() as u64);
        self.sha.update(&lines);
        Ok(())
    }

    /// Says that the file has another name by now.
    pub fn moved(&mut self, place: &Place) {
        place.clone_into(&mut self.place);
    }

    /// The digest of every line so far.
    pub fn digest(&self) -> Digest {
        <[u8; 32]>::from(self.sha.clone().finalize()).into()
    }

    /// Waits until everything appended would outlive this machine's power, too.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(JournalError::file("write out", &self.place))
    }
}

/// Puts `bytes` in place of the file at `path`: a reader, also after a crash, finds the old or the new, whole.
pub fn write_whole(place: &Place, bytes: &[u8]) -> Result<(), JournalError> {
    write_whole_by(place, |file| file.write_all(bytes))
}

/// As [`write_whole`], for what is written a part at a time: if `write_parts` fails, the old stays.
pub fn write_whole_by<T>(place: &Place, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<T, JournalError> {
    let (aside, said) = PendingFile::write(place, write_parts).map_err(JournalError::file("write", place))?;
    put(aside)?;
    Ok(said)
}

/// Puts what was written aside in its place.
pub(crate) fn put(aside: PendingFile) -> Result<(), JournalError> {
    let failed = JournalError::file("write", aside.place());
    aside.put().map_err(failed)
}
