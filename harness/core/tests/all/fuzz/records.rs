//! Records and cases.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fixgate_core::accepted::Accepted;
use fixgate_core::case::{Places, Scenario, read_case};
use fixgate_core::defect::Defect;
use fixgate_core::judge::judge_step;
use fixgate_core::normalize::{Paths, normalize};
use fixgate_core::observation::{Ending, StepObservation};
use fixgate_core::pack::Pack;
use fixgate_core::private_fix::{NEAR_DAYS, PrivateFix, PrivateFixState};
use fixgate_core::problem::{Problem, Source};
use fixgate_core::project::Project;
use fixgate_core::proof::Proof;
use fixgate_core::release::Release;
use fixgate_core::waiver::Waiver;
use jiff::civil::Date;
use proptest::prelude::*;

use super::mutate::texts;
use super::seeds;
use crate::common::{Memory, list};

/// A reader that fails says why, and where inside its source.
#[track_caller]
pub(crate) fn says_why<T>(read: Result<T, Vec<Problem>>) -> Option<T> {
    let problems = match read {
        Ok(value) => return Some(value),
        Err(problems) => problems,
    };
    assert!(!problems.is_empty(), "it failed without a word");
    for problem in &problems {
        assert!(!problem.message.is_empty());
        let Some(place) = &problem.place else { panic!("{} has no place", problem.message) };
        assert!(place.span.end <= place.source.text.len(), "{} points outside of its source", problem.message);
        let (line, column) = place.position();
        assert!(line >= 1 && line <= place.source.lines().count() && column >= 1, "{line}:{column}: {}", problem.message);
    }
    None
}

fn project(text: &str) -> Option<Project> {
    says_why(Project::read(&Source::new("fixgate.toml", text)))
}

fn release(text: &str) -> Option<Release> {
    says_why(Release::read("RU2".parse().unwrap(), &Source::new("releases/RU2.toml", text)))
}

fn defect(text: &str) -> Option<Defect> {
    says_why(Defect::read("RG-1757".parse().unwrap(), &Source::new("defects/RG-1757.toml", text)))
}

fn waiver(text: &str) -> Option<Waiver> {
    says_why(Waiver::read("w".parse().unwrap(), &Source::new("waivers/w.toml", text)))
}

fn private_fix(text: &str) -> Option<PrivateFix> {
    says_why(PrivateFix::read("PF-1".parse().unwrap(), &Source::new("private-fixes/PF-1.toml", text)))
}

fn pack(text: &str) -> Option<Pack> {
    says_why(Pack::read("p".parse().unwrap(), &Source::new("testcases/packs/p/pack.toml", text)))
}

fn proof(text: &str) -> Option<Proof> {
    says_why(Proof::read(&Source::new("defects/RG-1.proof.json", text)))
}

fn accepted(text: &str) -> Option<Accepted> {
    says_why(Accepted::read(&Source::new("defects/RG-1.accepted.jsonl", text)))
}

/// A case with this table beside it.
fn case(text: &str, table: &str) -> Option<Vec<Scenario>> {
    let files = Memory::with(&[("testcases/suite/t.jsonl", table)]);
    says_why(read_case("suite/case".parse().unwrap(), &Source::new("testcases/suite/case.toml", text), &files))
}

/// What a run does with a scenario that could be read.
fn use_scenario(scenario: &Scenario) {
    const PATHS: Paths<'_> = Paths { work_directory: "/w", product: "/b/p", build: "/b" };
    const OUTPUT: &[u8] = b"\x1b[1mneedle\x1b[0m: 12ms\r\n\xff\0{\"a\":[1]}\n";
    let places = Places { product: "/b/p", build: "/b", work_directory: "/w", case_directory: "/t", root: "/", pack: "/k" };
    let _ = scenario.digest();
    for step in scenario.steps.iter() {
        assert!(step.run.iter().count() > 0, "{} runs nothing", scenario.id);
        step.run.iter().for_each(|template| drop(template.fill(&places)));
        step.environment.values().for_each(|template| drop(template.fill(&places)));
        let Ok(stream) = normalize(OUTPUT, &scenario.case.normalize, &PATHS).map(Cow::into_owned) else { continue };
        let seen = StepObservation {
            ending: Ending::Exited(0),
            stdout: stream.clone().into(),
            stderr: stream.into(),
            files: BTreeMap::new(),
            elapsed: Default::default(),
            peak_memory: 1,
            limits: Default::default(),
        };
        let _ = judge_step(1, step, &seen, Some(&seen));
    }
}

#[test]
fn what_is_mutated_is_valid() {
    assert!(seeds::PROJECTS.iter().all(|text| project(text).is_some()));
    assert!(seeds::RELEASES.iter().all(|text| release(text).is_some()));
    assert!(seeds::DEFECTS.iter().all(|text| defect(text).is_some()));
    assert!(seeds::PRIVATE_FIXES.iter().all(|text| private_fix(text).is_some()));
    assert!(seeds::WAIVERS.iter().all(|text| waiver(text).is_some()));
    assert!(seeds::PACKS.iter().all(|text| pack(text).is_some()));
    assert!(seeds::PROOFS.iter().all(|text| proof(text).is_some()));
    assert!(seeds::ACCEPTED.iter().all(|text| accepted(text).is_some()));
    for (text, table) in seeds::CASES.iter().flat_map(|text| seeds::ROWS.map(|table| (text, table))) {
        let source = Source::new("testcases/suite/case.toml", *text);
        let read = read_case("suite/case".parse().unwrap(), &source, &Memory::with(&[("testcases/suite/t.jsonl", table)]));
        read.unwrap_or_else(|problems| panic!("{}", list(&problems))).iter().for_each(use_scenario);
    }
}

proptest! {
    #[test]
    fn a_project(text in texts(&seeds::PROJECTS)) {
        project(&text);
    }

    #[test]
    fn a_release(text in texts(&seeds::RELEASES)) {
        release(&text);
    }

    #[test]
    fn a_defect(text in texts(&seeds::DEFECTS)) {
        defect(&text);
    }

    #[test]
    fn a_private_fix(text in texts(&seeds::PRIVATE_FIXES)) {
        // A record that reads has a date for each state up to its own, and none beyond; days come far apart, too.
        if let Some(fix) = private_fix(&text) {
            let reached: Vec<PrivateFixState> = PrivateFixState::ALL.iter().copied().filter(|state| *state <= fix.state).collect();
            prop_assert_eq!(fix.dates.keys().copied().collect::<Vec<_>>(), reached);
            for day in [Date::MIN, fix.deadline, Date::MAX] {
                let due = fix.due(day);
                prop_assert!(due.is_none_or(|due| due.days <= NEAR_DAYS && !due.to_string().is_empty()));
            }
        }
    }

    #[test]
    fn a_waiver(text in texts(&seeds::WAIVERS)) {
        waiver(&text);
    }

    #[test]
    fn a_pack(text in texts(&seeds::PACKS)) {
        pack(&text);
    }

    #[test]
    fn a_proof(text in texts(&seeds::PROOFS)) {
        proof(&text);
    }

    #[test]
    fn accepted_outputs(text in texts(&seeds::ACCEPTED)) {
        accepted(&text);
    }

    #[test]
    fn a_case(text in texts(&seeds::CASES)) {
        case(&text, seeds::ROWS[0]).iter().flatten().for_each(use_scenario);
    }

    #[test]
    fn a_table(text in texts(&seeds::ROWS)) {
        case(seeds::CASES[2], &text).iter().flatten().for_each(use_scenario);
    }
}
