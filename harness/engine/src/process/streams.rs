//! The three streams of one running program, none of which can block the thread that serves them.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, fcntl_setfl, openat};
use rustix::io::{Errno, ioctl_fionread, read, write};
use rustix::pipe::{PipeFlags, pipe_with};

use super::Stream;

/// As much as a pipe holds by default.
const BUFFER_SIZE: usize = 64 * 1024;

/// How long a program is left alone at first, at most; enough for a small one to start, write and exit.
const HEAD_START: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };

/// Waits for the exit alone, for a moment, and says whether it came.
///
/// Most programs end soon and write less than a pipe holds: to wake for each write would only take time from them.
/// One that fills its pipe meanwhile waits for the moment to pass.
pub(super) fn exits_at_once(exit: BorrowedFd) -> io::Result<bool> {
    let mut polled = [PollFd::from_borrowed_fd(exit, PollFlags::IN)];
    match poll(&mut polled, Some(&HEAD_START)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What can go on without waiting.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) exited: bool,
    pub(super) client_gone: bool,
    input: bool,
    stdout: bool,
    stderr: bool,
}

/// Our ends of a program's pipes; each is dropped as soon as nothing more can come through it.
#[derive(Debug)]
pub(super) struct Streams<'a> {
    input: Input<'a>,
    stdout: Capture,
    stderr: Capture,
}

/// The program's ends of its streams.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) input: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

