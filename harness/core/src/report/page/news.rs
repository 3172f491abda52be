//! What is new in a night: what its `nightly.json` says.

use serde::Serialize;

use super::{About, Source};
use crate::gate::AgainResult;
use crate::history::FlakeRate;
use crate::id::ScenarioId;
use crate::report::history::rate;
use crate::rollup::nights::{Failing, Flaky, NightDocument, SlowScenario};
use crate::words::counted;

/// The most scenarios of each kind that are listed; `nightly.json` has them all.
const LISTED: usize = 50;

/// The news of a night.
#[derive(Debug, Serialize)]
pub(super) struct News<'n> {
    since: Option<String>,
    lists: Vec<List<'n>>,
    slower: List<'n>,
    slower_nights: usize,
    all_slower: Option<String>,
    new: usize,
    removed: List<'n>,
    again: Vec<Again<'n>>,
}

/// Scenarios, each with what is said of it.
#[derive(Debug, Serialize)]
struct List<'n> {
    title: &'static str,
    count: usize,
    rows: Vec<(&'n str, String)>,
    more: usize,
    tone: &'static str,
}

/// An earlier fix that was proved again.
#[derive(Debug, Serialize)]
struct Again<'n> {
    defect: &'n str,
    base: Option<&'n str>,
    against: Vec<String>,
}

impl<'n> News<'n> {
    /// Of a night alone.
    pub(super) fn of(source: &Source<'n>) -> Option<Self> {
        let About::Night(night) = source.about else { return None };
        let NightDocument { newly_failing, still_failing, newly_passing, flaky, slower, removed, .. } = night;
        let plain = |id: &'n ScenarioId| (id.as_str(), String::new());
        Some(Self {
            since: night.last_night.as_ref().map(|last| {
                let build = &last.candidate;
                format!("{} of {} {}", last.run, build.name, build.digest.short())
            }),
            lists: vec![
                list("Newly failing", "bad", newly_failing.iter().map(newly)),
                list("Still failing", "bad", still_failing.iter().map(still)),
                list("Flaky", "known", flaky.iter().map(unsteady)),
                list("Newly passing", "good", newly_passing.iter().map(plain)),
            ],
            slower: list("Slower", "known", slower.scenarios.iter().map(slow)),
            slower_nights: slower.nights,
            all_slower: slower.all.map(|ratio| format!("{ratio:.2}")),
            new: night.new.len(),
            removed: list("Removed", "known", removed.iter().map(plain)),
            again: night.proved_again.iter().map(again).collect(),
        })
    }
}

fn list<'n>(title: &'static str, tone: &'static str, rows: impl ExactSizeIterator<Item = (&'n str, String)>) -> List<'n> {
    let count = rows.len();
    List { title, count, rows: rows.take(LISTED).collect(), more: count.saturating_sub(LISTED), tone }
}

fn newly(failing: &Failing) -> (&str, String) {
    let before = match &failing.before {
        Some(past) if past.verdict.is_failure() => format!("{} in another way in {}", past.verdict, past.run),
        Some(past) => format!("{} in {}", past.verdict, past.run),
        None => "not judged before".to_owned(),
    };
    (failing.id.as_str(), format!("{}; before: {before}", failing.verdict))
}

fn still(failing: &Failing) -> (&str, String) {
    let nights = counted(failing.nights, "night");
    (failing.id.as_str(), format!("{} since {} ({}), {nights}", failing.verdict, failing.first_bad_night, failing.since))
}

fn unsteady(flaky: &Flaky) -> (&str, String) {
    let flakes = rate(FlakeRate { flakes: flaky.flakes.count, of: flaky.flakes.of });
    let quarantine = flaky.quarantine.as_ref().map(|known| format!("; quarantined by {} until {}", known.owner, known.expires));
    (flaky.id.as_str(), format!("{flakes}{}", quarantine.unwrap_or_default()))
}

fn slow(slow: &SlowScenario) -> (&str, String) {
    let SlowScenario { before_seconds, now_seconds, probability, .. } = slow;
    (slow.id.as_str(), format!("{now_seconds:.3} s instead of {before_seconds:.3} s (p = {probability:.0e})"))
}

fn again(again: &AgainResult) -> Again<'_> {
    let against = again.against().iter().map(ToString::to_string).collect();
    Again { defect: again.defect.as_str(), base: again.base.as_deref(), against }
}
