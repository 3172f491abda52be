//! The rules of a sign-off against those of the last: what changed is shown, and a fix once vouched for stays one.

use crate::common::runs::Run;
use crate::common::{PROJECT, Tree, release};
use fixgate_core::gate::{CriterionState, Decision, Signoff};
use fixgate_core::id::Digest;
use fixgate_core::ledger::Ledger;
use fixgate_core::report::markdown;
use fixgate_core::rules::{LastSignoff, Rules, plan_text};
use fixgate_core::verdict::Verdict;

fn tree() -> Tree {
    Tree::new().paired("RG-1", "RU1").case("suite/a", "").case("suite/b", "").case("canary/fails", "").pack("plugin", false)
}

/// RU2 by `now`, after RU1 was signed off by `before`.
fn after(before: Tree, now: &Ledger) -> Signoff {
    let before = before.ledger();
    Run::new(now, "RU2").signoff_after(Some(&Run::new(&before, "RU1").last()))
}

/// The changed rules as `subject name: before -> now`.
fn changes(signoff: &Signoff) -> Vec<String> {
    let words = |words: &Option<String>| words.clone().unwrap_or("none".to_owned());
    let line = |change: &fixgate_core::rules::RuleChange| {
        format!("{} {}: {} -> {}", change.subject, change.name, words(&change.before), words(&change.now))
    };
    signoff.rules.changes.iter().map(line).collect()
}

/// What became of cases, as `case: count words: first`.
fn cases(signoff: &Signoff) -> Vec<String> {
    let line = |change: &fixgate_core::rules::CaseChange| {
        format!("{}: {} {}: {}", change.case, change.count, change.fate.words(), change.first.join(", "))
    };
    signoff.rules.cases.iter().map(line).collect()
}

fn evidence(signoff: &Signoff, criterion: &str) -> (CriterionState, Vec<String>) {
    let result = signoff.criteria.iter().find(|result| result.id.as_str() == criterion).unwrap();
    (result.state, result.evidence.clone())
}

fn section(signoff: &Signoff) -> String {
    let page = markdown::signoff(signoff, &[]);
    let (_, rest) = page.split_once("## What changed in the rules since the last release\n\n").unwrap();
    rest.split_once("## ").unwrap().0.to_owned()
}

#[test]
fn unchanged_rules_are_said_to_be_so() {
    let ledger = tree().ledger();
    let signoff = after(tree(), &ledger);
    assert_eq!((changes(&signoff), cases(&signoff)), (vec![], vec![]));
    let digest = signoff.rules.since.as_ref().unwrap().digest;
    let nothing = format!("Nothing changed since the sign-off of RU1 on 2024-01-15, rules `{digest}`.\n\n");
    assert_eq!(
        section(&signoff),
        format!("{nothing}Criteria that are not required: cadence, manual, imported, validated, deployed, signed.\n\n")
    );
    assert_eq!(signoff.decision, Decision::Ship);
}

#[test]
fn the_first_release_and_one_whose_predecessors_are_not_signed_off_say_so() {
    let ledger = tree().ledger();
    let first = section(&Run::new(&ledger, "RTM").signoff());
    assert!(first.starts_with("This is the first release: there are none to compare with.\n"), "{first}");
    let second = section(&Run::new(&ledger, "RU1").signoff());
    assert!(second.starts_with("**Neither RTM nor any release before it is signed off here**"), "{second}");
    let last = Run::new(&ledger, "RTM").last();
    let third = section(&Run::new(&ledger, "RU2").signoff_after(Some(&last)));
    assert!(third.starts_with("**RU1 is not signed off here**; RTM is the last release that is.\n"), "{third}");
}

