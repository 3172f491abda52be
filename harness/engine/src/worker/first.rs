//! The first worker process of a command, which shows what isolation holds here.

use camino::Utf8PathBuf;
use fixgate_core::case::Network;
use fixgate_core::circumstances::Mounts;
use fixgate_core::project::{Isolation, IsolationRules};

use super::messages::Engagement;
use super::process::Connection;
use super::settle::Held;
use super::{NoProcess, WorkerRules, granted, machine};
use crate::builds::Build;
use crate::confine;
use crate::fault::Fault;
use crate::stop::StopFlag;
use crate::tree::Tree;
use crate::workdir::{self, WorkPlace, WorkRoot};

/// A worker process that has shown that isolation holds, before any program runs.
pub(super) struct First {
    // It ends before its place goes, and that before the place of all.
    pub(super) process: Connection,
    pub(super) place: WorkPlace,
    /// What it could not set.
    pub(super) held: Held,
    /// How the file system is mounted for its programs.
    pub(super) mounts: Mounts,
    /// What it holds to, as every other one will.
    pub(super) terms: WorkerRules,
    pub(super) root: WorkRoot,
}

impl First {
    pub(super) fn start(tree: &Tree, rules: &IsolationRules, builds: &[&Build], stop: &StopFlag) -> Result<Self, Fault> {
        machine::check_system()?;
        let offered = confine::is_offered();
        let isolation = match rules.demanded {
            Some(Isolation::Strict) if !offered => return Err(not_strict("this system does not know it")),
            Some(demanded) => demanded,
            None if offered => Isolation::Strict,
            None => Isolation::Process,
        };
        let root = WorkRoot::create(&workdir::place()).map_err(|error| Fault::from(error).then(OTHER_PLACE))?;
        if isolation == Isolation::Strict {
            granted::check(tree, &rules.grants, root.path())?;
        }
        let mut terms = WorkerRules {
            isolation,
            limits: rules.limits.clone(),
            read: rules.grants.read.clone(),
            write: rules.grants.write.clone(),
            unix_sockets: rules.grants.unix_sockets,
            hidden: granted::hidden(tree).into_iter().chain(Utf8PathBuf::from_path_buf(root.path().to_owned())).collect(),
            found: builds.iter().map(|build| build.found_program().clone()).collect(),
        };
        let place = root.place()?;
        let start = |terms: &WorkerRules| {
            Connection::open(&Engagement { terms, network: Network::Closed, place: place.path().to_owned() }, stop)
        };
        let started = match (start(&terms), rules.demanded) {
            (Err(NoProcess::NotIsolated(_)), None) => {
                terms.isolation = Isolation::Process;
                start(&terms)
            }
            (started, _) => started,
        };
        let (process, held, mounts) = started.map_err(|reason| match reason {
            NoProcess::NotIsolated(reason) => not_strict(&reason),
            NoProcess::Short(reason, held) => match machine::check_limits(&held, &rules.limits) {
                Err(inherited) => inherited,
                Ok(()) => Fault::harness(reason).help(
                    "programs run with no less isolation because of that; grant narrower paths: each entry beside what is hidden is opened",
                ),
            },
            NoProcess::System(reason) => Fault::system(format!("a worker process cannot be started: {reason}"), &reason),
        })?;
        machine::check_limits(&held, &rules.limits)?;
        Ok(Self { process, place, held, mounts, terms, root })
    }
}

/// What else can be done where work directories cannot be made.
const OTHER_PLACE: &str = "run again; or set TMPDIR to a directory that can be written to";

fn not_strict(reason: &str) -> Fault {
    Fault::harness(format!("fixgate.toml demands strict isolation, which this system does not offer: {reason}"))
        .help("it takes Linux 6.12 with Landlock and seccomp; with `isolation = \"process\"` a run does without, and says so")
}
