//! Results that Fixgate did not get itself.

use serde_json::json;

use crate::attacks::train::{gate, reseal, rewrite, run_of_ru2, train};
use crate::common::Product;

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
    let refusal = format!("the run `{run}` was imported from junit, and the gate counts no imported run");
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
    gate(&product, &signed).exits(2).mentions(&["the gate counts no imported run"]);
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