#[test]
fn criteria_limits_and_packs_that_change_are_shown() {
    let loosened = PROJECT.replace("\"flaky\", ", "").replace("min-scenarios = 1", "min-scenarios = 0\nmax-flaky = 5");
    let loosened = format!("{loosened}[run]\nretries = 3\ntimeout = \"60s\"\noutput-limit = \"64MiB\"\n");
    let mut now = tree().project(&loosened);
    now.records.packs.clear();
    let ledger = now.ledger();
    let signoff = after(tree(), &ledger);
    assert_eq!(
        changes(&signoff),
        [
            "criterion flaky: required -> none",
            "limit max-flaky: 0 -> 5",
            "limit min-scenarios: 1 -> 0",
            "limit output-limit: 8388608 bytes -> 67108864 bytes",
            "limit retries: 0 -> 3",
            "limit timeout: 10 s -> 60 s",
            "pack plugin: not required, Bo's -> none",
        ]
    );
    let page = section(&signoff);
    assert!(page.contains("| criterion `flaky` | required | **none** |\n"), "{page}");
    assert!(
        page.contains("Criteria that are not required: flaky, cadence, manual, imported, validated, deployed, signed.\n"),
        "{page}"
    );
}

#[test]
fn a_fix_that_was_vouched_for_and_is_none_any_more_holds_the_release() {
    for (status, words) in [
        ("status = \"open\"", "open"),
        ("status = \"wont-fix\"", "not to be fixed"),
        ("status = \"fixed\"", "checked in, not cut"),
        ("status = \"fixed\"\nfixed-in = \"RU1\"\nduplicate-of = \"RG-9\"", "fixed in RU1, repeats RG-9"),
        ("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\"", "a change, fixed in RU1"),
    ] {
        let now = Tree::new().defect("RG-1", status).open("RG-9").case("regression/rg-1", "defects = [\"RG-1\"]");
        let ledger = now.case("suite/a", "").case("suite/b", "").case("canary/fails", "").ledger();
        let signoff = after(tree(), &ledger);
        let (state, lines) = evidence(&signoff, "cumulative");
        assert_eq!(state, CriterionState::Unsatisfied);
        let line = &lines[0];
        assert!(
            line.starts_with(&format!("RG-1: RU1 was signed off with its fix, and now it is {words}; 1 scenario (")),
            "{line}"
        );
        assert!(changes(&signoff)[1].starts_with("defect RG-1: fixed in RU1; 1 scenario ("), "{:?}", changes(&signoff));
        assert_eq!(signoff.decision, Decision::Hold);
    }
}

#[test]
fn a_retracted_fix_can_be_waived_by_name() {
    let waiver = "criterion = \"cumulative\"\ndefect = \"RG-1\"\nrelease = \"RU2\"\nexpires = 2024-02-01";
    let now = Tree::new().defect("RG-1", "status = \"wont-fix\"").case("regression/rg-1", "defects = [\"RG-1\"]");
    let ledger = now.case("suite/a", "").case("suite/b", "").case("canary/fails", "").waiver("w", waiver).ledger();
    let failing = Run::new(&ledger, "RU2").set("regression/rg-1", Verdict::Failed, Some(Verdict::Failed));
    let before = tree().ledger();
    let signoff = failing.signoff_after(Some(&Run::new(&before, "RU1").last()));
    assert_eq!((evidence(&signoff, "cumulative").0, signoff.decision), (CriterionState::Waived, Decision::Ship));
}

#[test]
fn the_new_fixes_of_a_rollup_and_its_own_release_are_no_change_of_rules() {
    let now =
        tree().paired("RG-2", "RU2").open("RG-3").defect("CH-1", "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\"");
    let signoff = after(tree().open("RG-2"), &now.ledger());
    assert_eq!(changes(&signoff), Vec::<String>::new());
    let older = tree().paired("RG-2", "RU1").ledger();
    let lines = changes(&after(tree(), &older));
    assert!(lines.len() == 1 && lines[0].starts_with("defect RG-2: none -> fixed in RU1; 1 scenario ("), "{lines:?}");
}

#[test]
fn a_recipe_a_pin_and_a_waiver_that_change_are_shown() {
    let mut now = tree().waiver("w", "criterion = \"proved\"\ndefect = \"RG-1\"\nrelease = \"RU2\"\nexpires = 2024-02-01");
    now.records.releases[0].recipe.push("--quick".to_owned());
    now.records.releases[2] = release("RU2", Some("RU1"), "cut = 2024-01-01");
    let pin = Digest::of(b"pin");
    now.records.releases[1].digest = Some(pin);
    assert_eq!(
        changes(&after(tree(), &now.ledger())),
        [
            "release RTM: make ${out}; not pinned -> make ${out} --quick; not pinned".to_owned(),
            format!("release RU1: make ${{out}}; not pinned -> make ${{out}}; pinned to {pin}"),
            "waiver w: none -> proved of RG-1 in RU2, by Ada until 2024-02-01".to_owned(),
        ]
    );
}

