//! The gate: each criterion satisfied, unsatisfied and waived, and the decision over all of them.

use crate::common::runs::Run;
use crate::common::{PROJECT, Tree, release};
use fixgate_core::gate::{CriterionState, Decision, Signoff};
use fixgate_core::id::Digest;
use fixgate_core::ledger::Ledger;
use fixgate_core::verdict::Verdict;

/// A tree whose RU2 ships: fixes in both rollups, an open defect, a canary and a required pack.
fn tree() -> Tree {
    Tree::new()
        .paired("RG-1", "RU1")
        .paired("RG-2", "RU2")
        .open("RG-3")
        .case("suite/a", "")
        .case("suite/open", "defects = [\"RG-3\"]")
        .case("canary/fails", "")
        .case("packs/plugin/a", "")
        .pack("plugin", true)
}

/// Its run: the new fix is green where it was red, and the open defect shows on both builds.
fn run(ledger: &Ledger) -> Run<'_> {
    Run::new(ledger, "RU2").set("suite/open", Verdict::Failed, Some(Verdict::Failed)).set(
        "regression/rg-2",
        Verdict::Passed,
        Some(Verdict::Failed),
    )
}

fn state(signoff: &Signoff, criterion: &str) -> (CriterionState, Vec<String>) {
    let result = signoff.criteria.iter().find(|result| result.id.as_str() == criterion).unwrap();
    (result.state, result.evidence.clone())
}

/// Asserts that of all criteria only this one does not hold, so that the release is held, and by this evidence.
#[track_caller]
fn assert_only_against(signoff: &Signoff, criterion: &str, evidence: &[&str]) {
    for result in &signoff.criteria {
        let expected = if result.id.as_str() == criterion { CriterionState::Unsatisfied } else { CriterionState::Satisfied };
        assert_eq!(result.state, expected, "{}: {:?}", result.id, result.evidence);
    }
    assert_eq!(state(signoff, criterion).1, evidence);
    assert_eq!(signoff.decision, Decision::Hold);
}

#[test]
fn a_release_ships_when_every_criterion_holds() {
    let ledger = tree().ledger();
    let signoff = run(&ledger).signoff();
    for result in &signoff.criteria {
        assert_eq!((result.state, result.evidence.len()), (CriterionState::Satisfied, 0), "{}: {:?}", result.id, result.evidence);
    }
    assert_eq!((signoff.decision, signoff.void.as_deref(), signoff.criteria.len()), (Decision::Ship, None, 10));
    assert_eq!((signoff.planned, signoff.verdicts.total()), (6, 6));
    assert_eq!((signoff.fixes.len(), signoff.fixes[0].proof.proved, signoff.fixes[0].proof.runs), (1, true, 3));
}

#[test]
fn a_gap_in_the_records_is_held_against_the_ledger() {
    let ledger = tree().fixed("RG-4", "RTM").ledger();
    let signoff = run(&ledger).signoff();
    let (state, evidence) = state(&signoff, "ledger");
    assert_eq!(state, CriterionState::Unsatisfied);
    assert_eq!(
        evidence,
        [
            "defects/RG-4.toml:1: RG-4 is fixed but no case names it",
            "defects/RG-4.toml:1: RG-4 was found in RTM, yet fixed no later"
        ]
    );
}

#[test]
fn a_waiver_that_is_not_needed_is_held_against_the_ledger() {
    let idle = ["the waiver w matches nothing, or has expired"];
    let seen = Digest::of(b"failed");
    let scenario = format!("scenario = \"suite/a\"\nseen = \"{seen}\"\nrelease = \"RU2\"\nexpires = 2024-02-01");
    let ledger = tree().waiver("w", &scenario).ledger();
    assert_only_against(&run(&ledger).signoff(), "ledger", &idle);
    for criterion in ["proved", "cumulative", "clean"] {
        let text = format!("criterion = {criterion:?}\ndefect = \"RG-2\"\nrelease = \"RU2\"\nexpires = 2024-02-01");
        let ledger = tree().waiver("w", &text).ledger();
        let signoff = run(&ledger).signoff();
        assert!(!signoff.waivers[0].in_force, "{criterion}");
        assert_only_against(&signoff, "ledger", &idle);
    }
}

