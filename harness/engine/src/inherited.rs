//! What the harness itself makes of what it inherits, so that it works as anywhere else.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

use crate::fault::Fault;
use crate::system;

/// How many files the harness may have open, if the system lets it: each worker takes a few.
const OPEN_FILES: u64 = 4096;
/// Its stack.
const STACK: u64 = 8 << 20;

/// Below this the harness itself may end for it.
const LEAST_STACK: u64 = 1 << 20;

/// Prepares this process; to be called first, while it has one thread.
///
/// # Errors
/// When it could not work with what it has.
pub fn prepare() -> Result<(), Fault> {
    system::own_signals();
    // It has to read what it writes, and to enter the directories that it makes.
    let own = umask(Mode::RWXU);
    umask(own.difference(Mode::RWXU));
    for (resource, wanted) in [(Resource::Nofile, Some(OPEN_FILES)), (Resource::Stack, Some(STACK)), (Resource::Fsize, None)] {
        raise(resource, wanted);
    }
    match getrlimit(Resource::Stack).current {
        Some(stack) if stack < LEAST_STACK => {
            let message = format!(
                "the harness inherited a limit of {stack} on the stack, and programs under test are to have {STACK}: it could fail them"
            );
            Err(Fault::harness(message).help("raise it: `ulimit -s`"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Raises a limit of this process, as far as the system lets it; `None` is without limit.
fn raise(resource: Resource, wanted: Option<u64>) {
    let Rlimit { current, maximum } = getrlimit(resource);
    let highest = [wanted, maximum].into_iter().flatten().min();
    if current.is_some_and(|current| highest.is_none_or(|highest| current < highest)) {
        let _ = setrlimit(resource, Rlimit { current: highest, maximum });
    }
}

/// `PATH`, less what is no absolute path: that would be a place in the current directory, which others may control.
pub(crate) fn program_path() -> Option<OsString> {
    let path = std::env::var_os("PATH")?;
    // Places that were separated before can be joined again.
    std::env::join_paths(std::env::split_paths(&path).filter(|place| place.is_absolute())).ok()
}

/// A stream that is waited for where it does not wait by itself: the parent process may have set it so.
#[derive(Debug)]
pub struct Patient<W>(pub W);

impl<W: Write + AsFd> Patient<W> {
    fn until_done<T>(&mut self, mut attempt: impl FnMut(&mut W) -> io::Result<T>) -> io::Result<T> {
        loop {
            match attempt(&mut self.0) {
                Err(reason) if reason.kind() == io::ErrorKind::WouldBlock => {
                    // Interrupted: it is tried again.
                    let _ = poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None);
                }
                result => return result,
            }
        }
    }
}

impl<W: Write + AsFd> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.until_done(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.until_done(W::flush)
    }
}
