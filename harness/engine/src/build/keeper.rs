//! The keeper of a recipe: a process that runs it, and ends everything that it started.
//!
//! It is this very executable, started again, and confines the recipe, not itself: the recipe can neither end it nor speak for it.
//! As the parent of every orphan below it, it finds daemons too; when the harness dies,
//! for any reason, it ends the recipe. Only when nothing is left that could write to the build does it say how the recipe ended.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, setsid, umask};
use serde::{Deserialize, Serialize};

use super::confine::{Reach, Sandbox};
use super::rust;
use super::variables::inherited;
use crate::orphans;
use crate::stop::StopFlag;
use crate::system;
use crate::wire::{StoppableStream, receive, send};

/// The first argument of a keeper; what the recipe may reach and its words follow.
const ASKED: &str = "--fixgate-recipe";

/// How a recipe ended, as its keeper says it.
#[derive(Debug, Serialize, Deserialize)]
enum KeeperReport {
    /// With this status, as the system gives it.
    Ended(i32),
    /// It could not be started; the system's number of the reason.
    NotStarted(i32),
    /// It could not be confined as it must be, and why.
    NotConfined(String),
    /// What it left running cannot be ended, and why.
    LeftRunning(String),
}

/// How a recipe ended. But for the last two, nothing of it runs any more.
pub(super) enum Ended {
    /// By itself.
    With(ExitStatus),
    /// It could not be started.
    NotStarted(io::Error),
    /// The harness shall stop.
    Stopped,
    /// What it left running cannot be ended.
    LeftRunning(String),
    /// Its keeper was lost.
    Lost(io::Error),
}

/// Runs a recipe to its end. Its standard input is the file of its turn, which is empty: it keeps the turn as long as it lives.
pub(super) fn run(
    (words, reach): (&[String], &Reach),
    directory: &Path,
    (turn, log): (&File, &File),
    stop: &StopFlag,
) -> io::Result<Ended> {
    if is_asked() {
        return Err(io::Error::other("this process was to be a keeper itself: its main must begin with `serve_if_asked`"));
    }
    let (ours, theirs) = UnixStream::pair()?;
    let mut keeper = Command::new("/proc/self/exe")
        .arg(ASKED)
        .arg(serde_json::to_string(reach)?)
        .args(words)
        .current_dir(directory)
        .stdin(OwnedFd::from(theirs))
        .stdout(turn.try_clone()?)
        .stderr(log.try_clone()?)
        .spawn()?;
    let said = StoppableStream::new(ours, stop).and_then(|stream| {
        // Dropped, the stream is the keeper's sign to end the recipe, and itself.
        let mut answers = BufReader::new(stream);
        receive::<KeeperReport>(&mut answers, &mut Vec::new())?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    });
    let status = keeper.wait()?;
    Ok(match said {
        Ok(KeeperReport::Ended(status)) => Ended::With(ExitStatus::from_raw(status)),
        Ok(KeeperReport::NotStarted(reason)) => Ended::NotStarted(io::Error::from_raw_os_error(reason)),
        Ok(KeeperReport::NotConfined(reason)) => Ended::NotStarted(io::Error::other(reason)),
        Ok(KeeperReport::LeftRunning(reason)) => Ended::LeftRunning(reason),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock && status.success() => Ended::Stopped,
        Err(_) if !status.success() => Ended::Lost(io::Error::other(status.to_string())),
        Err(error) => Ended::Lost(error),
    })
}

/// Keeps a recipe, if this process was started to do that, and gives how it shall end.
pub(crate) fn keep_if_asked() -> Option<ExitCode> {
    is_asked().then(|| match keep() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            tell(format_args!("the recipe could not be looked after: {reason}"));
            ExitCode::FAILURE
        }
    })
}

/// Writes into the recipe's log, if that can be written: a full disk changes nothing about the recipe's end.
fn tell(what: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "fixgate: {what}");
}

fn is_asked() -> bool {
    env::args_os().nth(1).is_some_and(|argument| argument == ASKED)
}

fn keep() -> io::Result<()> {
    // Refused only to the leader of a group, which is then out of the terminal's reach as well.
    let _ = setsid();
    system::default_signals();
    // A build's modes are those that its recipe gives, not those of the caller's umask.
    umask(Mode::from_raw_mode(0o022));
    orphans::adopt()?;
    let mut harness = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let said = match start() {
        Err(reason) => match reason.raw_os_error() {
            Some(reason) => KeeperReport::NotStarted(reason),
            None => KeeperReport::NotConfined(reason.to_string()),
        },
        Ok(mut recipe) => {
            if !has_ended_first(&recipe, &harness)? {
                orphans::end(orphans::Reach::Everything)?;
                return Ok(());
            }
            let status = recipe.wait()?;
            match orphans::end(orphans::Reach::Everything) {
                Ok(0) => KeeperReport::Ended(status.into_raw()),
                Ok(left) => {
                    tell(format_args!("ended {left} process(es) that the recipe left running"));
                    KeeperReport::Ended(status.into_raw())
                }
                Err(reason) => KeeperReport::LeftRunning(reason.to_string()),
            }
        }
    };
    send(&mut harness, &said, &[])
}

/// Starts the recipe: the turn is its standard input, the log both of its outputs.
fn start() -> io::Result<Child> {
    let (turn, log) = (io::stdout().as_fd().try_clone_to_owned()?, io::stderr().as_fd().try_clone_to_owned()?);
    let mut words = env::args_os().skip(2);
    let reach: Reach = serde_json::from_str(&words.next().unwrap_or_default().to_string_lossy()).map_err(io::Error::other)?;
    let program: OsString = words.next().unwrap_or_default();
    let inherited = inherited();
    let settings = reach.toolchain_settings.clone().and_then(|path| Some((path, rust::settings(&inherited)?)));
    let sandbox = Sandbox::prepare(&reach, settings)?;
    let path = inherited.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone()).unwrap_or_default();
    let places = reach.programs.iter().cloned().chain(env::split_paths(&path));
    let path = env::join_paths(places).map_err(io::Error::other)?;
    let mut command = Command::new(program);
    command.args(words).env_clear().envs(inherited).env("PATH", path).envs(reach.variables);
    command.stdin(turn).stdout(log.try_clone()?).stderr(log);
    system::spawn_prepared(&mut command, move || sandbox.enter())
}

/// Waits until the recipe has ended, or the harness has no use for it any more; says whether it was the recipe.
fn has_ended_first(recipe: &Child, harness: &UnixStream) -> io::Result<bool> {
    let exit = pidfd_open(Pid::from_child(recipe), PidfdFlags::empty())?;
    loop {
        // The harness never writes: what is to be read there is the end.
        let mut watched = [PollFd::new(&exit, PollFlags::IN), PollFd::new(harness, PollFlags::IN)];
        match poll(&mut watched, None) {
            Ok(_) if !watched[0].revents().is_empty() => return Ok(true),
            Ok(_) if !watched[1].revents().is_empty() => return Ok(false),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
