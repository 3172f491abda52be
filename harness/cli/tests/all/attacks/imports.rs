//! Results that Fixgate did not get itself.

use std::fs;

use serde_json::{Value, json};

use crate::attacks::train::{against, gate, has, reseal, rewrite, run_of_ru2, train};
use crate::common::Product;
use crate::common::keys::{MANAGER, NAMESPACE, attest};
use crate::suites;

const GREEN: &str = "<testsuite name='a'><testcase name='b'/></testsuite>";

/// A train with the results of another program, imported for its new release; and the run.
fn imported() -> (Product, String) {
    let product = train();
    product.put("results.xml", GREEN);
    product.fixgate(&["import", "junit", "results.xml", "--candidate", "RU2"]).exits(0);
    let run = product.runs().pop().unwrap();
    (product, run)
}

#[test]
fn imported_results_are_passed_off_as_a_sign_off() {
    let (product, run) = imported();
    let refusal = format!("the run `{run}` was imported from junit, and a sign-off rests on a run of Fixgate");
    gate(&product, &run).exits(2).mentions(&[&refusal]);
    // Even with the header of a sign-off, and the digest that goes with it.
    rewrite(&product, &run, |mut line| {
        if line.get("run").is_some() {
            line["release"] = json!("RU2");
        }
        vec![line]
    });
    reseal(&product, &run);
    gate(&product, &run).exits(2).mentions(&[&refusal]);
    product.fixgate(&["signoff", "RU2", "--resume", &run]).exits(2);
    let report = product.fixgate(&["report", &run, "--format", "json"]).json();
    assert_eq!(report["decision"], "hold");
    assert!(report["void"].as_str().unwrap().contains("the run was imported, and RU2 is signed off by what Fixgate runs itself"));
}

#[test]
fn imported_results_take_the_name_of_a_sign_offs_run() {
    let (product, run) = imported();
    let (signed, said) = run_of_ru2(&product, &[]);
    said.exits(0);
    for file in ["journal.jsonl", "plan.jsonl"] {
        let text = product.read(&format!("reports/runs/{run}/{file}")).replace(&run, &signed);
        product.put(&format!("reports/runs/{signed}/{file}"), &text);
    }
    reseal(&product, &signed);
    gate(&product, &signed).exits(2).mentions(&["a sign-off rests on a run of Fixgate"]);
    assert_ne!(product.fixgate(&["verify", "RU2"]).code, Some(0));
}

#[test]
fn a_failure_is_hidden_in_a_file_of_results() {
    let product = train();
    // Each shows a failure that a careless reader misses, or is cut off before one.
    for text in [
        "<testsuites tests='1' errors='1'><testsuite name='p'><properties><property name='go.version' value='1'/></properties><testcase name='b'/></testsuite></testsuites>",
        "<testsuite name='a' tests='1' failures='1'><testcase name='b'/></testsuite>",
        "<testsuite name='nose2-junit'><testcase name='a'/><testcase name='b'><skipped message='test passes unexpectedly'/></testcase></testsuite>",
        "<testsuite name='(empty)'><testcase name='a' classname='a' status='run'/><testcase name='b' classname='b' status='notrun'><skipped message='Unable to find executable'/></testcase></testsuite>",
        "<testsuite name='a'><testcase name='b'/><testcase name='b'><failure/></testcase></testsuite>",
        "<testsuite name='a'><testcase name='b'><failure/></testcase><testcase name='b'/></testsuite>",
        "1..2\nok 1\n",
        "1..1\nok 1\nBail out!\n",
        "{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"A\"}\n{\"Action\":\"fail\",\"Package\":\"p\"}\n",
        "FAIL\tp [build failed]\n{\"Action\":\"pass\",\"Package\":\"q\",\"Test\":\"A\"}\n{\"Action\":\"pass\",\"Package\":\"q\"}\n",
    ] {
        product.put("results", text);
        let said = product.fixgate(&["import", "junit", "results", "--candidate", "RU2", "--format", "json"]);
        assert_eq!(said.code, Some(1), "{text}\n{}", said.stdout);
    }
}

/// A statement of the suite `unit`, as anyone can write one, signed by the system that runs it.
fn state(product: &Product, change: impl Fn(&mut Value)) {
    suites::imported(product, suites::CI, SUITE).exits(0);
    let path = fs::read_dir(product.path("attestations")).unwrap().map(|entry| entry.unwrap().path());
    let path = path.filter(|path| path.extension().is_some_and(|extension| extension == "json")).max().unwrap();
    let mut statement: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut statement);
    fs::remove_dir_all(product.path("attestations")).unwrap();
    product.put("attestations/unit.json", &statement.to_string()).sign("attestations/unit.json", suites::CI, NAMESPACE);
}

const SUITE: &str = "<testsuites><testsuite name='pytest'><testcase classname='a' name='b'/><testcase classname='a' name='c'/>\
    <testcase classname='a' name='d'><failure/></testcase></testsuite></testsuites>";

