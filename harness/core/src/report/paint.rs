//! Colours for a terminal.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

use crate::gate::{CriterionState, Decision};
use crate::residual::Class;
use crate::verdict::Verdict;
use crate::visible::inert;

/// Whether a text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// It has none.
    Plain,
    /// Verdicts, differences and decisions have theirs.
    Colours,
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const HINT: Style = AnsiColor::Cyan.on_default();

impl Paint {
    fn with(self, style: Style, text: impl Display) -> String {
        match self {
            Paint::Plain => text.to_string(),
            Paint::Colours => format!("{style}{text}{style:#}"),
        }
    }

    /// A text about scenarios of this verdict and class.
    pub fn verdict(self, verdict: Verdict, class: Option<Class>, text: impl Display) -> String {
        let style = match (class, verdict) {
            (Some(Class::Known), _) => DOUBTFUL,
            (Some(class), _) if class.is_unaccounted() => BAD,
            (_, Verdict::Passed) => GOOD,
            (_, Verdict::Failed | Verdict::Crashed | Verdict::TimedOut | Verdict::Error) => BAD,
            (_, Verdict::Flaky | Verdict::Skipped) => DOUBTFUL,
        };
        self.with(style, text)
    }

    /// A line of what a failing scenario showed.
    pub fn shown(self, line: &str) -> String {
        let line = inert(line);
        match line.as_bytes().first() {
            Some(b'-') => self.with(BAD, line),
            Some(b'+') => self.with(GOOD, line),
            Some(b'@' | b'?') => self.with(HINT, line),
            Some(_) | None => line.into_owned(),
        }
    }

    /// The state of a criterion.
    pub fn state(self, state: CriterionState, text: impl Display) -> String {
        self.with(
            match state {
                CriterionState::Satisfied => GOOD,
                CriterionState::Waived => DOUBTFUL,
                CriterionState::Unsatisfied => BAD,
            },
            text,
        )
    }

    /// A decision.
    pub fn decision(self, decision: Decision, text: impl Display) -> String {
        self.with(
            match decision {
                Decision::Ship => GOOD,
                Decision::Hold => BAD,
            }
            .bold(),
            text,
        )
    }

    /// Why there is no answer.
    pub fn void(self, text: impl Display) -> String {
        self.with(BAD.bold(), text)
    }
}
