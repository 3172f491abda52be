//! Residuals: each judged scenario falls in exactly one class, and a record that is no answer says why.

use std::convert::Infallible;

use crate::common::Tree;
use crate::common::runs::Run;
use fixgate_core::claim::Claims;
use fixgate_core::id::Digest;
use fixgate_core::ledger::Ledger;
use fixgate_core::normalize::{Masking, Normalize};
use fixgate_core::plan::{Plan, Selection};
use fixgate_core::record::{Entry, JournalLine, Masked, PlannedScenario, RunRecord};
use fixgate_core::residual::{Class, analyse, classify, clusters};
use fixgate_core::verdict::Verdict;

fn tree() -> Ledger {
    Tree::new()
        .open("RG-1")
        .fixed("RG-2", "RU2")
        .defect("RG-3", "status = \"fixed\"\nfixed-in = \"RU2\"\nchanges = [\"suite/plain\"]")
        .case("suite/plain", "")
        .case("suite/open", "defects = [\"RG-1\"]")
        .case("suite/fixed", "defects = [\"RG-2\"]")
        .case("suite/both", "defects = [\"RG-1\", \"RG-2\"]")
        .ledger()
}

/// The class at a release of a scenario that did this there and that on the baseline.
fn class(scenario: &str, release: &str, verdict: Verdict, baseline: Option<Verdict>) -> Option<Class> {
    class_of(scenario, release, verdict, baseline, |_| {})
}

fn class_of(
    scenario: &str,
    release: &str,
    verdict: Verdict,
    baseline: Option<Verdict>,
    change: impl FnOnce(&mut Entry),
) -> Option<Class> {
    let ledger = tree();
    let mut run = Run::new(&ledger, release).set(scenario, verdict, baseline);
    change(run.entry(scenario));
    let record = run.record();
    let analysis = analyse(&ledger, &record, None);
    analysis.residuals.iter().find(|residual| residual.entry.scenario == crate::common::id(scenario)).unwrap().class
}

#[test]
fn a_scenario_without_a_defect_is_classed_by_both_verdicts() {
    use Verdict::{Crashed, Failed, Flaky, Passed, TimedOut};
    for (here, there, expected) in [
        (Passed, Passed, Class::Same),
        (Flaky, Passed, Class::Same),
        (Passed, Flaky, Class::Same),
        (Passed, Failed, Class::Fixed),
        (Passed, Crashed, Class::Fixed),
        (Failed, Passed, Class::Regressed),
        (Crashed, Passed, Class::Regressed),
        (TimedOut, Flaky, Class::Regressed),
        (Failed, Failed, Class::StillFailing),
        (Failed, Crashed, Class::FailingDifferently),
    ] {
        assert_eq!(class("suite/plain", "RU2", here, Some(there)), Some(expected), "{here} here, {there} there");
    }
    assert_eq!(class("suite/plain", "RU2", Passed, None), Some(Class::New));
    assert_eq!(class("suite/plain", "RU2", Failed, None), Some(Class::New));
}

#[test]
fn a_difference_from_the_baseline_is_explained_by_a_fix_or_unexplained() {
    let explained = |entry: &mut Entry| entry.explained_by = Some("RG-3".parse().unwrap());
    assert_eq!(class_of("suite/plain", "RU2", Verdict::Passed, Some(Verdict::Passed), explained), Some(Class::Explained));
    let differs = |entry: &mut Entry| entry.differs = true;
    assert_eq!(class_of("suite/plain", "RU2", Verdict::Failed, Some(Verdict::Passed), differs), Some(Class::Unexplained));
}

#[test]
fn a_failure_is_known_if_the_baseline_has_it_and_none_of_its_defects_is_fixed_here() {
    assert_eq!(class("suite/open", "RU2", Verdict::Failed, Some(Verdict::Failed)), Some(Class::Known));
    assert_eq!(class("suite/open", "RU2", Verdict::Failed, Some(Verdict::Passed)), Some(Class::Regressed));
    assert_eq!(class("suite/open", "RU2", Verdict::Failed, None), Some(Class::New));
    assert_eq!(class("suite/fixed", "RU1", Verdict::Crashed, Some(Verdict::Crashed)), Some(Class::Known));
    assert_eq!(class("suite/fixed", "RU2", Verdict::Failed, Some(Verdict::Failed)), Some(Class::StillFailing));
    assert_eq!(class("suite/fixed", "RU2", Verdict::Failed, Some(Verdict::Passed)), Some(Class::Regressed));
    assert_eq!(class("suite/both", "RU1", Verdict::Failed, Some(Verdict::Failed)), Some(Class::Known));
    assert_eq!(class("suite/both", "RU2", Verdict::Failed, Some(Verdict::Passed)), Some(Class::Regressed), "one of two is fixed");
}

