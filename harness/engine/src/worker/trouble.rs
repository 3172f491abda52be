//! Whether the machine, and not the product, is why a program failed: no room, no memory, no more processes.
//!
//! It is asked after a failure only. What cannot be looked at is no reason. A counter that grew since a worker last looked may have grown
//! while an earlier program ran, so that it is only a reason to run the scenario again and look at the counters of just that time.

use std::fs;
use std::path::{Path, PathBuf};

use fixgate_core::observation::{Ending, Observation};
use rustix::fs::statvfs;
use rustix::process::geteuid;

/// The signal by which the system ends a program where memory runs out.
const SIGKILL: i32 = 9;
/// The exit code by which a shell says that its program ended so.
const SHELL_SAYS_KILLED: i32 = 128 + SIGKILL;

/// The counters of the control groups of this process.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Processes that were ended because memory ran out.
    killed: Option<Counter>,
    /// Processes that could not be started, where their number is limited.
    refused: Vec<Counter>,
}

/// What each counter said at one time; those that could not be read say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    killed: Option<u64>,
    refused: Vec<Option<u64>>,
}

/// Why a program may have failed that is no fault of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// The machine has not enough of something now.
    Lacks(String),
    /// A counter grew since it was last looked at.
    Counted(String),
}

impl Suspicion {
    /// In words, with what to do.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Lacks(words) | Self::Counted(words) => words,
        }
    }
}

impl Trouble {
    /// Finds the counters.
    pub(super) fn begin() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let (groups, mounts) = (read("/proc/self/cgroup"), read("/proc/self/mountinfo"));
        let directories = |controller| directories(&groups, &mounts, controller);
        let memory = directories("memory").into_iter().next();
        // The file is another one in each version of control groups.
        let killed = memory.and_then(|group| {
            ["memory.events", "memory.oom_control"].into_iter().find_map(|name| Counter::of(group.join(name), "oom_kill"))
        });
        let is_limited = |group: &PathBuf| fs::read_to_string(group.join("pids.max")).is_ok_and(|most| most.trim() != "max");
        let limited = directories("pids").into_iter().filter(is_limited);
        Self { killed, refused: limited.filter_map(|group| Counter::of(group.join("pids.events"), "max")).collect() }
    }

    /// What the counters say now.
    pub(super) fn counts(&self) -> Counts {
        Counts { killed: self.killed.as_ref().and_then(Counter::now), refused: self.refused.iter().map(Counter::now).collect() }
    }

    /// What the machine had not enough of, and what to do, if that can be why this was seen since `before`; programs write in these
    /// places.
    pub(super) fn behind<'p>(
        &self,
        seen: &Observation,
        before: &Counts,
        mut places: impl Iterator<Item = &'p Path>,
    ) -> Option<Suspicion> {
        let out_of_room = places.find_map(no_room).map(Suspicion::Lacks);
        let was_killed = match seen.steps.last()?.ending {
            Ending::Signalled(signal) => signal == SIGKILL,
            Ending::Exited(code) => code == SHELL_SAYS_KILLED,
            Ending::TimedOut | Ending::TooMuchOutput => false,
        };
        let killed = || self.killed.as_ref().filter(|_| was_killed)?.grown(before.killed);
        let refused = || self.refused.iter().zip(&before.refused).find_map(|(counter, before)| counter.grown(*before));
        let out_of_memory =
            |counted| format!("the machine ran out of memory and ended a program ({counted}): give it more, or use fewer --jobs");
        let out_of_processes =
            |counted| format!("the machine refused to start a process ({counted}): raise pids.max there, or use fewer --jobs");
        let counted = || killed().map(out_of_memory).or_else(|| refused().map(out_of_processes));
        out_of_room.or_else(|| counted().map(Suspicion::Counted))
    }
}

/// A file system with fewer files to spare may have had none a moment ago: a program removes some when it ends, and the system frees
/// what was removed later still.
const FEW_FILES: u64 = 16;
/// The same for bytes.
const FEW_BYTES: u64 = 64 << 10;

