//! Worker processes: small ones that start the programs under test, one at a time, so that the harness itself never does.
//!
//! A worker is this very executable, started again. It has one thread, little memory and no files open, which makes starting
//! a program from it as cheap as the machine allows; it has a session of its own, so that no terminal's signal reaches what it
//! runs; and it is the parent of every orphan that a program leaves, so that it can end them all before the next one starts.
//! When the harness dies, by any cause, its workers end what they run and themselves.
//!
//! The first message tells a worker its terms. Then both sides speak by turns, in `postcard`'s form, each message followed by the
//! bytes whose lengths it tells: commands and their input, and of each that was run an answer and both output streams. The two are
//! one executable, so that there are no versions of it.
//!
//! Programs are asked for in series: for two processes to take turns at each would take as long as a tenth of a small one.

mod builds;
mod consent;
mod explain;
mod first;
mod granted;
mod machine;
mod messages;
mod outcome;
mod process;
mod serve;
mod settle;
mod trouble;

use std::env;
use std::fmt;
use std::io;
use std::path::Path;
use std::slice;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use camino::Utf8PathBuf;
use fixgate_core::case::Network;
use fixgate_core::circumstances::Machine;
use fixgate_core::event::Event;
use fixgate_core::ledger::Ledger;
use fixgate_core::observation::Observation;
use fixgate_core::project::{Grants, Isolation, Limits};
use serde::{Deserialize, Serialize};

use crate::build::FoundFile;
use crate::builds::Build;
use crate::fault::Fault;
use crate::orphans::OrphanGuard;
use crate::process::{Command, ProgramOutcome, StartError};
use crate::site::Site;
use crate::stop::StopFlag;
use crate::tree::Tree;
use crate::workdir::{Entry, WorkDirectory, WorkError, WorkPlace, WorkRoot};
use builds::BuildsInUse;
use first::First;
use messages::Engagement;
use process::{Connection, Opened, Process};
use trouble::{Counts, Trouble};

pub use self::consent::{CASES, requests, require_consent};
pub use self::outcome::{NoOutcome, unless_stopped};
pub use self::serve::serve_if_asked;
pub(crate) use self::trouble::Suspicion;

/// The first argument of a worker.
const ASKED: &str = "--fixgate-worker";

/// Whether this process was started as a worker.
fn is_asked() -> bool {
    env::args_os().nth(1).is_some_and(|argument| argument == ASKED)
}

/// What a worker holds to.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WorkerRules {
    isolation: Isolation,
    limits: Limits,
    /// What is granted to be read.
    read: Vec<Utf8PathBuf>,
    /// What is granted to be written.
    write: Vec<Utf8PathBuf>,
    unix_sockets: bool,
    /// What none of its programs gets by what is granted around it: the tree, and the directories of other workers' programs.
    hidden: Vec<Utf8PathBuf>,
    /// The programs of these builds, each as it was found. Nothing is started once one of them is not.
    found: Vec<FoundFile>,
}

/// Why there is no worker process.
#[derive(Debug)]
enum NoProcess {
    /// The isolation does not hold here, and why.
    NotIsolated(String),
    /// The isolation takes more of something here than there is, and of what; the limits that it was started with.
    Short(String, settle::Held),
    /// It cannot be started, or was lost.
    System(io::Error),
}

/// A program, and what it reads.
#[derive(Debug)]
pub struct Program<'s> {
    /// The program.
    pub command: Command,
    /// Its standard input; `None` is `/dev/null`.
    pub input: Option<&'s [u8]>,
}

/// What programs need of the machine, besides what they all have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// Whether they may use the network.
    pub network: Network,
    /// What they may read and run, besides the system and what is granted: their build, and what their case names.
    pub readable: Vec<Utf8PathBuf>,
}

impl fmt::Display for NoProcess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotIsolated(reason) | Self::Short(reason, _) => formatter.write_str(reason),
            Self::System(reason) => write!(formatter, "{reason}"),
        }
    }
}

impl From<io::Error> for NoProcess {
    fn from(reason: io::Error) -> Self {
        Self::System(reason)
    }
}

