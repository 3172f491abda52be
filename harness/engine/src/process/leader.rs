//! The process group of one program, from its start to its end.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant};

use fixgate_core::project::Limits;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, kill_process_group};

use super::streams::Ends;
use super::{Command, Surroundings};
use crate::system::{self, Reaped, Start, Words};

/// A program that has been started and not been reaped, so that its id is still its own and its group's.
///
/// Dropped on an early return, it kills and reaps its group too.
pub(super) struct Leader {
    pid: Pid,
    exit: OwnedFd,
    reaped: bool,
}

impl Leader {
    /// Starts the program; its `ends` of the streams are closed here.
    pub(super) fn start(command: &Command, ends: Ends, surroundings: &Surroundings<'_>) -> io::Result<Self> {
        let program = CString::new(command.found_program()?.into_string())?;
        let directory = CString::new(command.directory.as_str())?;
        let arguments = [command.program.as_str()].into_iter().chain(command.arguments.iter().map(String::as_str));
        let variables = command.environment.iter().map(|(name, value)| [name.as_str(), "=", value.as_str()]);
        let start = Start {
            program: &program,
            arguments: &Words::new(arguments.map(|argument| [argument, "", ""]))?,
            environment: &Words::new(variables)?,
            directory: &directory,
            streams: [ends.input.as_fd(), ends.stdout.as_fd(), ends.stderr.as_fd()],
            limits: &surroundings.limits.map_or_else(Vec::new, |limits| resources(limits, command.timeout)),
            domain: surroundings.domain,
        };
        let begun = Instant::now();
        loop {
            match system::start(&start) {
                // A file that has just been written is open for writing in any process that was being started meanwhile,
                // until that becomes another program. It is a matter of a moment.
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && begun.elapsed() < command.timeout => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(error),
                Ok(started) => return Ok(Self { pid: started.pid, exit: started.exit, reaped: false }),
            }
        }
    }

    /// Readable once the program has exited, regardless of its descendants.
    pub(super) fn exit(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }

    /// Kills what is left of the group and reaps the program.
    pub(super) fn end(mut self) -> io::Result<Reaped> {
        self.kill_and_reap()
    }

    /// The order matters: until the leader is reaped no other group can be given its id.
    fn kill_and_reap(&mut self) -> io::Result<Reaped> {
        self.reaped = true;
        // It can fail only by finding nothing left to kill, or something that changed its user and so escaped.
        let _ = kill_process_group(self.pid, Signal::KILL);
        // A program may have moved itself into the group of another process of its session.
        let _ = kill_process(self.pid, Signal::KILL);
        system::reap(self.pid)
    }
}

/// The number of open files that most systems give a program, which may raise it as far as its worker.
pub(crate) const OPEN_FILES: u64 = 1024;

/// What depends on the program, or would bind its worker as well, and no higher than this process's own. More time on a processor than
/// all of them together could give is a sign that the program is out of reach.
fn resources(limits: &Limits, timeout: Duration) -> Vec<(Resource, Rlimit)> {
    // To be told costs many system calls.
    static PROCESSORS: LazyLock<u64> = LazyLock::new(|| thread::available_parallelism().map_or(1, |count| count.get() as u64));
    let processor_time = timeout.as_secs().saturating_add(1).saturating_mul(*PROCESSORS);
    let wanted = [Some(processor_time), Some(limits.processes), limits.memory, Some(OPEN_FILES)];
    let lower = |((resource, own), wanted): (&(Resource, Option<u64>), Option<u64>)| {
        let most = wanted?.min(own.unwrap_or(u64::MAX));
        let maximum = if *resource == Resource::Nofile { *own } else { Some(most) };
        Some((*resource, Rlimit { current: Some(most), maximum }))
    };
    OWN_LIMITS.iter().zip(wanted).filter_map(lower).collect()
}

/// The most of each that this process may give itself, which does not change while it lives.
static OWN_LIMITS: LazyLock<[(Resource, Option<u64>); 4]> = LazyLock::new(|| {
    [Resource::Cpu, Resource::Nproc, Resource::As, Resource::Nofile].map(|resource| (resource, getrlimit(resource).maximum))
});

impl Drop for Leader {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.kill_and_reap();
        }
    }
}
