//! Worker processes: small ones that start the programs under test, one at a time, so that the harness itself never does.
//!
//! A worker is this very executable, started again. It has one thread, little memory and no files open, which makes starting
//! a program from it as cheap as the machine allows; it has a session of its own, so that no terminal's signal reaches what it
//! runs; and it is the parent of every orphan that a program leaves, so that it can end them all before the next one starts.
//! When the harness dies, by whatever cause, its workers end what they run and themselves.
//!
//! Both sides speak lines of JSON, each followed by the bytes whose lengths it tells: first the command and its input, then
//! the answer and both output streams.

mod serve;

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pool::StopFlag;
use crate::process::{Command, Ending, Outcome, PeakMemory, StartError};

pub use self::serve::serve_if_asked;

/// The first argument of a worker.
const ASKED: &str = "--fixgate-worker";

/// How long the harness may wait for a worker before it looks whether it shall stop.
const ATTENTION: Duration = Duration::from_millis(100);

/// What a worker is asked for.
#[derive(Debug, Serialize, Deserialize)]
struct Request<C> {
    command: C,
    /// The length of the input; `None` is `/dev/null`.
    input: Option<usize>,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// The program has ended; so many bytes came from its streams.
    Ended { ending: Ending, stdout: usize, stderr: usize, elapsed: Duration, peak_memory: PeakMemory },
    /// It could not be run.
    NotRun(StartError),
}

/// Why there is no outcome.
#[derive(Debug)]
pub enum NoOutcome {
    /// The harness shall stop: the program was ended, and nothing can be said of it.
    Stopped,
    /// The harness could not tell, and why.
    Harness(String),
}

impl From<StartError> for NoOutcome {
    fn from(error: StartError) -> Self {
        Self::Harness(error.to_string())
    }
}

/// What there is to be said of a result; nothing if the harness shall stop.
pub fn unless_stopped<T>(result: Result<T, NoOutcome>) -> Option<Result<T, String>> {
    match result {
        Ok(value) => Some(Ok(value)),
        Err(NoOutcome::Harness(reason)) => Some(Err(reason)),
        Err(NoOutcome::Stopped) => None,
    }
}

/// Somebody who runs programs, in a process of its own that is started when it is first needed, and again when it was lost.
#[derive(Debug)]
pub struct Worker<'s> {
    stop: &'s StopFlag,
    process: Option<Process<'s>>,
}

impl<'s> Worker<'s> {
    /// A worker that leaves off when `stop` is set.
    pub fn new(stop: &'s StopFlag) -> Self {
        Self { stop, process: None }
    }

    /// Runs a program to its end; nothing of it is left then, not even a daemon.
    ///
    /// # Errors
    /// When the program cannot be run, the worker itself is lost, or the harness shall stop.
    pub fn run(&mut self, command: &Command, input: Option<&[u8]>) -> Result<Outcome, NoOutcome> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(self.stop)
                .map_err(|reason| NoOutcome::Harness(format!("a worker process cannot be started: {reason}")))?,
        };
        match process.ask(command, input) {
            Ok(answer) => {
                self.process = Some(process);
                Ok(answer?)
            }
            Err(_) if self.stop.load(Ordering::Relaxed) => Err(NoOutcome::Stopped),
            Err(reason) => {
                Err(NoOutcome::Harness(format!("the worker process that ran it was lost: {}", process.end_with(&reason))))
            }
        }
    }
}

/// A worker process, and the connection to it.
#[derive(Debug)]
struct Process<'s> {
    child: Child,
    answers: BufReader<Attentive<'s>>,
    requests: BufWriter<UnixStream>,
    line: Vec<u8>,
}

impl<'s> Process<'s> {
    fn start(stop: &'s StopFlag) -> io::Result<Self> {
        if serve::is_asked() {
            return Err(io::Error::other("this process was to be a worker itself: its main must begin with `serve_if_asked`"));
        }
        let (ours, theirs) = UnixStream::pair()?;
        let child = std::process::Command::new("/proc/self/exe")
            .arg(ASKED)
            .env_clear()
            .current_dir("/")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .spawn()?;
        ours.set_read_timeout(Some(ATTENTION))?;
        let answers = BufReader::new(Attentive { stream: ours.try_clone()?, stop });
        Ok(Self { child, answers, requests: BufWriter::new(ours), line: Vec::new() })
    }

    fn ask(&mut self, command: &Command, input: Option<&[u8]>) -> io::Result<Result<Outcome, StartError>> {
        send(&mut self.requests, &Request { command, input: input.map(<[u8]>::len) }, &[input.unwrap_or_default()])?;
        Ok(match receive(&mut self.answers, &mut self.line)?.ok_or(io::ErrorKind::UnexpectedEof)? {
            Answer::NotRun(error) => Err(error),
            Answer::Ended { ending, stdout, stderr, elapsed, peak_memory } => {
                let (stdout, stderr) = (bytes(&mut self.answers, stdout)?, bytes(&mut self.answers, stderr)?);
                Ok(Outcome { ending, stdout, stderr, elapsed, peak_memory })
            }
        })
    }

    /// How the process ended, or else what is wrong with the connection.
    fn end_with(mut self, reason: &io::Error) -> String {
        self.disconnect();
        match self.child.wait() {
            Ok(status) if !status.success() => status.to_string(),
            Ok(_) | Err(_) => reason.to_string(),
        }
    }

    /// The worker's sign to end what it runs, and itself.
    fn disconnect(&self) {
        // It fails only where there is no connection any more.
        let _ = self.requests.get_ref().shutdown(std::net::Shutdown::Both);
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        self.disconnect();
        let _ = self.child.wait();
    }
}

/// A stream whose reader leaves off when it shall.
#[derive(Debug)]
struct Attentive<'s> {
    stream: UnixStream,
    stop: &'s StopFlag,
}

impl Read for Attentive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && !self.stop.load(Ordering::Relaxed) => {}
                result => return result,
            }
        }
    }
}

fn send(writer: &mut impl Write, head: &impl Serialize, bodies: &[&[u8]]) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, head)?;
    writer.write_all(b"\n")?;
    bodies.iter().try_for_each(|body| writer.write_all(body))?;
    writer.flush()
}

/// `None` where the other side has closed the connection.
fn receive<T: for<'de> Deserialize<'de>>(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<T>> {
    line.clear();
    reader.read_until(b'\n', line)?;
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(line)?))
}

fn bytes(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(1 << 16));
    let read = reader.take(length as u64).read_to_end(&mut bytes)?;
    if read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}
