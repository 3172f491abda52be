//! The Test Anything Protocol, 13 and 14. What is indented by four spaces is a subtest: the line that follows it is its parent.

use std::sync::Arc;

use fixgate_core::imported::Producer;
use fixgate_core::problem::{Problem, Source};
use fixgate_core::words::counted;

use crate::lines::{Errors, problem};
use crate::seen::{Found, Name, Outcome, Sighting, line};

mod point;

use self::point::Point;

/// The most subtests one in another.
const DEEPEST: usize = 32;

/// Whether a text looks like TAP.
pub(crate) fn is_like(text: &str) -> bool {
    let is = |line: &str| {
        let is_plan = plan(line).is_some();
        is_plan || line.starts_with("TAP version ") || line.starts_with("Bail out!") || Point::of(line).is_some()
    };
    text.lines().any(is)
}

/// A stream, or a subtest of one.
#[derive(Default)]
struct Level {
    plan: Option<u64>,
    /// How many test lines there were.
    count: u64,
    tests: Vec<Sighting>,
    /// Of the subtest that has just ended.
    inner: Vec<Sighting>,
}

struct Reading<'s> {
    source: &'s Arc<Source>,
    levels: Vec<Level>,
    errors: Errors,
    has_version: bool,
    /// The end of a block of YAML that has begun.
    block: Option<String>,
}

/// Reads a stream.
///
/// # Errors
/// Where it is two in one, or too deep.
pub(crate) fn read(source: &Arc<Source>) -> Result<Found, Problem> {
    let mut reading =
        Reading { source, levels: vec![Level::default()], errors: Errors::default(), has_version: false, block: None };
    let mut at = 0;
    for text in source.text.split_inclusive('\n') {
        reading.line(text.trim_end_matches(['\n', '\r']), at)?;
        at += text.len();
    }
    if reading.block.is_some() {
        reading.errors.push(at, "the stream ends within a block of YAML: it was cut off");
    }
    while reading.levels.len() > 1 {
        reading.errors.push(at, "the stream ends within a subtest: it was cut off");
        reading.close(at);
    }
    let Some(level) = reading.levels.pop() else { return Err(problem(source, 0, "there is no test in it")) };
    let mut errors = reading.errors;
    judge_plan(&level, at, &mut errors);
    let mut sightings = level.tests;
    sightings.extend(level.inner);
    // Two files may have assertions of the same name.
    let file = source.path.file_stem().unwrap_or_default();
    sightings.iter_mut().for_each(|seen| seen.name.class = file.to_owned());
    told_apart(&mut sightings);
    Ok(Found { path: source.path.clone(), producer: Producer::Tap, sightings, suite_errors: errors.by_line(source) })
}

/// Lines of a stream are assertions, and two of them may be called the same: each is kept.
fn told_apart(sightings: &mut [Sighting]) {
    let mut known = std::collections::HashMap::<Name, u64>::new();
    for sighting in sightings {
        let count = known.entry(sighting.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            sighting.name.name.push_str(&format!(" ({count})"));
        }
    }
}

/// What the plan says against the number of tests.
fn judge_plan(level: &Level, at: usize, errors: &mut Errors) {
    match level.plan {
        None => errors.push(at, "there is no plan: the stream was cut off"),
        Some(planned) if planned != level.count => {
            errors.push(at, format!("{} planned, and {} told of", counted(planned, "test"), counted(level.count, "test")));
        }
        Some(_) => {}
    }
}

/// How many tests a line plans, and why none.
fn plan(text: &str) -> Option<(u64, &str)> {
    let rest = text.strip_prefix("1..")?;
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(digits);
    let number = number.parse().ok()?;
    (rest.trim().is_empty() || rest.trim_start().starts_with('#'))
        .then(|| (number, rest.trim_start().trim_start_matches('#').trim()))
}