#[test]
fn records_are_those_of_a_commit_and_of_the_run() {
    let ledger = tree().ledger();
    let signoff = run(&ledger).header(|header| header.test_product.commit = None).signoff();
    assert_only_against(&signoff, "committed", &["the records are under no version control"]);
    let signoff = run(&ledger).header(|header| header.test_product.changed = true).signoff();
    assert_only_against(&signoff, "committed", &["records or cases differ from those of commit abc123"]);
    let signoff = run(&ledger).header(|header| header.test_product.digest = Digest::of(b"x")).signoff();
    assert_only_against(&signoff, "committed", &["records or cases were changed after the run"]);
}

#[test]
fn each_new_fix_is_red_before_and_green_here_in_this_run() {
    let ledger = tree().ledger();
    let refused = |change: &dyn Fn(&mut Run<'_>), why: &str| {
        let mut run = run(&ledger);
        change(&mut run);
        let signoff = run.signoff();
        assert_only_against(&signoff, "proved", &[&format!("RG-2: regression/rg-2 {why}")]);
        assert!(!signoff.fixes[0].proof.proved);
    };
    refused(&|run| run.pairs.clear(), "was not proved in this run");
    refused(&|run| run.pairs[0].definition = Digest::of(b"x"), "was not proved in this run");
    refused(
        &|run| run.pairs[0].base = crate::common::runs::side(Verdict::Passed),
        "is green without the fix: it cannot tell the defect",
    );
    refused(
        &|run| run.pairs[0].base = crate::common::runs::side(Verdict::Error),
        "is error without the fix, which proves nothing: exit 1",
    );
    refused(
        &|run| run.pairs[0].base = crate::common::runs::side(Verdict::Flaky),
        "is flaky without the fix, which proves nothing: exit 1",
    );
    refused(&|run| run.pairs[0].symptom = false, "fails without the fix, but not as its symptom says");
    for verdict in [Verdict::Failed, Verdict::Flaky, Verdict::Error] {
        refused(&|run| run.pairs[0].fixed = crate::common::runs::side(verdict), &format!("is {verdict} with the fix"));
    }
}

#[test]
fn a_new_fix_without_a_case_is_not_proved() {
    let ledger = tree().fixed("RG-4", "RU2").ledger();
    let signoff = run(&ledger).signoff();
    assert_eq!(state(&signoff, "proved"), (CriterionState::Unsatisfied, vec!["RG-4: no case names it".to_owned()]));
}

#[test]
fn what_a_criterion_holds_against_a_defect_can_be_waived_for_this_release() {
    let waiver = |release: &str, expires: &str| {
        format!("criterion = \"proved\"\ndefect = \"RG-2\"\nrelease = {release:?}\nexpires = {expires}")
    };
    let decided = |waiver: &str| {
        let ledger = tree().waiver("w", waiver).ledger();
        let mut run = run(&ledger);
        run.pairs.clear();
        let signoff = run.signoff();
        (signoff.decision, state(&signoff, "proved"))
    };
    let (decision, (waived, evidence)) = decided(&waiver("RU2", "2024-01-15"));
    assert_eq!((decision, waived), (Decision::Ship, CriterionState::Waived));
    assert_eq!(evidence, ["RG-2: regression/rg-2 was not proved in this run (waived by Ada)"]);
    assert_eq!(decided(&waiver("RU1", "2024-01-15")).1.0, CriterionState::Unsatisfied);
    assert_eq!(decided(&waiver("RU2", "2024-01-14")).1.0, CriterionState::Unsatisfied);
}

/// Who lost RG-1, where the baseline tells.
const BY_BASELINE: &str = "; green in RU1 (the baseline of this run), not green in RU2 (here): RU2 lost it";

