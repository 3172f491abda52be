//! Strict isolation, by Landlock and seccomp: what a worker takes from itself once, and so from all that it starts, and the
//! domain of its own that each program gets besides.
//!
//! Both are inherited, can only be narrowed, and need no privilege. See `landlock(7)` and `seccomp(2)`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::Network;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope,
};
use rustix::io::Errno;
use rustix::process::{getpid, getppid, test_kill_process};
use seccompiler::{BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};

use super::Terms;
use crate::system;

/// The accesses to files that are ruled on. Later versions add those to devices, which no rule here concerns.
const FILES: ABI = ABI::V4;

/// The first version that keeps signals inside a domain; an older one is not strict.
const NETWORK_AND_SIGNALS: ABI = ABI::V6;

/// Where systems keep what programs of every kind read and run.
pub(super) const SYSTEM: [&str; 14] = [
    "/bin",
    "/dev",
    "/etc",
    "/gnu",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix",
    "/opt",
    "/proc",
    "/run/current-system",
    "/sbin",
    "/sys",
    "/usr",
];

/// Devices that are no place to keep anything.
pub(super) const DEVICES: [&str; 8] =
    ["/dev/full", "/dev/null", "/dev/ptmx", "/dev/pts", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"];

/// Whether this system offers strict isolation.
pub(super) fn is_offered() -> bool {
    base(Network::Closed).is_ok() && filter().is_ok()
}

/// What a worker leaves to each program may not go beyond the program's own directory.
#[derive(Debug)]
pub(super) struct Confinement {
    /// The directories that are granted.
    granted: Vec<PathFd>,
    /// The ruleset of the latest program, and its directory: a path means one directory for ever.
    latest: Option<(Utf8PathBuf, OwnedFd)>,
}

impl Confinement {
    /// Confines this process.
    pub(super) fn enter(terms: &Terms, network: Network, place: &Path) -> Result<Self, String> {
        restrict(terms, network, place).map_err(|reason| format!("strict isolation is not to be had: {reason}"))?;
        if network == Network::Closed {
            let filter = filter().map_err(|reason| format!("the network cannot be closed: {reason}"))?;
            seccompiler::apply_filter(&filter).map_err(|reason| format!("the network cannot be closed: {reason}"))?;
        }
        are_signals_inside()?;
        is_refused_outside(place)?;
        if network == Network::Closed {
            is_refused("to open a socket", UdpSocket::bind("127.0.0.1:0"))?;
        }
        let directories = paths(&terms.grants.write).filter(|path| path.is_dir());
        let mut confinement = Self { granted: directories.filter_map(|path| PathFd::new(path).ok()).collect(), latest: None };
        confinement.shows_that_it_holds(place)?;
        Ok(confinement)
    }

    /// Has a child enter the domain of a program that could start in a directory of its own, and try to leave it.
    fn shows_that_it_holds(&mut self, place: &Path) -> Result<(), String> {
        let directory = place.join(SHOWN);
        let utf8 = Utf8Path::from_path(&directory).ok_or("the place for work directories is not UTF-8")?;
        let refused = |reason: io::Error| format!("a child cannot show that isolation holds: {reason}");
        fs::create_dir(&directory).map_err(refused)?;
        let domain = self.domain(utf8)?;
        let child = system::in_child(|| child_shows(domain, &directory).map_or_else(|failed| failed as u8, |()| 0));
        let _ = fs::remove_file(directory.join(SHOWN));
        let _ = fs::remove_file(place.join(BESIDE));
        fs::remove_dir(&directory).map_err(refused)?;
        self.latest = None;
        match child.map_err(refused)?.code() {
            Some(0) => Ok(()),
            Some(code) if code == NotShown::Entered as i32 => Err("a child could not enter a domain of its own".to_owned()),
            Some(code) if code == NotShown::Inside as i32 => Err("a child could not write in its own directory".to_owned()),
            Some(code) if code == NotShown::Outside as i32 => Err("a child could write outside of its own directory".to_owned()),
            Some(_) | None => Err("a child could not show that isolation holds".to_owned()),
        }
    }

    /// The domain of one program: it makes and removes files in `directory` and where it is granted, and signals no process but
    /// its own. Of what the worker may write there is nothing else: beside the directory its place is empty.
    pub(super) fn domain(&mut self, directory: &Utf8Path) -> Result<BorrowedFd<'_>, String> {
        let latest = self.latest.take().filter(|(of, _)| of == directory);
        let latest = match latest {
            Some(latest) => latest,
            None => {
                let ruleset = self.ruleset(directory).map_err(|reason| reason.to_string())?;
                (directory.to_owned(), ruleset.ok_or("this system has no Landlock")?)
            }
        };
        Ok(self.latest.insert(latest).1.as_fd())
    }

    fn ruleset(&self, directory: &Utf8Path) -> Result<Option<OwnedFd>, RulesetError> {
        let changes = AccessFs::from_write(FILES) & !(AccessFs::WriteFile | AccessFs::Truncate);
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(changes)?
            .scope(Scope::Signal)?
            .create()?;
        for granted in &self.granted {
            ruleset = ruleset.add_rule(PathBeneath::new(granted, changes))?;
        }
        // Where there is no such directory the program cannot be started, and that will be told.
        if let Ok(directory) = PathFd::new(directory) {
            ruleset = ruleset.add_rule(PathBeneath::new(directory, changes))?;
        }
        Ok(ruleset.into())
    }
}

