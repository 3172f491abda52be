//! The private work directory of each scenario, inside one temporary directory for the run.

mod made;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

use crate::remove::{make_writable, remove_tree};
pub(crate) use made::DirectorySnapshot;

/// What makes a directory, and everything below it, part of a repository.
const REPOSITORY_MARKS: [&str; 4] = [".git", ".hg", ".jj", ".svn"];

/// One thing to be found in a work directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Relative to the work directory, without `..`. Missing parents are created.
    pub path: &'a str,
    /// What is there.
    pub content: EntryContent<'a>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryContent<'a> {
    /// A file.
    File {
        /// All of it.
        bytes: &'a [u8],
        /// Whether it may be executed.
        executable: bool,
    },
    /// A symbolic link, which may dangle or lead anywhere.
    Link {
        /// Its text.
        target: &'a str,
    },
    /// A directory, empty but for other entries.
    Directory,
}

/// A work directory that could not be made or removed.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// An entry's path is absolute, empty or leads out of the directory.
    #[error("`{0}` does not name anything inside the work directory; give a relative path without `..`")]
    Outside(String),
    /// The place for work directories is inside a repository, whose files would change what products do there.
    #[error("`{place}` lies in the repository `{repository}`, so products would see its files; set TMPDIR to a place outside")]
    InRepository {
        /// The place.
        place: PathBuf,
        /// The repository's directory.
        repository: PathBuf,
    },
    /// The place for work directories is named as no case could name it.
    #[error("the place for work directories, {0:?}, is not UTF-8")]
    NotUtf8(PathBuf),
    /// The system refused.
    #[error("cannot {doing} `{path}`: {source}")]
    File {
        /// What was being done, as in "cannot … `path`".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl WorkError {
    fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }
}

/// Where work directories are best made: where `TMPDIR` says, or else in memory if programs may be started there.
///
/// Making and removing a few small files costs several times as much on a disk.
pub fn place() -> PathBuf {
    const MEMORY: &str = "/dev/shm";
    let usable = || {
        let runs_programs = statvfs(MEMORY).is_ok_and(|system| !system.f_flag.contains(StatVfsMountFlags::NOEXEC));
        runs_programs && access(MEMORY, Access::WRITE_OK).is_ok()
    };
    match std::env::var_os("TMPDIR").filter(|stated| !stated.is_empty()) {
        Some(stated) => PathBuf::from(stated),
        None if usable() => PathBuf::from(MEMORY),
        None => PathBuf::from("/tmp"),
    }
}

/// What every root's name begins with. It says nothing of tests: a product shall do there what it does anywhere.
const PREFIX: &str = "work-";
/// The file in a root that its run holds locked for as long as it lives. It holds the root's own path, by which the next run
/// tells an abandoned root from a file of others with such a name.
pub(crate) const HELD: &str = "held";

/// The temporary directory that holds the work directories of one run. Dropped, it is removed as far as that goes.
///
/// What a killed run left is removed by the next one that makes its root in the same place.
#[derive(Debug)]
pub struct WorkRoot {
    _held: File,
    path: PathBuf,
    places: AtomicU64,
}

