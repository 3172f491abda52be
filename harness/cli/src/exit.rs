//! Exit codes: each named, and told, once.

use std::process::ExitCode;

use fixgate_engine::fault::{Fault, FaultKind};

/// How a command ends; the same everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: all is well, or ship.
    Success,
    /// 1: failures were found, or hold.
    Failures,
    /// 2: bad usage or bad records; nothing was run.
    Usage,
    /// 3: void: the harness failed, so there is no answer.
    Void,
    /// 130: interrupted, and resumable.
    Interrupted,
}

impl Exit {
    /// How a fault ends a command.
    pub(crate) fn of(fault: &Fault) -> Self {
        match fault.kind {
            FaultKind::Usage => Exit::Usage,
            FaultKind::Harness => Exit::Void,
            FaultKind::Interrupted => Exit::Interrupted,
        }
    }

    /// Success if nothing was found, failures otherwise.
    pub(crate) fn found(anything: bool) -> Self {
        if anything { Exit::Failures } else { Exit::Success }
    }

    /// Ends the process at once, in any state: as if it had been killed, but for the code.
    pub(crate) fn now(self) -> ! {
        signal_hook::low_level::exit(self.code().into())
    }

    fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failures => 1,
            Exit::Usage => 2,
            Exit::Void => 3,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
