//! Obtaining a build by its recipe, once.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::{Component, Path, PathBuf, absolute};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::BuildError;
use crate::pool::StopFlag;
use crate::remove::remove_tree;

/// How much of a failed recipe's output is shown.
const TAIL_BYTES: u64 = 4096;
/// How long to wait before looking whether to stop.
const ATTENTION: Duration = Duration::from_millis(100);

/// How a named build comes about.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// The build's name, which becomes its directory's.
    pub name: &'a str,
    /// Program and arguments; `${out}` in any of them is the directory to fill.
    pub command: &'a [String],
    /// Where the recipe runs.
    pub directory: &'a Path,
}

/// What may take long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Another process is at the same build; its result will do.
    Waiting {
        /// The build's name.
        name: &'a str,
    },
    /// The recipe runs.
    Building {
        /// The build's name.
        name: &'a str,
        /// Where its output goes.
        log: &'a Path,
    },
}

/// Gives the build's directory, `<builds>/<name>`, after running its recipe if it isn't there yet.
///
/// The recipe fills `<name>.partial`, which is renamed once it is whole; what it says goes to `<name>.log`. Whoever
/// comes second waits for the first, and for its recipe too if it was killed: two of them would give a build of neither.
///
/// # Errors
/// When the build cannot be had, or `stop` is set meanwhile; the recipe is ended then.
pub fn obtain(
    recipe: &Recipe,
    builds: &Path,
    stop: &StopFlag,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, BuildError> {
    let name = recipe.name;
    if !is_file_name(name) {
        return Err(BuildError::BadName(name.to_owned()));
    }
    let builds = absolute(builds).map_err(BuildError::file("find the directory", builds))?;
    let finished = builds.join(name);
    if finished.is_dir() {
        return Ok(finished);
    }
    fs::create_dir_all(&builds).map_err(BuildError::file("create", &builds))?;
    let turn = take_turn(name, &builds, stop, progress)?;
    // Whoever had the turn before may have finished it.
    if finished.is_dir() {
        return Ok(finished);
    }
    let partial = builds.join(format!("{name}.partial"));
    let log = builds.join(format!("{name}.log"));
    remove_tree(&partial).map_err(BuildError::file("remove", &partial))?;
    fs::create_dir(&partial).map_err(BuildError::file("create", &partial))?;
    progress(Progress::Building { name, log: &log });
    follow(recipe, &partial, &log, (turn, stop))?;
    fs::rename(&partial, &finished).map_err(BuildError::file("rename", &partial))?;
    Ok(finished)
}

fn is_file_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let only = components.next();
    only == Some(Component::Normal(name.as_ref())) && components.next().is_none()
}

/// The turn lasts until the file that is returned is closed, by whomever it was given to, also by their death.
fn take_turn(name: &str, builds: &Path, stop: &StopFlag, progress: &mut dyn FnMut(Progress)) -> Result<File, BuildError> {
    let path = builds.join(format!("{name}.lock"));
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
    let file = open.map_err(BuildError::file("create", &path))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if stop.load(Ordering::Relaxed) => return Err(BuildError::Stopped(name.to_owned())),
            Err(TryLockError::WouldBlock) => {
                if !told {
                    progress(Progress::Waiting { name });
                }
                told = true;
                thread::sleep(ATTENTION);
            }
            Err(TryLockError::Error(error)) => return Err(BuildError::file("lock", &path)(error)),
        }
    }
}

/// Runs the recipe in a process group of its own. The file of the turn, which is empty, is its standard input.
fn follow(recipe: &Recipe, out: &Path, log: &Path, (turn, stop): (File, &StopFlag)) -> Result<(), BuildError> {
    let name = recipe.name.to_owned();
    let out_text = out.to_string_lossy();
    let mut words = recipe.command.iter().map(|word| word.replace("${out}", &out_text));
    let Some(program) = words.next() else {
        return Err(BuildError::EmptyRecipe(name));
    };
    let output = File::create(log).map_err(BuildError::file("create", log))?;
    let errors = output.try_clone().map_err(BuildError::file("share", log))?;
    let started = Command::new(&program)
        .args(words)
        .current_dir(recipe.directory)
        .stdin(turn)
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn();
    let log = log.to_owned();
    match started.and_then(|child| ending(child, stop)) {
        Err(source) => Err(BuildError::RecipeNotStarted { name, program, source }),
        Ok(None) => Err(BuildError::Stopped(name)),
        Ok(Some(status)) if !status.success() => {
            Err(BuildError::RecipeFailed { name, ending: status.to_string(), tail: tail(&log), log })
        }
        Ok(Some(_)) => {
            let mut entries = fs::read_dir(out).map_err(BuildError::file("read", out))?;
            let first = entries.next();
            first.map(|_| ()).ok_or(BuildError::NothingBuilt { name, log })
        }
    }
}

/// Waits for a recipe to end; ends it, with its group, if it shall stop.
fn ending(mut child: Child, stop: &StopFlag) -> io::Result<Option<ExitStatus>> {
    let process = Pid::from_child(&child);
    let exit = pidfd_open(process, PidfdFlags::empty())?;
    let longest = Timespec::try_from(ATTENTION).ok();
    while !stop.load(Ordering::Relaxed) {
        match poll(&mut [PollFd::new(&exit, PollFlags::IN)], longest.as_ref()) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return child.wait().map(Some),
            Err(error) => return Err(error.into()),
        }
    }
    // It is not reaped, so the id is still its own and its group's.
    kill_process_group(process, Signal::KILL)?;
    child.wait().map(|_| None)
}

/// The end of the log, from the start of a line. It only illustrates an error, so it has none of its own.
fn tail(log: &Path) -> String {
    let read = || {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        file.read_to_end(&mut bytes)?;
        std::io::Result::Ok((length > TAIL_BYTES, bytes))
    };
    match read() {
        Ok((cut, bytes)) => {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end();
            let whole_lines = text.split_once('\n').map_or(text, |(_, rest)| rest);
            if cut { whole_lines.to_owned() } else { text.to_owned() }
        }
        Err(error) => format!("(it can't be read: {error})"),
    }
}
