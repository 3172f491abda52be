//! The system calls that neither the standard library nor rustix offers safely.
#![allow(unsafe_code, reason = "wait4 and getrusage are the only doors to a child's peak memory")]

use std::io;
use std::mem;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::process::Pid;

/// How a child ended, and the most memory it had resident, in bytes.
pub(crate) struct Reaped {
    pub(crate) status: ExitStatus,
    pub(crate) peak_memory: u64,
}

/// Waits for the child `pid` to end and takes it off the process table: from then on its id may be another's.
pub(crate) fn reap(pid: Pid) -> io::Result<Reaped> {
    let (mut status, mut usage) = (0, no_usage());
    loop {
        // SAFETY: both pointers are to live, exclusively borrowed values of the types that the call fills in.
        let waited = unsafe { libc::wait4(pid.as_raw_pid(), &mut status, 0, &mut usage) };
        if waited >= 0 {
            return Ok(Reaped { status: ExitStatus::from_raw(status), peak_memory: resident_bytes(&usage) });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// The most memory that this process has had resident so far, in bytes.
pub(crate) fn own_peak_memory() -> u64 {
    let mut usage = no_usage();
    // SAFETY: the pointer is to a live, exclusively borrowed `rusage`; with it the call has no way to fail.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    resident_bytes(&usage)
}

fn no_usage() -> libc::rusage {
    // SAFETY: a `rusage` is a plain record of integers, for which all zeroes is a value.
    unsafe { mem::zeroed() }
}

/// Linux counts `ru_maxrss` in KiB.
fn resident_bytes(usage: &libc::rusage) -> u64 {
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024
}
