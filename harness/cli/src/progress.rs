//! Progress of long work: a bar with counts on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;

use fixgate_core::event::{Event, Phase};
use fixgate_core::verdict::{Verdict, VerdictCounts};
use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// Shows the events of a run.
pub(crate) struct Progress {
    output: Output,
    shown: bool,
    bar: Option<ProgressBar>,
    phase: &'static str,
    total: u64,
    done: u64,
    counts: VerdictCounts,
}

impl Progress {
    pub(crate) fn new(output: Output, shown: bool) -> Self {
        Self { output, shown, bar: None, phase: "", total: 0, done: 0, counts: VerdictCounts::default() }
    }

    /// Shows one event.
    pub(crate) fn event(&mut self, event: Event<'_>) {
        match event {
            Event::BuildStarted { name, again: None } => self.output.note(&format!("building {name} …\n")),
            Event::BuildStarted { name, again: Some(again) } => self.output.note(&format!("building {name} again: {again} …\n")),
            Event::BuildAwaited { name } => {
                self.output.note(&format!("waiting for {name}, which another process works with …\n"))
            }
            Event::LessIsolation => self.output.warning(
                "this system does not offer strict isolation: programs may write wherever this user may, and the record says so",
            ),
            Event::PhaseStarted { phase, total, done } => self.start(phase, total, done),
            Event::Judged { verdict, .. } => self.judged(verdict),
            Event::PhaseEnded => self.end(),
        }
    }

    fn start(&mut self, phase: Phase, total: u64, done: u64) {
        self.phase = match phase {
            Phase::Baseline => "baseline",
            Phase::Candidate => "candidate",
            Phase::Proofs => "proofs",
        };
        (self.total, self.done, self.counts) = (total, done, VerdictCounts::default());
        if self.shown && std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{prefix:>9} {bar:30} {pos}/{len} {elapsed} {msg}");
            let bar = ProgressBar::new(total).with_prefix(self.phase);
            self.bar = Some(style.map(|style| bar.clone().with_style(style)).unwrap_or(bar).with_position(done));
        }
    }

    fn judged(&mut self, verdict: Verdict) {
        let before = self.tenths();
        self.done += 1;
        self.counts.add(verdict);
        match &self.bar {
            Some(bar) => {
                bar.set_position(self.done);
                if self.done.is_multiple_of(64) || verdict != Verdict::Passed {
                    bar.set_message(self.counts.to_string());
                }
            }
            None if self.shown && self.total >= 1_000 && self.tenths() > before => {
                self.output.note(&format!("{}: {} of {}: {}\n", self.phase, self.done, self.total, self.counts));
            }
            None => {}
        }
    }

    fn tenths(&self) -> u64 {
        self.done * 10 / self.total.max(1)
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
