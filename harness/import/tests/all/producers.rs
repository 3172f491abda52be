//! What each producer means. Every file under `stored/` is of the producer itself, run over tests that were written for this, unless its
//! comment says that it has the documented form only.

use std::collections::BTreeSet;

use fixgate_core::imported::Producer;
use fixgate_import::{Outcome, merge};
use walkdir::WalkDir;

use super::{bytes, counts, read_bytes, results, stored};

/// Each file, the producer that is told by its content, and how its tests came out.
const FILES: &[(&str, Producer, &str)] = &[
    // Catch2 2.13.10. It shows a test that should fail and passes as a pass, and only counts it.
    ("catch2.xml", Producer::Catch2, "3 passed, 1 failed, 1 errors, 2 skipped, 1 suite-errors"),
    ("catch2-pass.xml", Producer::Catch2, "1 passed"),
    // CTest 3.25.1: three tests that it could not run, among them one whose set-up failed, are `skipped` in its file.
    ("ctest.xml", Producer::Ctest, "1 passed, 5 failed, 3 errors, 3 skipped"),
    ("ctest-pass.xml", Producer::Ctest, "1 passed"),
    // googletest 1.12.1: the tests of a suite whose set-up failed are `skipped`. A failed tear-down of a suite is nowhere in the file.
    ("gtest-t.xml", Producer::Gtest, "5 passed, 1 failed, 2 errors, 3 skipped"),
    ("gtest-env.xml", Producer::Gtest, "2 errors, 1 suite-errors"),
    ("gtest-nomatch.xml", Producer::Junit, ""),
    // go 1.19.8: a package that does not compile is a line of text, and `os.Exit` in TestMain fails a package without a failing test.
    ("go.json", Producer::GoTest, "4 passed, 4 failed, 1 errors, 1 skipped, 2 suite-errors"),
    ("go-pass.json", Producer::GoTest, "1 passed"),
    ("go-rerun.json", Producer::GoTest, "1 passed, 1 flaky"),
    // gotestsum 1.8.2 only counts packages that do not compile.
    ("gotestsum.xml", Producer::Gotestsum, "4 passed, 6 failed, 1 skipped, 1 suite-errors"),
    ("gotestsum-build.xml", Producer::Gotestsum, "1 passed, 1 suite-errors"),
    ("gotestsum-rerun.xml", Producer::Gotestsum, "1 passed, 1 flaky"),
    // jest 30.5.2 with jest-junit 17.0.0: two tests of one name, of which one fails. A file that does not load is only in the second.
    ("jest.xml", Producer::Jest, "3 passed, 3 failed, 1 skipped"),
    ("jest-suite-errors.xml", Producer::Jest, "3 passed, 4 failed, 1 skipped"),
    // jest-ctrf-json-reporter 0.0.11.
    ("jest-ctrf.json", Producer::Ctrf, "1 passed, 3 failed, 2 skipped, 1 flaky"),
    // vitest 4.1.12: a hook that fails is a test of its own.
    ("vitest.xml", Producer::Vitest, "3 passed, 4 failed, 3 skipped"),
    // mocha 10.8.2 with mocha-junit-reporter 2.2.1, and its own TAP. The first leaves out what is pending.
    ("mocha.xml", Producer::Mocha, "2 passed, 2 failed"),
    ("mocha.tap", Producer::Tap, "2 passed, 2 failed, 2 skipped"),
    // node 20.20.2.
    ("node-junit.xml", Producer::Node, "2 passed, 2 failed, 2 skipped"),
    ("node.tap", Producer::Tap, "2 passed, 2 failed, 2 skipped"),
    // playwright 1.65.1 without a browser, with its retries told and not.
    ("playwright.xml", Producer::Playwright, "4 passed, 4 failed, 2 errors, 6 skipped, 2 flaky"),
    ("playwright-plain.xml", Producer::Playwright, "6 passed, 4 failed, 2 errors, 6 skipped"),
    // cargo-nextest 0.9.143 with retries: a failure, an abort, a test that was ended, and one that passed when it was run again.
    ("nextest.xml", Producer::Nextest, "2 passed, 3 failed, 1 flaky"),
    // nose2 0.16.0 writes an unexpected success as `skipped`.
    ("nose2.xml", Producer::Nose2, "1 passed, 2 failed, 3 errors, 2 skipped"),
    // phpunit 9.6.7.
    ("phpunit.xml", Producer::Phpunit, "2 passed, 2 failed, 3 errors, 2 skipped"),
    // pytest 9.2.0: a module that cannot be imported ends the run; with pytest-rerunfailures 16.7 each rerun looks like a pass.
    ("pytest.xml", Producer::Pytest, "1 errors"),
    ("pytest-pass.xml", Producer::Pytest, "7 passed"),
    ("pytest-rerun.xml", Producer::Pytest, "8 passed, 3 failed, 2 errors, 2 skipped, 1 flaky"),
    // robotframework 7.5 with --xunit.
    ("robot.xml", Producer::Junit, "1 passed, 1 failed, 1 skipped"),
    // rspec 3.12 with rspec_junit_formatter 0.4.1; with a file that does not load it tells of no test at all.
    ("rspec.xml", Producer::Rspec, "1 passed, 2 failed, 2 skipped"),
    ("rspec-load.xml", Producer::Rspec, ""),
    // Maven Surefire 2.22.3 with rerunFailingTestsCount: its counts are of attempts.
    ("surefire-a.xml", Producer::Surefire, "1 passed, 1 failed, 1 errors, 2 skipped, 1 flaky"),
    ("surefire-b.xml", Producer::Surefire, "1 errors"),
    // Test::More 1.302 and bats 1.8.2.
    ("testmore.tap", Producer::Tap, "2 passed, 3 failed, 2 skipped"),
    ("bats.tap", Producer::Tap, "1 passed, 1 failed, 1 skipped"),
    ("bats.xml", Producer::Junit, "1 passed, 1 failed, 1 skipped"),
    // The rest have the documented forms: neither .NET nor Bazel, Cypress, Gradle or go-junit-report was run.
    ("trx.trx", Producer::Trx, "2 passed, 3 failed, 1 errors, 1 skipped"),
    ("trx-aborted.trx", Producer::Trx, "1 passed, 1 suite-errors"),
    ("dotnet.xml", Producer::Dotnet, "1 passed, 1 failed, 1 skipped"),
    ("gradle-retried.xml", Producer::Junit, "2 passed, 1 failed"),
    ("cypress.xml", Producer::Cypress, "1 passed, 1 failed"),
    ("go-junit-report.xml", Producer::GoJunitReport, "1 passed, 1 failed, 1 errors"),
    ("bazel/test.xml", Producer::Bazel, "1 passed"),
    ("bazel/test_attempts/attempt_1.xml", Producer::Bazel, "1 errors"),
    ("bazel-error.xml", Producer::Bazel, "1 passed, 1 suite-errors"),
];

