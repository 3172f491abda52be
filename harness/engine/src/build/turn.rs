//! Turns at a build: many may use one, and only one may make it.

use std::fs::{File, TryLockError};
use std::io;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::{BuildError, Progress};
use crate::place::Place;
use crate::stop::StopFlag;

/// How long to wait before looking again.
const ATTENTION: Duration = Duration::from_millis(100);

/// What a turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Together with others: no process makes it meanwhile.
    Using,
    /// Alone.
    Making,
}

/// A turn at a build. It lasts until the file is closed by everybody whom it was given to, also by their death.
#[derive(Debug)]
pub struct Turn(pub(super) File);

/// Those who want a turn at one build.
pub(super) struct Queue<'q> {
    pub(super) name: &'q str,
    pub(super) place: Place,
    pub(super) stop: &'q StopFlag,
    pub(super) has_told: bool,
}

impl Queue<'_> {
    /// Waits for a turn; tells once that it does.
    pub(super) fn take(&mut self, purpose: Purpose, progress: &mut dyn FnMut(Progress)) -> Result<Turn, BuildError> {
        let file = open(&self.place).map_err(BuildError::place("open", &self.place))?;
        loop {
            match try_lock(&file, purpose) {
                Ok(()) => return Ok(Turn(file)),
                Err(TryLockError::WouldBlock) if self.stop.load(Ordering::Relaxed) => {
                    return Err(BuildError::Stopped(self.name.to_owned()));
                }
                Err(TryLockError::WouldBlock) => {
                    if !self.has_told {
                        progress(Progress::Waiting { name: self.name });
                    }
                    self.has_told = true;
                    thread::sleep(ATTENTION);
                }
                Err(TryLockError::Error(error)) => return Err(BuildError::place("lock", &self.place)(error)),
            }
        }
    }

    /// A turn to use the build, if no other process has it now.
    pub(super) fn try_use(&self) -> Option<Turn> {
        let file = self.place.open().ok()?;
        try_lock(&file, Purpose::Using).ok()?;
        Some(Turn(file))
    }
}

fn try_lock(file: &File, purpose: Purpose) -> Result<(), TryLockError> {
    match purpose {
        Purpose::Using => file.try_lock_shared(),
        Purpose::Making => file.try_lock(),
    }
}

/// Where nothing may be written, a build can still be used.
fn open(place: &Place) -> io::Result<File> {
    match place.open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => place.open_to_write(),
        opened => opened,
    }
}
