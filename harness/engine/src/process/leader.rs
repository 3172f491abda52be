//! The process group of one program, from its start to its end.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Child;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::system::{self, Reaped};

/// A program that has been started and not been reaped, so that its id is still its own and its group's.
///
/// Dropped on an early return, it kills and reaps its group too.
pub(super) struct Leader {
    pid: Pid,
    reaped: bool,
}

impl Leader {
    /// Takes over from `child`, which must not be waited for by anyone else.
    pub(super) fn of(child: &Child) -> Self {
        Self { pid: Pid::from_child(child), reaped: false }
    }

    /// A descriptor that is readable once the program has exited, whatever its descendants do.
    pub(super) fn exit(&self) -> io::Result<OwnedFd> {
        Ok(pidfd_open(self.pid, PidfdFlags::empty())?)
    }

    /// Kills whatever is left of the group and reaps the program.
    pub(super) fn end(mut self) -> io::Result<Reaped> {
        self.kill_and_reap()
    }

    /// The order matters: until the leader is reaped no other group can be given its id.
    fn kill_and_reap(&mut self) -> io::Result<Reaped> {
        self.reaped = true;
        // It can fail only by finding nothing left to kill, or something that changed its user and so escaped.
        let _ = kill_process_group(self.pid, Signal::KILL);
        system::reap(self.pid)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        if !self.reaped {
            let _ = self.kill_and_reap();
        }
    }
}
