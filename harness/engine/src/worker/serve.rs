//! The worker's own side: it takes a command, runs it to its end and answers, until the harness closes the connection.

use std::env;
use std::io::{self, BufReader, BufWriter};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use fixgate_core::project::{Isolation, Limits};
use rustix::process::{getpid, setsid};

use super::confine::Confinement;
use super::process::{bytes, receive, send};
use super::{ASKED, Answer, Engagement, Request, Terms};
use crate::orphans::{self, Reach};
use crate::process::{Command, Outcome, StartError, Surroundings, run_in};
use crate::system;

/// Serves the harness, if this process was started to do that, and gives how it shall end.
///
/// Whoever executes scenarios must call it before anything else: workers are the same executable, started again.
pub fn serve_if_asked() -> Option<ExitCode> {
    if !is_asked() {
        return None;
    }
    Some(match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // The harness was killed, or has no use for the answer any more.
        Err(reason) if [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset].contains(&reason.kind()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("fixgate worker {}: {reason}", getpid());
            ExitCode::FAILURE
        }
    })
}

/// Whether this process was started as a worker.
pub(super) fn is_asked() -> bool {
    env::args_os().nth(1).is_some_and(|argument| argument == ASKED)
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
    let Some(Engagement::<Terms> { terms, network, place }) = receive(&mut requests, &mut buffer)? else { return Ok(()) };
    let confined = match terms.isolation {
        Isolation::Process => Ok(None),
        Isolation::Strict => Confinement::enter(&terms, network, &place).map(Some),
    };
    send(&mut answers, &confined.as_ref().map(|_| ()), &[])?;
    let Ok(mut confinement) = confined else { return Ok(()) };
    let reach = if confinement.is_some() { Reach::Descendants } else { Reach::Anybody };
    while let Some(Request::<Command> { command, input }) = receive(&mut requests, &mut buffer)? {
        let input = input.map(|length| bytes(&mut requests, length)).transpose()?;
        let outcome = run_apart(&command, input.as_deref(), (&terms.limits, confinement.as_mut()), &client);
        if let Err(reason) = orphans::end(reach) {
            return send(&mut answers, &Answer::Overrun(reason.to_string()), &[]);
        }
        match outcome {
            Err(error) => send(&mut answers, &Answer::NotRun(error), &[])?,
            Ok(outcome) => {
                let answer = Answer::Ended {
                    ending: outcome.ending,
                    stdout: outcome.stdout.len(),
                    stderr: outcome.stderr.len(),
                    elapsed: outcome.elapsed,
                    peak_memory: outcome.peak_memory,
                };
                send(&mut answers, &answer, &[&outcome.stdout, &outcome.stderr])?;
            }
        }
    }
    Ok(())
}

fn run_apart(
    command: &Command,
    input: Option<&[u8]>,
    (limits, confinement): (&Limits, Option<&mut Confinement>),
    client: &UnixStream,
) -> Result<Outcome, StartError> {
    let domain = confinement.map(|confinement| confinement.domain(&command.directory)).transpose();
    let domain = domain.map_err(|reason| StartError::start(command, &io::Error::other(reason)))?;
    run_in(command, input, &Surroundings { limits: Some(limits), domain, client: Some(client.as_fd()) })
}