/// All that the workers of a run have in common. Dropped, nothing is left of what they started, nor of its files.
#[derive(Debug)]
pub struct Workers<'s> {
    stop: &'s StopFlag,
    terms: WorkerRules,
    grants: Grants,
    /// The root of the tree.
    tree: Utf8PathBuf,
    /// Whether isolation is not strict only because the system does not offer that.
    is_fallback: bool,
    machine: Machine,
    trouble: Trouble,
    /// What its counters said before any program ran.
    counts: Counts,
    /// The builds whose programs are run.
    pub builds: BuildsInUse,
    /// A process that has shown that isolation holds, for the first worker.
    first: Mutex<Option<(Connection, WorkPlace)>>,
    // It ends before these two, which end in this order.
    _adoption: OrphanGuard,
    root: WorkRoot,
}

impl<'s> Workers<'s> {
    /// Prepares for programs of these builds, and others that the tree's cases run, until `stop` is set.
    ///
    /// # Errors
    /// When strict isolation is demanded and the system does not offer it, there is no place for work directories, or a person
    /// must consent first.
    pub fn new(tree: &Tree, ledger: &Ledger, builds: &[&Build], stop: &'s StopFlag) -> Result<Self, Fault> {
        let rules = &ledger.project.isolation;
        let first = First::start(tree, rules, builds, stop)?;
        consent::require(tree, ledger, first.terms.isolation)?;
        let adoption = OrphanGuard::begin()?;
        let First { process, place, held, mounts, terms, root } = first;
        let trouble = Trouble::begin();
        Ok(Self {
            stop,
            grants: rules.grants.clone(),
            tree: tree.root().to_owned(),
            is_fallback: rules.demanded.is_none() && terms.isolation != Isolation::Strict,
            terms,
            machine: machine::machine(place.path(), held, mounts),
            counts: trouble.counts(),
            trouble,
            builds: BuildsInUse::of(builds),
            first: Mutex::new(Some((process, place))),
            _adoption: adoption,
            root,
        })
    }

    /// How isolation explains a failure that was seen, if it does.
    pub(crate) fn explain(&self, seen: &Observation, needs: &Needs) -> Option<String> {
        let of_isolation = self.reach(needs).and_then(|reach| reach.of_failure(seen));
        of_isolation.or_else(|| explain::of_privileges(seen))
    }

    /// What programs may reach; nothing where they are kept from nothing.
    fn reach<'r>(&'r self, needs: &'r Needs) -> Option<explain::Reach<'r>> {
        match self.terms.isolation {
            Isolation::Strict => Some(explain::Reach { grants: &self.grants, needs, root: self.root.path(), tree: &self.tree }),
            Isolation::Process => None,
        }
    }

    /// Where work directories are made.
    pub(crate) fn place(&self) -> &Path {
        self.root.place_of_all()
    }

    /// What programs can see of the machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// A worker process, if its programs find what those of the first one do.
    fn is_as_the_first(&self, (connection, held, mounts): Opened, stop: &'s StopFlag) -> Result<Process<'s>, NoProcess> {
        if (&held, mounts) != (&self.machine.held, self.machine.mounts) {
            return Err(io::Error::other("its settings are no longer those that the run began with: was it reniced?").into());
        }
        Ok(Process::new(connection, stop)?)
    }

    /// How programs are kept apart.
    pub fn isolation(&self) -> Isolation {
        self.terms.isolation
    }

    /// Tells where programs are kept apart less than they would be elsewhere, though nothing less was asked for.
    pub fn tell(&self, site: &Site<'_>) {
        if self.is_fallback {
            site.tell(Event::LessIsolation);
        }
    }

    /// Whether no new work shall be taken.
    pub fn shall_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// One more worker.
    pub fn worker(&self) -> Worker<'_> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (connection, place) = first.unzip();
        // Where it is lost another one is started.
        let apart = connection.and_then(|connection| Process::new(connection, self.stop).ok());
        Worker { workers: self, apart, networked: None, place, counts: self.counts.clone() }
    }
}

/// A worker that runs programs, in a process of its own that is started when it is first needed, and again when it was lost.
#[derive(Debug)]
pub struct Worker<'w> {
    pub(crate) workers: &'w Workers<'w>,
    // Its processes, one for programs without the network and one for those with it, end before their place goes.
    apart: Option<Process<'w>>,
    networked: Option<Process<'w>>,
    place: Option<WorkPlace>,
    /// What the counters of trouble said when it last noted them.
    counts: Counts,
}

