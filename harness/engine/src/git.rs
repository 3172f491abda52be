//! Questions to git. A failure of git's is never an answer: it comes back in git's own words.

mod history;
mod objects;
mod view;
mod walk;

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::{Pid, Signal, kill_process_group};

pub(crate) use self::history::{History, Version};
pub(crate) use self::objects::{ObjectId, ObjectKind, Objects};
use self::view::View;
pub(crate) use self::walk::{Entry, RecordsOf};
use crate::bounded::{self, FILE_LIMIT};
use crate::fault::Fault;
use crate::inherited::program_path;

/// How long git may take over one question.
const LIMIT: Duration = Duration::from_secs(120);
/// The most that is kept of what git complains about.
const WORDS: u64 = 64 << 10;

/// A repository that is asked. Git sees nothing of it but its objects and its refs.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    directory: Utf8PathBuf,
    view: Arc<View>,
    program: &'static str,
    limit: Duration,
}

impl Git {
    /// Of the repository whose work tree this directory is.
    ///
    /// # Errors
    /// When its `.git` is no repository that can be read.
    pub(crate) fn at(directory: &Utf8Path) -> Result<Self, Fault> {
        Self::of(directory, false)
    }

    /// Of the repository that this directory is.
    ///
    /// # Errors
    /// When it cannot be read as one.
    pub(crate) fn bare(directory: &Utf8Path) -> Result<Self, Fault> {
        Self::of(directory, true)
    }

    fn of(directory: &Utf8Path, is_bare: bool) -> Result<Self, Fault> {
        let view = View::of(directory, is_bare).map_err(|why| failed(directory, &why))?;
        Ok(Self { directory: directory.to_owned(), view: Arc::new(view), program: "git", limit: LIMIT })
    }

    /// Whether the repository has only a part of the history.
    pub(crate) fn is_shallow(&self) -> bool {
        self.view.is_shallow
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
        let read = running.child.stdout.take().map_or(Ok(Vec::new()), |stdout| bounded::read(stdout, FILE_LIMIT));
        let ended = running.end();
        match (read, ended) {
            (Ok(answer), Ended { status: Some(status), .. }) if status.success() => {
                String::from_utf8(answer).map_err(|_| self.failed("its answer is not UTF-8"))
            }
            (Err(reason), Ended { is_late: false, .. }) => Err(self.failed(&reason.to_string())),
            (_, ended) => Err(self.why(&ended)),
        }
    }

    /// Starts git. Nothing but where programs are comes from the environment: no variable such as `GIT_DIR`, and neither the
    /// person's settings nor the machine's. It runs in a directory of ours, not in the repository.
    fn start(&self, arguments: &[&str], stdin: Stdio) -> Result<Running, Fault> {
        let mut command = Command::new(self.program);
        command.env_clear().envs(program_path().map(|path| ("PATH", path)));
        command.env("GIT_DIR", self.view.path()).current_dir(self.view.path());
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_NO_REPLACE_OBJECTS", "1")]);
        command.envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]);
        command.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn().map_err(|reason| {
            self.failed(&format!("it cannot be started: {reason}"))
                .help("install git, or put it on PATH, and run the same command again")
        })?;
        Ok(Running::new(child, self.limit))
    }

    /// What is wrong when a process of git's did not do what it was asked for.
    fn why(&self, ended: &Ended) -> Fault {
        match ended {
            Ended { is_late: true, .. } => {
                let fault = self.failed(&format!("it did not answer within {} s", self.limit.as_secs()));
                fault.help("see whether that disk answers, and whether `git fsck` comes to an end there")
            }
            Ended { words, .. } if !words.trim().is_empty() => self.failed(words.trim()),
            Ended { status: Some(status), .. } => self.failed(&format!("it ended with {status}")),
            Ended { status: None, .. } => self.failed("it ended, and nothing says how"),
        }
    }

    fn failed(&self, why: &str) -> Fault {
        failed(&self.directory, why)
    }
}

fn failed(directory: &Utf8Path, why: &str) -> Fault {
    let (first, rest) = why.split_once('\n').unwrap_or((why, ""));
    let fault = Fault::harness(format!("git cannot be asked about {directory}: {first}")).detail(rest);
    fault.help("mend that, and run the same command again; `git fsck` there says more")
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
                // It leads a group of its own, and is not waited for before this thread has ended, so that the id is still its own.
                kill_process_group(process, Signal::KILL).ok();
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
///
/// # Errors
/// Why the system does not tell.
pub(crate) fn controlled(directory: &Utf8Path) -> Result<Option<&Utf8Path>, Fault> {
    for above in directory.ancestors() {
        let git = above.join(".git");
        match git.symlink_metadata() {
            Ok(_) => return Ok(Some(above)),
            Err(reason) if matches!(reason.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(reason) => return Err(Fault::system(format!("{git} cannot be looked at: {reason}"), &reason)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with nothing in it.
    fn empty() -> (tempfile::TempDir, Utf8PathBuf) {
        let place = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(place.path()).unwrap().to_owned();
        for directory in ["objects", "refs"] {
            std::fs::create_dir(path.join(directory)).unwrap();
        }
        std::fs::write(path.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        (place, path)
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started_and_told() {
        let (_place, path) = empty();
        let git = Git { program: "sh", limit: Duration::from_millis(200), ..Git::bare(&path).unwrap() };
        let refused = git.ask(&["-c", "echo no >&2; exit 1"]).unwrap_err();
        assert_eq!(refused.message, format!("git cannot be asked about {path}: no"));
        // The second `sleep` holds the pipe that is read, and belongs to the group.
        let late = git.ask(&["-c", "sleep 600 & sleep 600"]).unwrap_err();
        assert!(late.message.ends_with("it did not answer within 0 s"), "{late}");
    }
}
