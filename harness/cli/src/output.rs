//! Standard output is the result; standard error is progress and diagnostics.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstream::ColorChoice;
use fixgate_core::problem::Problem;
use fixgate_core::report::paint::Paint;
use fixgate_core::words::counted;
use fixgate_engine::Patient;
use fixgate_engine::fault::{Fault, FaultKind};

use crate::arguments::{Color, Common};

/// The most problems that are shown: more are not read, and the place of each is looked for in its file.
const SHOWN_PROBLEMS: usize = 1_000;

/// Writes for people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    quiet: bool,
    styled: bool,
    paint: Paint,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        let (styled, painted) = match common.color {
            Color::Auto => (
                anstream::AutoStream::choice(&io::stderr()) != ColorChoice::Never,
                anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            ),
            Color::Always => (true, true),
            Color::Never => (false, false),
        };
        Self { quiet: common.quiet, styled, paint: if painted { Paint::Colours } else { Paint::Plain } }
    }

    /// Without colours, for other programs' output.
    pub(crate) fn plain() -> Self {
        Self { quiet: false, styled: false, paint: Paint::Plain }
    }

    /// Whether the result has colours.
    pub(crate) fn paint(self) -> Paint {
        self.paint
    }

    /// The result. A reader that has gone away is no fault of ours.
    ///
    /// # Errors
    /// When it cannot be written: part of an answer is none.
    pub(crate) fn result(self, text: &str) -> Result<(), Fault> {
        self.result_by(|stdout| stdout.write_all(text.as_bytes()))
    }

    /// As [`Self::result`], for what is written a part at a time.
    ///
    /// # Errors
    /// When it cannot be made or written; what was written by then is no result.
    pub(crate) fn result_by(self, write_parts: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Fault> {
        let mut stdout = Patient(io::stdout().lock());
        match write_parts(&mut stdout).and_then(|()| stdout.flush()) {
            Err(reason) if reason.kind() != io::ErrorKind::BrokenPipe => {
                Err(Fault::system(format!("the result cannot be written to standard output: {reason}"), &reason))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Something that helps, unless it was asked to be quiet.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.diagnostic(text);
        }
    }

    /// A question, or what a person is asked about.
    pub(crate) fn prompt(self, text: &str) {
        self.diagnostic(text);
    }

    /// Something that makes the result worth less.
    pub(crate) fn warning(self, text: &str) {
        self.diagnostic(&format!("warning: {text}\n"));
    }

    /// Something that is wrong beside the result.
    pub(crate) fn complaint(self, text: &str) {
        self.diagnostic(&format!("error: {text}"));
    }

    /// Why there is no result.
    pub(crate) fn fault(self, fault: &Fault) {
        self.problems(&fault.problems);
        let word = match fault.kind {
            FaultKind::Usage => "error",
            FaultKind::Harness => "void",
            FaultKind::Interrupted => "stopped",
        };
        let mut text = format!("{word}: {}\n", fault.message);
        if !fault.detail.is_empty() {
            text.push_str(&fault.detail);
            text.push('\n');
        }
        if let Some(help) = &fault.help {
            text.push_str(&format!("help: {help}\n"));
        }
        self.diagnostic(&text);
    }

    /// What is wrong with records, each with its line shown.
    pub(crate) fn problems(self, problems: &[Problem]) {
        let renderer = if self.styled { Renderer::styled() } else { Renderer::plain() };
        for problem in problems.iter().take(SHOWN_PROBLEMS) {
            self.diagnostic(&format!("{}\n\n", rendered(&renderer, problem)));
        }
        if problems.len() > SHOWN_PROBLEMS {
            self.diagnostic(&format!("… and {}\n\n", counted(problems.len() - SHOWN_PROBLEMS, "more problem")));
        }
    }

    fn diagnostic(self, text: &str) {
        let mut stderr = Patient(io::stderr().lock());
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }
}

fn rendered(renderer: &Renderer, problem: &Problem) -> String {
    let title = Level::ERROR.primary_title(problem.message.as_str());
    let shown = problem.place.as_ref().map(shown_line);
    let path = problem.place.as_ref().map(|place| place.source.path.to_string()).unwrap_or_default();
    let group = match &shown {
        None => Group::with_title(title),
        Some((line, text, span)) => title.element(
            Snippet::source(text.as_str())
                .path(path.as_str())
                .line_start(*line)
                .annotation(AnnotationKind::Primary.span(span.clone())),
        ),
    };
    let group = match &problem.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    renderer.render(&[group])
}

/// The line that a place begins in, its number, and what to underline in it.
fn shown_line(place: &fixgate_core::problem::Place) -> (usize, String, std::ops::Range<usize>) {
    const WIDTH: usize = 300;
    let text = &place.source.text;
    let start = text.floor_char_boundary(place.span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let from = start - line_start;
    // A place may be the end of its line, which is not shown.
    let from = from.min(line.len());
    let to = place.span.end.saturating_sub(line_start).clamp(from, line.len());
    let clipped = &line[..line.floor_char_boundary(WIDTH.max(from + 1))];
    let to = clipped.ceil_char_boundary(to.min(clipped.len()));
    (place.position().0, clipped.to_owned(), from.min(to)..to.max(from.min(to)))
}
