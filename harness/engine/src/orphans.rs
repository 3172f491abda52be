//! Processes that outlive the program that started them, by leaving its process group.
//!
//! The system gives an orphan to the nearest ancestor that has asked for them. After `adopt` that is this process, so
//! that nothing a product starts can slip away.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process_group, pidfd_open, pidfd_send_signal, set_child_subreaper, wait,
};

use crate::fault::Fault;

/// How long descendants are looked for one by one, at least. Where they hold still it is a matter of milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often, at least: a crowd leaves little time to look.
const LOOKS: u32 = 100;

/// Makes this process the parent of every descendant that loses its own.
pub fn adopt() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// The time during which this process is the parent of orphans; at its end there are none, nor any other child.
#[derive(Debug)]
pub struct OrphanGuard(());

impl OrphanGuard {
    /// Begins it; to be called before the first program is run.
    ///
    /// # Errors
    /// When the system knows no such thing.
    pub fn begin() -> Result<Self, Fault> {
        adopt().map(|()| Self(())).map_err(|reason| Fault::harness(format!("orphans cannot be adopted: {reason}")))
    }
}

impl Drop for OrphanGuard {
    fn drop(&mut self) {
        // What cannot be read of /proc now could not be acted on by anyone.
        let _ = end(Reach::Everything);
    }
}

/// Whom this process can send a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Others than its descendants, too.
    Everything,
    /// Only its descendants: it lives in a Landlock domain that keeps signals inside.
    Descendants,
}

/// Kills every child of this process, and every one that it comes to have by that, until there is none. Gives their number.
///
/// Where there is none, which is the rule, that is one system call. Where descendants alone are in reach, one more kills all
/// of them at once, in which they can't fork; elsewhere they are looked for.
///
/// # Errors
/// When they fork faster than they are found, or cannot be killed, or the system does not show them.
pub fn end(reach: Reach) -> io::Result<usize> {
    let mut ended = 0;
    let mut begun = None;
    let mut looks = 0;
    loop {
        match (wait(WaitOptions::NOHANG), reach) {
            (Ok(Some(_)), _) => ended += 1,
            (Ok(None), Reach::Everything) => {
                looks += 1;
                if begun.get_or_insert_with(Instant::now).elapsed() > PATIENCE && looks > LOOKS {
                    return Err(io::Error::other(
                        "what it left running cannot be ended, or starts new processes faster than that",
                    ));
                }
                stop_or_kill()?;
            }
            (Ok(None), Reach::Descendants) => {
                // Of process 1 that is not its group, but everybody in reach.
                kill_process_group(Pid::INIT, Signal::KILL)?;
                wait(WaitOptions::empty())?;
                ended += 1;
            }
            (Err(Errno::CHILD), _) => return Ok(ended),
            (Err(Errno::INTR), _) => {}
            (Err(error), _) => return Err(error.into()),
        }
    }
}

/// Stops the descendants that run, or where all stand still kills the children. One that stands still can't fork, and it counts
/// towards the limit of processes, so that each of a crowd at its limit that is stopped is one less who can.
fn stop_or_kill() -> io::Result<()> {
    let own = getpid();
    let mut by_parent = HashMap::<Pid, Vec<Process>>::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let Some(process) = id.and_then(Process::look) else { continue };
        if process.parent == own && process.state != State::Still {
            // At once: a moment later it may have forked and gone.
            process.send(Signal::STOP);
        }
        by_parent.entry(process.parent).or_default().push(process);
    }
    let children = by_parent.get(&own).cloned().unwrap_or_default();
    if children.is_empty() {
        return Err(io::Error::other("/proc does not show the children of this process"));
    }
    let mut do_all_stand_still = true;
    let mut parents = vec![own];
    while let Some(parent) = parents.pop() {
        for process in by_parent.remove(&parent).unwrap_or_default() {
            parents.push(process.id);
            if process.state != State::Still {
                process.send(Signal::STOP);
            }
            do_all_stand_still &= process.state != State::Running;
        }
    }
    if do_all_stand_still {
        children.iter().for_each(|child| child.send(Signal::KILL));
    }
    Ok(())
}

/// A process as it was a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    id: Pid,
    parent: Pid,
    state: State,
}

/// What a process does, as far as it matters for stopping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It can fork.
    Running,
    /// The kernel holds it. Once it is sent the signal to stop, it can't fork when it wakes. It may never wake, and so never
    /// stop: after `vfork`, it waits for its child to call `exec`, and the child may be stopped before that.
    Blocked,
    /// It is stopped, or it has ended.
    Still,
}

impl Process {
    /// None for a process that is gone.
    fn look(id: Pid) -> Option<Self> {
        let stat = fs::read(format!("/proc/{}/stat", id.as_raw_pid())).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // The name before it may itself hold spaces and parentheses.
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        let state = match fields.next()? {
            "T" | "t" | "X" | "Z" => State::Still,
            "D" => State::Blocked,
            _ => State::Running,
        };
        Some(Self { id, parent: Pid::from_raw(fields.next()?.parse().ok()?)?, state })
    }

    /// Signals it, and no other process that has its id by now: that one has another parent than it had.
    fn send(self, signal: Signal) {
        let Ok(opened) = pidfd_open(self.id, PidfdFlags::empty()) else { return };
        if Self::look(self.id).is_some_and(|now| now.parent == self.parent) {
            // One that has ended, or that changed its user and is out of reach, is looked at again.
            let _ = pidfd_send_signal(opened, signal);
        }
    }
}
