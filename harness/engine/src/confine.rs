//! Strict isolation: what a process takes from itself, and so from all that it starts.
//!
//! Three layers of the system hold it, none of which needs a privilege, and each of which can only be narrowed: Landlock
//! (`landlock(7)`) for files, signals and abstract sockets, seccomp (`seccomp(2)`) for sockets and everything else that outlives a
//! program, and the loss of all capabilities (`capabilities(7)`), so that a superuser's program is no more than any other.
//! Where the system gives its user a mount namespace, a read-only file system holds what Landlock does not rule on.
//! `docs/isolation.md` says what each of them holds.

mod filter;
mod lists;
mod mounts;
mod older;
mod privileges;
mod shown;

use std::error::Error;
use std::io;
use std::iter;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::Network;
use fixgate_core::circumstances::Mounts;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError, Scope, path_beneath_rules,
};
use rustix::io::Errno;
use rustix::process::{getppid, test_kill_process};
use serde::{Deserialize, Serialize};

use crate::system;
use lists::Opened;

pub(crate) use lists::{DEVICES, SYSTEM, TERMINALS};
pub(crate) use older::is_partly_offered;
pub(crate) use privileges::give_up_privileges;

/// The accesses to files that are ruled on. Later versions add those to devices, which no rule here concerns.
const FILES: ABI = ABI::V4;

/// The first version that keeps signals inside a domain; an older one is not strict.
const NETWORK_AND_SIGNALS: ABI = ABI::V6;

/// What a process, and everything that it starts, may reach. Each path is absolute, and means everything below it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Allowed {
    /// To be read, listed and run.
    pub(crate) read: Vec<Utf8PathBuf>,
    /// To be read and run as well, and written: files are made and removed there.
    pub(crate) write: Vec<Utf8PathBuf>,
    /// Not to be reached although a list names a directory around it. What a list names inside of it is reached all the same.
    pub(crate) hidden: Vec<Utf8PathBuf>,
    pub(crate) network: Network,
    /// Whether Unix sockets may be opened, and so every one be used that the user may.
    pub(crate) unix_sockets: bool,
}

impl Allowed {
    /// Adds what programs of every kind need of the system.
    pub(crate) fn with_system(mut self) -> Self {
        self.read.extend(SYSTEM.map(Utf8PathBuf::from));
        self.write.extend(DEVICES.map(Utf8PathBuf::from));
        self
    }

    /// Confines this process, and so all that it starts.
    ///
    /// # Errors
    /// When the system does not offer that, or too much is open.
    pub(crate) fn enter(&self) -> Result<(), NotConfined> {
        enter_shared(self, || base(self.network).map_err(not_available))?;
        let domain = Opened::open(self).map_err(not_available)?.domain(&[], None).map_err(not_available)?;
        system::restrict_self(domain.as_fd()).map_err(not_available)
    }
}

/// Whether this system knows what strict isolation takes.
pub(crate) fn is_offered() -> bool {
    base(Network::Closed).is_ok() && filter::filters(Network::Closed, false).is_ok()
}

/// A confined process, which gives each program that it starts a domain of its own.
#[derive(Debug)]
pub(crate) struct Confinement {
    opened: Opened,
    mounts: Mounts,
    /// The domain of the latest program, and what it is made of: a path means one directory for ever.
    latest: Option<((Utf8PathBuf, Vec<Utf8PathBuf>), OwnedFd)>,
}

impl Confinement {
    /// Confines this process, and has a child show that it holds. `place` is where the directories of its programs are made.
    pub(crate) fn enter(allowed: &Allowed, place: &Path) -> Result<Self, NotConfined> {
        // It takes a privilege, or a namespace in which there is one, and no process in a domain mounts anything.
        let written: Vec<&Path> = lists::paths(&allowed.write).chain([place]).collect();
        let mounts = mounts::seal(&written).map_err(not_available)?;
        enter_shared(allowed, || base(allowed.network).map_err(not_available))?;
        are_signals_inside()?;
        let mut confinement = Self { opened: Opened::open(allowed).map_err(not_available)?, mounts, latest: None };
        shown::shows_that_it_holds(&mut confinement, allowed, place)?;
        confinement.latest = None;
        Ok(confinement)
    }

