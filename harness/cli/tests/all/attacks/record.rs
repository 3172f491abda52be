//! Results that were not got, or not like this: records of other runs, edited records, rules edited after the run.

use serde_json::{Value, json};

use crate::attacks::train::{against, copy, gate, has, program, reseal, rewrite, run_of_ru2, train};
use crate::common::{GREETING, Product, Said};

const NOT_AS_WRITTEN: &str = "the journal is not as it was written: a line was changed, added or taken out";

/// A run of a candidate that fails, held as it must be.
fn failing() -> (Product, String) {
    let product = train();
    product.program("broken/bin/greeter", &program("RU2").replace("echo hello", "echo hullo")).commit();
    let (run, said) = run_of_ru2(&product, &["--candidate", "broken"]);
    said.exits(1);
    (product, run)
}

/// A run that ships.
fn shipping() -> (Product, String) {
    let product = train();
    let (run, said) = run_of_ru2(&product, &[]);
    said.exits(0);
    (product, run)
}

/// Holds if the record is no answer, for this reason.
#[track_caller]
fn void(said: Said, reason: &str) {
    let signoff = said.exits(3).json();
    assert_eq!(signoff["decision"], "hold");
    has(signoff["void"].as_str().unwrap(), &[reason]);
}

fn is_of(line: &Value, scenario: &str) -> bool {
    line["scenario"]["scenario"] == scenario
}

/// Makes a failure a pass, as a journal has an honest pass.
fn passed(mut line: Value) -> Value {
    if line["scenario"]["verdict"] == "failed" {
        let entry = line["scenario"].as_object_mut().unwrap();
        ["signature", "seen", "reason", "detail", "differs"].iter().for_each(|key| drop(entry.remove(*key)));
        entry.insert("verdict".to_owned(), json!("passed"));
    }
    line
}

#[test]
fn a_filtered_run_is_passed_off_as_a_sign_off() {
    for filter in [&["suite/second"][..], &["--shard", "1/3"], &["--tag", "smoke"]] {
        let product = train();
        let arguments = [&["run", "--candidate", "RU2", "--baseline", "RU1", "--quiet"], filter].concat();
        product.fixgate(&arguments).exits(0);
        let run = product.runs().pop().unwrap();
        gate(&product, &run).exits(2).mentions(&["was not made to sign off RU2"]);
        // Even with the header of a sign-off, and the digest that goes with it.
        rewrite(&product, &run, |mut line| {
            if line.get("run").is_some() {
                line["release"] = json!("RU2");
                line["complete"] = json!(true);
            }
            vec![line]
        });
        void(gate(&product, &run), NOT_AS_WRITTEN);
        reseal(&product, &run);
        let signoff = gate(&product, &run).exits(1).json();
        against(&signoff, "complete", "scenarios were filtered away");
        against(&signoff, "proved", "GR-2: regression/gr-2 was not proved in this run");
    }
}

#[test]
fn a_failed_verdict_is_edited_to_passed() {
    let (product, run) = failing();
    rewrite(&product, &run, |line| vec![passed(line)]);
    void(gate(&product, &run), NOT_AS_WRITTEN);
}

#[test]
fn a_failed_verdict_is_edited_and_the_digest_with_it() {
    let (product, run) = failing();
    rewrite(&product, &run, |line| vec![passed(line)]);
    reseal(&product, &run);
    // A person who can write everything can write this; what was signed off with the run says otherwise.
    let said = gate(&product, &run).exits(1);
    assert_eq!(said.json()["decision"], "ship");
    said.mentions(&["error: reports/RU2/signoff.json is not what this record gives"]);
}

#[test]
fn a_failure_is_taken_out() {
    let (product, run) = failing();
    rewrite(&product, &run, |line| if is_of(&line, "suite/greeting") { vec![] } else { vec![line] });
    void(gate(&product, &run), "6 scenarios were planned and 5 have a verdict");
}

