//! Workers over a list of jobs: results come to the coordinator as they are ready, and it alone keeps state.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::orphans;

/// After so many jobs the process table is cleared of what they left behind.
const BURIED_AFTER: usize = 1_000;

/// Set by a signal: workers take no new job.
pub type StopFlag = AtomicBool;

/// Runs `work` over `jobs` on `workers` threads and hands each result, with its job, to `take` on this thread.
///
/// # Errors
/// The first error of `take`; workers then take no new job.
pub fn for_each<J: Sync, R: Send, E>(
    workers: usize,
    jobs: &[J],
    stop: &StopFlag,
    work: impl Fn(&J) -> R + Sync,
    mut take: impl FnMut(Vec<(&J, R)>) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let given_up = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers.clamp(1, jobs.len().max(1)) {
            let (sender, next, given_up, work) = (sender.clone(), &next, &given_up, &work);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) && !given_up.load(Ordering::Relaxed) {
                    let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    if sender.send((job, work(job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut unburied = 0;
        // Whatever is ready is taken together, so that one write records all of it.
        while let Ok(first) = receiver.recv() {
            let batch: Vec<_> = std::iter::once(first).chain(receiver.try_iter().take(1_000)).collect();
            unburied += batch.len();
            if unburied >= BURIED_AFTER {
                unburied = 0;
                // Dead orphans only fill the process table; that they cannot be looked for now harms no verdict.
                let _ = orphans::bury();
            }
            if let Err(error) = take(batch) {
                given_up.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    })
}
