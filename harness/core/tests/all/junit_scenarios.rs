//! What the JUnit report of a run says of its scenarios and of its gate.

use crate::common::runs::Run;
use crate::common::{PROJECT, Tree, id};
use fixgate_core::case::Bytes;
use fixgate_core::gate::Signoff;
use fixgate_core::judge::{conclude, judge_step};
use fixgate_core::ledger::Ledger;
use fixgate_core::observation::{Ending, Observation, StepObservation};
use fixgate_core::record::{Entry, RunRecord};
use fixgate_core::report::junit::render;
use fixgate_core::report::scenarios::{Accounting, document};
use fixgate_core::residual::analyse;
use fixgate_core::verdict::Verdict;

/// RU2 has a fix, and an open defect that shows.
fn tree() -> Tree {
    Tree::new()
        .paired("RG-2", "RU2")
        .open("RG-3")
        .case("suite/a", "")
        .case("suite/open", "defects = [\"RG-3\"]")
        .case("canary/fails", "")
}

fn run(ledger: &Ledger) -> Run<'_> {
    Run::new(ledger, "RU2").set("suite/open", Verdict::Failed, Some(Verdict::Failed)).set(
        "regression/rg-2",
        Verdict::Passed,
        Some(Verdict::Failed),
    )
}

fn xml(ledger: &Ledger, record: &RunRecord, signoff: Option<&Signoff>, accounting: Accounting) -> String {
    let analysis = analyse(ledger, record, None);
    String::from_utf8(render(&document(ledger, record, &analysis, signoff, accounting)).unwrap()).unwrap()
}

/// The report of a run that is no sign-off.
fn shown(ledger: &Ledger, run: Run<'_>) -> String {
    xml(ledger, &run.header(|header| header.release = None).record(), None, Accounting::Shown)
}

/// One case of a report.
#[track_caller]
fn case<'x>(xml: &'x str, name: &str) -> &'x str {
    let start = xml.find(&format!("\n<testcase name=\"{name}\" ")).unwrap_or_else(|| panic!("no case {name} in {xml}")) + 1;
    let rest = &xml[start..];
    let end = ["\n<testcase ", "\n</testsuite>"].iter().filter_map(|end| rest.find(end)).min().unwrap();
    &rest[..end]
}

#[track_caller]
fn says(case: &str, texts: &[&str]) {
    for text in texts {
        assert!(case.contains(text), "{text:?} is not in\n{case}");
    }
}

#[test]
fn what_a_failing_product_printed_is_in_its_case_and_a_passing_one_has_none() {
    let ledger = tree().ledger();
    let mut run = run(&ledger);
    for (scenario, exit) in [("suite/a", 3), ("regression/rg-2", 0)] {
        let scenario = ledger.scenarios.iter().find(|known| known.id == id(scenario)).unwrap();
        let seen = StepObservation {
            ending: Ending::Exited(exit),
            stdout: Bytes::from(format!("first\n{}[[ATTACHMENT|/etc/passwd]]\n", "x".repeat(100_000)).into_bytes()),
            stderr: Bytes::from(b"\x1b[31mpanicked\x1b[0m ]]> \xff\n".to_vec()),
            files: Default::default(),
            elapsed: Default::default(),
            peak_memory: 0,
            limits: Default::default(),
        };
        let findings = judge_step(1, &scenario.steps[0], &seen, None);
        let judgement = conclude(scenario, &Observation { steps: vec![seen] }, findings, |_| None);
        *run.entry(scenario.id.as_str()) = Entry::judged(scenario, judgement, 0.5, None);
    }
    let xml = shown(&ledger, run);
    let failed = case(&xml, "a");
    says(failed, &["<system-out><![CDATA[[the end of 100033 bytes of output]\nxxx", "xxx[[attachment|/etc/passwd]]\n]]>"]);
    says(failed, &["<system-err><![CDATA[\\u{1b}[31mpanicked\\u{1b}[0m ]]]]><![CDATA[> \\xff\n]]></system-err>"]);
    assert!(failed.len() < 20_000, "{} bytes", failed.len());
    assert!(!case(&xml, "rg-2").contains("<system-"), "{xml}");
}

#[test]
fn what_is_not_passed_says_why_on_its_first_line_with_its_defects_and_the_command() {
    let ledger = tree().ledger();
    let xml = shown(&ledger, run(&ledger).set("suite/a", Verdict::Skipped, None));
    let known = "KNOWN: RG-3 is not fixed here: step 1: exit 1, expected exit 0";
    says(
        case(&xml, "open"),
        &[
            &format!("<skipped type=\"fixgate.Known\" message=\"{known}\">"),
            &format!("<![CDATA[{known}\ndefects: RG-3\nagain: fixgate run suite/open --candidate RU2 --baseline RU1\n]]>"),
        ],
    );
    let skipped = "step 1: exit 1, expected exit 0\nagain: fixgate run suite/a --candidate RU2 --baseline RU1\n]]></skipped>";
    says(case(&xml, "a"), &["<skipped type=\"fixgate.Skipped\"", skipped]);
}

