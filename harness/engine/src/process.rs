//! Runs one program to its end: its streams captured, its time and output bounded, nothing of its process group left.
//!
//! A program is the leader of a process group of its own. It has ended when that leader has: what it left running in
//! its group is killed then, and what they wrote before is kept. One thread watches everything with one `poll`.

mod leader;
mod streams;

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{self, Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::system;
use leader::Leader;
use streams::Streams;

/// One program to run.
#[derive(Debug, Clone)]
pub struct Command<'a> {
    /// An absolute path, or a name without a slash, to be found in the `PATH` of `environment`.
    pub program: &'a Path,
    /// Everything after the program's name.
    pub arguments: &'a [String],
    /// The whole environment: nothing is inherited from this process.
    pub environment: &'a [(String, String)],
    /// Where the program starts.
    pub directory: &'a Path,
    /// Standard input: `None` is `/dev/null`, `Some` a pipe, even if nothing comes through it.
    pub input: Option<&'a [u8]>,
    /// How long the program may take.
    pub timeout: Duration,
    /// How many bytes the program may write to each of its two output streams.
    pub output_limit: u64,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this exit code.
    Exited(i32),
    /// By this signal, which this module did not send.
    Signalled(i32),
    /// Killed: it was still running at its timeout.
    TimedOut,
    /// More than the limit came from this stream, whatever else happened; killed if it still ran.
    OutputExceeded(Stream),
}

/// One of the two captured streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeakMemory {
    /// Just this much.
    Exactly(u64),
    /// This much or less: it is hidden behind what this process needed itself.
    AtMost(u64),
}

/// What came of running a program.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// From before its start until its end was seen.
    pub elapsed: Duration,
    /// Its own peak, or that of the largest of the descendants it waited for.
    pub peak_memory: PeakMemory,
}

/// A program that could not be started or not be watched: the harness has no answer, and the product is not to blame.
#[derive(Debug)]
pub struct StartError {
    program: PathBuf,
    directory: PathBuf,
    attempt: Attempt,
    source: io::Error,
}

/// What the harness was doing when it failed.
#[derive(Debug)]
enum Attempt {
    Start,
    Watch,
}

impl StartError {
    fn new(command: &Command, attempt: Attempt, source: io::Error) -> Self {
        let (program, directory) = (command.program.to_owned(), command.directory.to_owned());
        Self { program, directory, attempt, source }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (program, directory) = (self.program.display(), self.directory.display());
        match self.attempt {
            Attempt::Start => write!(f, "cannot start `{program}` in `{directory}`: {}", self.source)?,
            Attempt::Watch => {
                return write!(f, "cannot watch `{program}`, so it was killed: {}", self.source);
            }
        }
        if !self.directory.is_dir() {
            write!(f, "; there is no such directory")
        } else if self.source.kind() == io::ErrorKind::NotFound && self.program.exists() {
            write!(f, "; the program exists, so the interpreter or loader it asks for is missing")
        } else {
            Ok(())
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Runs `command` to its end.
///
/// Only a descendant that left the process group can outlive this call; it is not waited for.
pub fn run(command: &Command) -> Result<Outcome, StartError> {
    let begun = Instant::now();
    // A timeout beyond what the clock can say is none.
    let deadline = begun.checked_add(command.timeout);
    let mut child = start(command, deadline).map_err(|error| StartError::new(command, Attempt::Start, error))?;
    let unwatchable = |error| StartError::new(command, Attempt::Watch, error);

    let leader = Leader::of(&child);
    let mut streams = Streams::of(&mut child, command).map_err(unwatchable)?;
    let stopped = watch(&leader, &mut streams, deadline).map_err(unwatchable)?;
    let elapsed = begun.elapsed();
    let reaped = leader.end().map_err(unwatchable)?;
    let exceeded = streams.drain().map_err(unwatchable)?;

    let (stdout, stderr) = streams.into_captured();
    Ok(Outcome {
        ending: exceeded.map(Ending::OutputExceeded).or(stopped).unwrap_or_else(|| own_ending(reaped.status)),
        stdout,
        stderr,
        elapsed,
        peak_memory: peak_memory(reaped.peak_memory),
    })
}

/// Starts the program as the leader of a new process group.
///
/// Nothing here needs code to run between fork and exec, so that the standard library can use `posix_spawn`, which
/// does not copy this process's page tables.
fn start(command: &Command, deadline: Option<Instant>) -> io::Result<Child> {
    let input = command.input.map_or_else(Stdio::null, |_| Stdio::piped());
    let mut prepared = process::Command::new(command.program);
    prepared
        .args(command.arguments)
        .env_clear()
        .envs(command.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(command.directory)
        .process_group(0)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    loop {
        match prepared.spawn() {
            // A file that this process has just written is open for writing in any child that another thread was
            // starting meanwhile, until that child replaces its image. It is a matter of a moment.
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && !has_passed(deadline) => {
                thread::sleep(Duration::from_millis(1));
            }
            result => return result,
        }
    }
}

/// Moves bytes until the leader has exited (`None`) or must be stopped, and why.
fn watch(leader: &Leader, streams: &mut Streams, deadline: Option<Instant>) -> io::Result<Option<Ending>> {
    let exit = leader.exit()?;
    if streams::exits_at_once(exit.as_fd())? {
        return Ok(None);
    }
    loop {
        if has_passed(deadline) {
            return Ok(Some(Ending::TimedOut));
        }
        let ready = streams.wait(exit.as_fd(), deadline)?;
        if ready.exited {
            return Ok(None);
        }
        if let Some(stream) = streams.transfer(&ready)? {
            return Ok(Some(Ending::OutputExceeded(stream)));
        }
    }
}

fn has_passed(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
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
