//! Questions to git. A failure of git's is never an answer: it comes back in git's own words.

mod objects;
mod walk;

use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, Signal, kill_process};

pub(crate) use self::objects::{Kind, ObjectId, Objects};
pub(crate) use self::walk::{Entry, RecordsOf};
use crate::fault::Fault;

/// How long git may take over one question.
const LIMIT: Duration = Duration::from_secs(120);
/// The most that is kept of what git complains about.
const WORDS: u64 = 64 << 10;

/// A repository that is asked.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    directory: Utf8PathBuf,
    is_bare: bool,
    program: &'static str,
    limit: Duration,
}

impl Git {
    /// Of the repository that a directory lies in.
    pub(crate) fn at(directory: &Utf8Path) -> Self {
        Self { directory: directory.to_owned(), is_bare: false, program: "git", limit: LIMIT }
    }

    /// Of the repository that this directory is.
    pub(crate) fn bare(directory: &Utf8Path) -> Self {
        Self { is_bare: true, ..Self::at(directory) }
    }

    pub(crate) fn directory(&self) -> &Utf8Path {
        &self.directory
    }

    /// What git answers.
    ///
    /// # Errors
    /// When git cannot be started, takes too long or refuses, with what it said.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Result<String, Fault> {
        self.ask_of(arguments, "")
    }

    /// As [`Self::ask`], about a few lines.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) fn ask_of(&self, arguments: &[&str], lines: &str) -> Result<String, Fault> {
        let mut running = self.start(arguments, Stdio::piped())?;
        // If it ends before it has read them, what it says tells why.
        running.child.stdin.take().map(|mut stdin| stdin.write_all(lines.as_bytes()));
        let mut answer = Vec::new();
        let read = running.child.stdout.take().map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut answer));
        let ended = running.end();
        match (read, ended) {
            (Ok(_), Ended { status: Some(status), .. }) if status.success() => {
                String::from_utf8(answer).map_err(|_| self.failed("its answer is not UTF-8"))
            }
            (Err(reason), Ended { is_late: false, .. }) => Err(self.failed(&reason.to_string())),
            (_, ended) => Err(self.failed(&self.why(&ended))),
        }
    }

    /// Starts git. Nothing but where programs and the person's settings are comes from the environment: variables such as
    /// `GIT_DIR` would have git speak of another repository. The settings are needed for `safe.directory`. Nothing is replaced,
    /// fetched or run for an answer.
    fn start(&self, arguments: &[&str], stdin: Stdio) -> Result<Running, Fault> {
        let mut command = Command::new(self.program);
        command.env_clear().envs(["PATH", "HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs([("GIT_NO_REPLACE_OBJECTS", "1"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_OPTIONAL_LOCKS", "0")]);
        command.envs([("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]);
        command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.bareRepository=explicit"]);
        command.arg("-C").arg(&self.directory);
        if self.is_bare {
            command.arg("--git-dir=.");
        }
        command.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|reason| {
            self.failed(&format!("it cannot be started: {reason}"))
                .help("install git, or put it on PATH, and run the same command again")
        })?;
        Ok(Running::new(child, self.limit))
    }

    /// Why a process of git's did not do what it was asked for.
    fn why(&self, ended: &Ended) -> String {
        match ended {
            Ended { is_late: true, .. } => format!("it did not answer within {} s", self.limit.as_secs()),
            Ended { words, .. } if !words.trim().is_empty() => words.trim().to_owned(),
            Ended { status: Some(status), .. } => format!("it ended with {status}"),
            Ended { status: None, .. } => "it ended, and nothing says how".to_owned(),
        }
    }

    fn failed(&self, why: &str) -> Fault {
        let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
        let fault = Fault::harness(format!("git cannot be asked about {}: {first}", self.directory)).detail(rest);
        fault.help("do what git says, and run the same command again")
    }
}

/// A process of git's, which is ended when it takes too long.
#[derive(Debug)]
struct Running {
    child: Child,
    words: Option<JoinHandle<String>>,
    watch: Option<(Sender<()>, JoinHandle<bool>)>,
}

/// How a process ended.
#[derive(Debug)]
struct Ended {
    status: Option<std::process::ExitStatus>,
    is_late: bool,
    /// What it wrote to standard error.
    words: String,
}

impl Running {
    fn new(mut child: Child, limit: Duration) -> Self {
        let words = child.stderr.take().map(|stderr| thread::spawn(move || words(stderr)));
        let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (sender, receiver) = mpsc::channel();
        let watch = thread::spawn(move || {
            let is_late = receiver.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            if let Some(process) = process.filter(|_| is_late) {
                // It is not waited for before this thread has ended, so that the id is still its own.
                kill_process(process, Signal::KILL).ok();
            }
            is_late
        });
        Self { child, words, watch: Some((sender, watch)) }
    }

    /// Waits for it to end; its streams have been read, or are not wanted any more.
    fn end(&mut self) -> Ended {
        drop((self.child.stdin.take(), self.child.stdout.take()));
        let words = self.words.take().and_then(|words| words.join().ok()).unwrap_or_default();
        let is_late = self.watch.take().is_some_and(|(sender, watch)| {
            drop(sender);
            watch.join().unwrap_or_default()
        });
        Ended { status: self.child.wait().ok(), is_late, words }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.watch.is_some() {
            self.end();
        }
    }
}

/// The beginning of what is written; all of it is taken, so that the writer does not wait.
fn words(mut stderr: ChildStderr) -> String {
    let mut text = Vec::new();
    let read = stderr.by_ref().take(WORDS).read_to_end(&mut text);
    if read.is_ok() {
        io::copy(&mut stderr, &mut io::sink()).ok();
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The directory, this one or the nearest above it, that is under version control: it has a `.git`.
pub(crate) fn controlled(directory: &Utf8Path) -> Option<&Utf8Path> {
    directory.ancestors().find(|above| above.join(".git").symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended_and_told() {
        let git = Git { program: "sh", limit: Duration::from_millis(20), ..Git::at("/".into()) };
        // `sh` takes the options of git's for its own and refuses; `yes` never ends.
        let refused = git.ask(&[]).unwrap_err();
        assert!(refused.message.starts_with("git cannot be asked about /: "), "{refused}");
        let endless = Running::new(Command::new("sleep").arg("600").stderr(Stdio::piped()).spawn().unwrap(), git.limit).end();
        assert!(endless.is_late);
        assert!(git.why(&endless).starts_with("it did not answer within "));
    }
}