/// What a file system has no more of, or next to nothing.
fn no_room(place: &Path) -> Option<String> {
    let system = statvfs(place).ok()?;
    let (blocks, files) = if geteuid().is_root() { (system.f_bfree, system.f_ffree) } else { (system.f_bavail, system.f_favail) };
    // Some file systems count no files.
    let missing = match (blocks.saturating_mul(system.f_frsize), files) {
        (0, _) => "no space left",
        (_, 0) if system.f_files > 0 => "no room for another file",
        (..FEW_BYTES, _) => "almost no space left",
        (_, ..FEW_FILES) if system.f_files > 0 => "room for only a few more files",
        _ => return None,
    };
    Some(format!("the machine has {missing} in {}: make room there; work directories go where TMPDIR says", place.display()))
}

/// A number in a file of a control group that only grows.
#[derive(Debug)]
struct Counter {
    path: PathBuf,
    key: &'static str,
}

impl Counter {
    /// One that can be read.
    fn of(path: PathBuf, key: &'static str) -> Option<Self> {
        let counter = Self { path, key };
        counter.now().map(|_| counter)
    }

    fn now(&self) -> Option<u64> {
        value(&fs::read_to_string(&self.path).ok()?, self.key)
    }

    /// From what to what it has grown, if it has.
    fn grown(&self, before: Option<u64>) -> Option<String> {
        let (before, now) = (before?, self.now()?);
        (now > before).then(|| format!("{} in {} grew from {before} to {now}", self.key, self.path.display()))
    }
}

/// The value of a key in lines of a key and a number each.
fn value(text: &str, key: &str) -> Option<u64> {
    let values = text.lines().filter_map(|line| line.split_once(' '));
    values.into_iter().find(|(name, _)| *name == key)?.1.trim().parse().ok()
}