#[test]
fn every_fix_since_the_first_release_is_still_green() {
    let ledger = tree().ledger();
    let signoff = run(&ledger).set("regression/rg-1", Verdict::Failed, Some(Verdict::Passed)).signoff();
    assert_eq!(
        state(&signoff, "cumulative"),
        (CriterionState::Unsatisfied, vec![format!("RG-1: no paired scenario is green{BY_BASELINE}")])
    );
    let signoff = run(&ledger).set("regression/rg-1", Verdict::Flaky, Some(Verdict::Passed)).signoff();
    assert_eq!(state(&signoff, "cumulative").0, CriterionState::Satisfied, "it passed in the end");
}

#[test]
fn a_fix_of_which_one_scenario_fails_is_not_green() {
    let ledger = tree().case("regression/more", "defects = [\"RG-1\"]").proved("RG-1").ledger();
    let signoff = run(&ledger).set("regression/more", Verdict::Failed, Some(Verdict::Passed)).signoff();
    assert_eq!(
        state(&signoff, "cumulative"),
        (CriterionState::Unsatisfied, vec![format!("RG-1: 1 paired scenario fails{BY_BASELINE}")])
    );
}

#[test]
fn a_fix_lost_since_its_case_no_longer_applies_is_seen() {
    let bounds = "defects = [\"RG-5\"]\napplies = { until = \"RU1\" }\nsuperseded-by = \"CH-1\"";
    let ledger = tree()
        .defect("CH-1", "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\"")
        .fixed("RG-5", "RU1")
        .case("regression/rg-5", bounds)
        .proved("RG-5")
        .ledger();
    assert_only_against(&run(&ledger).signoff(), "cumulative", &["RG-5: no paired scenario is green"]);
}

#[test]
fn everything_planned_is_judged_and_it_is_enough() {
    let ledger = tree().ledger();
    let signoff = run(&ledger).header(|header| header.complete = false).signoff();
    assert_only_against(&signoff, "complete", &["scenarios were filtered away"]);
    let signoff = run(&ledger).set("suite/a", Verdict::Skipped, None).signoff();
    assert_only_against(&signoff, "complete", &["6 scenarios were planned and 5 judged"]);
    let ledger = tree().project(&PROJECT.replace("min-scenarios = 1", "min-scenarios = 7")).ledger();
    let signoff = run(&ledger).signoff();
    assert_only_against(&signoff, "complete", &["6 scenarios were judged, at least 7 are required"]);
}

#[test]
fn a_run_at_another_place_of_the_train_or_for_another_release_is_no_evidence() {
    let ledger = tree().ledger();
    let at_rtm = crate::common::place(&ledger, "RTM");
    let signoff = run(&ledger).header(|header| header.place = at_rtm).signoff();
    assert_eq!(signoff.decision, Decision::Hold);
    let (_, evidence) = state(&signoff, "complete");
    assert_eq!(evidence, ["the run judged the candidate at another place of the train than that of RU2"]);
}

#[test]
fn a_void_run_never_ships() {
    let ledger = tree().project(&PROJECT.replace("\"complete\", ", "")).ledger();
    let mut run = run(&ledger);
    run.footer = None;
    let signoff = run.signoff();
    assert!(signoff.criteria.iter().all(|result| result.state == CriterionState::Satisfied));
    assert_eq!((signoff.decision, signoff.void.as_deref()), (Decision::Hold, Some("the run did not end: resume it")));
}

#[test]
fn a_failure_that_is_neither_known_nor_waived_is_not_clean() {
    let ledger = tree().ledger();
    let signoff = run(&ledger).set("suite/a", Verdict::Failed, Some(Verdict::Failed)).signoff();
    assert_only_against(&signoff, "clean", &["failed still-failing: suite/a: step 1: exit 1, expected exit 0"]);
    assert_eq!(signoff.residuals.len(), 2);
}

#[test]
fn a_waived_failure_stays_visible_and_lets_the_release_ship() {
    let seen = Digest::of(b"crashed");
    let waiver = format!("scenario = \"suite/a\"\nseen = \"{seen}\"\nrelease = \"RU2\"\nexpires = 2024-02-01");
    let ledger = tree().waiver("w", &waiver).ledger();
    let signoff = run(&ledger).set("suite/a", Verdict::Crashed, Some(Verdict::Passed)).signoff();
    let line = "crashed regressed: suite/a: step 1: exit 1, expected exit 0 (waived by Ada)".to_owned();
    for criterion in ["clean", "explained"] {
        assert_eq!(state(&signoff, criterion), (CriterionState::Waived, vec![line.clone()]));
    }
    assert_eq!(signoff.decision, Decision::Ship);
    assert_eq!(signoff.verdicts.get(Verdict::Crashed), 1);
    let cluster = signoff.residuals.iter().find(|cluster| cluster.scenarios[0].as_str() == "suite/a").unwrap();
    assert_eq!(cluster.waived, 1);
    assert!(signoff.waivers[0].in_force);
}

