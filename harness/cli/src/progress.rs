//! Progress of long work: a bar with counts on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fixgate_core::event::{Event, Phase};
use fixgate_core::verdict::Verdict;
use fixgate_core::words::counted;
use fixgate_engine::site::Reporter;
use indicatif::{ProgressBar, ProgressStyle};

use self::pace::Pace;
use crate::output::Output;

mod pace;

/// How often something is said where nothing else is printed.
const EVERY: Duration = Duration::from_secs(30);

/// Shows the events of a run.
pub(crate) struct Progress(Mutex<Display>);

impl Progress {
    pub(crate) fn new(output: Output, shown: bool) -> Self {
        Self(Mutex::new(Display { output, shown, begun: Instant::now(), pace: Arc::default(), bar: None, ticker: None }))
    }
}

impl Reporter for Progress {
    fn event(&self, event: Event<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).event(event);
    }
}

/// What is shown at a time.
struct Display {
    output: Output,
    shown: bool,
    begun: Instant,
    pace: Arc<Mutex<Pace>>,
    bar: Option<ProgressBar>,
    ticker: Option<Ticker>,
}

impl Display {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::BuildStarted { name, again } => {
                let why = again.map(|again| format!(" again: {again}")).unwrap_or_default();
                self.output.note(&format!("building {name}{why} …\n"));
                self.builds(name);
            }
            Event::BuildAwaited { name } => {
                self.output.note(&format!("waiting for {name}, which another process works with …\n"));
                self.builds(name);
            }
            Event::LessIsolation => self.output.warning(
                "this system does not offer strict isolation: programs may write wherever this user may, and the record says so",
            ),
            Event::PhaseStarted { phase, total, done } => {
                let now = self.begun.elapsed();
                self.pace().begins(word(phase), phase == Phase::Baseline, (total, done), now);
                self.tick();
                self.start_bar();
            }
            Event::Judged { verdict, .. } => {
                self.pace().judged(verdict);
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                    if bar.position().is_multiple_of(64) || verdict != Verdict::Passed {
                        self.show();
                    }
                }
            }
            // What is said next takes the place of the bar.
            Event::PhaseEnded => self.clear(),
            Event::Kept { directory, kept, left_out } => self.kept(directory, kept, left_out),
        }
    }

    fn builds(&mut self, name: &str) {
        let now = self.begun.elapsed();
        self.pace().builds(name, now);
        self.tick();
    }

    fn kept(&self, directory: &str, kept: usize, left_out: usize) {
        let scenarios = counted(kept, "scenario");
        let rest = if left_out > 0 { format!("; there was no room for {left_out} more") } else { String::new() };
        self.output.note(&format!("kept until the next --keep: {scenarios}, in {directory}{rest}\n"));
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says a line now and then, where there is no terminal.
    fn tick(&mut self) {
        if self.shown && self.ticker.is_none() && !std::io::stderr().is_terminal() {
            self.ticker = Some(Ticker::start(self.output, self.begun, Arc::clone(&self.pace)));
        }
    }

    /// One bar for all phases: the next one goes on where the last one ended.
    fn start_bar(&mut self) {
        if !self.shown || !std::io::stderr().is_terminal() {
            return;
        }
        let style = ProgressStyle::with_template("{prefix:>9} {bar:30} {pos}/{len} {elapsed} {msg}");
        let (pace, now) = (self.pace(), self.begun.elapsed());
        // Without its numbers it would look full when it is drawn for the first time.
        let bar = ProgressBar::new(pace.whole()).with_position(pace.done()).with_elapsed(now);
        let bar = bar.with_prefix(pace.phase().to_owned()).with_message(pace.state(now));
        let bar = match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        drop(pace);
        // The time goes on while one scenario takes long.
        bar.enable_steady_tick(Duration::from_secs(1));
        self.bar = Some(bar);
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn show(&self) {
        let Some(bar) = &self.bar else { return };
        let (pace, now) = (self.pace(), self.begun.elapsed());
        bar.set_prefix(pace.phase().to_owned());
        bar.set_length(pace.whole());
        bar.set_position(pace.done());
        bar.set_message(pace.state(now));
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.clear();
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Baseline => "baseline",
        Phase::Candidate => "candidate",
        Phase::Proofs => "proofs",
    }
}

/// Says a line now and then until it is dropped.
struct Ticker {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(output: Output, begun: Instant, pace: Arc<Mutex<Pace>>) -> Self {
        let (end, ended) = channel();
        let tick = move || {
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let line = pace.lock().unwrap_or_else(PoisonError::into_inner).line(begun.elapsed());
                output.note(&line);
            }
        };
        // Without a thread nothing is said, and all else goes on.
        Self { end: Some(end), thread: thread::Builder::new().name("progress".to_owned()).spawn(tick).ok() }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.end.take());
        // Nothing is said after the result.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