/// Where the control group of a process is that has this controller, then those around it, by its
/// [`/proc/PID/cgroup` and `mountinfo`](https://man7.org/linux/man-pages/man7/cgroups.7.html).
fn directories(groups: &str, mounts: &str, controller: &str) -> Vec<PathBuf> {
    let lines = || groups.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let has = |names: &str| names.split(',').any(|name| name == controller);
    let first_version = lines().find(|(names, _)| has(names)).map(|(_, path)| (path, "cgroup"));
    let Some((path, kind)) = first_version.or_else(|| Some((lines().find(|(names, _)| names.is_empty())?.1, "cgroup2"))) else {
        return Vec::new();
    };
    let mount = mounts.lines().find_map(|line| {
        let (place, system) = line.split_once(" - ")?;
        let (mut place, mut system) = (place.split(' ').skip(3), system.split(' '));
        let (root, point) = (place.next()?, place.next()?);
        let is_meant = system.next()? == kind && (kind == "cgroup2" || has(system.nth(1)?));
        is_meant.then(|| (root, point.replace("\\040", " ")))
    });
    let Some((root, point)) = mount else { return Vec::new() };
    let Ok(inside) = Path::new(path).strip_prefix(root) else { return Vec::new() };
    // A group outside of what is mounted here has such a path.
    if inside.starts_with("..") {
        return Vec::new();
    }
    inside.ancestors().map(|group| Path::new(&point).join(group)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

    use std::collections::BTreeMap;
    use std::time::Duration;

    use fixgate_core::case::Bytes;
    use fixgate_core::observation::{StepLimits, StepObservation};

    use super::*;

    const MOUNTS: &str = "22 1 0:5 / /proc rw - proc proc rw\n\
        31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - tmpfs tmpfs rw,mode=755\n\
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:12 master:1 - cgroup cgroup rw,memory\n\
        36 31 0:33 /docker/1 /sys/fs/cgroup/pi\\040ds rw - cgroup cgroup rw,pids\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";

    fn found(groups: &str, controller: &str) -> Vec<String> {
        directories(groups, MOUNTS, controller).iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn the_group_of_either_version_is_found() {
        let groups = "9:name=systemd:/\n8:pids:/docker/1/a\n4:cpu,memory:/user/b:c\n0::/x\n";
        let memory = ["/sys/fs/cgroup/memory/user/b:c", "/sys/fs/cgroup/memory/user", "/sys/fs/cgroup/memory/"];
        assert_eq!(found(groups, "memory"), memory);
        assert_eq!(found(groups, "pids"), ["/sys/fs/cgroup/pi ds/a", "/sys/fs/cgroup/pi ds/"]);
        assert_eq!(found("0::/x\n", "pids"), ["/sys/fs/cgroup/unified/x", "/sys/fs/cgroup/unified/"]);
    }

    #[test]
    fn where_no_group_is_found_nothing_is_concluded() {
        for groups in ["", "8:pids:/elsewhere", "8:pids:/docker/1/../x/..", "4:cpu:/", "0::/../x", "nonsense"] {
            let paths = found(groups, "pids");
            assert!(paths.is_empty() || groups.ends_with(".."), "{groups}: {paths:?}");
        }
        assert_eq!(directories("0::/\n", "", "pids"), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_counter_is_read_in_either_form() {
        assert_eq!(value("low 0\nhigh 0\nmax 5\noom 2\noom_kill 1\noom_group_kill 0\n", "oom_kill"), Some(1));
        assert_eq!(value("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", "oom_kill"), Some(3));
        assert_eq!(value("max 7\n", "max"), Some(7));
        assert_eq!(value("oom_kill_disable 0\n", "oom_kill"), None);
        assert_eq!(value("max many\n", "max"), None);
    }

    #[test]
    fn only_a_counter_that_grew_explains_and_only_a_program_that_was_killed_ran_out_of_memory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("events");
        fs::write(&path, "oom_kill 1\nmax 1\n").unwrap();
        let killed = Trouble { killed: Counter::of(path.clone(), "oom_kill"), refused: Vec::new() };
        let refused = Trouble { killed: None, refused: Counter::of(path.clone(), "max").into_iter().collect() };
        let ended = |ending| {
            let (stdout, stderr, files) = (Bytes::from(Vec::new()), Bytes::from(Vec::new()), BTreeMap::new());
            let (elapsed, peak_memory, limits) = (Duration::ZERO, 0, StepLimits::default());
            Observation { steps: vec![StepObservation { ending, stdout, stderr, files, elapsed, peak_memory, limits }] }
        };
        let (counted_killed, counted_refused) = (killed.counts(), refused.counts());
        let behind = |trouble: &Trouble, ending| {
            let before = if trouble.killed.is_some() { &counted_killed } else { &counted_refused };
            trouble.behind(&ended(ending), before, std::iter::empty()).map(Suspicion::words)
        };
        assert_eq!(behind(&killed, Ending::Signalled(9)), None);
        assert_eq!(behind(&refused, Ending::Exited(1)), None);
        fs::write(&path, "oom_kill 2\nmax 2\n").unwrap();
        let reason = behind(&killed, Ending::Signalled(9)).unwrap();
        assert!(
            reason.contains("ran out of memory") && reason.contains("oom_kill in ") && reason.contains("from 1 to 2"),
            "{reason}"
        );
        assert!(behind(&killed, Ending::Exited(137)).is_some());
        assert_eq!(behind(&killed, Ending::Signalled(11)), None);
        assert_eq!(behind(&killed, Ending::TimedOut), None);
        assert!(behind(&refused, Ending::TimedOut).unwrap().contains("refused to start a process"));
        assert_eq!(refused.behind(&ended(Ending::Exited(1)), &refused.counts(), std::iter::empty()), None, "it grew before that");
        fs::remove_file(&path).unwrap();
        assert_eq!(behind(&refused, Ending::Exited(1)), None);
    }
}
