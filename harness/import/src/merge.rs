//! Several sightings of one test put together: the worst counts, and a rerun that passes makes it flaky.

use std::collections::{HashMap, HashSet};

use camino::Utf8Path;
use fixgate_core::imported::{Producer, ReadCounts, SuiteError};

use crate::seen::{Found, Name, Outcome, Sighting};

/// A test, and how it came out in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What told of it.
    pub producer: Producer,
    /// Its name.
    pub name: Name,
    /// How it came out.
    pub outcome: Outcome,
    /// How often it is spoken of.
    pub attempts: u32,
    /// How long it took in all.
    pub seconds: f64,
    /// Why it did not pass, in one line.
    pub message: String,
    /// What else is said of that.
    pub detail: String,
}

/// What all files say together.
#[derive(Debug, Default, PartialEq)]
pub struct Results {
    /// The tests, in the order in which they are first spoken of.
    pub tests: Vec<Test>,
    /// The errors that belong to no test.
    pub suite_errors: Vec<SuiteError>,
}

impl Results {
    /// How many tests came out which way.
    pub fn counts(&self) -> ReadCounts {
        let mut counts = ReadCounts { suite_errors: self.suite_errors.len() as u64, ..ReadCounts::default() };
        for test in &self.tests {
            *match test.outcome {
                Outcome::Passed => &mut counts.passed,
                Outcome::Skipped => &mut counts.skipped,
                Outcome::Flaky => &mut counts.flaky,
                Outcome::Error => &mut counts.errors,
                Outcome::Failed => &mut counts.failed,
            } += 1;
            counts.total += 1;
        }
        counts
    }
}

/// How a producer tells that it ran a test again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reruns {
    /// Within the element of the test, or never: another element is another test of that name.
    Within,
    /// pytest: an attempt that is made again is shown as if it had passed.
    AsPasses,
    /// gotestsum, and Gradle's retries: by another element for each test that failed, and for no other.
    Repeated,
    /// By whole passes over the tests.
    Rounds,
}

impl Reruns {
    fn of(producer: Producer) -> Self {
        match producer {
            Producer::Pytest => Reruns::AsPasses,
            Producer::Gotestsum | Producer::Gradle => Reruns::Repeated,
            Producer::GoTest | Producer::Bazel => Reruns::Rounds,
            Producer::Surefire
            | Producer::Gtest
            | Producer::Nextest
            | Producer::GoJunitReport
            | Producer::Jest
            | Producer::Vitest
            | Producer::Mocha
            | Producer::Playwright
            | Producer::Cypress
            | Producer::Phpunit
            | Producer::Rspec
            | Producer::Robot
            | Producer::Ctest
            | Producer::Catch2
            | Producer::Dotnet
            | Producer::Nose2
            | Producer::Node
            | Producer::Junit
            | Producer::Tap
            | Producer::Ctrf
            | Producer::Trx => Reruns::Within,
        }
    }
}

/// What was seen of a test, by where: only within one place a sighting can be a rerun of another.
type Seen = Vec<(usize, Sighting)>;

/// Puts together what files say.
pub fn merge(files: Vec<Found>) -> Results {
    let mut results = Results::default();
    let (mut order, mut places) = (Vec::<(Producer, Name, Seen)>::new(), HashMap::<String, usize>::new());
    let mut known: HashMap<(Producer, Name), usize> = HashMap::new();
    for Found { path, producer, sightings, suite_errors } in files {
        results.suite_errors.extend(suite_errors);
        let (group, round) = attempt(producer, &path);
        let next = places.len();
        let place = *places.entry(group).or_insert(next);
        for mut sighting in sightings {
            sighting.round = sighting.round.max(round);
            let index = *known.entry((producer, sighting.name.clone())).or_insert_with(|| {
                order.push((producer, sighting.name.clone(), Vec::new()));
                order.len() - 1
            });
            order[index].2.push((place, sighting));
        }
    }
    let retried = doubled_passes(&order);
    results.tests = order.into_iter().map(|(producer, name, seen)| together(producer, name, seen, &retried)).collect();
    results
}

