//! Strict isolation shown to hold: a child enters the domain of a program, and tries to leave it.

use std::fs::{self, File};
use std::io;
use std::net::UdpSocket;
use std::os::fd::BorrowedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;

use camino::Utf8Path;
use fixgate_core::case::Network;
use fixgate_core::circumstances::Mounts;
use rustix::io::Errno;
use rustix::process::{getppid, test_kill_process};

use super::{Allowed, Confinement, NotConfined, is_refused, privileges};
use crate::system;
use crate::workdir::HELD;

/// The directory in which a child shows that its isolation holds, and the file that it makes there.
const SHOWN: &str = "0";
/// The file that it must not make beside that.
const BESIDE: &str = "beside";

/// A child in the domain of a program.
struct Confined<'c> {
    domain: BorrowedFd<'c>,
    directory: &'c Path,
    /// Where its directory was made.
    place: &'c Path,
    allowed: &'c Allowed,
    mounts: Mounts,
}

/// Whether something goes as it must.
type Holds = fn(&Confined<'_>) -> bool;

/// What a child tries in this order, in the words for what is wrong where it does not go as it must.
const TRIALS: [(&str, Holds); 13] = [
    ("could not enter a domain of its own", |child| system::restrict_self(child.domain).is_ok()),
    ("could not write in its own directory", |child| File::create_new(child.directory.join(SHOWN)).is_ok()),
    ("could write outside of its own directory", |child| is_refused(&File::create_new(child.place.join(BESIDE)))),
    ("could read outside of its own directory", |child| is_refused(&File::open(child.place.with_file_name(HELD)))),
    ("could change the mode of a directory of its user", |child| match child.mounts {
        Mounts::ReadOnly => child.place.parent().is_some_and(is_mode_fixed),
        Mounts::AsTheyAre => true,
    }),
    ("could list another directory", |child| is_refused(&fs::read_dir(child.place))),
    ("could read the shared memory of others", |_| is_refused(&fs::read_dir("/dev"))),
    ("could signal a process outside", |_| getppid().map(test_kill_process) == Some(Err(Errno::PERM))),
    ("kept privileges", |_| privileges::are_privileges_given_up()),
    ("could use io_uring, keys or System V's shared memory", |_| {
        let calls = [libc::SYS_io_uring_setup, libc::SYS_keyctl, libc::SYS_shmget, libc::SYS_mq_open];
        calls.iter().all(|call| system::refusal(*call) == Some(libc::ENOSYS))
    }),
    ("could use the network", |child| match child.allowed.network {
        Network::Closed => is_refused(&UdpSocket::bind("127.0.0.1:0")),
        Network::Open => true,
    }),
    ("could open a Unix socket, or have one that sends anywhere", |child| {
        child.allowed.unix_sockets || is_refused(&UnixDatagram::unbound()) && is_refused(&UnixDatagram::pair())
    }),
    ("could not have a pair of sockets", |_| UnixStream::pair().is_ok()),
];

/// Whether the mode of this directory cannot be set, not even to what it is.
fn is_mode_fixed(directory: &Path) -> bool {
    let set = fs::metadata(directory).and_then(|found| fs::set_permissions(directory, found.permissions()));
    set.is_err_and(|reason| reason.kind() == io::ErrorKind::ReadOnlyFilesystem)
}

/// Has a child show it. `place` is where the directories of programs are made.
pub(super) fn shows_that_it_holds(confinement: &mut Confinement, allowed: &Allowed, place: &Path) -> Result<(), NotConfined> {
    let refused = |reason| format!("a child cannot show that isolation holds: {reason}");
    let directory = place.join(SHOWN);
    let utf8 = Utf8Path::from_path(&directory).ok_or_else(|| "the place for work directories is not UTF-8".to_owned())?;
    fs::create_dir(&directory).map_err(refused)?;
    let mounts = confinement.mounts;
    let domain = confinement.domain(utf8, &[])?;
    let child = Confined { domain, directory: &directory, place, allowed, mounts };
    let failed = || TRIALS.iter().position(|(_, holds)| !holds(&child));
    let ended = system::in_child(|| failed().map_or(0, |trial| (trial + 1) as u8));
    let _ = fs::remove_file(place.join(BESIDE));
    fs::remove_dir_all(&directory).map_err(refused)?;
    let code = ended.map_err(refused)?.code().and_then(|code| usize::try_from(code).ok());
    match code.map(|code| code.checked_sub(1)) {
        Some(None) => Ok(()),
        Some(Some(trial)) => match TRIALS.get(trial) {
            Some((wrong, _)) => Err(format!("a child {wrong}").into()),
            None => Err(refused(io::Error::other("it ended in another way")).into()),
        },
        None => Err(refused(io::Error::other("it was ended")).into()),
    }
}