    /// How the file system is mounted for its programs.
    pub(crate) fn mounts(&self) -> Mounts {
        self.mounts
    }

    /// The domain of a program: it makes and removes files in `directory` and where that is granted, reads what is in `readable`
    /// besides what all may read, and signals no process but its own.
    pub(crate) fn domain(&mut self, directory: &Utf8Path, readable: &[Utf8PathBuf]) -> Result<BorrowedFd<'_>, NotConfined> {
        let latest = self.latest.take().filter(|((of, with), _)| of == directory && with == readable);
        let latest = match latest {
            Some(latest) => latest,
            None => {
                let domain = self.opened.domain(readable, Some(directory)).map_err(not_available)?;
                ((directory.to_owned(), readable.to_vec()), domain)
            }
        };
        Ok(self.latest.insert(latest).1.as_fd())
    }
}

/// What a process takes from itself on every system, with the first rules of Landlock that it lives under. They are made once
/// privileges are given up.
fn enter_shared(allowed: &Allowed, rules: impl FnOnce() -> Result<RulesetCreated, NotConfined>) -> Result<(), NotConfined> {
    give_up_privileges().map_err(|reason| format!("privileges cannot be given up: {reason}"))?;
    rules()?.restrict_self().map_err(not_available)?;
    for filter in filter::filters(allowed.network, allowed.unix_sockets).map_err(not_available)? {
        seccompiler::apply_filter(&filter).map_err(not_available)?;
    }
    Ok(())
}

/// Why a process is not confined.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) enum NotConfined {
    /// The system does not offer it, and why.
    NotOffered(String),
    /// The system offers it, and something ran short that it takes here, and what. Less isolation is no answer to that.
    Short(String),
}

impl From<String> for NotConfined {
    fn from(reason: String) -> Self {
        Self::NotOffered(reason)
    }
}

fn not_available(reason: impl Error + 'static) -> NotConfined {
    let mut causes = iter::successors(Some(&reason as &(dyn Error + 'static)), |&reason| reason.source());
    let words = format!("strict isolation is not available: {reason}");
    if causes.any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_shortage)) {
        NotConfined::Short(words)
    } else {
        NotConfined::NotOffered(words)
    }
}

/// Whether something ran short: open files, of this process or of the system, or memory.
fn is_shortage(reason: &io::Error) -> bool {
    matches!(reason.raw_os_error().map(Errno::from_raw_os_error), Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM))
}

/// The process that started this one is outside of its domain, so it is out of reach: what is said of everybody in reach is said of
/// descendants alone.
fn are_signals_inside() -> Result<(), String> {
    match getppid().map(test_kill_process) {
        Some(Err(Errno::PERM)) => Ok(()),
        answer => Err(format!("signals do not stay inside: {answer:?}")),
    }
}

/// Rules on everything but files. What is handled here must be handled whole: `HardRequirement` fails on an older system.
fn base(network: Network) -> Result<RulesetCreated, RulesetError> {
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    // That files are ruled on as well is seen at once where a system cannot do it.
    drop(ruleset.handle_access(AccessFs::from_all(FILES))?.create()?);
    // Every layer refuses to move files from one directory to another unless it allows just that; where to is for the others to say.
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Refer)?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?;
    let ruleset = match network {
        Network::Open => ruleset,
        Network::Closed => ruleset.handle_access(AccessNet::from_all(NETWORK_AND_SIGNALS))?,
    };
    ruleset.create()?.add_rules(path_beneath_rules(["/"], AccessFs::Refer))
}

fn is_refused<T>(result: &io::Result<T>) -> bool {
    result.as_ref().is_err_and(|reason| reason.kind() == io::ErrorKind::PermissionDenied)
}