#[test]
fn a_pass_is_unexpected_while_every_defect_should_be_present() {
    assert_eq!(class("suite/open", "RU2", Verdict::Passed, Some(Verdict::Passed)), Some(Class::UnexpectedPass));
    assert_eq!(class("suite/fixed", "RU1", Verdict::Passed, Some(Verdict::Failed)), Some(Class::UnexpectedPass));
    assert_eq!(class("suite/fixed", "RU2", Verdict::Passed, Some(Verdict::Failed)), Some(Class::Fixed));
    assert_eq!(class("suite/both", "RU2", Verdict::Passed, Some(Verdict::Passed)), Some(Class::Same));
}

#[test]
fn what_the_harness_could_not_judge_has_no_class() {
    for verdict in [Verdict::Skipped, Verdict::Error] {
        assert_eq!(class("suite/open", "RU2", verdict, Some(Verdict::Passed)), None);
    }
}

#[test]
fn without_a_baseline_only_defects_decide() {
    let ledger = tree();
    let record =
        Run::new(&ledger, "RTM").set("suite/plain", Verdict::Failed, None).set("suite/fixed", Verdict::Failed, None).record();
    let classes: Vec<_> = analyse(&ledger, &record, None).residuals.iter().map(|residual| residual.class).collect();
    // suite/both, suite/fixed, suite/open, suite/plain
    assert_eq!(classes, [Some(Class::UnexpectedPass), Some(Class::Known), Some(Class::UnexpectedPass), None]);
}

#[test]
fn every_pair_of_verdicts_has_exactly_one_class_and_the_counts_lose_nothing() {
    let ledger = tree();
    let (place, claims) = (crate::common::place(&ledger, "RU2"), Claims::default());
    for scenario in &ledger.scenarios {
        for here in Verdict::ALL.iter().copied() {
            for there in Verdict::ALL.iter().copied().map(Some).chain([None]) {
                let run = Run::new(&ledger, "RU2").set(scenario.id.as_str(), here, there);
                let record = run.record();
                let analysis = analyse(&ledger, &record, None);
                let judged = record.entries.iter().filter(|entry| entry.verdict.is_judged()).count() as u64;
                let counted: u64 = Class::ALL.iter().copied().map(|class| analysis.counts.get(class)).sum();
                assert_eq!(counted, judged, "{} {here} {there:?}", scenario.id);
                let entry = record.entries.iter().find(|entry| entry.scenario == scenario.id).unwrap();
                assert_eq!(classify(scenario, entry, &ledger, place.into(), Some(&claims)).is_some(), here.is_judged());
            }
        }
    }
}

#[test]
fn what_the_release_before_ran_and_this_one_does_not_is_missing_unless_a_change_ended_it() {
    let ledger = Tree::new()
        .defect("CH-1", "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\"")
        .case("suite/a", "")
        .case("suite/ended", "applies = { until = \"RU1\" }\nsuperseded-by = \"CH-1\"")
        .case("suite/later", "applies = { from = \"RU2\" }")
        .ledger();
    let record = Run::new(&ledger, "RU2").record();
    let plan = |ids: &[&str]| {
        ids.iter().map(|text| (crate::common::id(text), fixgate_core::plan::Kept::Whole(Digest::of(b"")))).collect()
    };
    let previous = plan(&["suite/a", "suite/ended", "suite/gone"]);
    let analysis = analyse(&ledger, &record, Some(&previous));
    assert_eq!(analysis.missing, [crate::common::id("suite/gone")]);
    assert_eq!(analysis.counts.get(Class::Missing), 1);
    let record = Run::new(&ledger, "RU1").record();
    let analysis = analyse(&ledger, &record, Some(&plan(&["suite/later"])));
    assert_eq!(analysis.missing, [crate::common::id("suite/later")], "its bounds were moved, and no change says so");
}

