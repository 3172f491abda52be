//! Processes that outlive the program that started them, by leaving its process group.
//!
//! The system gives an orphan to the nearest ancestor that has asked for them. After `adopt` that is this process, so
//! that nothing a product starts can slip away.

use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, set_child_subreaper, wait, waitpid};

use crate::fault::Fault;

/// Makes this process the parent of every descendant that loses its own.
pub fn adopt() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// The time during which this process is the parent of orphans; at its end there are none, nor any other child.
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
        // What cannot be read of /proc now could not be acted on by anyone.
        let _ = end(Reach::Anybody);
    }
}

/// Whom this process can send a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Others than its descendants, too.
    Anybody,
    /// Nobody but its descendants: it lives in a Landlock domain that keeps signals inside.
    Descendants,
}

/// Kills every child of this process, and every one that it comes to have by that, until there is none. Gives their number.
///
/// Where there is none, which is the rule, that is one system call. Where descendants alone are in reach, one more kills all
/// of them at once, in which they can't fork; elsewhere they are looked for, and who forks faster than that stays ahead.
pub fn end(reach: Reach) -> io::Result<usize> {
    let mut ended = 0;
    loop {
        match (wait(WaitOptions::NOHANG), reach) {
            (Ok(Some(_)), _) => ended += 1,
            (Ok(None), Reach::Anybody) => ended += kill_children()?,
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

/// Kills and reaps the children that there are now.
fn kill_children() -> io::Result<usize> {
    let children = children()?;
    if children.is_empty() {
        return Err(io::Error::other("/proc does not show the children of this process"));
    }
    for child in &children {
        // It is ours and not reaped, so the id is still its own.
        let _ = kill_process(*child, Signal::KILL);
    }
    for child in &children {
        let _ = waitpid(Some(*child), WaitOptions::empty());
    }
    Ok(children.len())
}

fn children() -> io::Result<Vec<Pid>> {
    let own = getpid().as_raw_pid();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let id = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        found.extend(id.filter(|id| parent(*id) == Some(own)));
    }
    Ok(found)
}

/// None for a process that is gone.
fn parent(id: Pid) -> Option<i32> {
    let stat = fs::read(format!("/proc/{}/stat", id.as_raw_pid())).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The name before it may itself hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok()
}