#[test]
fn canaries_must_have_failed_and_there_must_be_one() {
    let ledger = tree().ledger();
    let signoff = run(&ledger).set("canary/fails", Verdict::Failed, Some(Verdict::Passed)).signoff();
    assert_eq!(state(&signoff, "canary"), (CriterionState::Unsatisfied, vec!["canary/fails did not fail".to_owned()]));
    let ledger = Tree::new().case("suite/a", "").ledger();
    let signoff = Run::new(&ledger, "RU2").signoff();
    assert_only_against(&signoff, "canary", &["there is no canary: nothing shows that failures are seen"]);
}

#[test]
fn flakiness_stays_within_budget() {
    let ledger = tree().ledger();
    let signoff = run(&ledger).set("suite/a", Verdict::Flaky, Some(Verdict::Passed)).signoff();
    assert_only_against(&signoff, "flaky", &["suite/a"]);
    let ledger = tree().project(&format!("{PROJECT}max-flaky = 1\n")).ledger();
    let signoff = run(&ledger).set("suite/a", Verdict::Flaky, Some(Verdict::Passed)).signoff();
    assert_eq!((state(&signoff, "flaky").0, signoff.decision), (CriterionState::Satisfied, Decision::Ship));
}

#[test]
fn every_required_pack_runs_and_is_green() {
    let ledger = tree().ledger();
    let red = |verdict| state(&run(&ledger).set("packs/plugin/a", verdict, Some(Verdict::Passed)).signoff(), "packs");
    assert_eq!(
        red(Verdict::Failed),
        (CriterionState::Unsatisfied, vec!["packs/plugin/a is failed; ask Bo (bo@example.com)".to_owned()])
    );
    assert_eq!(red(Verdict::Skipped).0, CriterionState::Unsatisfied);
    assert_eq!(red(Verdict::Flaky).0, CriterionState::Satisfied);
    let ledger = tree().pack("plugin2", true).ledger();
    let signoff = run(&ledger).signoff();
    assert_only_against(&signoff, "packs", &["the required pack plugin2 ran nothing; ask Bo (bo@example.com)"]);
    let ledger = tree().pack("plugin2", false).ledger();
    assert_eq!(run(&ledger).signoff().decision, Decision::Ship);
}

#[test]
fn a_cut_lies_in_the_window_after_the_last() {
    let rules = PROJECT.replace("\"packs\"", "\"packs\", \"cadence\"") + "[train]\ncadence = { min-weeks = 6, max-weeks = 8 }\n";
    let decided = |cut: &str| {
        let mut tree = tree().project(&rules);
        tree.records.releases[1] = release("RU1", Some("RTM"), "cut = 2024-01-01");
        tree.records.releases[2] = release("RU2", Some("RU1"), cut);
        let ledger = tree.ledger();
        state(&run(&ledger).signoff(), "cadence")
    };
    for (cut, days, expected) in [
        ("2024-02-11", 41, CriterionState::Unsatisfied),
        ("2024-02-12", 42, CriterionState::Satisfied),
        ("2024-02-26", 56, CriterionState::Satisfied),
        ("2024-02-27", 57, CriterionState::Unsatisfied),
    ] {
        let (state, evidence) = decided(&format!("cut = {cut}"));
        assert_eq!(state, expected, "{cut}");
        if expected == CriterionState::Unsatisfied {
            assert_eq!(evidence, [format!("cut {days} days after RU1; 6 to 8 weeks are meant")]);
        }
    }
    assert_eq!(decided(""), (CriterionState::Unsatisfied, vec!["RU2 or RU1 has no cut date".to_owned()]));
}