#[test]
fn a_waiver_covers_what_was_seen_under_its_own_rules_alone() {
    let seen = Digest::of(b"what is left");
    let rules = Masking::new(vec![Normalize::SortLines]).unwrap().digest();
    let covers = |stated: &str, masked: &[Masked]| {
        let waiver = format!("scenario = \"suite/a\"\nseen = \"{seen}\"\nrelease = \"RU1\"\nexpires = 2024-02-01\n{stated}");
        let ledger = Tree::new().case("suite/a", "").waiver("w", &waiver).ledger();
        let mut record = Run::new(&ledger, "RU1").set("suite/a", Verdict::Failed, Some(Verdict::Passed)).record();
        record.entries[0].masked = masked.into();
        analyse(&ledger, &record, None).residuals[0].waiver.is_some()
    };
    let sorted = "normalize = [\"sort-lines\"]\n";
    assert!(covers(sorted, &[Masked { normalize: rules, seen }]));
    // A record of other rules, or of an earlier version, says nothing of these.
    assert!(!covers("normalize = [\"ansi\"]\n", &[Masked { normalize: rules, seen }]));
    assert!(!covers(sorted, &[Masked { normalize: Digest::of(b"other"), seen }]));
    assert!(!covers(sorted, &[Masked { normalize: rules, seen: Digest::of(b"other") }]));
    assert!(!covers(sorted, &[]));
    assert!(!covers("", &[Masked { normalize: rules, seen }]));
}

#[test]
fn a_waiver_matches_exactly_one_scenario_failure_and_release_in_its_time() {
    let seen = Digest::of(b"failed");
    let waived = |scenario: &str, seen: Digest, release: &str, expires: &str| {
        let waiver = format!("scenario = {scenario:?}\nseen = \"{seen}\"\nrelease = {release:?}\nexpires = {expires}");
        let ledger = Tree::new().case("suite/a", "").case("suite/b", "").waiver("w", &waiver).ledger();
        let record = Run::new(&ledger, "RU1").set("suite/a", Verdict::Failed, Some(Verdict::Passed)).record();
        let analysis = analyse(&ledger, &record, None);
        (analysis.residuals[0].waiver.is_some(), analysis.idle_waivers.len())
    };
    assert_eq!(waived("suite/a", seen, "RU1", "2024-01-15"), (true, 0));
    assert_eq!(waived("suite/a", seen, "RU1", "2024-01-14"), (false, 1), "expired");
    assert_eq!(waived("suite/b", seen, "RU1", "2024-01-15"), (false, 1), "another scenario");
    assert_eq!(waived("suite/a", Digest::of(b"x"), "RU1", "2024-01-15"), (false, 1), "another failure");
    assert_eq!(waived("suite/a", seen, "RU2", "2024-01-15"), (false, 0), "another release");
}

#[test]
fn failures_with_one_class_and_signature_are_one_cluster_the_largest_first() {
    let ledger = Tree::new()
        .open("RG-1")
        .case("suite/k", "defects = [\"RG-1\"]")
        .case("suite/m", "matrix = { n = [\"1\", \"2\", \"3\", \"4\"] }")
        .ledger();
    let mut run = Run::new(&ledger, "RU1").set("suite/k", Verdict::Failed, Some(Verdict::Failed));
    for id in ["suite/m@n=1", "suite/m@n=2", "suite/m@n=3"] {
        run = run.set(id, Verdict::Failed, Some(Verdict::Passed));
    }
    run.entry("suite/m@n=1").signature = Some(Digest::of(b"other"));
    let record = run.record();
    let clusters = clusters(&record.header, &analyse(&ledger, &record, None).residuals);
    let told: Vec<_> = clusters.iter().map(|cluster| (cluster.class.unwrap(), cluster.scenarios.len())).collect();
    assert_eq!(told, [(Class::Regressed, 2), (Class::Regressed, 1), (Class::Known, 1)]);
}