impl<'a> Streams<'a> {
    /// New streams, none of which any other program gets to see.
    pub(super) fn open(input: Option<&'a [u8]>, limit: u64) -> io::Result<(Self, Ends)> {
        let (stdout, stdout_end) = pipe_with(PipeFlags::CLOEXEC)?;
        let (stderr, stderr_end) = pipe_with(PipeFlags::CLOEXEC)?;
        let (input, input_end) = match input {
            None => {
                let null = openat(CWD, "/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
                (Input { pipe: None, rest: &[] }, null)
            }
            Some(rest) => {
                let (input_end, pipe) = pipe_with(PipeFlags::CLOEXEC)?;
                fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
                (Input { pipe: Some(pipe), rest }, input_end)
            }
        };
        let streams = Self { input, stdout: Capture::of(stdout, limit)?, stderr: Capture::of(stderr, limit)? };
        Ok((streams, Ends { input: input_end, stdout: stdout_end, stderr: stderr_end }))
    }

    /// Writes as much of the input as fits into the pipe, without waiting.
    pub(super) fn send_first(&mut self) -> io::Result<()> {
        self.input.send()
    }

    /// Waits until the program has exited, the client has gone, a stream can go on or so much time has gone by.
    pub(super) fn wait(&self, exit: BorrowedFd, client: Option<BorrowedFd>, longest: Duration) -> io::Result<Ready> {
        let client = match client {
            Some(client) => PollFd::from_borrowed_fd(client, PollFlags::RDHUP),
            None => PollFd::from_borrowed_fd(exit, PollFlags::empty()),
        };
        let mut polled = [
            PollFd::from_borrowed_fd(exit, PollFlags::IN),
            client,
            place(&self.input.pipe, PollFlags::OUT, exit),
            place(&self.stdout.pipe, PollFlags::IN, exit),
            place(&self.stderr.pipe, PollFlags::IN, exit),
        ];
        match poll(&mut polled, Timespec::try_from(longest).ok().as_ref()) {
            // Interrupted: as if nothing were ready, and the caller looks at the clock again.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [exited, client_gone, input, stdout, stderr] = polled.map(|descriptor| !descriptor.revents().is_empty());
        Ok(Ready { exited, client_gone, input, stdout, stderr })
    }

    /// Moves what is `ready`, and names the stream that went beyond the limit, if one did.
    pub(super) fn transfer(&mut self, ready: &Ready) -> io::Result<Option<Stream>> {
        if ready.input {
            self.input.send()?;
        }
        if ready.stdout && self.stdout.receive()? == Received::TooMuch {
            return Ok(Some(Stream::Stdout));
        }
        if ready.stderr && self.stderr.receive()? == Received::TooMuch {
            return Ok(Some(Stream::Stderr));
        }
        Ok(None)
    }

    /// Takes what is in the pipes now that the program has ended, and names the stream that went beyond the limit.
    ///
    /// It does not wait for the end of a stream, which a process that left the process group may hold open for ever.
    pub(super) fn drain(&mut self) -> io::Result<Option<Stream>> {
        if self.stdout.drain()? == Received::TooMuch {
            return Ok(Some(Stream::Stdout));
        }
        if self.stderr.drain()? == Received::TooMuch {
            return Ok(Some(Stream::Stderr));
        }
        Ok(None)
    }

    /// Standard output and standard error.
    pub(super) fn into_captured(self) -> (Vec<u8>, Vec<u8>) {
        (self.stdout.bytes, self.stderr.bytes)
    }
}

/// A closed stream keeps its place by asking nothing of a descriptor that is there anyway.
fn place<'fd>(pipe: &'fd Option<OwnedFd>, wanted: PollFlags, instead: BorrowedFd<'fd>) -> PollFd<'fd> {
    match pipe {
        Some(pipe) => PollFd::new(pipe, wanted),
        None => PollFd::from_borrowed_fd(instead, PollFlags::empty()),
    }
}

/// What is left to be written to standard input.
#[derive(Debug)]
struct Input<'a> {
    pipe: Option<OwnedFd>,
    rest: &'a [u8],
}

impl Input<'_> {
    /// Writes what fits; closes the pipe after the last byte, or when no process can read it any more.
    fn send(&mut self) -> io::Result<()> {
        while let Some(pipe) = &self.pipe {
            if self.rest.is_empty() {
                self.pipe = None;
                break;
            }
            match write(pipe, self.rest) {
                Ok(written) => self.rest = self.rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(Errno::PIPE) => self.pipe = None,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// What one attempt at receiving came to.
#[derive(Debug, PartialEq, Eq)]
enum Received {
    /// All that there was is captured.
    All,
    /// More than the limit has come; the stream is closed.
    TooMuch,
}

/// One output stream and what has come from it, never more than `limit`.
#[derive(Debug)]
struct Capture {
    pipe: Option<OwnedFd>,
    bytes: Vec<u8>,
    limit: u64,
}

impl Capture {
    /// Does not wait even when there is something to read: a program can open the pipe of its own output, and read it first.
    fn of(pipe: OwnedFd, limit: u64) -> io::Result<Self> {
        fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
        Ok(Self { pipe: Some(pipe), bytes: Vec::new(), limit })
    }

    /// Reads once, and closes the pipe at its end.
    fn receive(&mut self) -> io::Result<Received> {
        let Some(pipe) = &self.pipe else {
            return Ok(Received::All);
        };
        let mut buffer = [MaybeUninit::uninit(); BUFFER_SIZE];
        let (read, _) = match read(pipe, &mut buffer[..]) {
            Ok(halves) => halves,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(Received::All),
            Err(error) => return Err(error.into()),
        };
        if read.is_empty() {
            self.pipe = None;
        }
        let room = self.limit.saturating_sub(self.bytes.len() as u64);
        let fitting = usize::try_from(room).map_or(read.len(), |room| room.min(read.len()));
        self.bytes.extend_from_slice(&read[..fitting]);
        if fitting < read.len() {
            self.pipe = None;
            return Ok(Received::TooMuch);
        }
        Ok(Received::All)
    }

    /// Reads as many bytes as are in the pipe at the time of the call.
    fn drain(&mut self) -> io::Result<Received> {
        let Some(pipe) = &self.pipe else {
            return Ok(Received::All);
        };
        let until = (self.bytes.len() as u64).saturating_add(ioctl_fionread(pipe)?);
        loop {
            let before = self.bytes.len();
            if before as u64 >= until {
                return Ok(Received::All);
            }
            if self.receive()? == Received::TooMuch {
                return Ok(Received::TooMuch);
            }
            // Nothing came although something was there: another process that holds the pipe has taken it.
            if self.bytes.len() == before {
                return Ok(Received::All);
            }
        }
    }
}
