//! Obtaining a build by its recipe, once.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf, absolute};
use std::process::{Command, Stdio};

use super::BuildError;
use crate::remove::remove_tree;

/// How much of a failed recipe's output is shown.
const TAIL_BYTES: u64 = 4096;

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
/// comes second waits for the first.
pub fn obtain(recipe: &Recipe, builds: &Path, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, BuildError> {
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
    let _turn = take_turn(name, &builds, progress)?;
    // Whoever had the turn before may have finished it.
    if finished.is_dir() {
        return Ok(finished);
    }
    let partial = builds.join(format!("{name}.partial"));
    let log = builds.join(format!("{name}.log"));
    remove_tree(&partial).map_err(BuildError::file("remove", &partial))?;
    fs::create_dir(&partial).map_err(BuildError::file("create", &partial))?;
    progress(Progress::Building { name, log: &log });
    follow(recipe, &partial, &log)?;
    fs::rename(&partial, &finished).map_err(BuildError::file("rename", &partial))?;
    Ok(finished)
}

fn is_file_name(name: &str) -> bool {
    let mut components = Path::new(name).components();
    let only = components.next();
    only == Some(Component::Normal(name.as_ref())) && components.next().is_none()
}

/// The turn lasts until the file that is returned is closed, also by the death of this process.
fn take_turn(name: &str, builds: &Path, progress: &mut dyn FnMut(Progress)) -> Result<File, BuildError> {
    let path = builds.join(format!("{name}.lock"));
    let file = File::create(&path).map_err(BuildError::file("create", &path))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => progress(Progress::Waiting { name }),
        Err(TryLockError::Error(error)) => return Err(BuildError::file("lock", &path)(error)),
    }
    file.lock().map_err(BuildError::file("lock", &path))?;
    Ok(file)
}

fn follow(recipe: &Recipe, out: &Path, log: &Path) -> Result<(), BuildError> {
    let name = recipe.name.to_owned();
    let out_text = out.to_string_lossy();
    let mut words = recipe.command.iter().map(|word| word.replace("${out}", &out_text));
    let Some(program) = words.next() else {
        return Err(BuildError::EmptyRecipe(name));
    };
    let output = File::create(log).map_err(BuildError::file("create", log))?;
    let errors = output.try_clone().map_err(BuildError::file("share", log))?;
    let status = Command::new(&program)
        .args(words)
        .current_dir(recipe.directory)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .status();
    let log = log.to_owned();
    match status {
        Err(source) => Err(BuildError::RecipeNotStarted { name, program, source }),
        Ok(status) if !status.success() => {
            Err(BuildError::RecipeFailed { name, ending: status.to_string(), tail: tail(&log), log })
        }
        Ok(_) => {
            let mut entries = fs::read_dir(out).map_err(BuildError::file("read", out))?;
            let first = entries.next();
            first.map(|_| ()).ok_or(BuildError::NothingBuilt { name, log })
        }
    }
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