#[test]
fn a_verdict_is_written_twice() {
    let (product, run) = failing();
    rewrite(&product, &run, |line| if is_of(&line, "suite/greeting") { vec![passed(line.clone()), line] } else { vec![line] });
    void(gate(&product, &run), "suite/greeting was judged twice");
}

#[test]
fn a_verdict_is_written_after_the_end() {
    let (product, run) = shipping();
    let mut lines = product.journal(&run);
    let last = lines.len() - 1;
    lines.swap(last - 1, last);
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    product.put(&format!("reports/runs/{run}/journal.jsonl"), &text);
    void(gate(&product, &run), "the journal goes on after its end");
}

#[test]
fn the_header_is_edited() {
    let edits: [(&str, Value); 5] = [
        ("date", json!("2999-01-01")),
        ("candidate", json!({"name": "RU2", "digest": format!("sha256:{}", "0".repeat(64))})),
        ("planned", json!(1)),
        ("tool", json!("fixgate 9.9.9")),
        ("baseline", Value::Null),
    ];
    let (product, run) = shipping();
    let path = format!("reports/runs/{run}/journal.jsonl");
    let whole = product.read(&path);
    for (key, value) in edits {
        product.put(&path, &whole);
        rewrite(&product, &run, |mut line| {
            if line.get("run").is_some() {
                line[key] = value.clone();
            }
            vec![line]
        });
        void(gate(&product, &run), NOT_AS_WRITTEN);
    }
}

#[test]
fn the_footer_is_edited() {
    let (product, run) = shipping();
    rewrite(&product, &run, |mut line| {
        if line.get("footer").is_some() {
            line["footer"]["candidate"] = json!(format!("sha256:{}", "0".repeat(64)));
        }
        vec![line]
    });
    void(gate(&product, &run), "the candidate changed during the run");
    let (product, run) = shipping();
    rewrite(&product, &run, |line| if line.get("footer").is_some() { vec![] } else { vec![line] });
    void(gate(&product, &run), "the run did not end: resume it");
}

#[test]
fn the_plan_of_a_run_is_edited() {
    let (product, run) = shipping();
    let path = format!("reports/runs/{run}/plan.jsonl");
    let plan = product.read(&path);
    let shorter: String = plan.lines().filter(|line| !line.contains("suite/second")).map(|line| format!("{line}\n")).collect();
    product.put(&path, &shorter);
    void(gate(&product, &run), "the recorded plan is not the one that the run was started with");
}

#[test]
fn a_finished_record_is_copied_under_another_runs_name() {
    let (product, run) = shipping();
    copy(&product.path(&format!("reports/runs/{run}")), &product.path("reports/runs/another"));
    let said = gate(&product, "another").exits(2);
    said.mentions(&[&format!("error: reports/runs/another holds the record of another run, `{run}`")]);
}

#[test]
fn a_verdict_is_remembered_and_not_executed() {
    let (product, run) = shipping();
    rewrite(&product, &run, |mut line| {
        if is_of(&line, "suite/greeting") {
            line["scenario"]["attempts"] = json!(0);
        }
        vec![line]
    });
    reseal(&product, &run);
    against(&gate(&product, &run).exits(1).json(), "complete", "suite/greeting has a verdict and was not executed");
}

#[test]
fn a_run_of_other_records_is_resumed() {
    let (product, run) = shipping();
    rewrite(&product, &run, |line| if line.get("footer").is_some() { vec![] } else { vec![line] });
    // The plan stays: what becomes of its verdicts is what changes.
    product.put("defects/GR-8.toml", &crate::common::defect("status = \"open\"")).commit();
    let resumed = product.fixgate(&["signoff", "RU2", "--resume", &run, "--quiet"]).exits(2);
    resumed.mentions(&["had other records: it cannot be resumed with these"]);
    product.put("testcases/suite/third.toml", GREETING).commit();
    let resumed = product.fixgate(&["signoff", "RU2", "--resume", &run, "--quiet"]).exits(2);
    resumed.mentions(&["it cannot be resumed with these"]);
}