#[test]
fn a_record_is_void_whenever_it_is_no_answer() {
    let ledger = tree();
    let void = |change: &dyn Fn(&mut Run<'_>)| {
        let mut run = Run::new(&ledger, "RU2");
        change(&mut run);
        run.record().void_reason().unwrap_or_default()
    };
    assert_eq!(void(&|_| {}), "");
    assert_eq!(void(&|run| drop(run.entries.pop())), "4 scenarios were planned and 3 have a verdict");
    let twice = void(&|run| run.entries.push(run.entries[0].clone()));
    assert_eq!(twice, "suite/both was judged twice");
    let unplanned = void(&|run| run.entries[0].scenario = crate::common::id("suite/x"));
    assert_eq!(unplanned, "suite/x was judged but never planned; 4 scenarios were planned and 3 have a verdict");
    assert_eq!(void(&|run| run.footer = None), "the run did not end: resume it");
    let footer = |change: &dyn Fn(&mut fixgate_core::record::Footer)| void(&|run| change(run.footer.as_mut().unwrap()));
    assert_eq!(footer(&|footer| footer.candidate = Digest::of(b"x")), "the candidate changed during the run");
    assert_eq!(footer(&|footer| footer.baseline = None), "the baseline changed during the run");
    let other_plan = "the recorded plan is not the one that the run was started with";
    assert_eq!(void(&|run| run.plan.swap(0, 1)), other_plan);
    assert_eq!(void(&|run| run.plan[0].digest = Digest::of(b"x")), other_plan);
    assert_eq!(void(&|run| run.header.planned = 5), format!("{other_plan}; 5 scenarios were planned and 4 have a verdict"));
    let blind = void(&|run| run.entries[1].verdict = Verdict::Error);
    assert_eq!(blind, "the harness could not judge 1 scenario; the first: suite/fixed: ");
}

#[test]
fn a_plan_that_names_a_scenario_twice_is_void() {
    let ledger = tree();
    let run = Run::new(&ledger, "RU2");
    let plan: Vec<PlannedScenario> = run.plan.iter().cloned().chain([run.plan[0].clone()]).collect();
    let twice: Vec<_> = plan.iter().map(|planned| (&planned.scenario, planned.digest)).collect();
    let (digest, planned) = (Digest::of_json(&twice), plan.len() as u64);
    let mut header = run.header.clone();
    (header.plan, header.planned) = (digest, planned);
    let lines = run.entries.iter().cloned().map(JournalLine::Scenario).chain(run.footer.clone().map(JournalLine::Footer));
    assert!(
        RunRecord::read(header, plan, lines.map(Ok::<_, Infallible>), |_| Digest::of(b"journal"))
            .unwrap()
            .void_reason()
            .is_some()
    );
}

#[test]
fn entries_are_in_the_order_of_the_plan_and_not_of_completion() {
    let ledger = tree();
    let mut run = Run::new(&ledger, "RU2");
    let in_order = run.entries.clone();
    run.entries.reverse();
    assert_eq!(run.record().entries, in_order);
}

#[test]
fn planned_is_the_sum_over_verdicts_for_every_mix_of_verdicts() {
    let ledger = tree();
    for (index, verdict) in Verdict::ALL.iter().copied().enumerate() {
        let mut run = Run::new(&ledger, "RU2");
        run.entries[index % 4].verdict = verdict;
        let record = run.record();
        assert_eq!(record.verdicts().total(), record.header.planned);
        assert_eq!(
            Verdict::ALL.iter().copied().map(|verdict| record.verdicts().get(verdict)).sum::<u64>(),
            record.header.planned
        );
    }
}

#[test]
fn a_plan_holds_what_applies_and_always_the_canaries() {
    let ledger =
        Tree::new().case("canary/fails", "").case("suite/a", "").case("suite/later", "applies = { from = \"RU2\" }").ledger();
    let plan = |glob: Option<&str>, at: &str| {
        let selection = Selection { globs: glob.iter().map(|glob| glob.parse().unwrap()).collect(), ..Selection::default() };
        Plan::new(&ledger, &selection, crate::common::place(&ledger, at))
            .map(|plan| plan.scenarios().iter().map(|scenario| scenario.id.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(plan(None, "RU1").unwrap(), ["canary/fails", "suite/a"]);
    assert_eq!(plan(Some("suite/a"), "RU2").unwrap(), ["canary/fails", "suite/a"]);
    assert_eq!(plan(Some("suite/x"), "RU2").unwrap_err().to_string(), "the filter `suite/x` matches no scenario");
    assert!(plan(Some("suite/later"), "RU1").unwrap_err().to_string().starts_with("none of the selected scenarios applies"));
}

#[test]
fn every_scenario_is_in_exactly_one_shard() {
    let ledger = Tree::new().case("suite/m", "matrix = { n = [\"1\", \"2\", \"3\", \"4\", \"5\"] }").ledger();
    let mut seen: Vec<String> = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let selection = Selection { shard: Some(shard.parse().unwrap()), ..Selection::default() };
        assert!(!selection.is_everything());
        seen.extend(selection.select(&ledger).unwrap().iter().map(|scenario| scenario.id.to_string()));
    }
    seen.sort();
    assert_eq!(seen, ["1", "2", "3", "4", "5"].map(|n| format!("suite/m@n={n}")));
}
