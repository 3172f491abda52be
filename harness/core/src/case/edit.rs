//! What an edit of a case does to a scenario: what it loosens, what it tightens, and what is only another way to say something.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Applies, Expect, FileExpectation, Network, Scenario, StatusExpectation, Step, StreamExpectation, Symptom};
use crate::id::Digest;
use crate::normalize::Normalize;

/// One difference between two definitions of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Edit {
    /// What it does.
    pub effect: Effect,
    /// What it is about.
    pub about: About,
}

/// What an edit does to what must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Less must hold.
    Loosened,
    /// Something else must hold, which may be less.
    Changed,
    /// More must hold.
    Tightened,
}

/// What of a scenario was edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// How a program must end.
    Status,
    /// What must hold of standard output.
    Stdout,
    /// What must hold of standard error.
    Stderr,
    /// What must hold of files.
    Files,
    /// The longest that a step may take by its expectation.
    MaxTime,
    /// The most memory that a step may use.
    MaxRss,
    /// The limit of time.
    Timeout,
    /// What is done to streams before they are compared.
    Normalize,
    /// How many programs are run.
    Steps,
    /// Which programs are run, with what arguments, variables and input.
    Programs,
    /// The files that a program finds.
    Input,
    /// The files that programs use where they stand.
    Uses,
    /// How the defect looks where it is present.
    Symptom,
    /// Whether programs may use the network.
    Network,
    /// The releases that the case states something of.
    Applies,
}

