//! Places in a directory that may hold anything: they are reached from an open directory, one by one, and never through a link.
//!
//! What is in a test product was written by others. A link in it could lead anywhere, and a pipe or a device would keep the process that
//! opens it waiting. So everything that is read, written, locked, listed or removed below the root of a tree is a [`Place`].

mod aside;
mod refused;

use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2, renameat, statat, unlinkat};
use rustix::io::Errno;

pub use self::aside::{PendingFile, is_aside, remove_asides};
pub use self::refused::Unsafe;
use crate::bounded::{self, FILE_LIMIT};
use crate::remove::remove_tree_at;

/// Enough to name a directory.
const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A new file's mode, less what the process's mask takes away.
const NEW_FILE: Mode = Mode::from_raw_mode(0o666);

/// A file or directory below a root, whether it is there or not.
#[derive(Debug, Clone)]
pub struct Place {
    root: Arc<Root>,
    /// Without `.` and `..`.
    below: Utf8PathBuf,
}

#[derive(Debug)]
struct Root {
    path: Utf8PathBuf,
    directory: OwnedFd,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().fmt(formatter)
    }
}

impl Place {
    /// A directory itself, by a path from the user who runs this: links on the way to it are followed.
    ///
    /// # Errors
    /// When it cannot be entered.
    pub fn root(path: &Utf8Path) -> io::Result<Self> {
        let directory = openat(CWD, path.as_std_path(), DIRECTORY, Mode::empty())?;
        let root = Root { path: path.to_owned(), directory };
        Ok(Self { root: Arc::new(root), below: Utf8PathBuf::new() })
    }

    /// A file in a directory, by a path from the user who runs this.
    ///
    /// # Errors
    /// When the directory cannot be entered.
    pub fn file(path: &Utf8Path) -> io::Result<Self> {
        let parent = path.parent().filter(|parent| !parent.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Self::root(parent)?.join(name))
    }

    /// A place below this one.
    #[must_use]
    pub fn join(&self, below: impl AsRef<Utf8Path>) -> Self {
        let mut place = self.clone();
        for part in below.as_ref().components() {
            match part {
                Utf8Component::Normal(name) => place.below.push(name),
                // Nothing here is a link, so that the name before it is the directory above it. At the root it stays, and is refused.
                Utf8Component::ParentDir if place.below.file_name().is_some() => drop(place.below.pop()),
                Utf8Component::ParentDir => place.below.push(".."),
                Utf8Component::CurDir | Utf8Component::RootDir | Utf8Component::Prefix(_) => {}
            }
        }
        place
    }

    /// Its path, for messages and for programs that are to find it.
    pub fn path(&self) -> Utf8PathBuf {
        if self.below.as_str().is_empty() { self.root.path.clone() } else { self.root.path.join(&self.below) }
    }

    /// Its path below the root.
    pub fn below(&self) -> &Utf8Path {
        &self.below
    }

    /// Opens a plain file to read it.
    ///
    /// # Errors
    /// What the system says, or that it is no plain file.
    pub fn open(&self) -> io::Result<File> {
        let file = self.opened(OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty())?;
        if !file.metadata()?.is_file() {
            return Err(Unsafe::Special(self.path()).error());
        }
        Ok(file)
    }

    /// Reads a plain file of no more than `limit` bytes.
    ///
    /// # Errors
    /// As [`Self::open`], or the limit.
    pub fn read_most(&self, limit: u64) -> io::Result<Vec<u8>> {
        bounded::read_opened(self.open()?, limit)
    }