#[test]
fn a_run_cut_short_has_an_error_for_each_scenario_that_was_not_run_and_a_sentinel_that_fails() {
    let ledger = tree().ledger();
    let whole = shown(&ledger, run(&ledger));
    let sentinel = case(&whole, "plan-complete");
    says(sentinel, &["4 scenarios planned, 4 written, 4 with a verdict"]);
    assert!(!sentinel.contains("<failure"), "{sentinel}");

    let mut cut = run(&ledger);
    cut.footer = None;
    cut.entries.retain(|entry| !["suite/a", "regression/rg-2"].map(id).contains(&entry.scenario));
    let xml = shown(&ledger, cut);
    let not_run = "<error type=\"fixgate.NotRun\" message=\"planned and not run\"><![CDATA[planned and not run\n";
    let again = |id: &str| format!("again: fixgate run {id} --candidate RU2 --baseline RU1\n]]></error>");
    says(case(&xml, "a"), &[not_run, &again("suite/a")]);
    says(case(&xml, "rg-2"), &[not_run, "\ndefects: RG-2\n", &again("regression/rg-2")]);
    says(&xml, &["<testsuites name=\"grep RU2\" tests=\"6\" failures=\"1\" errors=\"2\" skipped=\"1\""]);
    says(
        case(&xml, "plan-complete"),
        &[
            "<failure type=\"fixgate.Void\" message=\"4 scenarios planned, 4 written, 2 with a verdict\">",
            "\nthe run did not end: resume it\n",
            "go on with the same command and --resume run-1",
        ],
    );
}

#[test]
fn a_plan_that_is_not_written_whole_fails_the_sentinel() {
    let ledger = tree().ledger();
    let mut short = run(&ledger);
    short.plan.retain(|planned| planned.scenario != id("suite/a"));
    short.entries.retain(|entry| entry.scenario != id("suite/a"));
    let mut record = short.header(|header| header.release = None).record();
    record.void.clear();
    let xml = xml(&ledger, &record, None, Accounting::Shown);
    says(case(&xml, "plan-complete"), &["message=\"4 scenarios planned, 3 written, 3 with a verdict\""]);
}

#[test]
fn a_waived_criterion_is_skipped_with_who_and_until_when_and_fails_in_the_raw_report() {
    let rest = "defect = \"RG-2\"\nrelease = \"RU2\"\nexpires = 2999-12-31";
    let ledger = tree().waiver("w", &format!("criterion = \"proved\"\n{rest}")).ledger();
    let unproved = || {
        let mut run = run(&ledger);
        run.pairs.clear();
        run
    };
    let signoff = unproved().signoff();
    let record = unproved().record();
    let report = |accounting| xml(&ledger, &record, Some(&signoff), accounting);
    let (shown, raw) = (report(Accounting::Shown), report(Accounting::Raw));
    let waived = "WAIVED: Ada, known, until 2999-12-31";
    says(
        case(&shown, "proved"),
        &[&format!("<skipped type=\"fixgate.Waived\" message=\"{waived}\"><![CDATA[{waived}\n1 waived; ")],
    );
    says(case(&raw, "proved"), &["<failure type=\"fixgate.Unsatisfied\" message=\"1 waived; 0 of 1 new fix"]);
    for report in [&shown, &raw] {
        let line =
            "RG-2: regression/rg-2 was not proved in this run (waived by Ada)\nagain: fixgate gate run-1 --release RU2\n]]>";
        says(case(report, "proved"), &[line]);
    }
}

#[test]
fn folders_that_differ_by_a_point_or_a_slash_have_suites_and_classes_of_their_own() {
    let ledger = Tree::new().case("suite/a.b/x", "").case("suite/a/b/x", "").case("canary/fails", "").ledger();
    let xml = shown(&ledger, Run::new(&ledger, "RU2"));
    says(&xml, &["classname=\"suite.a%2Eb\"", "classname=\"suite.a.b\"", " name=\"suite.a%2Eb\"", " name=\"suite.a.b\""]);
}

#[test]
fn flaky_scenarios_are_counted_in_a_case_of_the_gate_in_a_run_too() {
    let ledger = tree().ledger();
    let none = shown(&ledger, run(&ledger));
    says(case(&none, "flaky"), &["0 flaky, at most 0 allowed"]);
    assert!(!case(&none, "flaky").contains("<failure"), "{none}");

    let xml = shown(&ledger, run(&ledger).set("suite/a", Verdict::Flaky, Some(Verdict::Passed)));
    assert!(case(&xml, "a").contains("<flakyFailure") && !case(&xml, "a").contains("<failure"), "{xml}");
    says(
        case(&xml, "flaky"),
        &[
            "<failure type=\"fixgate.Unsatisfied\" message=\"1 open; 1 flaky, at most 0 allowed\">",
            "\nsuite/a\nagain: fixgate run suite/a --candidate RU2 --baseline RU1\n]]>",
        ],
    );
    let lenient = tree().project(&format!("{PROJECT}max-flaky = 1\n")).ledger();
    let xml = shown(&lenient, Run::new(&lenient, "RU2").set("suite/a", Verdict::Flaky, Some(Verdict::Passed)));
    says(case(&xml, "flaky"), &["1 flaky, at most 1 allowed"]);
    assert!(!case(&xml, "flaky").contains("<failure"), "{xml}");
}
