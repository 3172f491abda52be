//! What was run, seen and printed of each scenario that needs a reader or whose difference is explained.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Planned;
use crate::case::Scenario;
use crate::record::Entry;
use crate::report::commands::command_lines;
use crate::report::page::Source;
use crate::report::page::hunks::{Line, lines, original};
use crate::report::page::past::Past;
use crate::residual::{Class, Residual};
use crate::verdict::Verdict;
use crate::visible::escaped;
use crate::visible::visible_text;

/// The most bytes of differences and outputs that a page holds. What is beyond is left out, and the page says so.
const BUDGET: usize = 24 << 20;
/// The most bytes of a command that are shown.
const COMMAND: usize = 4 << 10;

/// The second block, which a page unpacks when a scenario is first opened.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::report::page) struct Details {
    /// The steps of every row as lines of a shell.
    commands: Vec<String>,
    rows: Vec<Detail>,
}

/// What was seen of one scenario.
#[derive(Debug, Serialize, Deserialize)]
struct Detail {
    row: usize,
    attempts: u32,
    reason: String,
    /// The difference in packed lines. It is beside what was printed, which is much the same, and so compresses well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
    /// The detail among these that has the same difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    like: Option<usize>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stdout: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stderr: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    explained_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiver: Option<String>,
    /// Since when it is left over, and a sign for each earlier sign-off.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    since: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    strip: String,
    /// The claims that come near, and account for nothing here; of what needs a reader.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    near: Vec<String>,
    /// Whether something was left out for its size.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

impl Details {
    pub(super) fn of(source: &Source<'_>, past: &Past<'_>, planned: &[Planned<'_>]) -> Self {
        let mut details =
            Self { commands: planned.iter().map(|planned| commands(source, planned.scenario)).collect(), ..Self::default() };
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut room = BUDGET;
        for (row, Planned { residual, .. }) in planned.iter().enumerate() {
            let Some(residual) = residual else { continue };
            let entry = residual.entry;
            if entry.verdict == Verdict::Passed && entry.explained_by.is_none() && entry.reason.is_none() {
                continue;
            }
            let mut take = |bytes: usize| {
                let fits = bytes <= room;
                room -= if fits { bytes } else { 0 };
                fits
            };
            let detail = &*entry.detail;
            let mut cut = false;
            let like = known.get(detail).copied();
            let mut own = Vec::new();
            if like.is_none() && !detail.is_empty() {
                if take(detail.len()) {
                    own = lines(&visible_text(detail)).iter().map(Line::packed).collect();
                    known.insert(detail, details.rows.len());
                } else {
                    cut = true;
                }
            }
            let mut stream = |bytes: &[u8]| {
                let fits = take(bytes.len());
                cut |= !fits;
                if fits { escaped(bytes) } else { String::new() }
            };
            let printed = entry.printed.as_deref();
            let stdout = printed.map(|printed| stream(&printed.stdout)).unwrap_or_default();
            let stderr = printed.map(|printed| stream(&printed.stderr)).unwrap_or_default();
            details.rows.push(Detail {
                row,
                attempts: entry.attempts,
                reason: visible_text(entry.reason.as_deref().unwrap_or_default()).into_owned(),
                lines: own,
                like,
                stdout,
                stderr,
                explained_by: entry.explained_by.as_ref().map(ToString::to_string),
                waiver: residual.waiver.map(|waiver| visible_text(&waiver.terms()).into_owned()),
                since: if is_left(residual) { past.of_one(&entry.scenario) } else { String::new() },
                strip: if is_left(residual) { past.strip(&entry.scenario) } else { String::new() },
                near: if residual.is_open() { near(source, entry) } else { Vec::new() },
                cut,
            });
        }
        details
    }
}

impl Details {
    /// The lines of a detail that has lines of its own.
    pub(super) fn lines(&self, place: usize) -> Option<&[String]> {
        self.rows.get(place).map(|detail| &*detail.lines).filter(|lines| !lines.is_empty())
    }

    /// Every detail that has lines of its own, as it was recorded.
    pub(super) fn originals(&self) -> impl Iterator<Item = (usize, String)> {
        let own = self.rows.iter().enumerate().filter(|(_, detail)| !detail.lines.is_empty());
        own.map(|(place, detail)| (place, original(&detail.lines)))
    }
}

/// Whether a later sign-off finds the scenario among what was left over: the condition of [`crate::residual::clusters`].
fn is_left(residual: &Residual<'_>) -> bool {
    residual.entry.verdict != Verdict::Passed || residual.class.is_some_and(Class::is_unaccounted)
}

/// The claims that come near a scenario.
fn near(source: &Source<'_>, entry: &Entry) -> Vec<String> {
    let near = source.analysis.claims.near_in_words(&entry.scenario);
    near.iter().map(|line| visible_text(line).into_owned()).collect()
}

/// What a scenario runs, a line for each step.
fn commands(source: &Source<'_>, scenario: Option<&Scenario>) -> String {
    let Some(scenario) = scenario else { return String::new() };
    let mut shown = visible_text(&command_lines(source.ledger, scenario).join("\n")).into_owned();
    if shown.len() > COMMAND {
        shown.truncate(shown.floor_char_boundary(COMMAND));
        shown.push('…');
    }
    shown
}
