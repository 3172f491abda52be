//! Where work is done, in one value: what it works on, what stops it, and who is told of it.

use std::sync::atomic::Ordering;

use fixgate_core::event::Event;
use fixgate_core::ledger::Ledger;

use crate::stop::StopFlag;
use crate::tree::Tree;

/// Is told what happens while work goes on.
pub trait Reporter: Sync {
    /// Tells one event.
    fn event(&self, event: Event<'_>);
}

/// Tells nothing to anyone.
impl Reporter for () {
    fn event(&self, _: Event<'_>) {}
}

/// The place of some work: the tree and its records, the flag that stops it, and who is told of it.
#[derive(Clone, Copy)]
pub struct Site<'s> {
    /// The tree.
    pub tree: &'s Tree,
    /// Its records.
    pub ledger: &'s Ledger,
    /// Set when the work shall end before its time.
    pub stop: &'s StopFlag,
    /// How many scenarios run at a time.
    pub jobs: usize,
    /// Who is told what happens.
    pub reporter: &'s dyn Reporter,
}

impl Site<'_> {
    /// Tells one event.
    pub fn tell(&self, event: Event<'_>) {
        self.reporter.event(event);
    }

    /// Whether the work shall end before its time.
    pub fn shall_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