impl<'w> Worker<'w> {
    /// What the machine had not enough of, if that can be why a program failed that this worker ran since it noted the counts.
    pub(crate) fn trouble(&self, seen: &Observation) -> Option<Suspicion> {
        let Workers { terms, trouble, .. } = self.workers;
        let granted = terms.write.iter().map(|path| path.as_std_path());
        trouble.behind(seen, &self.counts, [self.workers.place()].into_iter().chain(granted))
    }

    /// Takes what was counted until now for explained.
    pub(crate) fn note_counts(&mut self) {
        self.counts = self.workers.trouble.counts();
    }

    /// Makes a private work directory with `entries` in it.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn directory(&mut self, entries: &[Entry<'_>]) -> Result<WorkDirectory, WorkError> {
        self.place()?.directory(entries)
    }

    /// Removes a work directory that it made, regardless of what was done to it meanwhile.
    ///
    /// # Errors
    /// Why it cannot be removed.
    pub fn clear(&mut self, directory: WorkDirectory) -> Result<(), WorkError> {
        self.place()?.clear(directory)
    }

    fn place(&mut self) -> Result<&mut WorkPlace, WorkError> {
        Ok(match &mut self.place {
            Some(place) => place,
            none => none.insert(self.workers.root.place()?),
        })
    }

    /// The process that starts such programs, if it has been started.
    fn process(&mut self, network: Network) -> &mut Option<Process<'w>> {
        match network {
            Network::Closed => &mut self.apart,
            Network::Open => &mut self.networked,
        }
    }

    /// Runs a program to its end, with what it needs; nothing of it is left then, not even a daemon.
    ///
    /// # Errors
    /// When the program cannot be run, the worker itself is lost, or the harness shall stop.
    pub fn run(&mut self, program: &Program<'_>, needs: &Needs) -> Result<ProgramOutcome, NoOutcome> {
        let outcomes = self.run_series(slice::from_ref(program), needs)?;
        let outcome = outcomes.into_iter().next();
        Ok(outcome.ok_or_else(|| NoOutcome::Harness("a worker did not run what it was asked for".to_owned()))??)
    }

    /// Runs programs that start in one directory as [`run`](Self::run) does, one after the other, until one does something to the
    /// directory, or so much time has gone by that another worker could run the next one. Gives the outcomes of those that were run.
    ///
    /// # Errors
    /// When the worker is lost before any outcome is known, by whichever of them, or the harness shall stop.
    pub fn run_series(
        &mut self,
        programs: &[Program<'_>],
        needs: &Needs,
    ) -> Result<Vec<Result<ProgramOutcome, StartError>>, NoOutcome> {
        let Workers { stop, terms, .. } = self.workers;
        let network = needs.network;
        let mut process = match self.process(network).take() {
            Some(process) => process,
            None => {
                let engagement = Engagement { terms, network, place: self.place()?.path().to_owned() };
                let process = Connection::open(&engagement, stop).and_then(|opened| self.workers.is_as_the_first(opened, stop));
                process.map_err(|reason| NoOutcome::Harness(format!("a worker process cannot be started: {reason}")))?
            }
        };
        let mut outcomes: Vec<Result<ProgramOutcome, StartError>> = Vec::with_capacity(programs.len());
        match process.ask(programs, &needs.readable, &mut outcomes) {
            Ok(()) => {
                *self.process(network) = Some(process);
                for (outcome, Program { command, .. }) in outcomes.iter_mut().zip(programs) {
                    if let Err(error) = outcome {
                        if error.is_exchange() {
                            self.workers.builds.note_exchange(error);
                        }
                        error.explain(|| self.workers.reach(needs)?.of_start(&command.found_program().ok()?));
                    }
                }
                Ok(outcomes)
            }
            Err(_) if !outcomes.is_empty() => Ok(outcomes),
            Err(_) if self.workers.shall_stop() => Err(NoOutcome::Stopped),
            Err(reason) => {
                Err(NoOutcome::Harness(format!("the worker process that ran it was lost: {}", process.end_with(&reason))))
            }
        }
    }
}
