//! Processes that outlive the program that started them, by leaving its process group.
//!
//! The system gives an orphan to the nearest ancestor that has asked for them. After `adopt` that is this process, so
//! that nothing a product starts can slip away from the run.

use std::fs;
use std::io;
use std::thread;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

use crate::fault::Fault;

/// Makes this process the parent of every descendant that loses its own.
pub fn adopt() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// The time during which this process is the parent of orphans; at its end there are none.
#[derive(Debug)]
pub struct Adoption(());

impl Adoption {
    /// Begins it; to be called before the first program is run.
    ///
    /// # Errors
    /// When the system knows no such thing.
    pub fn begin() -> Result<Self, Fault> {
        adopt().map(|()| Self(())).map_err(|reason| Fault::harness(format!("orphans cannot be adopted: {reason}")))
    }
}

impl Drop for Adoption {
    fn drop(&mut self) {
        // No program runs any more, so whatever leads a group of its own has made itself its leader.
        // What cannot be read of /proc now could not be acted on by anyone.
        let _ = end_all(Leaders::Ended);
    }
}

/// Takes dead orphans off the process table; to be called now and then in a long run. Gives their number.
pub fn bury() -> io::Result<usize> {
    let orphans = orphans(Leaders::Spared)?;
    Ok(orphans.iter().filter(|orphan| has_been_reaped(**orphan)).count())
}

/// Kills every orphan, and every one that this makes, until there is none. Gives their number.
///
/// Only for when no program runs any more: what a running one started may be an orphan that it still needs.
pub fn end() -> io::Result<usize> {
    end_all(Leaders::Spared)
}

/// What becomes of the leaders of a group in this process's own session: a program that this process started is one, and
/// so is what a program's job control made one.
#[derive(Clone, Copy, PartialEq)]
enum Leaders {
    Spared,
    Ended,
}

fn end_all(leaders: Leaders) -> io::Result<usize> {
    let mut ended = 0;
    loop {
        let orphans = orphans(leaders)?;
        if orphans.is_empty() {
            return Ok(ended);
        }
        for orphan in orphans {
            // It is our child and not reaped, so the id is still its own.
            let _ = kill_process(orphan, Signal::KILL);
            while !has_been_reaped(orphan) {
                thread::yield_now();
            }
            ended += 1;
        }
    }
}

/// True also if it is no child of ours any more.
fn has_been_reaped(orphan: Pid) -> bool {
    !matches!(waitpid(Some(orphan), WaitOptions::NOHANG), Ok(None))
}

/// The children that this process did not start itself.
///
/// Those that it did are in its own session, as leaders of a group, or for a moment still in its own group. Nobody
/// else's child can come to be like that.
fn orphans(leaders: Leaders) -> io::Result<Vec<Pid>> {
    let own = getpid();
    let us = Kin::of(own).ok_or_else(|| io::Error::other("/proc does not show this process"))?;
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else {
            continue;
        };
        let Some(kin) = Kin::of(id) else { continue };
        let leads = leaders == Leaders::Spared && kin.group == id.as_raw_pid() && kin.session == us.session;
        if kin.parent == own.as_raw_pid() && kin.group != us.group && !leads {
            found.push(id);
        }
    }
    Ok(found)
}

/// The ids by which a process belongs to others; 0 is one that this PID namespace can't see, as a container's first
/// process may have for its own group and session.
struct Kin {
    parent: i32,
    group: i32,
    session: i32,
}

impl Kin {
    /// None for a process that is gone.
    fn of(id: Pid) -> Option<Self> {
        let stat = fs::read(format!("/proc/{}/stat", id.as_raw_pid())).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // The name before it may itself hold spaces and parentheses.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut numbers = fields.split_ascii_whitespace().skip(1).map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { parent: next()?, group: next()?, session: next()? })
    }
}
