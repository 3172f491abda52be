//! The time that a program takes, less what the harness could not watch.

use std::time::{Duration, Instant};

/// The longest that the watcher waits before it looks at the clock again.
const LOOK: Duration = Duration::from_millis(100);

/// Counts a program's time against its limit, by the clock that cannot be set.
///
/// What goes by while this process itself is stopped is not the program's: anything that stops a worker, be it a signal to all of a
/// container or a machine that sleeps, stops the program too. The watcher wakes up often, so it can tell: a wait that took far
/// longer than it was to take was a stop.
#[derive(Debug)]
pub(super) struct Timer {
    limit: Duration,
    counted: Duration,
    looked: Instant,
}

impl Timer {
    /// Begins to count now.
    pub(super) fn start(limit: Duration) -> Self {
        Self { limit, counted: Duration::ZERO, looked: Instant::now() }
    }

    /// How long to wait before the next look.
    pub(super) fn wait(&self) -> Duration {
        self.limit.saturating_sub(self.counted).min(LOOK)
    }

    /// Counts what went by since the last look.
    pub(super) fn look(&mut self) {
        self.look_at(Instant::now());
    }

    fn look_at(&mut self, now: Instant) {
        // Twice as long as the longest wait is still a busy machine's doing, and counts.
        let passed = now.saturating_duration_since(self.looked).min(LOOK * 2);
        self.counted = self.counted.saturating_add(passed);
        self.looked = now;
    }

    /// Whether the limit has been reached.
    pub(super) fn is_over(&self) -> bool {
        self.counted >= self.limit
    }

    /// The time that was counted so far.
    pub(super) fn counted(&self) -> Duration {
        self.counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_counts_to_the_very_limit() {
        let mut timer = Timer::start(Duration::from_millis(250));
        let begun = timer.looked;
        for (at, waits) in [(0, 100), (40, 100), (140, 100), (190, 60), (249, 1)] {
            timer.look_at(begun + Duration::from_millis(at));
            assert_eq!((timer.counted().as_millis(), timer.wait().as_millis()), (at.into(), waits), "at {at}");
            assert!(!timer.is_over());
        }
        timer.look_at(begun + Duration::from_millis(250));
        assert!(timer.is_over());
    }

    #[test]
    fn of_a_stop_no_more_counts_than_a_busy_machine_could_have_taken() {
        let mut timer = Timer::start(Duration::from_secs(1));
        let begun = timer.looked;
        timer.look_at(begun + Duration::from_secs(3_600));
        assert_eq!(timer.counted(), LOOK * 2);
        timer.look_at(begun + Duration::from_secs(3_600) + LOOK);
        assert_eq!(timer.counted(), LOOK * 3);
        // A clock that went back would count as nothing.
        timer.look_at(begun);
        assert_eq!(timer.counted(), LOOK * 3);
    }

    #[test]
    fn a_limit_beyond_all_clocks_is_none() {
        let mut timer = Timer::start(Duration::MAX);
        timer.look_at(timer.looked + Duration::from_millis(10));
        assert_eq!((timer.is_over(), timer.wait()), (false, LOOK));
    }
}