/// The files among which reruns are told, and which pass over the tests this one is. Bazel keeps each attempt in a file of its own.
fn attempt(producer: Producer, path: &Utf8Path) -> (String, u32) {
    let whole = (path.to_string(), 0);
    if producer != Producer::Bazel {
        return whole;
    }
    let (folder, name) = (path.parent().unwrap_or(Utf8Path::new("")), path.file_stem().unwrap_or_default());
    match (folder.file_name(), name.strip_prefix("attempt_").map(str::parse)) {
        (Some("test_attempts"), Some(Ok(number))) => (folder.parent().unwrap_or(folder).to_string(), number),
        _ if name == "test" => (folder.to_string(), u32::MAX),
        _ => whole,
    }
}

/// The places where a test that never failed is told of twice: what is repeated there are no reruns of failures.
fn doubled_passes(tests: &[(Producer, Name, Seen)]) -> HashSet<usize> {
    let repeated = tests.iter().filter(|(producer, ..)| Reruns::of(*producer) == Reruns::Repeated);
    let here = repeated.flat_map(|(_, _, seen)| seen.chunk_by(|(one, _), (other, _)| one == other));
    let doubled = here.filter(|here| here.len() > 1 && here.iter().all(|(_, sighting)| !sighting.outcome.is_bad()));
    doubled.filter_map(|here| here.first().map(|(place, _)| *place)).collect()
}

fn together(producer: Producer, name: Name, mut seen: Seen, doubled: &HashSet<usize>) -> Test {
    let attempts = seen.len() as u32;
    let seconds = seen.iter().map(|(_, sighting)| sighting.seconds).sum();
    seen.sort_by_key(|(place, sighting)| (*place, sighting.round));
    let mut outcome = Outcome::Passed;
    for here in seen.chunk_by(|(one, _), (other, _)| one == other) {
        let may_repeat = here.first().is_some_and(|(place, _)| !doubled.contains(place));
        outcome = outcome.max(of_place(producer, here, may_repeat));
    }
    let why =
        seen.into_iter().map(|(_, sighting)| sighting).max_by_key(|sighting| (sighting.outcome, !sighting.message.is_empty()));
    let (message, detail) = why.map(|why| (why.message, why.detail)).unwrap_or_default();
    let message = match outcome {
        Outcome::Flaky if message.is_empty() => "failed at first, and passed when it was run again".to_owned(),
        _ => message,
    };
    Test { producer, name, outcome, attempts, seconds, message, detail }
}

fn of_place(producer: Producer, here: &[(usize, Sighting)], may_repeat: bool) -> Outcome {
    let outcomes = || here.iter().map(|(_, sighting)| sighting.outcome);
    let worst = outcomes().max().unwrap_or(Outcome::Error);
    match Reruns::of(producer) {
        Reruns::AsPasses if here.len() > 1 && worst == Outcome::Passed => Outcome::Flaky,
        Reruns::Repeated
            if may_repeat && outcomes().filter(|outcome| !outcome.is_bad()).eq([Outcome::Passed]) && worst.is_bad() =>
        {
            Outcome::Flaky
        }
        Reruns::Rounds if in_last_round(here) == Outcome::Passed && worst.is_bad() => Outcome::Flaky,
        Reruns::Within | Reruns::AsPasses | Reruns::Repeated | Reruns::Rounds => worst,
    }
}

fn in_last_round(here: &[(usize, Sighting)]) -> Outcome {
    let last = here.iter().map(|(_, sighting)| sighting.round).max().unwrap_or_default();
    let outcomes = here.iter().filter(|(_, sighting)| sighting.round == last).map(|(_, sighting)| sighting.outcome);
    outcomes.max().unwrap_or(Outcome::Error)
}
