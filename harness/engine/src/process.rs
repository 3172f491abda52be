//! Runs one program to its end: its streams captured, its time and output bounded, nothing of its process group left.
//!
//! A program is the leader of a process group of its own. It has ended when that leader has: what it left running in
//! its group is killed then, and what they wrote before is kept. One thread watches everything with one `poll`.

mod leader;
mod streams;
mod timer;

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use camino::Utf8PathBuf;
use fixgate_core::project::Limits;
use serde::{Deserialize, Serialize};

use crate::system;
use leader::Leader;
pub(crate) use leader::OPEN_FILES;
use streams::Streams;
use timer::Timer;

/// One program to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Command {
    /// An absolute path, or a name without a slash, to be found in the `PATH` of `environment`.
    pub program: Utf8PathBuf,
    /// Everything after the program's name.
    pub arguments: Vec<String>,
    /// The whole environment: nothing is inherited from this process.
    pub environment: Vec<(String, String)>,
    /// Where the program starts.
    pub directory: Utf8PathBuf,
    /// How long the program may take. What goes by while this process is stopped does not count.
    pub timeout: Duration,
    /// How many bytes the program may write to each of its two output streams.
    pub output_limit: u64,
}

impl Command {
    /// The path of the program, which need not exist.
    pub(crate) fn found_program(&self) -> io::Result<Utf8PathBuf> {
        if self.program.as_str().contains('/') {
            return Ok(self.program.clone());
        }
        let path = self.environment.iter().find(|(name, _)| name == "PATH").map_or("", |(_, path)| path.as_str());
        let mut places = path.split(':').map(|place| self.directory.join(place).join(&self.program));
        places.find(|place| place.is_file()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// By itself, with this exit code.
    Exited(i32),
    /// By this signal, which this module did not send.
    Signalled(i32),
    /// Killed: it was still running at its timeout.
    TimedOut,
    /// More than the limit came from this stream, regardless of what else happened; killed if it still ran.
    OutputExceeded(Stream),
}

/// One of the two captured streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The most memory that a program had resident at one time, in bytes.
///
/// The system starts counting before the program replaces the image of this process, so what is below this
/// process's own peak can't be told apart from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeakMemory {
    /// Just this much.
    Exactly(u64),
    /// This much or less: it is hidden behind what this process needed itself.
    AtMost(u64),
}

/// What came of running a program.
#[derive(Debug, Clone)]
pub struct ProgramOutcome {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// From before its start until its end was seen, less what does not count.
    pub elapsed: Duration,
    /// Its own peak, or that of the largest of the descendants it waited for.
    pub peak_memory: PeakMemory,
}

/// A program that could not be started or not be watched: the harness has no answer, and the product is not to blame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    message: String,
    kind: StartErrorKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum StartErrorKind {
    /// The system refused it, and nothing was missing.
    Denied,
    /// A build is not as it was found.
    Exchanged,
    /// Anything else.
    Other,
}

impl StartError {
    pub(crate) fn start(command: &Command, reason: &io::Error) -> Self {
        let (program, directory) = (&command.program, &command.directory);
        let more = if !directory.is_dir() {
            "; there is no such directory"
        } else if reason.kind() == io::ErrorKind::NotFound && program.exists() {
            "; the program exists, so the interpreter or loader it asks for is missing"
        } else {
            ""
        };
        Self {
            message: format!("cannot start `{program}` in `{directory}`: {reason}{more}"),
            kind: if reason.kind() == io::ErrorKind::PermissionDenied { StartErrorKind::Denied } else { StartErrorKind::Other },
        }
    }

    /// A program of a build that is not as it was found.
    pub(crate) fn exchanged(program: &Path) -> Self {
        let message = format!("`{}` is not the program that it was: its build was replaced", program.display());
        Self { message, kind: StartErrorKind::Exchanged }
    }

    /// Whether a build is not as it was found.
    pub(crate) fn is_exchange(&self) -> bool {
        self.kind == StartErrorKind::Exchanged
    }