/// The results of the suite, all green.
fn green() -> String {
    SUITE.replace("<failure/>", "")
}

#[test]
fn results_of_a_suite_are_those_of_another_build() {
    let product = suites::product();
    let run = suites::import(&product, &green(), "RTM", "pytest");
    attest(&product, suites::CI, &["ci", "unit", "--run", &run]).exits(0);
    let held = suites::signoff(&product).exits(1).json();
    against(&held, "imported", "unit: no ci has attested its results on this build; ci-unit-");
}

#[test]
fn results_of_a_suite_are_stated_by_a_person_without_the_role_or_the_key() {
    for (by, signer, why) in
        [(MANAGER, MANAGER, "unit: mara@example.org does not hold the role ci"), (suites::CI, "eve@example.org", "unit: ")]
    {
        let product = suites::product();
        state(&product, |statement| {
            statement["predicate"]["by"] = by.into();
            statement["predicate"]["attests"]["read"] =
                json!({"passed": 9, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0, "suite-errors": 0, "total": 9});
        });
        product.sign("attestations/unit.json", signer, NAMESPACE);
        let held = suites::signoff(&product).exits(1).json();
        against(&held, "imported", why);
        against(&held, "imported", "unit: no ci has attested its results on this build");
    }
}

#[test]
fn results_of_a_suite_are_those_of_another_program() {
    let product = suites::product();
    state(&product, |statement| {
        statement["predicate"]["attests"]["read"] =
            json!({"passed": 3, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0, "suite-errors": 0, "total": 3});
        statement["predicate"]["attests"]["files"][0]["producer"] = "junit".into();
    });
    against(&suites::signoff(&product).exits(1).json(), "imported", "unit: unit: these are results of junit, not of pytest");
}

#[test]
fn counts_of_a_suite_hide_what_failed() {
    for (counts, files) in [
        (json!({"passed": 3, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0, "suite-errors": 0, "total": 4}), None),
        (json!({"passed": u64::MAX, "failed": 0, "errors": 0, "skipped": 4, "flaky": 0, "suite-errors": 0, "total": 3}), None),
        (
            json!({"passed": 3, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0, "suite-errors": 0, "total": 3}),
            Some(json!([])),
        ),
        (json!({"passed": 3, "total": 3}), None),
    ] {
        let product = suites::product();
        state(&product, |statement| {
            statement["predicate"]["attests"]["read"] = counts.clone();
            if let Some(files) = &files {
                statement["predicate"]["attests"]["files"] = files.clone();
            }
        });
        product.fixgate(&["check"]).exits(2).mentions(&["attestations/unit.json", "not an attestation: "]);
        assert_ne!(suites::signoff(&product).code, Some(0));
    }
}

#[test]
fn another_system_attests_a_suite_that_failed() {
    let product = suites::product();
    suites::imported(&product, suites::CI, SUITE).exits(0);
    suites::imported(&product, suites::OTHER_CI, &green()).exits(0);
    against(&suites::signoff(&product).exits(1).json(), "imported", "ci@example.org saw 2 passed, 1 failed (ci-unit-");
}

#[test]
fn a_suite_that_failed_is_asked_for_no_more() {
    let product = suites::product();
    suites::imported(&product, suites::CI, SUITE).exits(0);
    product.edit("fixgate.toml", "unit = { producer = \"pytest\", min-tests = 2 }", "other = { producer = \"pytest\" }");
    let run = suites::import(&product, &green(), "RU1", "pytest");
    attest(&product, suites::CI, &["ci", "other", "--run", &run]).exits(0);
    let held = suites::signoff(&product).exits(1).json();
    against(&held, "imported", "; [import] does not name the suite any more");
}

#[test]
fn the_statement_of_a_suite_that_failed_is_deleted() {
    let product = suites::product();
    suites::imported(&product, suites::CI, SUITE).exits(0);
    product.commit();
    fs::remove_dir_all(product.path("attestations")).unwrap();
    suites::imported(&product, suites::OTHER_CI, &green()).exits(0);
    product.commit();
    against(&suites::signoff(&product).exits(1).json(), "imported", ", which was deleted)");
}

#[test]
fn a_suite_is_cut_down() {
    let product = suites::product();
    let one = "<testsuites><testsuite name='pytest'><testcase classname='a' name='b'/></testsuite></testsuites>";
    suites::imported(&product, suites::CI, one).exits(0);
    against(&suites::signoff(&product).exits(1).json(), "imported", ": 1 test passed, at least 2 are required");
    // Where less is asked of it, the next sign-off says so.
    suites::imported(&product, suites::CI, &green()).exits(0);
    suites::signoff(&product).exits(0);
    product.commit().release("RU2", Some("RU1"), "echo hello");
    product.edit("fixgate.toml", "min-tests = 2", "min-tests = 1");
    suites::signoff_of(&product, "RU2").exits(1);
    let shown = crate::attacks::train::section(&product);
    has(&shown, &["| imported suite `unit` | results of pytest, at least 2 tests | **results of pytest, at least 1 test** |\n"]);
}
