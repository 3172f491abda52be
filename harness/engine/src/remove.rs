//! Removing a directory regardless of what a program has made of it.

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawDir, RenameFlags, SeekFrom, chmod, fchmod, fstat, openat, renameat_with, seek,
    unlinkat,
};
use rustix::io::Errno;

/// How often something new may turn up in a directory that has just been emptied: someone still writes there.
const PATIENCE: u32 = 100;
/// How many bytes of a directory's entries are asked for at a time.
const LISTED: usize = 32 << 10;

/// Removes `path`, if it is there, and everything below it; fails rather than follow a symbolic link.
///
/// A subdirectory is moved to the top before it is emptied. So no path gets long, nothing recurses, and no more than
/// three directories are open, however deep the tree is.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    remove_tree_at(CWD, path)
}

/// As [`remove_tree`], of what is in an open directory.
pub(crate) fn remove_tree_at(at: impl AsFd, path: &Path) -> io::Result<()> {
    // Often there is nothing in it, or nothing at all.
    if let Ok(()) | Err(Errno::NOENT) = unlinkat(&at, path, AtFlags::REMOVEDIR) {
        return Ok(());
    }
    let top = match open_directory(&at, path) {
        Ok(top) => top,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut removal = Removal { top, moved: 0, pending: Vec::new() };
    let mut patience = PATIENCE;
    loop {
        removal.empty_all()?;
        match unlinkat(&at, path, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY | Errno::EXIST) if patience > 0 => patience -= 1,
            result => return Ok(result?),
        }
    }
}

/// Removes everything below `path`, a directory, as [`remove_tree`] does.
pub(crate) fn empty_directory(path: &Path) -> io::Result<()> {
    let top = open_directory(CWD, path)?;
    Ok(Removal { top, moved: 0, pending: Vec::new() }.empty_all()?)
}

/// Gives the owner of a directory every right to it: one that cannot be written to cannot be moved.
pub(crate) fn make_writable(path: &Path) -> io::Result<()> {
    Ok(open_directory(CWD, path).map(drop)?)
}

struct Removal {
    top: OwnedFd,
    /// How many directories have been moved to the top: their names.
    moved: u64,
    /// Directories in the top that are still to be emptied and removed.
    pending: Vec<CString>,
}

impl Removal {
    fn empty_all(&mut self) -> rustix::io::Result<()> {
        for (name, kind) in entries(&self.top)? {
            if !remove_file(&self.top, &name, kind)? {
                self.pending.push(name);
            }
        }
        let mut patience = PATIENCE;
        while let Some(name) = self.pending.pop() {
            self.empty(&name)?;
            match unlinkat(&self.top, &name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::NOTEMPTY | Errno::EXIST) if patience > 0 => {
                    patience -= 1;
                    self.pending.push(name);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Leaves nothing in the directory `name`: files are removed, directories moved to the top and noted.
    fn empty(&mut self, name: &CStr) -> rustix::io::Result<()> {
        let directory = match open_directory(&self.top, name) {
            Ok(directory) => directory,
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error),
        };
        for (name, kind) in entries(&directory)? {
            if remove_file(&directory, &name, kind)? {
                continue;
            }
            match unlinkat(&directory, &name, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(_) => self.move_to_top(&directory, &name)?,
            }
        }
        Ok(())
    }

    fn move_to_top(&mut self, directory: &OwnedFd, name: &CStr) -> rustix::io::Result<()> {
        // Only a writable directory can get another parent, and opening it makes it so.
        open_directory(directory, name)?;
        loop {
            self.moved += 1;
            let new = CString::new(format!("fixgate-removes-{}", self.moved)).unwrap_or_default();
            match renameat_with(directory, name, &self.top, &new, RenameFlags::NOREPLACE) {
                Ok(()) => {
                    self.pending.push(new);
                    return Ok(());
                }
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Removes what is not a directory, and says whether that was so.
fn remove_file(directory: &OwnedFd, name: &CStr, kind: FileType) -> rustix::io::Result<bool> {
    if kind == FileType::Directory {
        return Ok(false);
    }
    match unlinkat(directory, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        // A file system that does not tell kinds apart, or a directory by now.
        Err(Errno::ISDIR) => Ok(false),
        Err(error) => Err(error),
    }
}

fn entries(directory: &OwnedFd) -> rustix::io::Result<Vec<(CString, FileType)>> {
    // It may have been listed before.
    seek(directory, SeekFrom::Start(0))?;
    let mut buffer = [MaybeUninit::uninit(); LISTED];
    let mut listing = RawDir::new(directory, &mut buffer);
    let mut found = Vec::new();
    while let Some(entry) = listing.next() {
        let entry = entry?;
        if entry.file_name() != c"." && entry.file_name() != c".." {
            found.push((entry.file_name().to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}

/// Opens a directory, never through a symbolic link, after giving its owner every right to it.
fn open_directory(at: impl AsFd, name: impl rustix::path::Arg + Copy) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = |how| openat(&at, name, flags | how, Mode::empty());
    match open(OFlags::RDONLY) {
        Ok(directory) => {
            if !fstat_mode(&directory)?.contains(Mode::RWXU) {
                fchmod(&directory, Mode::RWXU)?;
            }
            Ok(directory)
        }
        Err(Errno::ACCESS) => {
            // What can't be read can still be named, and by that name, which no link can stand behind, be changed.
            let named = open(OFlags::PATH)?;
            chmod(format!("/proc/self/fd/{}", named.as_raw_fd()), Mode::RWXU)?;
            open(OFlags::RDONLY)
        }
        Err(error) => Err(error),
    }
}

fn fstat_mode(directory: &OwnedFd) -> rustix::io::Result<Mode> {
    Ok(Mode::from_raw_mode(fstat(directory)?.st_mode))
}