impl WorkRoot {
    /// Makes one inside `place`, for instance the system's directory for temporary files.
    pub fn create(place: &Path) -> Result<Self, WorkError> {
        let place = fs::canonicalize(place).map_err(WorkError::file("find", place))?;
        if place.to_str().is_none() {
            return Err(WorkError::NotUtf8(place));
        }
        if let Some(repository) = repository_around(&place) {
            let repository = repository.to_owned();
            return Err(WorkError::InRepository { place, repository });
        }
        remove_abandoned(&place);
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&place);
        let path = made.map_err(WorkError::file("create a directory in", &place))?.keep();
        let held = hold(&path).map_err(WorkError::file("hold", &path))?;
        Ok(Self { _held: held, path, places: AtomicU64::new(0) })
    }

    /// Where it is: absolute, no symbolic links on the way.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that it was made in: absolute, no symbolic links on the way.
    pub(crate) fn place_of_all(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Makes a place for the work directories of one worker. Safe to call from many threads.
    pub fn place(&self) -> Result<WorkPlace, WorkError> {
        let path = self.path.join(self.places.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir(&path).map_err(WorkError::file("create", &path))?;
        let modes = Modes::found_at(&path).map_err(WorkError::file("look at", &path))?;
        modes.set(&path, DIRECTORY_MODE)?;
        Ok(WorkPlace { path, modes, made: 0, spare: None })
    }

    /// Removes it with everything inside.
    pub fn remove(self) -> Result<(), WorkError> {
        remove_tree(&self.path).map_err(WorkError::file("remove", &self.path))
    }
}

impl Drop for WorkRoot {
    fn drop(&mut self) {
        // After `remove` it is not there any more, which is no error; any other could not be told here.
        let _ = remove_tree(&self.path);
    }
}

/// Where one worker's work directories are, one at a time. Dropped, it is removed as far as that goes.
#[derive(Debug)]
pub struct WorkPlace {
    path: PathBuf,
    modes: Modes,
    /// How many there were. No name is used for a second directory, so that a path means one directory for ever.
    made: u64,
    /// An empty one to which nothing has been done, which the next one can be: to make and to remove a directory, and to confine a
    /// program to it, takes the system longer than to look at it.
    spare: Option<WorkDirectory>,
}

impl WorkPlace {
    /// Where it is: absolute, no symbolic links on the way.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a work directory with `entries` in it; there is none beside it.
    pub fn directory(&mut self, entries: &[Entry]) -> Result<WorkDirectory, WorkError> {
        let mut directory = match self.spare.take() {
            Some(spare) => spare,
            None => self.empty_directory()?,
        };
        directory.fill(entries, self.modes)?;
        if let Some(made) = directory.made.as_mut().filter(|made| !entries.is_empty() || !made.is_noted()) {
            made.take_note(&directory.path);
        }
        Ok(directory)
    }

    fn empty_directory(&mut self) -> Result<WorkDirectory, WorkError> {
        self.made += 1;
        let path = self.path.join(self.made.to_string());
        fs::create_dir(&path).map_err(WorkError::file("create", &path))?;
        self.modes.set(&path, DIRECTORY_MODE)?;
        let made = DirectorySnapshot::of(&path);
        Ok(WorkDirectory { path, made })
    }

    /// Removes what is in one of its work directories, regardless of what was done to it. If nothing was done to the directory
    /// itself it may be reused, and otherwise goes as well.
    pub fn clear(&mut self, mut directory: WorkDirectory) -> Result<(), WorkError> {
        let WorkDirectory { path, made } = &mut directory;
        if made.as_mut().is_some_and(|made| made.is_unchanged(path) && made.is_empty_again(path)) {
            self.spare = Some(directory);
            return Ok(());
        }
        directory.remove()
    }
}

impl Drop for WorkPlace {
    fn drop(&mut self) {
        let _ = remove_tree(&self.path);
    }
}

/// What directories and programs of a case may be used for.
const DIRECTORY_MODE: u32 = 0o755;
/// What its files may be.
const FILE_MODE: u32 = 0o644;

/// Whether files get the modes that they are made with: the umask that the harness inherits may take rights away, and so may an
/// access list of the directory that everything is made in. Programs see these modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Modes {
    /// They do.
    AsAsked,
    /// They do not, and are to be set.
    ToBeSet,
}

impl Modes {
    /// By a directory that has just been made.
    fn found_at(directory: &Path) -> io::Result<Self> {
        let mode = fs::metadata(directory)?.mode() & 0o7777;
        Ok(if mode == DIRECTORY_MODE { Self::AsAsked } else { Self::ToBeSet })
    }

    fn set(self, path: &Path, mode: u32) -> Result<(), WorkError> {
        match self {
            Self::AsAsked => Ok(()),
            Self::ToBeSet => {
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(WorkError::file("set the mode of", path))
            }
        }
    }
}

/// Locks the root's file before it goes by its name, so that it is never found there unlocked while the run lives.
fn hold(root: &Path) -> io::Result<File> {
    let unnamed = root.join("holding");
    let mut file = File::create_new(&unnamed)?;
    file.lock()?;
    file.write_all(root.as_os_str().as_bytes())?;
    fs::rename(&unnamed, root.join(HELD))?;
    Ok(file)
}