impl Reading<'_> {
    fn line(&mut self, text: &str, at: usize) -> Result<(), Problem> {
        if let Some(end) = &self.block {
            let indent = end.len() - "...".len();
            let belongs = text.trim().is_empty() || text.bytes().take(indent).filter(|byte| *byte == b' ').count() == indent;
            if !belongs {
                self.block = None;
                self.errors.push(at, "a block of YAML has no end");
                return self.line(text, at);
            }
            if text == end {
                self.block = None;
            } else if let Some(test) = self.levels.last_mut().and_then(|level| level.tests.last_mut()) {
                add_detail(test, text);
            }
            return Ok(());
        }
        let indent = text.len() - text.trim_start_matches(' ').len();
        let (depth, rest) = (indent / 4, &text[indent..]);
        // Of YAML the first two spaces belong to the block.
        if rest == "---" && indent % 4 == 2 && self.levels.last().is_some_and(|level| !level.tests.is_empty()) {
            self.block = Some(format!("{}...", &text[..indent]));
            return Ok(());
        }
        if rest.starts_with("Bail out!") {
            self.errors.push(at, line(rest));
            return Ok(());
        }
        if !indent.is_multiple_of(4) {
            return Ok(());
        }
        if depth == 0 && rest.starts_with("TAP version ") {
            if self.has_version {
                let message = "a second stream begins here";
                return Err(problem(self.source, at, message).help("give each stream a file of its own"));
            }
            self.has_version = true;
            return Ok(());
        }
        if let Some((planned, reason)) = plan(rest) {
            self.enter(depth, at)?;
            self.plan(planned, reason, at);
        } else if let Some(point) = Point::of(rest) {
            self.enter(depth, at)?;
            self.point(&point, at);
        }
        Ok(())
    }

    /// Comes to a level: deeper ones end, others begin.
    fn enter(&mut self, depth: usize, at: usize) -> Result<(), Problem> {
        if depth > DEEPEST {
            return Err(problem(self.source, at, format!("more than {DEEPEST} subtests stand one in another")));
        }
        while self.levels.len() > depth + 1 {
            self.close(at);
        }
        while self.levels.len() < depth + 1 {
            self.levels.push(Level::default());
        }
        Ok(())
    }

    /// Ends the deepest level; its tests wait for the line of their parent.
    fn close(&mut self, at: usize) {
        let Some(level) = self.levels.pop() else { return };
        judge_plan(&level, at, &mut self.errors);
        if let Some(above) = self.levels.last_mut() {
            above.inner.extend(level.tests);
            above.inner.extend(level.inner);
        }
    }

    fn plan(&mut self, planned: u64, reason: &str, at: usize) {
        let path = self.source.path.file_stem().unwrap_or("the whole stream").to_owned();
        let is_outermost = self.levels.len() == 1;
        let Some(level) = self.levels.last_mut() else { return };
        if level.plan.is_some() {
            self.errors.push(at, "this is a second plan");
        }
        level.plan = Some(planned);
        if planned == 0 && is_outermost && reason.to_ascii_lowercase().starts_with("skip") {
            let name = Name { name: path, ..Name::default() };
            level.tests.push(Sighting::new(name, Outcome::Skipped, 0.0).because(reason, ""));
        }
    }

    fn point(&mut self, point: &Point, at: usize) {
        let Some(level) = self.levels.last_mut() else { return };
        level.count += 1;
        if let Some(number) = point.number.filter(|number| *number != level.count) {
            self.errors.push(at, format!("this is test {number}, where test {} is expected", level.count));
        }
        let name = if point.name.is_empty() { format!("test {}", level.count) } else { point.name.clone() };
        let outcome = point.outcome();
        let inner = std::mem::take(&mut level.inner);
        let counts = inner.is_empty() || (outcome.is_bad() && !inner.iter().any(|seen| seen.outcome.is_bad()));
        level.tests.extend(inner.into_iter().map(|mut seen| {
            seen.name.name = format!("{name} > {}", seen.name.name);
            seen
        }));
        if counts {
            let seen = Sighting::new(Name { name, ..Name::default() }, outcome, 0.0);
            level.tests.push(if outcome == Outcome::Passed { seen } else { seen.because(&point.reason, "") });
        }
    }
}

fn add_detail(test: &mut Sighting, text: &str) {
    const MOST: usize = 8 << 10;
    if test.outcome != Outcome::Passed && test.detail.len() + text.len() < MOST {
        test.detail.push_str(text);
        test.detail.push('\n');
        let said = text.trim().strip_prefix("error:").or_else(|| text.trim().strip_prefix("message:"));
        if let Some(said) = said.filter(|_| test.message.is_empty()) {
            test.message = line(said.trim().trim_matches(['\'', '"']));
        }
    }
}
