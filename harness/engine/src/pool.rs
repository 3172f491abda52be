//! Threads over a list of jobs. They do the work; the caller alone owns state.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::fault::Fault;
use crate::worker::{Worker, Workers};

/// Set when no new job shall be taken.
pub type StopFlag = AtomicBool;

/// How long results gather before they are taken together: to wake up for each would cost more than many scenarios take.
const GATHERING: Duration = Duration::from_millis(5);

/// Runs `work` over `jobs` on `threads` threads, each with a worker process of its own, and hands the results, with their jobs,
/// to `take` on this thread, many at a time. A job whose work gives nothing was left off because the harness shall stop.
///
/// Where the system gives fewer threads there are fewer: they only take longer.
///
/// # Errors
/// The first error of `take`, after which no new job is begun; or there is no thread at all.
pub fn for_each<J: Sync, R: Send, E: From<Fault>>(
    threads: usize,
    jobs: &[J],
    workers: &Workers<'_>,
    work: impl Fn(&mut Worker<'_>, &J) -> Option<R> + Sync,
    mut take: impl FnMut(Vec<(&J, R)>) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let given_up = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..threads.clamp(1, jobs.len().max(1)) {
            let (sender, next, given_up, work) = (sender.clone(), &next, &given_up, &work);
            let started = thread::Builder::new().spawn_scoped(scope, move || {
                let mut worker = workers.worker();
                while !workers.shall_stop() && !given_up.load(Ordering::Relaxed) {
                    let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let Some(result) = work(&mut worker, job) else { break };
                    if sender.send((job, result)).is_err() {
                        break;
                    }
                }
            });
            match started {
                Err(reason) if number == 0 => {
                    return Err(Fault::system(format!("no thread can be started: {reason}"), &reason).into());
                }
                Err(_) => break,
                Ok(_) => {}
            }
        }
        drop(sender);
        let mut taken = 0;
        while let Ok(first) = receiver.recv() {
            if taken + 1 < jobs.len() {
                thread::sleep(GATHERING);
            }
            let batch: Vec<_> = std::iter::once(first).chain(receiver.try_iter()).collect();
            taken += batch.len();
            if let Err(error) = take(batch) {
                given_up.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(())
    })
}