/// Removes the roots that no living run holds. What cannot be looked at or removed belongs to another user, and stays.
fn remove_abandoned(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let root = entry.path();
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let held = root.join(HELD);
        let marked = || crate::place::read_plain(&held).is_ok_and(|path| path == root.as_os_str().as_bytes());
        let abandoned = || marked() && File::open(&held).is_ok_and(|held| held.try_lock().is_ok());
        if ours && abandoned() {
            let _ = remove_tree(&root);
        }
    }
}

fn repository_around(place: &Path) -> Option<&Path> {
    place.ancestors().find(|directory| REPOSITORY_MARKS.iter().any(|mark| directory.join(mark).exists()))
}

/// One scenario's directory. Dropped, it is removed as far as that goes.
#[derive(Debug)]
pub struct WorkDirectory {
    /// Empty once it has been removed.
    path: PathBuf,
    /// How it was when it had been made, if the system lets itself be asked.
    made: Option<DirectorySnapshot>,
}

impl WorkDirectory {
    /// Where it is: absolute, no symbolic links on the way.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves it as it is to a place on the same file system, where it stays.
    pub(crate) fn move_to(&mut self, place: &Path) -> io::Result<()> {
        make_writable(&self.path).and_then(|()| fs::rename(&self.path, place)).map(|()| self.path.clear())
    }

    /// Removes it, regardless of what was done to it meanwhile.
    fn remove(mut self) -> Result<(), WorkError> {
        let path = mem::take(&mut self.path);
        remove_tree(&path).map_err(WorkError::file("remove", &path))
    }

    /// Links come last and every parent before them: so nothing can be written through one.
    fn fill(&self, entries: &[Entry], modes: Modes) -> Result<(), WorkError> {
        for entry in entries {
            self.make_parent(entry.path, modes)?;
        }
        for entry in entries {
            match entry.content {
                EntryContent::File { bytes, executable } => {
                    self.make_file(entry.path, bytes, if executable { DIRECTORY_MODE } else { FILE_MODE }, modes)?;
                }
                EntryContent::Directory => self.make_directory(Path::new(entry.path), modes)?,
                EntryContent::Link { .. } => {}
            }
        }
        for entry in entries {
            match entry.content {
                EntryContent::Link { target } => {
                    let path = self.path.join(entry.path);
                    symlink(target, &path).map_err(WorkError::file("create the link", &path))?;
                }
                EntryContent::File { .. } | EntryContent::Directory => {}
            }
        }
        Ok(())
    }

    fn make_parent(&self, path: &str, modes: Modes) -> Result<(), WorkError> {
        let mut components = Path::new(path).components();
        let inside = |component| matches!(component, Component::Normal(_));
        if path.is_empty() || !components.all(inside) {
            return Err(WorkError::Outside(path.to_owned()));
        }
        match Path::new(path).parent() {
            Some(parent) if parent != Path::new("") => self.make_directory(parent, modes),
            Some(_) | None => Ok(()),
        }
    }

    /// Makes a directory inside, and those above it.
    fn make_directory(&self, inside: &Path, modes: Modes) -> Result<(), WorkError> {
        let path = self.path.join(inside);
        fs::create_dir_all(&path).map_err(WorkError::file("create", &path))?;
        match modes {
            Modes::AsAsked => Ok(()),
            Modes::ToBeSet => inside
                .ancestors()
                .filter(|directory| *directory != Path::new(""))
                .try_for_each(|directory| modes.set(&self.path.join(directory), DIRECTORY_MODE)),
        }
    }

    fn make_file(&self, path: &str, bytes: &[u8], mode: u32, modes: Modes) -> Result<(), WorkError> {
        let path = self.path.join(path);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(WorkError::file("write", &path))?;
        modes.set(&path, mode)
    }
}

impl Drop for WorkDirectory {
    fn drop(&mut self) {
        if self.path != Path::new("") {
            let _ = remove_tree(&self.path);
        }
    }
}