#[test]
fn another_candidate_is_tested_than_is_shipped() {
    let product = train();
    product.program("other/bin/greeter", &format!("# another\n{}", program("RU2"))).commit();
    let (_, said) = run_of_ru2(&product, &["--candidate", "other"]);
    assert_eq!(said.exits(0).json()["candidate"]["name"], "other");
    has(&product.read("reports/RU2/signoff.md"), &["Candidate other, baseline RU1", "- candidate other `sha256:"]);
    // A release that names its build is signed off with no other.
    let own = run_of_ru2(&product, &[]).1.exits(0).json();
    let pin = own["candidate"]["digest"].as_str().unwrap();
    let release = product.read("releases/RU2.toml");
    product.put("releases/RU2.toml", &format!("{release}digest = \"{pin}\"\n")).commit();
    let (_, said) = run_of_ru2(&product, &["--candidate", "other"]);
    against(&said.exits(1).json(), "complete", &format!("the candidate is not the build that RU2 is pinned to, {pin}"));
    run_of_ru2(&product, &[]).1.exits(0);
}

#[test]
fn the_rules_are_loosened_after_the_run() {
    let (product, run) = failing();
    product.edit("fixgate.toml", "\"committed\", ", "").edit("fixgate.toml", "\"clean\", \"explained\", ", "");
    void(gate(&product, &run), "records or cases were changed after the run");
    // Told that it was made with these rules, the record is not as it was written.
    let digest = gate(&product, &run).json()["test-product"]["digest"].clone();
    rewrite(&product, &run, |mut line| {
        if line.get("run").is_some() {
            line["test-product"]["digest"] = json!(format!("sha256:{}", "0".repeat(64)));
        }
        vec![line]
    });
    assert_ne!(digest, Value::Null);
    void(gate(&product, &run), NOT_AS_WRITTEN);
}

#[test]
fn a_case_is_weakened_after_the_run() {
    let (product, run) = failing();
    product.edit("testcases/suite/greeting.toml", "hello", "hullo").commit();
    void(gate(&product, &run), "records or cases were changed after the run");
}

#[test]
fn an_edit_that_decides_hides_among_corrected_titles() {
    let case = "testcases/suite/greeting.toml";
    for (from, to) in
        [("run = ", "# run = "), ("tags = [\"smoke\"]", "timeout = \"24h\""), ("expect = ", "title = \"b\"\nexpect = ")]
    {
        let (product, run) = failing();
        product.edit("defects/GR-1.toml", "it does not", "it did not").edit(case, "the product greets", "it greets");
        // With these alone the run's own records decide, and hold it.
        gate(&product, &run).exits(1);
        product.edit(case, from, to);
        let said = gate(&product, &run);
        assert!(matches!(said.code, Some(2 | 3)), "{}{}", said.stdout, said.stderr);
        assert!(said.stderr.contains(case) && !said.stderr.contains("GR-1"), "{}", said.stderr);
    }
}

#[test]
fn the_table_of_contents_is_forged() {
    let (product, run) = failing();
    product.fixgate(&["list", "suite/greeting"]).exits(0);
    // It says that no case names anything: what a filter means is not found by it.
    let mut contents: Value = serde_json::from_str(&product.read(".fixgate/contents.json")).unwrap();
    for names in contents["cases"].as_object_mut().unwrap().values_mut() {
        *names = json!({});
    }
    product.put(".fixgate/contents.json", &contents.to_string());
    assert_eq!(product.fixgate(&["list", "--defect", "GR-2"]).code, Some(2));
    // Every command that decides reads everything.
    let before = gate(&product, &run).exits(1).json();
    let (_, said) = run_of_ru2(&product, &["--candidate", "broken"]);
    let now = said.exits(1).json();
    against(&now, "clean", "suite/greeting");
    assert_eq!((&now["planned"], &now["plan"]), (&before["planned"], &before["plan"]));
}