    /// Adds what explains that the program was refused to be started.
    pub(crate) fn explain(&mut self, explanation: impl FnOnce() -> Option<String>) {
        if let Some(explanation) = (self.kind == StartErrorKind::Denied).then(explanation).flatten() {
            self.message = format!("{}; {explanation}", self.message);
        }
    }

    fn watch(command: &Command, reason: &io::Error) -> Self {
        let message = format!("cannot watch `{}`, so it was killed: {reason}", command.program);
        Self { message, kind: StartErrorKind::Other }
    }
}

/// Runs `command` to its end. Its standard input is `/dev/null`, or with `input` a pipe, even if nothing comes through it.
///
/// Only a descendant that left the process group can outlive this call; it is not waited for.
///
/// # Errors
/// When the program cannot be started, or not be watched; it is then killed.
pub fn run(command: &Command, input: Option<&[u8]>) -> Result<ProgramOutcome, StartError> {
    run_in(command, input, &Surroundings::default())
}

/// What a program is kept within.
#[derive(Debug, Default)]
pub(crate) struct Surroundings<'a> {
    /// What it may use up.
    pub(crate) limits: Option<&'a Limits>,
    /// The Landlock ruleset that confines it.
    pub(crate) domain: Option<BorrowedFd<'a>>,
    /// Once the other end of this is closed no process waits for the outcome, and the program is killed.
    pub(crate) client: Option<BorrowedFd<'a>>,
}

/// As [`run`], within surroundings.
pub(crate) fn run_in(
    command: &Command,
    input: Option<&[u8]>,
    surroundings: &Surroundings<'_>,
) -> Result<ProgramOutcome, StartError> {
    let mut timer = Timer::start(command.timeout);
    let not_started = |reason: io::Error| StartError::start(command, &reason);
    let unwatchable = |reason: io::Error| StartError::watch(command, &reason);

    let (mut streams, ends) = Streams::open(input, command.output_limit).map_err(not_started)?;
    let leader = Leader::start(command, ends, surroundings).map_err(not_started)?;
    let stopped = watch(&leader, &mut streams, &mut timer, surroundings.client).map_err(unwatchable)?;
    let reaped = leader.end().map_err(unwatchable)?;
    let exceeded = streams.drain().map_err(unwatchable)?;

    let (stdout, stderr) = streams.into_captured();
    Ok(ProgramOutcome {
        ending: exceeded.map(Ending::OutputExceeded).or(stopped).unwrap_or_else(|| own_ending(reaped.status)),
        stdout,
        stderr,
        elapsed: timer.counted(),
        peak_memory: peak_memory(reaped.peak_memory),
    })
}

/// Moves bytes until the leader has exited (`None`) or must be stopped, and why.
fn watch(
    leader: &Leader,
    streams: &mut Streams,
    timer: &mut Timer,
    client: Option<BorrowedFd<'_>>,
) -> io::Result<Option<Ending>> {
    streams.send_first()?;
    let at_once = streams::exits_at_once(leader.exit())?;
    timer.look();
    if at_once {
        return Ok(None);
    }
    loop {
        if timer.is_over() {
            return Ok(Some(Ending::TimedOut));
        }
        let ready = streams.wait(leader.exit(), client, timer.wait())?;
        timer.look();
        if ready.exited {
            return Ok(None);
        }
        if ready.client_gone {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "its caller is gone"));
        }
        if let Some(stream) = streams.transfer(&ready)? {
            return Ok(Some(Ending::OutputExceeded(stream)));
        }
    }
}

fn own_ending(status: ExitStatus) -> Ending {
    match status.code() {
        Some(code) => Ending::Exited(code),
        // A process that has ended without an exit code was ended by a signal.
        None => Ending::Signalled(status.signal().unwrap_or_default()),
    }
}

fn peak_memory(counted: u64) -> PeakMemory {
    if counted > system::own_peak_memory() { PeakMemory::Exactly(counted) } else { PeakMemory::AtMost(counted) }
}
