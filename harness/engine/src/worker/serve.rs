//! The worker's own side: it takes commands, runs each to its end and answers, until the harness closes the connection.

use std::io::{self, BufReader, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use fixgate_core::case::Network;
use fixgate_core::circumstances::Mounts;
use fixgate_core::project::Isolation;
use rustix::process::{getpid, setsid};

use super::messages::{Answer, Engagement, Reply, Request, Standing};
use super::settle::{Scheduled, settle};
use super::{WorkerRules, is_asked};
use crate::build::keep_if_asked;
use crate::confine::{Allowed, Confinement, NotConfined, give_up_privileges};
use crate::orphans::{self, Reach};
use crate::process::{Command, ProgramOutcome, StartError, Surroundings, run_in};
use crate::system;
use crate::wire::{bytes, receive, send};
use crate::workdir::DirectorySnapshot;

/// After so much time no other program of a series is begun: the harness waits for what came of them, and another worker could run
/// those that are left.
const LONGEST_SERIES: Duration = Duration::from_millis(10);

/// Serves the harness, if this process was started to do that, and gives how it shall end.
///
/// A program that executes scenarios or obtains builds must call it before anything else: workers, and the keepers of recipes, are the same
/// executable, started again.
pub fn serve_if_asked() -> Option<ExitCode> {
    if !is_asked() {
        return keep_if_asked();
    }
    Some(match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // The harness was killed, or has no use for the answer any more.
        Err(reason) if [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset].contains(&reason.kind()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(io::stderr(), "fixgate worker {}: {reason}", getpid());
            ExitCode::FAILURE
        }
    })
}

fn serve() -> io::Result<()> {
    // Refused only to the leader of a group, which is then out of the terminal's reach as well.
    let _ = setsid();
    system::default_signals();
    system::close_inherited();
    orphans::adopt()?;
    let client = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut requests = BufReader::new(client.try_clone()?);
    let mut answers = BufWriter::new(client.try_clone()?);
    let mut buffer = Vec::new();
    let Some(Engagement::<WorkerRules> { terms, network, place }) = receive(&mut requests, &mut buffer)? else { return Ok(()) };
    let held = settle(&terms.limits);
    let scheduled = Scheduled::now();
    let confined = match terms.isolation {
        Isolation::Process => {
            give_up_privileges()?;
            Ok(None)
        }
        Isolation::Strict => Confinement::enter(&allowed(&terms, network), &place).map(Some),
    };
    let (mut confinement, standing) = match confined {
        Ok(confinement) => {
            let mounts = confinement.as_ref().map_or(Mounts::AsTheyAre, Confinement::mounts);
            (confinement, Standing::Ready(held, mounts))
        }
        Err(reason) => {
            let standing = match reason {
                NotConfined::NotOffered(reason) => Standing::NotIsolated(reason),
                NotConfined::Short(reason) => Standing::Short(reason, held),
            };
            send(&mut answers, &standing, &[])?;
            return answers.flush();
        }
    };
    send(&mut answers, &standing, &[])?;
    answers.flush()?;
    let reach = if confinement.is_some() { Reach::Descendants } else { Reach::Everything };
    while let Some(Request::<Command, Vec<Utf8PathBuf>> { readable, programs }) = receive(&mut requests, &mut buffer)? {
        let read = |input: &Option<usize>| input.map(|length| bytes(&mut requests, length)).transpose();
        let inputs: Vec<Option<Vec<u8>>> = programs.iter().map(|(_, input)| input).map(read).collect::<io::Result<_>>()?;
        let mut series = Series::begin(&programs);
        for ((command, _), input) in programs.iter().zip(inputs) {
            let confined = confinement.as_mut().map(|confinement| (confinement, &*readable));
            let outcome = run_apart(command, input.as_deref(), (&terms, confined), &client);
            let ended = orphans::end(reach).and_then(|_| is_as_it_was(&scheduled));
            if let Err(reason) = ended {
                send(&mut answers, &Reply { answer: Answer::Overrun(reason.to_string()), is_last: true }, &[])?;
                return answers.flush();
            }
            let is_last = !series.goes_on();
            reply(&mut answers, outcome, is_last)?;
            if is_last {
                break;
            }
        }
        answers.flush()?;
    }
    Ok(())
}

/// Holds if no program changed how its worker is scheduled: those after it would find that.
fn is_as_it_was(scheduled: &Scheduled) -> io::Result<()> {
    if Scheduled::now() == *scheduled {
        return Ok(());
    }
    Err(io::Error::other("it changed the priority or the processors of the process that started it"))
}

/// What every program of a worker may reach; each also has a directory, and what it needs.
fn allowed(terms: &WorkerRules, network: Network) -> Allowed {
    let WorkerRules { read, write, unix_sockets, hidden, .. } = terms.clone();
    Allowed { read, write, unix_sockets, hidden, network }.with_system()
}

fn reply(answers: &mut impl Write, outcome: Result<ProgramOutcome, StartError>, is_last: bool) -> io::Result<()> {
    match outcome {
        Err(error) => send(answers, &Reply { answer: Answer::NotRun(error), is_last }, &[]),
        Ok(ProgramOutcome { ending, stdout, stderr, elapsed, peak_memory }) => {
            let answer = Answer::Ended { ending, stdout: stdout.len(), stderr: stderr.len(), elapsed, peak_memory };
            send(answers, &Reply { answer, is_last }, &[&stdout, &stderr])
        }
    }
}

/// Programs that are run one after the other in one directory, each of which has to find it as the first one did.
struct Series<'c> {
    begun: Instant,
    left: usize,
    /// Nothing for a single program, and where the system does not let itself be asked.
    directory: Option<(&'c Path, DirectorySnapshot)>,
}

impl<'c> Series<'c> {
    fn begin(programs: &'c [(Command, Option<usize>)]) -> Self {
        let directory = match programs {
            [] | [_] => None,
            [(first, _), ..] => {
                DirectorySnapshot::noted(first.directory.as_std_path()).map(|made| (first.directory.as_std_path(), made))
            }
        };
        Self { begun: Instant::now(), left: programs.len(), directory }
    }

    /// Whether the next program may begin, now that one has ended.
    fn goes_on(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        let is_untouched = |(path, made): &mut (&Path, DirectorySnapshot)| made.is_untouched(path);
        self.left > 0 && self.begun.elapsed() < LONGEST_SERIES && self.directory.as_mut().is_some_and(is_untouched)
    }
}

fn run_apart(
    command: &Command,
    input: Option<&[u8]>,
    (terms, confined): (&WorkerRules, Option<(&mut Confinement, &[Utf8PathBuf])>),
    client: &UnixStream,
) -> Result<ProgramOutcome, StartError> {
    if let Some(exchanged) = terms.found.iter().find(|program| !program.is_as_found()) {
        return Err(StartError::exchanged(exchanged.path()));
    }
    let domain = confined.map(|(confinement, readable)| confinement.domain(&command.directory, readable)).transpose();
    let domain = domain.map_err(|reason| StartError::start(command, &io::Error::other(reason)))?;
    run_in(command, input, &Surroundings { limits: Some(&terms.limits), domain, client: Some(client.as_fd()) })
}
