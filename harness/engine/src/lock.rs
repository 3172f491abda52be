//! One run at a time in a directory.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::place::Place;
use crate::stop::StopFlag;

/// How long a holder may take to end that is being killed, or to write its id.
const GRACE: Duration = Duration::from_millis(500);
/// How long the lock of a process that has ended may stay held, by a child that has not come to its own program yet.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is asked for meanwhile.
const STEP: Duration = Duration::from_millis(10);

const FILE_NAME: &str = ".lock";

/// The right to be the only run in a directory, until it is dropped or this process dies in any way.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

/// Why the right was not given.
#[derive(Debug)]
pub enum LockError {
    /// Another process has it.
    Held {
        /// The directory.
        directory: PathBuf,
        /// The process that has it, as far as it has said so.
        process: Option<u32>,
    },
    /// The lock file can't be used.
    File {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Held { directory, process } => {
                let directory = directory.display();
                match process {
                    Some(id) => write!(f, "process {id} is already at work in `{directory}`")?,
                    None => write!(f, "another process is already at work in `{directory}`")?,
                }
                write!(f, "; wait for it to end, or end it")
            }
            Self::File { path, source } => write!(f, "cannot lock `{}`: {source}", path.display()),
        }
    }
}

impl std::error::Error for LockError {}

impl DirectoryLock {
    /// Takes the right to `directory`, which is created if need be; does not wait for it.
    pub fn acquire(directory: &Place) -> Result<Self, LockError> {
        let place = directory.join(FILE_NAME);
        let failed = |source| LockError::File { path: place.path().into(), source };
        directory.make().map_err(failed)?;
        // The file stays when the lock goes: to remove it would let two processes lock two files of one name.
        let mut file = place.open_to_write().map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let directory = directory.path().into();
                return Err(LockError::Held { directory, process: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }

    /// As [`acquire`](Self::acquire), but waits for a process that has ended to let go of it; `on_wait` is told of its id. Does not
    /// wait for one that is at work.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    pub fn acquire_after(directory: &Place, stop: &StopFlag, on_wait: &mut dyn FnMut(u32)) -> Result<Self, LockError> {
        let begun = Instant::now();
        let mut told = None;
        loop {
            let (held, process) = match Self::acquire(directory) {
                Err(held @ LockError::Held { process, .. }) => (held, process),
                other => return other,
            };
            let ended = process.filter(|process| !is_at_work(*process));
            let patience = if ended.is_some() { PATIENCE } else { GRACE };
            if begun.elapsed() >= patience || stop.load(Ordering::Relaxed) {
                return Err(held);
            }
            if let Some(ended) = ended.filter(|_| told != ended) {
                on_wait(ended);
                told = Some(ended);
            }
            thread::sleep(STEP);
        }
    }
}

/// Whether there is such a process, and it is no zombie.
fn is_at_work(process: u32) -> bool {
    let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return false };
    if test_kill_process(pid) == Err(Errno::SRCH) {
        return false;
    }
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').map_or("", |(_, rest)| rest.trim_start());
    !state.starts_with(['Z', 'X'])
}

/// The holder writes its id right after it has the lock, so for a moment there is none to read.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;

    fn root(place: &tempfile::TempDir) -> Place {
        Place::root(Utf8Path::from_path(place.path()).expect("a plain name")).expect("a directory")
    }

    #[test]
    fn the_second_is_told_who_is_first_and_gets_its_turn_afterwards() {
        let place = tempfile::tempdir().expect("a temporary directory");
        let directory = root(&place).join("new");
        let first = DirectoryLock::acquire(&directory).expect("no other process is here");
        let message = DirectoryLock::acquire(&directory).expect_err("one is enough").to_string();
        assert!(message.contains(&format!("process {}", process::id())), "{message}");
        drop(first);
        DirectoryLock::acquire(&directory).expect("the first is gone");
    }

    #[test]
    fn a_place_that_is_no_directory_is_named() {
        let place = tempfile::tempdir().expect("a temporary directory");
        fs::write(place.path().join("file"), "").expect("a writable directory");
        let file = root(&place).join("file");
        let message = DirectoryLock::acquire(&file).expect_err("it is a file").to_string();
        assert!(message.contains("file/.lock"), "{message}");
    }
}
