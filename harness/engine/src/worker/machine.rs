//! What programs can see of this machine, and whether it has what they and the harness need.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::thread;

use fixgate_core::circumstances::{Machine, Mounts, Setting};
use fixgate_core::project::Limits;
use rustix::fs::{StatVfsMountFlags, makedev, statfs, statvfs};
use rustix::process::{getegid, geteuid};
use rustix::system::uname;

use super::settle::Held;
use crate::fault::Fault;
use crate::process::OPEN_FILES;

/// Below this a limit on memory that no record states would decide what programs do.
const LEAST_MEMORY: u64 = 1 << 30;
/// Below this one on processes would.
const LEAST_PROCESSES: u64 = 1000;
/// Below this one on processor time would, in seconds.
const LEAST_PROCESSOR_TIME: u64 = 3600;

/// The file systems that are known by name, by their magic numbers.
const FILE_SYSTEMS: [(i128, &str); 10] = [
    (0x0102_1994, "tmpfs"),
    (0xef53, "ext"),
    (0x9123_683e, "btrfs"),
    (0x5846_5342, "xfs"),
    (0x794c_7630, "overlayfs"),
    (0x6969, "nfs"),
    (0x2fc1_2fc1, "zfs"),
    (0x6573_5546, "fuse"),
    (0x0102_1997, "9p"),
    (0xf2f5_2010, "f2fs"),
];

/// What there is to see, with work directories in `place`.
pub(super) fn machine(place: &Path, held: Held, mounts: Mounts) -> Machine {
    let name = uname();
    let words = [name.sysname(), name.release(), name.machine()].map(|word| word.to_string_lossy().into_owned());
    Machine {
        user: geteuid().as_raw(),
        group: getegid().as_raw(),
        work_place: file_system(place),
        kernel: words.join(" "),
        processors: thread::available_parallelism().map_or(1, |count| count.get() as u64),
        held,
        mounts,
    }
}

/// The kind of a file system, and what it does not allow.
fn file_system(place: &Path) -> String {
    let number = statfs(place).map_or(0, |system| i128::from(system.f_type));
    let known = FILE_SYSTEMS.iter().find(|(magic, _)| *magic == number);
    let name = known.map_or_else(|| format!("{number:#x}"), |(_, name)| (*name).to_owned());
    let flags = statvfs(place).map_or(StatVfsMountFlags::empty(), |system| system.f_flag);
    let refused =
        [(StatVfsMountFlags::NOEXEC, ", noexec"), (StatVfsMountFlags::NOSUID, ", nosuid"), (StatVfsMountFlags::NODEV, ", nodev")];
    refused.iter().filter(|(flag, _)| flags.contains(*flag)).fold(name, |name, (_, word)| name + word)
}

/// Whether the system has what workers can't do without.
///
/// # Errors
/// What is missing, and what to do.
pub(super) fn check_system() -> Result<(), Fault> {
    if let Err(reason) = File::open("/proc/self/exe") {
        return Err(Fault::harness(format!("programs cannot be run: /proc/self/exe cannot be read: {reason}"))
            .help("mount the proc file system on /proc: `mount -t proc proc /proc`"));
    }
    // Anything else of this name would be every program's input.
    let is_null = |metadata: &fs::Metadata| metadata.file_type().is_char_device() && metadata.rdev() == makedev(1, 3);
    let problem = match fs::metadata("/dev/null").and_then(|metadata| File::open("/dev/null").map(|_| metadata)) {
        Ok(metadata) if is_null(&metadata) => return Ok(()),
        Ok(_) => io::Error::other("it is not the null device"),
        Err(reason) => reason,
    };
    Err(Fault::harness(format!("programs cannot be run: /dev/null cannot be used: {problem}"))
        .help("make it again: `rm -f /dev/null; mknod -m 666 /dev/null c 1 3`"))
}

/// Whether programs can be given what they are to have.
///
/// # Errors
/// Which inherited limit is too low, and how to raise it.
pub(super) fn check_limits(held: &Held, limits: &Limits) -> Result<(), Fault> {
    let too_low = held.iter().filter_map(|(setting, value)| {
        let least = least(*setting, limits).filter(|least| value < least)?;
        Some((*setting, *value, least, setting.raised_by()?))
    });
    let Some((setting, value, least, command)) = too_low.into_iter().next() else { return Ok(()) };
    let message = format!(
        "the harness inherited a limit of {value} on {}, and programs under test are to have {least}: it could fail them",
        setting.words()
    );
    Err(Fault::harness(message).help(match setting {
        Setting::FileSize | Setting::Processes => {
            format!("raise it (`{command}`), or state what there is as `limits` in [run] of fixgate.toml")
        }
        Setting::AddressSpace => format!("raise it (`{command}`), or state no more as `limits.memory` in [run] of fixgate.toml"),
        _ => format!("raise it: `{command}`"),
    }))
}

/// The least that each may be.
fn least(setting: Setting, limits: &Limits) -> Option<u64> {
    match setting {
        Setting::AddressSpace | Setting::Data => Some(limits.memory.unwrap_or(LEAST_MEMORY)),
        Setting::FileSize => Some(limits.file_size),
        Setting::OpenFiles => Some(OPEN_FILES),
        Setting::Processes => Some(limits.processes.min(LEAST_PROCESSES)),
        Setting::ProcessorTime => Some(LEAST_PROCESSOR_TIME),
        Setting::Stack => Some(super::settle::STACK),
        Setting::LockedMemory
        | Setting::MessageQueues
        | Setting::Nice
        | Setting::OutOfMemory
        | Setting::Personality
        | Setting::Scheduling
        | Setting::Signals => None,
    }
}