#[test]
fn scenarios_that_are_changed_gone_renamed_ended_or_new_are_shown_by_case() {
    let matrix = |names: &str| format!("matrix = {{ n = [{names}] }}");
    let before = tree().case("suite/m", &matrix("\"1\", \"2\", \"3\", \"4\", \"5\"")).case("suite/old", "timeout = \"3s\"");
    let before = before.case("suite/ends", "timeout = \"4s\"");
    let ended = "timeout = \"4s\"\napplies = { until = \"RU1\" }\nsuperseded-by = \"CH-1\"";
    let mut now = Tree::new().paired("RG-1", "RU1").defect("CH-1", "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\"");
    now = now.case("suite/a", "timeout = \"9s\"").case("canary/fails", "").case("suite/m", &matrix("\"1\""));
    let ledger =
        now.case("suite/young", "timeout = \"3s\"").case("suite/ends", ended).case("suite/new", "timeout = \"5s\"").ledger();
    let signoff = after(before, &ledger);
    assert_eq!(
        cases(&signoff),
        [
            "suite/a: 1 defined otherwise: suite/a",
            "suite/b: 1 gone: suite/b",
            "suite/m: 4 gone: suite/m@n=2, suite/m@n=3, suite/m@n=4",
            "suite/old: 1 renamed: suite/old is now suite/young",
            "suite/ends: 1 ended by a recorded change: suite/ends",
            "suite/new: 1 new: suite/new",
            "suite/young: 1 new: suite/young",
        ]
    );
    let page = section(&signoff);
    assert!(page.contains("- `suite/m`: 4 scenarios gone: `suite/m@n=2`, `suite/m@n=3`, `suite/m@n=4`, …\n"), "{page}");
    assert!(page.contains("- 2 scenarios new\n") && !page.contains("`suite/new`"), "{page}");
    assert_eq!(evidence(&signoff, "explained").0, CriterionState::Unsatisfied);
}

#[test]
fn another_baseline_and_another_build_of_the_last_release_are_shown() {
    let ledger = tree().ledger();
    let last = Run::new(&ledger, "RU1").last();
    let rebuilt = Run::new(&ledger, "RU2").signoff_after(Some(&last));
    assert_eq!(changes(&rebuilt), Vec::<String>::new(), "the helper's builds agree");
    let at = crate::common::place(&ledger, "RTM");
    let older = Run::new(&ledger, "RU2").header(|header| {
        let baseline = header.baseline.as_mut().unwrap();
        (baseline.build.name, baseline.place) = ("RTM".to_owned(), at);
    });
    assert_eq!(changes(&older.signoff_after(Some(&last))), ["baseline RU2: RU1 -> RTM"]);
}

#[test]
fn a_baseline_that_does_not_come_before_the_candidate_tells_nothing() {
    let ledger = tree().ledger();
    let itself = Run::new(&ledger, "RU2").header(|header| header.baseline.as_mut().unwrap().place = header.place);
    let against = vec!["the baseline RU1 does not come before the candidate in the train".to_owned()];
    assert_eq!(evidence(&itself.signoff(), "explained"), (CriterionState::Unsatisfied, against));
}

#[test]
fn a_run_before_its_commit_or_before_the_last_sign_off_is_no_answer() {
    let ledger = tree().ledger();
    let early = Run::new(&ledger, "RU2").header(|header| header.test_product.committed = Some("2024-01-16".parse().unwrap()));
    let words = "the run is dated 2024-01-15, before the commit of its records on 2024-01-16: the clock is wrong";
    let signoff = early.signoff();
    assert_eq!((signoff.void.as_deref(), signoff.decision), (Some(words), Decision::Hold));
    let last = Run::new(&ledger, "RU1").header(|header| header.date = "2024-03-01".parse().unwrap()).last();
    let words = "the run is dated 2024-01-15, before the sign-off of RU1 on 2024-03-01: the clock is wrong";
    assert_eq!(Run::new(&ledger, "RU2").signoff_after(Some(&last)).void.as_deref(), Some(words));
    let same_day = Run::new(&ledger, "RU1").last();
    assert_eq!(Run::new(&ledger, "RU2").signoff_after(Some(&same_day)).void, None);
}

