//! What a sign-off left behind, edited or deleted, and a clock set back.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::attacks::train::{GREETING, against, copy, gate, has, held, run_of_ru2, section, shown, signoff, train};

#[test]
fn a_checked_in_decision_is_edited() {
    let product = train();
    product.program("broken/bin/greeter", "exit 1").commit();
    let (run, said) = run_of_ru2(&product, &["--candidate", "broken"]);
    said.exits(1);
    product.edit("reports/RU2/signoff.json", "\"decision\": \"hold\"", "\"decision\": \"ship\"");
    let complaint = "error: reports/RU2/signoff.json is not what this record gives: it was edited, or the rules were\n";
    gate(&product, &run).exits(1).complains(complaint);
    // Nor does a ship whose evidence was edited pass unseen.
    let (run, said) = run_of_ru2(&product, &[]);
    said.exits(0);
    gate(&product, &run).exits(0).complains("");
    product.edit("reports/RU2/signoff.json", "\"passed\": 6", "\"passed\": 60000");
    gate(&product, &run).exits(1).complains(complaint);
}

/// Holds if nothing is run after this edit of what RU1's sign-off left.
#[track_caller]
fn refused(edit: impl Fn(&crate::common::Product), message: &str) {
    let product = train();
    edit(&product);
    let said = signoff(product.commit(), &[]).exits(2);
    said.mentions(&[&format!("error: reports/RU1/ is not as it was written: {message}"), "or sign RU1 off again"]);
    assert!(product.runs().is_empty(), "nothing was run");
}

#[test]
fn the_last_plan_is_edited_so_that_nothing_is_missing() {
    let shorter = |product: &crate::common::Product| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(b"suite/second 000000000000\n").unwrap();
        fs::write(product.path("reports/RU1/plan.txt.gz"), encoder.finish().unwrap()).unwrap();
        fs::remove_file(product.path(GREETING)).unwrap();
    };
    refused(shorter, "plan.txt.gz is not the one that rules.json names");
}

#[test]
fn the_last_plan_is_deleted_so_that_nothing_is_missing() {
    refused(|product| fs::remove_file(product.path("reports/RU1/plan.txt.gz")).unwrap(), "plan.txt.gz: No such file");
    refused(
        |product| {
            product.put("reports/RU1/plan.txt.gz", "");
        },
        "plan.txt.gz: ",
    );
}

#[test]
fn the_last_rules_are_edited_so_that_nothing_changed() {
    let edit = |product: &crate::common::Product| {
        product.edit("reports/RU1/rules.json", "\"min-scenarios\": \"1\"", "\"min-scenarios\": \"0\"");
        product.edit("fixgate.toml", "min-scenarios = 1", "min-scenarios = 0");
    };
    refused(edit, "rules.json is not the one that signoff.json names");
}

#[test]
fn the_last_rules_are_deleted() {
    refused(|product| fs::remove_file(product.path("reports/RU1/rules.json")).unwrap(), "rules.json: No such file");
    refused(|product| fs::remove_file(product.path("reports/RU1/signoff.json")).unwrap(), "signoff.json: No such file");
}

#[test]
fn the_last_sign_off_is_deleted() {
    let product = train();
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    fs::remove_file(product.path("testcases/suite/second.toml")).unwrap();
    has(&shown(&product), &["**Neither RU1 nor any release before it is signed off here**", "which scenarios are missing"]);
}

#[test]
fn the_last_sign_off_is_deleted_and_an_older_one_is_left() {
    let product = train();
    copy(&product.path("reports/RU1"), &product.path("reports/RTM"));
    refused_as_copy(&product);
    fs::remove_dir_all(product.path("reports/RTM")).unwrap();
    // RTM, signed off by itself, takes the place of what is gone.
    fs::remove_file(product.path("testcases/suite/list.toml")).unwrap();
    product.commit().fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    fs::remove_file(product.path(GREETING)).unwrap();
    against(&held(&product), "explained", "missing: suite/greeting");
    has(&section(&product), &["**RU1 is not signed off here**; RTM is the last release that is.\n"]);
}

/// RU1's files under RTM's name, RU1's own gone.
fn refused_as_copy(product: &crate::common::Product) {
    fs::rename(product.path("reports/RU1"), product.path("reports/aside")).unwrap();
    let said = signoff(product, &[]).exits(2);
    said.mentions(&["error: reports/RTM/ is not as it was written: it is the sign-off of RU1"]);
    fs::rename(product.path("reports/aside"), product.path("reports/RU1")).unwrap();
}

#[test]
fn the_clock_is_set_back_before_the_commit() {
    let product = train();
    product.edit("defects/GR-1.toml", "major", "minor").commit();
    let later = ["commit", "--quiet", "--amend", "--no-edit", "--date", "2098-01-01T00:00:00Z"];
    product.git_at("2098-01-01T00:00:00Z", &later);
    let void = signoff(&product, &[]).exits(3).json();
    assert_eq!(void["decision"], "hold");
    has(void["void"].as_str().unwrap(), &["before the commit of its records on 2098-01-01: the clock is wrong"]);
}

#[test]
fn the_clock_is_set_back_before_the_last_sign_off() {
    let product = train();
    let rules = product.read("reports/RU1/rules.json");
    let date = &rules[rules.find("\"date\": \"").unwrap() + 9..][..10];
    let later = rules.replace(&format!("\"date\": \"{date}\""), "\"date\": \"2999-01-01\"");
    product.put("reports/RU1/rules.json", &later);
    let digest = |text: &str| fixgate_core::id::Digest::of(text.as_bytes()).to_string();
    product.edit("reports/RU1/signoff.json", &digest(&rules), &digest(&later));
    let void = signoff(product.commit(), &[]).exits(3).json();
    has(void["void"].as_str().unwrap(), &["before the sign-off of RU1 on 2999-01-01: the clock is wrong"]);
}