impl About {
    fn as_str(self) -> &'static str {
        match self {
            About::Status => "the exit",
            About::Stdout => "standard output",
            About::Stderr => "standard error",
            About::Files => "expected files",
            About::MaxTime => "`max-time`",
            About::MaxRss => "`max-rss`",
            About::Timeout => "`timeout`",
            About::Normalize => "`normalize`",
            About::Steps => "the number of steps",
            About::Programs => "what is run",
            About::Input => "the files at the start",
            About::Uses => "the files in `uses`",
            About::Symptom => "`symptom`",
            About::Network => "`network`",
            About::Applies => "`applies`",
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// What became of a scenario's definition, with the project's limit of time then and now.
pub fn edits(then: (&Scenario, Duration), now: (&Scenario, Duration)) -> BTreeSet<Edit> {
    let mut found = BTreeSet::new();
    let mut note = |about, effect: Option<Effect>| found.extend(effect.map(|effect| Edit { effect, about }));
    let ((then, default_then), (now, default_now)) = (then, now);
    for (then, now) in then.steps.iter().zip(now.steps.iter()) {
        expectations(&then.expect, &now.expect).into_iter().for_each(|(about, effect)| note(about, Some(effect)));
        note(About::Programs, other(&programs(then), &programs(now)));
    }
    note(About::Steps, by_size(now.steps.len(), then.steps.len()));
    let timeout = |own: Option<Duration>, default| own.unwrap_or(default);
    let stated = (then.timeout, now.timeout) != (None, None);
    note(
        About::Timeout,
        limit(Some(timeout(then.timeout, default_then)), Some(timeout(now.timeout, default_now))).filter(|_| stated),
    );
    note(About::Normalize, normalize(&then.case.normalize, &now.case.normalize));
    note(About::Input, other(&then.files, &now.files));
    note(About::Uses, other(then.case.uses.files(), now.case.uses.files()));
    note(About::Symptom, symptom(then.symptom.as_deref(), now.symptom.as_deref()));
    note(
        About::Network,
        match (then.case.network, now.case.network) {
            (Network::Closed, Network::Open) => Some(Effect::Loosened),
            (Network::Open, Network::Closed) => Some(Effect::Tightened),
            (Network::Closed, Network::Closed) | (Network::Open, Network::Open) => None,
        },
    );
    note(About::Applies, applies(&then.case.applies, &now.case.applies));
    found
}

fn other<T: Serialize + ?Sized>(then: &T, now: &T) -> Option<Effect> {
    (key(then) != key(now)).then_some(Effect::Changed)
}

/// What a part of a definition is compared by.
fn key<T: Serialize + ?Sized>(part: &T) -> Digest {
    Digest::of_json(&part)
}

/// Of two numbers of things that must hold, fewer are less.
fn by_size(now: usize, then: usize) -> Option<Effect> {
    match now.cmp(&then) {
        std::cmp::Ordering::Less => Some(Effect::Loosened),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Effect::Tightened),
    }
}

/// Of two limits the higher one asks for less, and none at all for the least.
fn limit<T: Ord>(then: Option<T>, now: Option<T>) -> Option<Effect> {
    match (then, now) {
        (Some(then), Some(now)) if then == now => None,
        (Some(then), Some(now)) if then < now => Some(Effect::Loosened),
        (Some(_), None) => Some(Effect::Loosened),
        (Some(_) | None, Some(_)) => Some(Effect::Tightened),
        (None, None) => None,
    }
}

/// What a step runs, without what must come of it.
fn programs(step: &Step) -> impl Serialize {
    (key(&step.run), key(&step.input), key(&step.environment))
}

fn expectations(then: &Expect, now: &Expect) -> Vec<(About, Effect)> {
    let found = [
        (About::Status, status(then.status, now.status)),
        (About::Stdout, stream(&then.stdout, &now.stdout)),
        (About::Stderr, stream(&then.stderr, &now.stderr)),
        (About::Files, files(then, now)),
        (About::MaxTime, limit(then.max_time, now.max_time)),
        (About::MaxRss, limit(then.max_rss, now.max_rss)),
    ];
    found.into_iter().filter_map(|(about, effect)| Some((about, effect?))).collect()
}

fn status(then: StatusExpectation, now: StatusExpectation) -> Option<Effect> {
    // How many ends meet it: any, all but one, one.
    let width = |status| match status {
        StatusExpectation::Any => 2,
        StatusExpectation::NotExit(_) => 1,
        StatusExpectation::Exit(_) | StatusExpectation::Signal(_) | StatusExpectation::Baseline => 0,
    };
    match width(now).cmp(&width(then)) {
        std::cmp::Ordering::Less => Some(Effect::Tightened),
        std::cmp::Ordering::Equal => (then != now).then_some(Effect::Changed),
        std::cmp::Ordering::Greater => Some(Effect::Loosened),
    }
}

/// Less holds where an expectation was taken out, or one that states everything became one that states a part.
fn stream(then: &[StreamExpectation], now: &[StreamExpectation]) -> Option<Effect> {
    let has = |all: &[StreamExpectation], one: &StreamExpectation| all.iter().any(|other| key(other) == key(one));
    let gone: Vec<_> = then.iter().filter(|held| !has(now, held)).collect();
    let added: Vec<_> = now.iter().filter(|held| !has(then, held)).collect();
    let whole = |all: &[&StreamExpectation]| all.iter().any(|held| states_everything(held));
    match (&*gone, &*added) {
        ([], []) => None,
        ([_, ..], []) => Some(Effect::Loosened),
        ([], [_, ..]) => Some(Effect::Tightened),
        ([_, ..], [_, ..]) if now.iter().any(states_everything) && !whole(&added) => Some(Effect::Changed),
        ([_, ..], [_, ..]) => Some(match (whole(&gone), whole(&added)) {
            (true, false) => Effect::Loosened,
            (false, true) => Effect::Tightened,
            (true, true) => Effect::Changed,
            (false, false) => parts(&gone, &added),
        }),
    }
}

fn states_everything(held: &StreamExpectation) -> bool {
    match held {
        StreamExpectation::Exact(_) | StreamExpectation::Lines(_) | StreamExpectation::Json(_) | StreamExpectation::Baseline => {
            true
        }
        StreamExpectation::Contains(_) | StreamExpectation::NotContains(_) | StreamExpectation::Regex(_) => false,
    }
}

/// A shorter text to be contained asks for less. Of patterns it cannot be told.
fn parts(gone: &[&StreamExpectation], added: &[&StreamExpectation]) -> Effect {
    let within = |part: &[u8], whole: &[u8]| part.is_empty() || whole.windows(part.len()).any(|window| window == part);
    match (gone, added) {
        ([StreamExpectation::Contains(then)], [StreamExpectation::Contains(now)]) if within(now, then) => Effect::Loosened,
        ([StreamExpectation::Contains(then)], [StreamExpectation::Contains(now)]) if within(then, now) => Effect::Tightened,
        ([StreamExpectation::NotContains(then)], [StreamExpectation::NotContains(now)]) if within(then, now) => Effect::Loosened,
        ([StreamExpectation::NotContains(then)], [StreamExpectation::NotContains(now)]) if within(now, then) => Effect::Tightened,
        (_, _) if added.len() < gone.len() => Effect::Loosened,
        (_, _) => Effect::Changed,
    }
}

fn files(then: &Expect, now: &Expect) -> Option<Effect> {
    let mut effects: BTreeSet<Effect> = BTreeSet::new();
    for (path, held) in &then.files {
        effects.extend(match (held, now.files.get(path)) {
            (_, None) => Some(Effect::Loosened),
            (FileExpectation::Absent, Some(FileExpectation::Absent)) => None,
            (FileExpectation::Content(then), Some(FileExpectation::Content(now))) => stream(then, now),
            (FileExpectation::Absent | FileExpectation::Content(_), Some(_)) => Some(Effect::Changed),
        });
    }
    effects.extend(now.files.keys().any(|path| !then.files.contains_key(path)).then_some(Effect::Tightened));
    // The one that takes the most away comes first.
    effects.into_iter().next()
}

/// More rules let more outputs count as the same.
fn normalize(then: &[Normalize], now: &[Normalize]) -> Option<Effect> {
    let keys = |rules: &[Normalize]| rules.iter().map(key).collect::<Vec<_>>();
    let (then, now) = (keys(then), keys(now));
    let has_all = |all: &[Digest], some: &[Digest]| {
        let mut all = all.iter();
        some.iter().all(|one| all.any(|other| other == one))
    };
    match (then == now, has_all(&now, &then), has_all(&then, &now)) {
        (true, _, _) => None,
        (false, true, _) => Some(Effect::Loosened),
        (false, false, true) => Some(Effect::Tightened),
        (false, false, false) => Some(Effect::Changed),
    }
}

fn symptom(then: Option<&Symptom>, now: Option<&Symptom>) -> Option<Effect> {
    match (then, now) {
        (None, None) => None,
        (Some(_), None) => Some(Effect::Loosened),
        (None, Some(_)) => Some(Effect::Tightened),
        (Some(Symptom(then)), Some(Symptom(now))) => expectations(then, now).into_iter().map(|(_, effect)| effect).min(),
    }
}

/// A bound that was not there leaves out releases.
fn applies(then: &Applies, now: &Applies) -> Option<Effect> {
    let one = |then: &Option<_>, now: &Option<_>| match (then.is_some(), now.is_some()) {
        (false, true) => Some(Effect::Loosened),
        (true, false) => Some(Effect::Tightened),
        (true, true) | (false, false) => (then != now).then_some(Effect::Changed),
    };
    one(&then.from, &now.from).into_iter().chain(one(&then.until, &now.until)).min()
}