    /// Reads a plain file.
    ///
    /// # Errors
    /// As [`Self::open`], or that it is too large.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        self.read_most(FILE_LIMIT)
    }

    /// Reads a plain file as text.
    ///
    /// # Errors
    /// As [`Self::read`], or that it is not UTF-8.
    pub fn read_text(&self) -> io::Result<String> {
        String::from_utf8(self.read()?).map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))
    }

    /// Opens a plain file to read and write it, and makes it if need be. What it holds stays.
    ///
    /// # Errors
    /// What the system says, or that it is no file of its own.
    pub fn open_to_write(&self) -> io::Result<File> {
        self.own(self.opened(OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY, NEW_FILE)?)
    }

    /// Opens a plain file to add to its end.
    ///
    /// # Errors
    /// As [`Self::open_to_write`], or that it is not there.
    pub fn open_to_append(&self) -> io::Result<File> {
        self.own(self.opened(OFlags::RDWR | OFlags::APPEND | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty())?)
    }

    /// Makes a file; nothing may be there.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_new(&self) -> io::Result<File> {
        self.opened(OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL, NEW_FILE)
    }

    /// Makes a new file in place of any file that was there.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(&self) -> io::Result<File> {
        self.remove_file()?;
        self.create_new()
    }

    /// Holds if it is a plain file that has no other name.
    fn own(&self, file: File) -> io::Result<File> {
        let metadata = file.metadata()?;
        match (metadata.is_file(), metadata.nlink()) {
            (false, _) => Err(Unsafe::Special(self.path()).error()),
            (true, 0 | 1) => Ok(file),
            (true, _) => Err(Unsafe::Shared(self.path()).error()),
        }
    }

    /// Whether anything is here: a link that leads nowhere is something, too.
    ///
    /// # Errors
    /// Why the system does not tell.
    pub fn exists(&self) -> io::Result<bool> {
        Ok(self.kind()?.is_some())
    }

    /// Whether a directory is here.
    ///
    /// # Errors
    /// Why the system does not tell.
    pub fn is_dir(&self) -> io::Result<bool> {
        Ok(self.kind()? == Some(FileType::Directory))
    }

    /// Whether a plain file is here.
    ///
    /// # Errors
    /// Why the system does not tell.
    pub fn is_file(&self) -> io::Result<bool> {
        Ok(self.kind()? == Some(FileType::RegularFile))
    }

    /// What is here, if anything is.
    fn kind(&self) -> io::Result<Option<FileType>> {
        let Some(name) = self.below.file_name() else { return Ok(Some(FileType::Directory)) };
        let stat = self.parent().and_then(|parent| Ok(statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?));
        match stat {
            Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
            Err(reason) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&reason.kind()) => Ok(None),
            Err(reason) => Err(reason),
        }
    }

    /// The names in a directory that are UTF-8, sorted.
    ///
    /// # Errors
    /// What the system says.
    pub fn list(&self) -> io::Result<Vec<String>> {
        let directory = self.opened(OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            match entry.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => names.push(name.to_owned()),
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Makes a directory with all its parents.
    ///
    /// # Errors
    /// What the system says.
    pub fn make(&self) -> io::Result<()> {
        let mut directory = self.root.directory.as_fd().try_clone_to_owned()?;
        for part in self.below.components().map(|part| part.as_str()) {
            let enter = || openat(&directory, part, DIRECTORY | OFlags::NOFOLLOW, Mode::empty());
            let entered = enter().or_else(|error| match error {
                Errno::NOENT => match mkdirat(&directory, part, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => enter(),
                    Err(error) => Err(error),
                },
                error => Err(error),
            });
            directory = entered.map_err(|error| self.told(error))?;
        }
        Ok(())
    }

    /// Makes a directory, which may not be there yet, in one that is.
    ///
    /// # Errors
    /// What the system says.
    pub fn make_new(&self) -> io::Result<()> {
        Ok(mkdirat(self.parent()?, self.name(), Mode::from_raw_mode(0o777))?)
    }

    /// Removes what is here and no directory, if anything is. Of a link the link itself goes.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove_file(&self) -> io::Result<()> {
        let parent = match self.parent() {
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => return Ok(()),
            parent => parent?,
        };
        match unlinkat(parent, self.name(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a directory, if it is here, with all that is in it.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self) -> io::Result<()> {
        match self.parent() {
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(()),
            parent => remove_tree_at(parent?, self.name().as_ref()),
        }
    }

    /// Gives it another name below the same root, in place of any file that is there.
    ///
    /// # Errors
    /// What the system says.
    pub fn rename(&self, to: &Self) -> io::Result<()> {
        Ok(renameat(self.parent()?, self.name(), to.parent()?, to.name())?)
    }

    /// Waits until the names in the directory that it is in would outlive this machine's power.
    pub(crate) fn sync_parent(&self) -> io::Result<()> {
        let parent = Self { root: Arc::clone(&self.root), below: self.below.parent().unwrap_or(Utf8Path::new("")).to_owned() };
        parent.opened(OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?.sync_all()
    }

    fn name(&self) -> &str {
        self.below.file_name().unwrap_or(".")
    }

    fn parent(&self) -> io::Result<OwnedFd> {
        let parent = self.below.parent().unwrap_or(Utf8Path::new(""));
        open_below(self.root.directory.as_fd(), parent, DIRECTORY, Mode::empty()).map_err(|error| self.told(error))
    }

    fn opened(&self, flags: OFlags, mode: Mode) -> io::Result<File> {
        let opened = open_below(self.root.directory.as_fd(), &self.below, flags | OFlags::CLOEXEC, mode);
        opened.map(File::from).map_err(|error| self.told(error))
    }

    /// The system's error; where a link is the reason, which one that is.
    fn told(&self, error: Errno) -> io::Error {
        let is_link = |path: &Utf8Path| {
            let stat = statat(&self.root.directory, path.as_std_path(), AtFlags::SYMLINK_NOFOLLOW);
            stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
        };
        let ancestors: Vec<&Utf8Path> = self.below.ancestors().filter(|path| !path.as_str().is_empty()).collect();
        match error {
            Errno::LOOP | Errno::NOTDIR => ancestors
                .into_iter()
                .rev()
                .find(|path| is_link(path))
                .map_or_else(|| error.into(), |link| Unsafe::Link(self.root.path.join(link)).error()),
            // A pipe that no process reads.
            Errno::NXIO => Unsafe::Special(self.path()).error(),
            _ => error.into(),
        }
    }
}

/// Reads a plain file that others may have put there.
pub(crate) fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    Place::file(Utf8Path::from_path(path).ok_or(io::ErrorKind::InvalidInput)?)?.read()
}

/// Opens what is below a directory, through no link.
fn open_below(root: BorrowedFd<'_>, below: &Utf8Path, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    let path = if below.as_str().is_empty() { Utf8Path::new(".") } else { below };
    match openat2(root, path.as_std_path(), flags, mode, ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        // A sandbox that the harness runs in may not let it through.
        Err(Errno::NOSYS | Errno::PERM) => open_by_steps(root, path, flags, mode),
        result => result,
    }
}

/// As [`open_below`], a directory at a time.
fn open_by_steps(root: BorrowedFd<'_>, path: &Utf8Path, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    let mut directory = openat(root, ".", DIRECTORY, Mode::empty())?;
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        if part == Utf8Component::ParentDir {
            return Err(Errno::XDEV);
        }
        if parts.peek().is_none() {
            return openat(&directory, part.as_str(), flags | OFlags::NOFOLLOW, mode);
        }
        directory = openat(&directory, part.as_str(), DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?;
    }
    openat(&directory, ".", flags, mode)
}

#[cfg(test)]
mod tests;