#[test]
fn a_candidate_other_than_the_pinned_build_is_not_the_release() {
    let mut now = tree();
    now.records.releases[2].digest = Some(Digest::of(b"published"));
    let ledger = now.ledger();
    let against = format!("the candidate is not the build that RU2 is pinned to, {}", Digest::of(b"published"));
    assert_eq!(evidence(&Run::new(&ledger, "RU2").signoff(), "complete"), (CriterionState::Unsatisfied, vec![against]));
    let pinned = Run::new(&ledger, "RU2").header(|header| header.candidate.digest = Digest::of(b"published"));
    assert_eq!(evidence(&pinned.signoff(), "complete").1, ["the candidate changed during the run"]);
}

#[test]
fn the_author_of_a_fix_waives_nothing_that_is_held_against_it() {
    let with_author = |author: &str| {
        let waiver = "criterion = \"proved\"\ndefect = \"RG-2\"\nrelease = \"RU2\"\nexpires = 2024-02-01";
        let fixed = format!("status = \"fixed\"\nfixed-in = \"RU2\"\nfix = {{ commit = \"c0ffee\", author = \"{author}\" }}");
        let tree = tree().defect("RG-2", &fixed).case("regression/rg-2", "defects = [\"RG-2\"]").proved("RG-2");
        let ledger = tree.waiver("w", waiver).ledger();
        let mut run = Run::new(&ledger, "RU2");
        run.pairs.clear();
        run.signoff()
    };
    let another = with_author("Bo");
    assert_eq!((another.decision, evidence(&another, "proved").0), (Decision::Ship, CriterionState::Waived));
    for own in ["Ada", "ada", " ADA "] {
        let own = with_author(own);
        assert_eq!(evidence(&own, "proved").0, CriterionState::Unsatisfied);
        let gaps = evidence(&own, "ledger").1;
        assert!(gaps[0].ends_with("the waiver `w` is Ada's, who made the fix of RG-2"), "{gaps:?}");
        assert!(!own.waivers[0].in_force);
    }
}

#[test]
fn the_files_of_a_sign_off_belong_to_each_other() {
    let ledger = tree().ledger();
    let run = Run::new(&ledger, "RU1");
    let record = run.record();
    let release = ledger.train.release(&"RU1".parse().unwrap()).unwrap();
    let (rules, plan) = (Rules::of(&ledger, release, &record).to_json(), plan_text(&record));
    let digest = |rules: &str| Digest::of(rules.as_bytes());
    let last = |digest: Digest, rules: &str, plan: &str| LastSignoff::read(&release.name, digest, rules, plan);
    let read = |digest: Digest, rules: &str, plan: &str| last(digest, rules, plan).map(|_| ()).unwrap_err();
    assert_eq!(last(digest(&rules), &rules, &plan).unwrap().plan.len(), record.plan.len());
    let edited = rules.replace("\"max-flaky\": \"0\"", "\"max-flaky\": \"9\"");
    assert_ne!(edited, rules);
    assert_eq!(read(digest(&rules), &edited, &plan), "rules.json is not the one that signoff.json names");
    let shorter = &plan[plan.find('\n').unwrap() + 1..];
    assert_eq!(read(digest(&rules), &rules, shorter), "plan.txt.gz is not the one that rules.json names");
    let other = rules.replace("\"release\": \"RU1\"", "\"release\": \"RU2\"");
    assert_eq!(read(digest(&other), &other, &plan), "rules.json is of RU2, signoff.json of RU1");
    let newer = rules.replace("fixgate-rules-1", "fixgate-rules-2");
    assert_eq!(read(digest(&newer), &newer, &plan), "rules.json is of format fixgate-rules-2; this is fixgate-rules-1");
}
