//! Builds of the product: where they are, what identifies them, how they are obtained.

mod confine;
mod digest;
mod fault;
mod found;
mod keeper;
mod made;
mod obtain;
mod permission;
mod reach;
mod recipe;
mod rust;
mod turn;
mod variables;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use fixgate_core::id::Digest;

use crate::place::Place;
use crate::trust::Why;

pub use digest::digest;
pub(crate) use found::{FoundFile, state_of};
pub(crate) use keeper::keep_if_asked;
pub use made::BuildDocument;
pub use obtain::{Obtained, kept, obtain};
pub use permission::Request;
pub use recipe::{Origin, Progress, Recipe, Wish};
pub use turn::Turn;

/// A build that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The build: a directory, or the program itself. Absolute.
    pub build: PathBuf,
    /// The program to run. Absolute.
    pub program: PathBuf,
}

/// Why there is no build to work with.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file or directory could not be read, written or found.
    #[error("cannot {doing} `{path}`: {source}")]
    File {
        /// What was being done, as in "cannot … `path`".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The build is a directory that has not got the product's program.
    #[error("the build `{build}` has no program `{program}`; `program` in fixgate.toml says where in a build it is")]
    NoProgram {
        /// The build.
        build: PathBuf,
        /// The program, relative to it.
        program: PathBuf,
    },
    /// The program is there, but is no file that may be executed.
    #[error("`{0}` is not an executable file")]
    NotExecutable(PathBuf),
    /// Neither a file, a directory nor a symbolic link: its content can't identify anything.
    #[error("`{0}` is neither a file, a directory nor a symbolic link, so it can't be part of a build")]
    Special(PathBuf),
    /// The file's size was another after it had been read.
    #[error("`{0}` changed while it was read; use a build that no process is writing to")]
    Changed(PathBuf),
    /// A build's name becomes a directory's, and this one can't.
    #[error("`{0}` can't be a build's name: it must do as a directory's name, and not end with .json, .lock or .log")]
    BadName(String),
    /// A recipe without a program.
    #[error("the recipe of build `{0}` names no program")]
    EmptyRecipe(String),
    /// The recipe could not be started.
    #[error("cannot start `{program}`, the recipe of build `{name}`: {source}")]
    RecipeNotStarted {
        /// The build's name.
        name: String,
        /// The recipe's program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The recipe ran and failed.
    #[error("the recipe of build `{name}` failed ({ending}); its output is in `{log}` and ends with\n{tail}")]
    RecipeFailed {
        /// The build's name.
        name: String,
        /// How it ended.
        ending: String,
        /// Everything it said.
        log: PathBuf,
        /// The last of it.
        tail: String,
    },
    /// A path that is granted to the recipe is not available.
    #[error("`{path}`, which is granted to the recipe of build `{name}`, is not available: {source}")]
    NoGrant {
        /// The build's name.
        name: String,
        /// The path, as written.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A toolchain that the recipe works with is not available.
    #[error("the toolchain {toolchain}, with which the recipe of build `{name}` works, cannot be found: {source}")]
    NoToolchain {
        /// The build's name.
        name: String,
        /// Which.
        toolchain: String,
        /// What was said of it.
        source: io::Error,
    },
    /// No person has consented to the recipe.
    #[error("the recipe of build `{name}` needs your consent before it runs: {why}")]
    NotTrusted {
        /// The build's name.
        name: String,
        /// Why a person must.
        why: Why,
    },
    /// The harness shall stop; the recipe was ended.
    #[error("interrupted while {0} was built")]
    Stopped(String),
    /// The process that looked after the recipe was lost.
    #[error("the process that ran the recipe of build `{name}` was lost: {source}")]
    RecipeLost {
        /// The build's name.
        name: String,
        /// How it ended.
        source: io::Error,
    },
    /// The recipe left something running that cannot be ended.
    #[error("the recipe of build `{name}` left processes running that could write to it: {reason}")]
    LeftRunning {
        /// The build's name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// What is there is not what the recipe made.
    #[error("the build `{name}` was changed after it was made: `{build}` is {now}, and its recipe made {made}")]
    Edited {
        /// The build's name.
        name: String,
        /// The build.
        build: PathBuf,
        /// Its digest when it was made.
        made: Digest,
        /// Its digest now.
        now: Digest,
    },
    /// The recipe of this build is still running, or was killed.
    #[error("`{0}` is unfinished: its recipe is still running, or was killed")]
    Unfinished(PathBuf),
    /// The recipe ended well but left `${out}` empty.
    #[error("the recipe of build `{name}` ended well but left `${{out}}` empty; its output is in `{log}`")]
    NothingBuilt {
        /// The build's name.
        name: String,
        /// Everything it said.
        log: PathBuf,
    },
}

impl BuildError {
    fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    fn place(doing: &'static str, place: &Place) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = place.path().into();
        move |source| Self::File { doing, path, source }
    }
}

/// Finds what to run for `path`, which is a build's directory with `program` inside, or a program itself.
pub fn locate(path: &Path, program: &Path) -> Result<Located, BuildError> {
    let find = || BuildError::file("find the build", path);
    refuse_unfinished(path)?;
    let metadata = fs::metadata(path).map_err(find())?;
    let located = if metadata.is_dir() {
        let build = fs::canonicalize(path).map_err(find())?;
        let program_path = build.join(program);
        if !program_path.try_exists().map_err(BuildError::file("find", &program_path))? {
            let program = program.to_owned();
            return Err(BuildError::NoProgram { build, program });
        }
        Located { program: program_path, build }
    } else {
        // The last component stays as it is: a program may go by the name that it is called by.
        let absolute = std::path::absolute(path).map_err(find())?;
        Located { program: absolute.clone(), build: absolute }
    };
    if !located.program.is_file() || access(&located.program, Access::EXEC_OK).is_err() {
        return Err(BuildError::NotExecutable(located.program));
    }
    Ok(located)
}

/// Refuses what lies in a build of ours that is not finished.
fn refuse_unfinished(path: &Path) -> Result<(), BuildError> {
    let absolute = std::path::absolute(path).map_err(BuildError::file("find the build", path))?;
    let is_ours = |build: &&Path| build.parent().is_some_and(|parent| parent.ends_with(".fixgate/builds"));
    let beside = |build: &Path, end: &str| {
        let mut name = build.as_os_str().to_owned();
        name.push(end);
        Path::new(&name).try_exists().map_err(BuildError::file("look at", Path::new(&name)))
    };
    let Some(build) = absolute.ancestors().find(is_ours) else { return Ok(()) };
    if beside(build, ".lock")? && !beside(build, ".json")? {
        return Err(BuildError::Unfinished(build.to_owned()));
    }
    Ok(())
}
