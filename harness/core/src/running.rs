//! Whether a build runs at all. A build that cannot run fails everything, so nothing is concluded from its failures.
//!
//! What shows that a build runs is a scenario that passes on it and that no program passes which does not work: it states a
//! result of its own. What a baseline gives is no such result, nor is "any exit but 0".

mod stopped;

use serde::{Deserialize, Serialize};

pub use self::stopped::Stopped;

use crate::case::{Expect, Family, FileExpectation, Scenario, StatusExpectation, Step, StreamExpectation};
use crate::id::{Digest, ScenarioId};
use crate::ledger::Ledger;
use crate::normalize::find;
use crate::observation::{Ending, Observation};
use crate::release::Standing;

/// How many scenarios are tried until one shows that a build runs.
pub const TRIES: usize = 16;
/// The tag of scenarios that are tried first.
const SMOKE: &str = crate::validation::SMOKE;

/// The part that a build plays in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It is under test.
    Candidate,
    /// The candidate is compared with it.
    Baseline,
    /// New fixes must be red on it.
    Base,
    /// Fixes of an earlier release must be red on it.
    Older,
}

impl Role {
    /// The role in words, with its article.
    pub fn words(self) -> &'static str {
        match self {
            Role::Candidate => "the candidate",
            Role::Baseline => "the baseline",
            Role::Base => "the base",
            Role::Older => "the base of an earlier fix",
        }
    }
}

/// What was seen of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// This scenario passed on it in this run, and no program passes it that does not work.
    By(ScenarioId),
    /// No such scenario passed, but the program ended by itself: its failures may be its own, and they prove nothing.
    Fails(String),
    /// Nothing shows that it runs, and why.
    Not(String),
}

/// A line of the journal: what shows that a build runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Running {
    /// The part that it plays.
    pub role: Role,
    /// The build.
    pub build: Digest,
    /// How records name it.
    pub name: String,
    /// What was seen of it.
    pub shown: Shown,
}

impl Running {
    /// Why nothing is to be concluded from what fails on the build; nothing where it runs.
    pub fn objection(&self) -> Option<String> {
        match &self.shown {
            Shown::By(_) => None,
            Shown::Fails(why) | Shown::Not(why) => {
                Some(format!("nothing shows that {}, {}, runs: {why}", self.role.words(), self.name))
            }
        }
    }

    /// Whether a run with this build is no answer. A candidate that fails everything is one, as long as it is the candidate that fails;
    /// so is a baseline in a run that a filter narrows.
    pub fn is_void(&self, complete: bool) -> bool {
        match (&self.shown, self.role) {
            // The proofs on it are refused, and nothing else rests on it.
            (Shown::By(_), _) | (_, Role::Older) => false,
            (Shown::Not(_), _) => true,
            (Shown::Fails(_), Role::Candidate) => false,
            (Shown::Fails(_), Role::Baseline) => complete,
            (Shown::Fails(_), Role::Base) => true,
        }
    }
}

/// What it shows of a build that a scenario passes on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Telling {
    /// A program that cannot be started passes it, too, or the build has no part in it.
    Nothing,
    /// The program starts; one that does nothing passes it, too.
    Starts,
    /// The program works.
    Works,
}

/// What it shows of a build that this scenario passes on it.
pub fn telling(scenario: &Scenario) -> Telling {
    match scenario.case.family {
        // A canary must fail, and the word of a third party does not count for the product.
        Family::Canary | Family::Pack(_) => Telling::Nothing,
        Family::Regression | Family::Suite => scenario.steps.iter().map(of_step).max().unwrap_or(Telling::Nothing),
    }
}

fn of_step(step: &Step) -> Telling {
    if !step.run.iter().any(|part| part.names_build()) {
        return Telling::Nothing;
    }
    let Expect { status, stdout, stderr, files, .. } = &*step.expect;
    let wants = |stream: &[StreamExpectation]| stream.iter().any(|stated| !is_met_by_nothing(stated));
    let makes_files = files.values().any(|file| matches!(file, FileExpectation::Content(_)));
    match status {
        _ if wants(stdout) || makes_files => Telling::Works,
        StatusExpectation::Exit(0) if wants(stderr) => Telling::Works,
        StatusExpectation::Exit(0) => Telling::Starts,
        // A loader, a shell and an interpreter end so, too, and say why on standard error.
        StatusExpectation::Exit(_)
        | StatusExpectation::NotExit(_)
        | StatusExpectation::Any
        | StatusExpectation::Signal(_)
        | StatusExpectation::Baseline => Telling::Nothing,
    }
}

/// Whether a program that prints nothing meets it.
fn is_met_by_nothing(stated: &StreamExpectation) -> bool {
    match stated {
        StreamExpectation::Exact(bytes) => bytes.is_empty(),
        StreamExpectation::Contains(bytes) => find(b"", bytes).is_some() || bytes.is_empty(),
        StreamExpectation::Regex(pattern) => pattern.is_match(b""),
        StreamExpectation::Lines(lines) => lines.is_empty(),
        StreamExpectation::Json(_) => false,
        StreamExpectation::NotContains(_) | StreamExpectation::Baseline => true,
    }
}

/// The scenarios to try on a build that stands here, those first that are likely to pass on it.
pub fn witnesses<'s>(ledger: &'s Ledger, at: Standing<'_>, is_likely: impl Fn(&ScenarioId) -> bool) -> Vec<&'s Scenario> {
    let fails_by_record =
        |scenario: &Scenario| !scenario.defects.is_empty() && scenario.defects.iter().all(|id| !ledger.has_fix(id, at));
    let fits = |scenario: &&Scenario| ledger.applies(&scenario.case, at.place) && !fails_by_record(scenario);
    let of = |wanted: Telling| ledger.scenarios.iter().filter(move |scenario| telling(scenario) == wanted).filter(fits);
    // One is enough as a rule, and the first that is likely to pass is found at once.
    if let Some(first) = of(Telling::Works).find(|scenario| is_likely(&scenario.id)) {
        let others = spread(of(Telling::Works).filter(|scenario| scenario.id != first.id), &is_likely);
        return [first].into_iter().chain(others).collect();
    }
    let works = spread(of(Telling::Works), &is_likely);
    if works.is_empty() { spread(of(Telling::Starts), &is_likely) } else { works }
}

/// At most as many as are tried: the likely ones and those tagged `smoke` first, of the others some at even distances.
fn spread<'s>(scenarios: impl Iterator<Item = &'s Scenario>, is_likely: impl Fn(&ScenarioId) -> bool) -> Vec<&'s Scenario> {
    let is_smoke = |scenario: &Scenario| scenario.tags.iter().any(|tag| tag.as_str() == SMOKE);
    let (mut first, others): (Vec<_>, Vec<_>) = scenarios.partition(|scenario| is_likely(&scenario.id) || is_smoke(scenario));
    first.sort_by_key(|scenario| !is_likely(&scenario.id));
    first.truncate(TRIES);
    let wanted = (TRIES - first.len()).min(others.len());
    first.extend((0..wanted).map(|step| others[step * others.len() / wanted]));
    first
}

/// Whether this is how a program ends that was never started: a loader, a shell or an interpreter ended in its place.
pub fn seems_unstarted(seen: &Observation) -> bool {
    match seen.steps.last() {
        Some(last) => matches!(last.ending, Ending::Exited(126 | 127)) && last.stdout.is_empty(),
        None => true,
    }
}
