//! Jobs that threads take, several at a time where they are short.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The most jobs of a series.
const LONGEST: usize = 16;

/// The jobs that no worker has taken, in their order.
#[derive(Debug)]
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    returned: Condvar,
    threads: usize,
}

#[derive(Debug)]
struct State<J> {
    jobs: VecDeque<J>,
    /// How many have been taken and may come back: of each series all but the first.
    held: usize,
}

impl<J: Copy> Queue<J> {
    /// Jobs for so many threads.
    pub(super) fn new(jobs: Vec<J>, threads: usize) -> Self {
        Self { state: Mutex::new(State { jobs: jobs.into(), held: 0 }), returned: Condvar::new(), threads }
    }

    /// Takes so many of the first, at least one, or fewer: towards the end no thread shall have several while another has none.
    /// Waits for what may come back; gives nothing when all is done, or other workers do it.
    pub(super) fn take(&self, wanted: usize) -> Option<Series<'_, J>> {
        let has_to_wait = |state: &mut State<J>| state.jobs.is_empty() && state.held > 0;
        let mut state = self.returned.wait_while(self.state(), has_to_wait).unwrap_or_else(PoisonError::into_inner);
        let share = state.jobs.len().div_ceil(2 * self.threads);
        let jobs: Vec<J> = state.jobs.drain(..wanted.min(share)).collect();
        state.held += jobs.len().checked_sub(1)?;
        Some(Series { queue: self, jobs, done: 0 })
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Jobs that a thread has taken, at least one. Dropped, those that were not done go back to where they were.
#[derive(Debug)]
pub(super) struct Series<'q, J: Copy> {
    queue: &'q Queue<J>,
    jobs: Vec<J>,
    done: usize,
}

impl<J: Copy> Series<'_, J> {
    pub(super) fn jobs(&self) -> &[J] {
        &self.jobs
    }

    /// The first ones were done. Gives how many to take the next time: twice as many where all were done, for then they were short, and
    /// one otherwise, as no other worker has what waits for a long one.
    pub(super) fn done(mut self, done: usize) -> usize {
        self.done = done;
        if done < self.jobs.len() { 1 } else { (2 * self.jobs.len()).min(LONGEST) }
    }
}

impl<J: Copy> Drop for Series<'_, J> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.held -= self.jobs.len() - 1;
        let left = self.jobs.get(self.done..).unwrap_or_default();
        left.iter().rev().for_each(|job| state.jobs.push_front(*job));
        self.queue.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

    use std::thread;

    use super::*;

    fn queue(jobs: u32) -> Queue<u32> {
        Queue::new((0..jobs).collect(), 2)
    }

    #[test]
    fn a_series_grows_while_all_of_it_is_done_and_what_is_not_done_goes_back() {
        let queue = queue(1000);
        let mut wanted = 1;
        for (first, length) in [(0, 1), (1, 2), (3, 4), (7, 8), (15, 16), (31, 16)] {
            let series = queue.take(wanted).unwrap();
            assert_eq!((series.jobs()[0], series.jobs().len()), (first, length));
            wanted = series.done(length);
        }
        assert_eq!(queue.take(wanted).unwrap().done(3), 1);
        assert_eq!(queue.take(1).unwrap().jobs(), [50]);
    }

    #[test]
    fn towards_the_end_every_thread_finds_something() {
        let queue = queue(20);
        let length = |series: Series<'_, u32>| (series.jobs().len(), series.done(16)).0;
        let lengths: Vec<usize> = std::iter::from_fn(|| queue.take(16).map(length)).collect();
        assert_eq!(lengths, [5, 4, 3, 2, 2, 1, 1, 1, 1]);
    }

    #[test]
    fn a_thread_without_a_job_waits_for_what_may_come_back() {
        let queue = queue(4);
        let first = queue.take(1).unwrap();
        let series = Series { queue: &queue, jobs: queue.state().jobs.drain(..).collect(), done: 0 };
        queue.state().held = 2;
        thread::scope(|scope| {
            let rest = scope.spawn(|| {
                std::iter::from_fn(|| queue.take(1)).map(|series| (series.jobs()[0], series.done(1)).0).collect::<Vec<_>>()
            });
            assert_eq!((first.done(1), series.done(1)), (2, 1));
            assert_eq!(rest.join().unwrap(), [2, 3]);
        });
    }

    #[test]
    fn what_a_thread_that_panicked_had_is_anothers() {
        let queue = queue(1);
        let panicked = thread::scope(|scope| scope.spawn(|| queue.take(1).map(|_series| panic!("as meant"))).join());
        assert!(panicked.is_err());
        assert_eq!(queue.take(1).unwrap().jobs(), [0]);
    }
}