#[test]
fn each_producers_file_is_read_as_it_means_it() {
    let mut against = Vec::new();
    for (name, producer, expected) in FILES {
        let found = read_bytes(name, bytes(name), None).unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
        let told = found.producer;
        let said = counts(&merge(vec![found]));
        if (told, said.as_str()) != (*producer, *expected) {
            against.push(format!("{name}: {told}: {said}\n  expected: {producer}: {expected}"));
        }
    }
    assert!(against.is_empty(), "\n{}", against.join("\n"));
}

#[test]
fn every_stored_file_is_read_by_a_test() {
    let root = stored("");
    let files = WalkDir::new(&root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let there: BTreeSet<String> =
        files.map(|file| file.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(there, FILES.iter().map(|(name, ..)| (*name).to_owned()).collect());
}

#[test]
fn attempts_that_bazel_keeps_apart_are_one_test() {
    let files = ["bazel/test_attempts/attempt_1.xml", "bazel/test.xml"];
    let read = |name: &&str| read_bytes(name, bytes(name), None).unwrap();
    assert_eq!(counts(&merge(files.iter().map(read).collect())), "1 flaky");
    assert_eq!(counts(&merge(files.iter().rev().map(read).collect())), "1 flaky");
    // Of another target the attempt is no rerun.
    let elsewhere = read_bytes("other/test_attempts/attempt_1.xml", bytes(files[0]), None).unwrap();
    assert_eq!(counts(&merge(vec![elsewhere, read(&files[1])])), "1 errors");
}

#[test]
fn a_retry_of_gradle_counts_only_where_a_person_says_that_it_is_gradle() {
    let read = |producer| merge(vec![read_bytes("a.xml", bytes("gradle-retried.xml"), producer).unwrap()]);
    assert_eq!(counts(&read(Some(Producer::Gradle))), "2 passed, 1 flaky");
    assert_eq!(counts(&read(None)), "2 passed, 1 failed");
}

#[test]
fn tests_of_one_name_that_pass_and_fail_are_no_rerun_where_others_pass_twice() {
    let case = |name: &str, inner: &str| format!("<testcase classname='p' name='{name}'>{inner}</testcase>");
    let failure = "<failure message='Failed'/>";
    let file = |cases: &[String]| {
        format!(
            "<testsuites tests='4' errors='0'><testsuite name='p'><properties><property name='go.version' value='go1'/></properties>{}</testsuite></testsuites>",
            cases.concat()
        )
    };
    let rerun = file(&[case("A", failure), case("B", ""), case("A", "")]);
    assert_eq!(counts(&results(&rerun)), "1 passed, 1 flaky");
    let counted_twice = file(&[case("A", failure), case("B", ""), case("A", ""), case("B", "")]);
    assert_eq!(counts(&results(&counted_twice)), "1 passed, 1 failed");
}

#[test]
fn the_worst_of_several_elements_of_a_test_counts() {
    let worst = |elements: &[&str]| {
        let cases: String = elements.iter().map(|inner| format!("<testcase classname='a' name='b'>{inner}</testcase>")).collect();
        results(&format!("<testsuite name='x'><testcase name='z'/>{cases}</testsuite>")).tests[1].outcome
    };
    assert_eq!(worst(&["<failure/>", ""]), Outcome::Failed);
    assert_eq!(worst(&["", "<failure/>"]), Outcome::Failed);
    assert_eq!(worst(&["<failure/>", "<error/>"]), Outcome::Failed);
    assert_eq!(worst(&["<skipped/>", "<error/>"]), Outcome::Error);
    assert_eq!(worst(&["", "<skipped/>"]), Outcome::Skipped);
    assert_eq!(worst(&["<flakyFailure/>", ""]), Outcome::Flaky);
    assert_eq!(worst(&["<flakyFailure/><failure/>"]), Outcome::Failed);
    assert_eq!(worst(&["<rerunFailure/>"]), Outcome::Failed);
    assert_eq!(worst(&["<skipped/><failure/>"]), Outcome::Failed);
    assert_eq!(worst(&["<broken>what is this?</broken>"]), Outcome::Error);
}

#[test]
fn a_status_without_an_element_is_believed_where_it_is_bad() {
    let outcome = |attributes: &str| {
        results(&format!("<testsuite name='x'><testcase name='z'/><testcase name='a' {attributes}/></testsuite>")).tests[1]
            .outcome
    };
    assert_eq!(outcome("status='failed'"), Outcome::Failed);
    assert_eq!(outcome("status='ERROR'"), Outcome::Error);
    assert_eq!(outcome("status='disabled'"), Outcome::Skipped);
    assert_eq!(outcome("status='passed'"), Outcome::Passed);
    assert_eq!(outcome("status='notrun' result='suppressed'"), Outcome::Skipped);
}

#[test]
fn a_test_that_a_package_ends_within_is_an_error() {
    let events = |end: &str| {
        results(&format!(
            "{}\n{}\n{}\n",
            r#"{"Action":"run","Package":"p","Test":"A"}"#,
            r#"{"Action":"pass","Package":"p","Test":"A"}"#,
            [r#"{"Action":"run","Package":"p","Test":"B"}"#, end].join("\n")
        ))
    };
    assert_eq!(counts(&events(r#"{"Action":"fail","Package":"p"}"#)), "1 passed, 1 errors");
    assert_eq!(counts(&events("")), "1 passed, 1 errors, 1 suite-errors");
    // A package passes only if each of its tests does.
    assert_eq!(counts(&events(r#"{"Action":"pass","Package":"p"}"#)), "2 passed");
    // Twice in one pass over the tests is no rerun.
    let twice = r#"{"Action":"run","Package":"p","Test":"A"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"run","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"fail","Package":"p"}
"#;
    assert_eq!(counts(&results(twice)), "1 failed");
}

#[test]
fn tap_that_contradicts_its_plan_is_not_green() {
    assert_eq!(counts(&results("1..2\nok 1\nok 2\n")), "2 passed");
    for (text, expected) in [
        ("1..3\nok 1\nok 2\n", "2 passed, 1 suite-errors"),
        ("ok 1\nok 2\n", "2 passed, 1 suite-errors"),
        ("1..2\nok 1\nok 1\n", "2 passed, 1 suite-errors"),
        ("1..1\nok 1\nBail out! no disk\n", "1 passed, 1 suite-errors"),
        ("1..2\nok 1\nsome output not ok 2\n", "1 passed, 1 suite-errors"),
        ("1..1\nok 1 - a\n  ---\n  x: 1\n", "1 passed, 1 suite-errors"),
        ("1..2\nok 1 - a\n  ---\nnot ok 2 - hidden\n  ...\n", "1 passed, 1 failed, 1 suite-errors"),
        ("1..1\nnot ok 1 - a # SKIP no net\n", "1 errors"),
        ("1..1\n    not ok 1 - inner\n    1..1\nok 1 - outer\n", "1 failed"),
        ("1..1\n    ok 1 - inner\n    1..1\nnot ok 1 - outer\n", "1 passed, 1 failed"),
        ("1..0 # SKIP not on this system\n", "1 skipped"),
        ("1..2\nok 1 - same\nok 2 - same\n", "2 passed"),
    ] {
        assert_eq!(counts(&results(text)), expected, "{text}");
    }
}

#[test]
fn two_tests_whose_names_read_the_same_have_two_ids() {
    let suites = "<testsuites><testsuite name='a'><testcase name='a::b'/></testsuite><testsuite name=''><testcase classname='a' name='b'/></testsuite></testsuites>";
    let entries = results(suites).entries().unwrap();
    assert_eq!(entries.len(), 2);
    assert_ne!(entries[0].scenario, entries[1].scenario);
}
