//! Threads over a list of jobs. They do the work; the caller alone owns state.

mod queue;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::fault::Fault;
use crate::worker::{Worker, Workers};
use queue::Queue;

/// How long results gather before they are taken together: to wake up for each would cost more than many scenarios take.
const GATHERING: Duration = Duration::from_millis(5);

/// As [`for_each_in_series`], with one job at a time.
///
/// # Errors
/// As there.
pub fn for_each<J: Copy + Send, R: Send, E: From<Fault>>(
    threads: usize,
    jobs: Vec<J>,
    workers: &Workers<'_>,
    work: impl Fn(&mut Worker<'_>, J) -> Option<R> + Sync,
    take: impl FnMut(Vec<(J, R)>) -> Result<(), E>,
) -> Result<(), E> {
    let one = |worker: &mut Worker<'_>, jobs: &[J]| jobs.first().and_then(|job| work(worker, *job)).into_iter().collect();
    for_each_in_series(threads, jobs, workers, one, take)
}

/// Runs `work` over `jobs` on `threads` threads, each with a worker process of its own, and hands the results, with their jobs,
/// to `take` on this thread, many at a time. Of the jobs that it is given `work` does the first ones, at least one, and gives a result
/// for each; the others go back to where they were. Where it gives none the harness shall stop.
///
/// Where the system gives fewer threads there are fewer: they only take longer.
///
/// # Errors
/// The first error of `take`, after which no new job is begun; or there is no thread at all.
pub fn for_each_in_series<J: Copy + Send, R: Send, E: From<Fault>>(
    threads: usize,
    jobs: Vec<J>,
    workers: &Workers<'_>,
    work: impl Fn(&mut Worker<'_>, &[J]) -> Vec<R> + Sync,
    mut take: impl FnMut(Vec<(J, R)>) -> Result<(), E>,
) -> Result<(), E> {
    let total = jobs.len();
    let threads = threads.clamp(1, total.max(1));
    let queue = Queue::new(jobs, threads);
    let given_up = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for number in 0..threads {
            let (sender, queue, given_up, work) = (sender.clone(), &queue, &given_up, &work);
            let started = thread::Builder::new().spawn_scoped(scope, move || {
                let mut worker = workers.worker();
                let mut wanted = 1;
                while let Some(series) = queue.take(wanted) {
                    if workers.shall_stop() || given_up.load(Ordering::Relaxed) {
                        break;
                    }
                    let results = work(&mut worker, series.jobs());
                    let is_over = results.is_empty();
                    let done: Vec<_> = series.jobs().iter().copied().zip(results).collect();
                    wanted = series.done(done.len());
                    if is_over || done.into_iter().any(|result| sender.send(result).is_err()) {
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
            if taken + 1 < total {
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
