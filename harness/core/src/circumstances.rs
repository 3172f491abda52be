//! What programs under test can see of their surroundings, and what can decide what they do there.
//!
//! What can be set for a program is set to a fixed value. The rest is here: what the project says of programs, and
//! what this machine does not let itself be told.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::project::{Grants, Limits, Project};

/// The circumstances of a run. Results from others are no results of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Circumstances {
    /// What programs are granted.
    pub grants: Grants,
    /// What they may use up.
    pub limits: Limits,
    /// A step's time limit where its case states none.
    pub timeout_milliseconds: u64,
    /// Bytes kept of each stream.
    pub output_limit: u64,
    /// The machine.
    pub machine: Machine,
}

/// What programs can see of the machine and of the process that started the harness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Machine {
    /// The effective user.
    pub user: u32,
    /// The effective group.
    pub group: u32,
    /// The kind of file system that work directories are on, and what it does not allow.
    pub work_place: String,
    /// The system's name, release and architecture.
    pub kernel: String,
    /// How many processors programs may use.
    pub processors: u64,
    /// What could not be given its fixed value, and the value that it has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<Setting, u64>,
    /// How the file system is mounted for programs.
    #[serde(default, skip_serializing_if = "Mounts::are_as_they_are")]
    pub mounts: Mounts,
}

/// How the file system is mounted for programs. Some that look at it, or try to change it, see that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mounts {
    /// As for any other program.
    #[default]
    AsTheyAre,
    /// For reading alone, except where they may write.
    ReadOnly,
}

impl Mounts {
    fn are_as_they_are(&self) -> bool {
        matches!(self, Self::AsTheyAre)
    }
}

/// What is said of programs for which it is mounted for reading alone.
const READ_ONLY: &str = "read-only, except where programs may write";

/// What each program gets from the harness with a fixed value, if the system allows that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// The most bytes of address space.
    AddressSpace,
    /// The most bytes of data.
    Data,
    /// The longest file, in bytes.
    FileSize,
    /// The most bytes locked in memory.
    LockedMemory,
    /// The most bytes in message queues.
    MessageQueues,
    /// Niceness.
    Nice,
    /// The most open files.
    OpenFiles,
    /// How soon it is ended where memory runs out.
    OutOfMemory,
    /// What of an older system is imitated.
    Personality,
    /// The most processes of the user.
    Processes,
    /// The most seconds on a processor.
    ProcessorTime,
    /// The scheduling policy.
    Scheduling,
    /// The most signals that wait.
    Signals,
    /// The most bytes of stack.
    Stack,
}

impl Setting {
    /// In words, as in "the limit on open files".
    pub fn words(self) -> &'static str {
        match self {
            Setting::AddressSpace => "address space",
            Setting::Data => "data",
            Setting::FileSize => "the size of files",
            Setting::LockedMemory => "locked memory",
            Setting::MessageQueues => "message queues",
            Setting::Nice => "niceness",
            Setting::OpenFiles => "open files",
            Setting::OutOfMemory => "the out-of-memory score",
            Setting::Personality => "personality",
            Setting::Processes => "processes",
            Setting::ProcessorTime => "processor time",
            Setting::Scheduling => "the scheduling policy",
            Setting::Signals => "pending signals",
            Setting::Stack => "the stack",
        }
    }

    /// The shell's command that raises it, if it is a limit of that kind.
    pub fn raised_by(self) -> Option<&'static str> {
        match self {
            Setting::AddressSpace => Some("ulimit -v"),
            Setting::Data => Some("ulimit -d"),
            Setting::FileSize => Some("ulimit -f"),
            Setting::LockedMemory => Some("ulimit -l"),
            Setting::MessageQueues => Some("ulimit -q"),
            Setting::OpenFiles => Some("ulimit -n"),
            Setting::Processes => Some("ulimit -u"),
            Setting::ProcessorTime => Some("ulimit -t"),
            Setting::Signals => Some("ulimit -i"),
            Setting::Stack => Some("ulimit -s"),
            Setting::Nice | Setting::OutOfMemory | Setting::Personality | Setting::Scheduling => None,
        }
    }
}

impl Circumstances {
    /// Those of programs of this project on this machine.
    pub fn of(project: &Project, machine: Machine) -> Self {
        Self {
            grants: project.isolation.grants.clone(),
            limits: project.isolation.limits.clone(),
            timeout_milliseconds: u64::try_from(project.run.timeout.as_millis()).unwrap_or(u64::MAX),
            output_limit: project.run.output_limit,
            machine,
        }
    }

    /// What differs from these others, as in "the run had …".
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let Self { grants, limits, timeout_milliseconds, output_limit, machine } = self;
        let Machine { user, group, work_place, kernel, processors, held, mounts } = machine;
        let same = [
            ("other grants", *grants == other.grants),
            ("other limits", *limits == other.limits),
            ("another time limit", *timeout_milliseconds == other.timeout_milliseconds),
            ("another output limit", *output_limit == other.output_limit),
            ("another user", (user, group) == (&other.machine.user, &other.machine.group)),
            ("another kind of file system for work directories", *work_place == other.machine.work_place),
            ("another kernel", *kernel == other.machine.kernel),
            ("another number of processors", *processors == other.machine.processors),
            ("other inherited settings", *held == other.machine.held),
            ("a file system mounted otherwise", *mounts == other.machine.mounts),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(other, _)| other).collect()
    }
}

impl Machine {
    /// Each of its properties by a name, in words.
    pub fn statements(&self) -> Vec<(&'static str, String)> {
        let held: Vec<String> = self.held.iter().map(|(setting, value)| format!("{} {value}", setting.words())).collect();
        let held = if held.is_empty() { "none".to_owned() } else { held.join(", ") };
        let mut statements = vec![
            ("user", format!("{}, group {}", self.user, self.group)),
            ("work-directories", self.work_place.clone()),
            ("kernel", self.kernel.clone()),
            ("processors", self.processors.to_string()),
            ("inherited-settings", held),
        ];
        match self.mounts {
            // As every run before there was another way.
            Mounts::AsTheyAre => {}
            Mounts::ReadOnly => statements.push(("file-system", READ_ONLY.to_owned())),
        }
        statements
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, group, work_place, kernel, processors, held, mounts } = self;
        write!(formatter, "{kernel}, processors: {processors}, user {user}, group {group}, work directories on {work_place}")?;
        held.iter().try_for_each(|(setting, value)| write!(formatter, ", {} held at {value}", setting.words()))?;
        match mounts {
            Mounts::AsTheyAre => Ok(()),
            Mounts::ReadOnly => write!(formatter, ", the file system {READ_ONLY}"),
        }
    }
}
