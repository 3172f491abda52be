//! A mount namespace of a process's own, in which nothing but what it may write can be changed.
//!
//! Landlock does not rule on the modes, owners, times and extended attributes of files, which every program may change where its
//! user owns them. On a file system that is mounted for reading alone nothing can change them.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use fixgate_core::circumstances::Mounts;
use rustix::fs::CWD;
use rustix::mount::{MountPropagationFlags, MoveMountFlags, OpenTreeFlags, mount_change, move_mount, open_tree};
use rustix::process::{getegid, geteuid};
use rustix::thread::UnshareFlags;

use crate::system;

/// Mounts everything but these paths for reading alone, for this process and all that it starts. Where the system gives its user no
/// namespace, everything stays as it is.
///
/// # Errors
/// When only half of it could be done.
pub(super) fn seal(written: &[&Path]) -> io::Result<Mounts> {
    // A child tries it first: half of it would change what programs see of the system, and hold nothing.
    if !system::in_child(|| u8::from(enter(written).is_err()))?.success() {
        return Ok(Mounts::AsTheyAre);
    }
    enter(written)?;
    Ok(Mounts::ReadOnly)
}

fn enter(written: &[&Path]) -> io::Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    if system::unshare(UnshareFlags::NEWNS).is_err() {
        // Who is no superuser can be one of a namespace of users, in which they remain who they are.
        system::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNS)?;
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    }
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    // Each as it is mounted now: what its user may only read is not opened by this.
    let as_is = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    let clone = |path: &Path| Ok((path.to_owned(), open_tree(CWD, path, as_is)?));
    let there = written.iter().filter(|path| path.exists());
    let clones: Vec<(_, OwnedFd)> = there.map(|path| clone(path)).collect::<io::Result<_>>()?;
    system::mount_read_only(c"/")?;
    for (path, clone) in clones {
        move_mount(clone, "", CWD, path, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
    }
    Ok(())
}
