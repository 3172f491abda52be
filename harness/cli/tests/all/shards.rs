//! A plan in shards, and one record of them.

use serde_json::{Value, json};

use crate::attacks::train::{signoff, train};
use crate::common::{Product, timeless};

/// Runs RU2 in this many shards; gives the names of the runs.
pub(crate) fn shards(product: &Product, of: u32) -> Vec<String> {
    let mut before = product.runs();
    let mut runs = Vec::new();
    for number in 1..=of {
        let shard = format!("{number}/{of}");
        product.fixgate(&["run", "--candidate", "RU2", "--baseline", "RU1", "--shard", &shard, "--quiet"]).exits(0);
        let now = product.runs();
        runs.extend(now.iter().filter(|run| !before.contains(run)).cloned());
        before = now;
    }
    runs
}

/// The verdicts of a journal in the order of their scenarios.
fn verdicts(product: &Product, run: &str) -> Vec<Value> {
    let mut lines = timeless(product.journal(run));
    lines.retain(|line| line.get("scenario").is_some());
    lines.sort_by_key(|line| line["scenario"]["scenario"].to_string());
    lines
}

#[test]
fn shards_become_the_record_that_one_run_would_have_made() {
    let product = train();
    let whole = product.fixgate(&["run", "--candidate", "RU2", "--baseline", "RU1", "--format", "json"]).exits(0);
    let one = product.runs().remove(0);
    let runs = shards(&product, 3);
    assert_eq!(runs.len(), 3);
    assert!(runs[1].ends_with("-run-2-of-3"), "{runs:?}");
    // In any order.
    let names = [runs[2].as_str(), &runs[0], &runs[1]];
    let merged = product.fixgate(&[&["merge", "--format", "json"], &names[..]].concat()).exits(0);
    let (mut whole, mut merged) = (whole.json(), merged.json());
    let run = merged["run"].as_str().unwrap().to_owned();
    assert_eq!(verdicts(&product, &run), verdicts(&product, &one));
    for summary in [&mut whole, &mut merged] {
        let summary = summary.as_object_mut().unwrap();
        ["run", "seconds"].iter().for_each(|key| drop(summary.remove(*key)));
    }
    assert_eq!(merged, whole);
    let told: Vec<Value> =
        product.journal(&run)[0]["shards"].as_array().unwrap().iter().map(|told| told["run"].clone()).collect();
    assert_eq!(told, runs.iter().map(|run| json!(run)).collect::<Vec<_>>());
    product.fixgate(&["report", &run, "--format", "junit"]).exits(0);
}

#[test]
fn a_sign_off_takes_its_verdicts_from_shards_and_proves_fixes_itself() {
    let product = train();
    let plain = signoff(&product, &[]).exits(0).json();
    let runs = shards(&product, 4);
    let names: Vec<&str> = runs.iter().map(String::as_str).collect();
    let said = signoff(&product, &[&["--with"], &names[..]].concat()).exits(0);
    let signed = said.json();
    for part in ["decision", "verdicts", "classes", "plan", "planned", "fixes", "criteria", "claims"] {
        assert_eq!(signed[part], plain[part], "{part}");
    }
    let page = product.read("reports/RU2/signoff.md");
    for (run, number) in runs.iter().zip(1..) {
        assert!(
            page.contains(&format!("\n- shard {number}/4: ")) && page.contains(&format!(" from run {run}, journal sha256:")),
            "{page}"
        );
    }
    let page = product.read("reports/RU2/signoff.html");
    assert!(runs.iter().all(|run| page.contains(run.as_str())), "a shard is not named on the page");
    let record = signed["run"].as_str().unwrap();
    product.fixgate(&["gate", record, "--release", "RU2"]).exits(0);
    product.fixgate(&["verify", "RU2"]).exits(1).mentions(&["RU2"]);
}

/// Of eight shards of a smaller plan some have nothing to run.
#[test]
fn shards_that_are_empty_are_not_missed() {
    let product = train();
    let runs = shards(&product, 8);
    assert!(runs.len() < 8, "{runs:?}");
    let names: Vec<&str> = runs.iter().map(String::as_str).collect();
    product.fixgate(&[&["merge", "--quiet"], &names[..]].concat()).exits(0);
}

#[test]
fn a_failure_in_a_shard_is_one_of_the_whole() {
    let product = train();
    product.program("programs/RU2", &crate::attacks::train::program("RU2").replace("echo hello", "echo hullo"));
    let run = |shard: &str| product.fixgate(&["run", "--candidate", "RU2", "--baseline", "RU1", "--shard", shard, "--quiet"]);
    let (first, second) = (run("1/2").code, run("2/2").code);
    assert!([first, second].contains(&Some(1)));
    let runs = product.runs();
    product.fixgate(&["merge", &runs[0], &runs[1]]).exits(1).mentions(&["suite/greeting", "2 failed"]);
}
