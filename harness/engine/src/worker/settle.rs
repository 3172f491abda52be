//! What a worker sets for itself, and so for every program that it starts, so that nothing of it is inherited from the process that
//! started the harness.

use std::collections::BTreeMap;
use std::fs;

use fixgate_core::circumstances::Setting;
use fixgate_core::project::Limits;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit, umask};
use rustix::thread::{CpuSet, sched_getaffinity};

use crate::system;

/// What could not be set, and the value that it has.
pub(super) type Held = BTreeMap<Setting, u64>;

/// What programs find their umask to be.
const UMASK: u32 = 0o022;

/// The stack that most systems give.
pub(super) const STACK: u64 = 8 << 20;
/// How many open files a program may ask for, and a worker has: the rules on each path that is granted take one.
const MOST_OPEN_FILES: u64 = 512 << 10;

const OUT_OF_MEMORY: &str = "/proc/self/oom_score_adj";

/// Sets what can be set.
pub(super) fn settle(limits: &Limits) -> Held {
    umask(Mode::from_raw_mode(UMASK));
    let mut held = Held::new();
    let mut hold = |setting, value: Option<u64>| held.extend(value.map(|value| (setting, value)));
    for (setting, resource, current, maximum) in resources(limits) {
        hold(setting, limit(resource, current, maximum));
    }
    // A core file would only fill the disk, and tests need no higher priority. Every user may lower these.
    for resource in [Resource::Core, Resource::Nice, Resource::Rtprio] {
        limit(resource, Some(0), Some(0));
    }
    hold(Setting::Processes, raised(Resource::Nproc, limits.processes));
    for (setting, resource) in [(Setting::AddressSpace, Resource::As), (Setting::Data, Resource::Data)] {
        hold(setting, unlimited(resource));
    }
    // Every user may be nicer than before, so a value that can't be set is above zero.
    let _ = setpriority_process(None, 0);
    let nice = getpriority_process(None).unwrap_or_default();
    hold(Setting::Nice, u64::try_from(nice).ok().filter(|nice| *nice > 0));
    hold(Setting::Scheduling, system::plain_scheduling());
    hold(Setting::Personality, system::plain_personality());
    hold(Setting::OutOfMemory, out_of_memory());
    held
}

/// How a worker is scheduled, and so each program that it starts. A program may change that for every process of its user.
#[derive(Debug, PartialEq)]
pub(super) struct Scheduled {
    nice: Option<i32>,
    processors: Option<CpuSet>,
    rest: [i64; 2],
}

impl Scheduled {
    /// As it is now.
    pub(super) fn now() -> Self {
        let (nice, processors) = (getpriority_process(None).ok(), sched_getaffinity(None).ok());
        Self { nice, processors, rest: system::scheduling() }
    }
}

/// What every program gets, and how far it may raise that; `None` is without limit. What depends on the program, and would bind the
/// worker as well, is set with the program.
fn resources(limits: &Limits) -> [(Setting, Resource, Option<u64>, Option<u64>); 7] {
    let both = |setting, resource, most| (setting, resource, Some(most), Some(most));
    [
        both(Setting::FileSize, Resource::Fsize, limits.file_size),
        (Setting::Stack, Resource::Stack, Some(STACK), None),
        both(Setting::OpenFiles, Resource::Nofile, MOST_OPEN_FILES),
        both(Setting::LockedMemory, Resource::Memlock, 8 << 20),
        both(Setting::Signals, Resource::Sigpending, 1024),
        both(Setting::MessageQueues, Resource::Msgqueue, 800 << 10),
        (Setting::ProcessorTime, Resource::Cpu, None, None),
    ]
}

/// Sets a limit, as high as the system allows; gives the most that it can be where that is less than it is to be.
fn limit(resource: Resource, current: Option<u64>, maximum: Option<u64>) -> Option<u64> {
    if setrlimit(resource, Rlimit { current, maximum }).is_ok() {
        return None;
    }
    let own = getrlimit(resource).maximum;
    let lower = |wanted: Option<u64>| [wanted, own].into_iter().flatten().min();
    let _ = setrlimit(resource, Rlimit { current: lower(current), maximum: lower(maximum) });
    own
}

/// Sees that a limit is no lower than this, which programs get; gives what it is where that cannot be.
fn raised(resource: Resource, least: u64) -> Option<u64> {
    let is_lower = getrlimit(resource).maximum.is_some_and(|maximum| maximum < least);
    if is_lower { limit(resource, Some(least), Some(least)) } else { None }
}

/// Lifts what is not a limit of the system's, and gives that.
fn unlimited(resource: Resource) -> Option<u64> {
    let maximum = getrlimit(resource).maximum;
    let _ = setrlimit(resource, Rlimit { current: maximum, maximum });
    maximum
}

/// Where memory runs out, programs end as soon as any other; only less of that could be refused.
fn out_of_memory() -> Option<u64> {
    let score = || fs::read_to_string(OUT_OF_MEMORY).ok()?.trim().parse::<i64>().ok();
    if score()? != 0 {
        let _ = fs::write(OUT_OF_MEMORY, "0");
    }
    u64::try_from(score()?).ok().filter(|score| *score > 0)
}