/// The directory in which a child shows that its isolation holds, and the file that it makes there.
const SHOWN: &str = "0";
/// The file that it must not make beside it.
const BESIDE: &str = "beside";

/// What a child could not show, as its exit code.
#[derive(Debug, Clone, Copy)]
enum NotShown {
    Entered = 1,
    Inside = 2,
    Outside = 3,
}

fn child_shows(domain: BorrowedFd<'_>, directory: &Path) -> Result<(), NotShown> {
    system::restrict_self(domain).map_err(|_| NotShown::Entered)?;
    File::create_new(directory.join(SHOWN)).map_err(|_| NotShown::Inside)?;
    match File::create_new(directory.with_file_name(BESIDE)) {
        Err(reason) if reason.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Ok(_) | Err(_) => Err(NotShown::Outside),
    }
}

/// The directory above the place is the harness's own, and out of reach.
fn is_refused_outside(place: &Path) -> Result<(), String> {
    let outside = place.with_file_name(format!("outside-{}", getpid()));
    let made = File::create_new(&outside);
    if made.is_ok() {
        let _ = fs::remove_file(&outside);
    }
    is_refused("to write outside of the work directory", made)
}

fn is_refused<T>(doing: &str, result: io::Result<T>) -> Result<(), String> {
    match result {
        Err(reason) if reason.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(reason) => Err(format!("{doing} fails, but not for isolation: {reason}")),
        Ok(_) => Err(format!("{doing} is not refused")),
    }
}

/// Whoever started this process is outside of its domain, so it is out of reach: what is said of everybody in reach is said of
/// descendants alone.
fn are_signals_inside() -> Result<(), String> {
    match getppid().map(test_kill_process) {
        Some(Err(Errno::PERM)) => Ok(()),
        answer => Err(format!("signals do not stay inside: {answer:?}")),
    }
}

fn restrict(terms: &Terms, network: Network, place: &Path) -> Result<(), RulesetError> {
    let mut ruleset = base(network)?;
    let readable = SYSTEM.map(Path::new).into_iter().chain(paths(&terms.readable)).chain(paths(&terms.grants.read));
    for path in outermost(readable) {
        ruleset = allow(ruleset, &path, AccessFs::from_read(FILES))?;
    }
    for path in paths(&terms.grants.write).chain([place]).chain(DEVICES.map(Path::new)) {
        ruleset = allow(ruleset, path, AccessFs::from_all(FILES))?;
    }
    ruleset.restrict_self().map(|_| ())
}

/// Those that are there and not inside another. The system copies every rule for every program.
fn outermost<'p>(paths: impl Iterator<Item = &'p Path>) -> Vec<PathBuf> {
    // A path comes right after what it is inside of, but for others that are inside as well.
    let sorted: BTreeSet<PathBuf> = paths.filter_map(|path| path.canonicalize().ok()).collect();
    let mut outermost: Vec<PathBuf> = Vec::new();
    for path in sorted {
        if !outermost.last().is_some_and(|outer| path.starts_with(outer)) {
            outermost.push(path);
        }
    }
    outermost
}

fn paths(paths: &[Utf8PathBuf]) -> impl Iterator<Item = &Path> {
    paths.iter().map(|path| path.as_std_path())
}

/// Rules that allow nothing yet. What is handled here must be handled whole: `HardRequirement` fails on an older system.
fn base(network: Network) -> Result<landlock::RulesetCreated, RulesetError> {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(FILES))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?;
    let ruleset = match network {
        Network::Open => ruleset,
        Network::Closed => ruleset.handle_access(AccessNet::from_all(NETWORK_AND_SIGNALS))?,
    };
    ruleset.create()
}

/// Allows what is there; what is not there needs no rule.
fn allow(
    ruleset: landlock::RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> Result<landlock::RulesetCreated, RulesetError> {
    match PathFd::new(path) {
        Ok(opened) if path.is_dir() => ruleset.add_rule(PathBeneath::new(opened, access)),
        Ok(opened) => ruleset.add_rule(PathBeneath::new(opened, access & AccessFs::from_file(FILES))),
        Err(_) => Ok(ruleset),
    }
}

/// Sockets of this machine's own kinds stay; any other has the error of a closed door, and so has the way round by `io_uring`.
///
/// Landlock by itself knows TCP alone.
fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let other_than =
        |family: libc::c_int| SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family.unsigned_abs().into());
    let foreign = SeccompRule::new(vec![other_than(libc::AF_UNIX)?, other_than(libc::AF_NETLINK)?])?;
    let rules = BTreeMap::from([(libc::SYS_socket, vec![foreign]), (libc::SYS_io_uring_setup, Vec::new())]);
    let refused = SeccompAction::Errno(libc::EACCES.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, refused, std::env::consts::ARCH.try_into()?)?.try_into()
}
