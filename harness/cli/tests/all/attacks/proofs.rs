//! Proofs that prove nothing: written by hand, of another definition or build, red for another reason.

use serde_json::{Value, json};

use crate::attacks::train::{against, case, fixed, has, held, section, shown, train};
use crate::common::Product;

const PROOF: &str = "defects/GR-2.proof.json";

fn edit_proof(product: &Product, change: impl FnOnce(&mut Value)) {
    let mut proof: Value = serde_json::from_str(&product.read(PROOF)).unwrap();
    change(&mut proof);
    product.put(PROOF, &proof.to_string());
}

/// A proof as it would be written by hand: the digest is today's, all else is invented.
fn forged(product: &Product, scenario: &str, (base, with): (&str, &str)) -> String {
    let listed = product.fixgate(&["list", scenario, "--format", "json"]).exits(0).json();
    let sha = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let red = json!({"verdict": "failed", "signature": sha("0")});
    let scenario = json!({"scenario": scenario, "definition": listed["digest"], "base": red, "fixed": "passed", "runs": 3});
    let build = |name: &str, digit| json!({"name": name, "digest": sha(digit)});
    json!({"base": build(base, "1"), "fixed": build(with, "2"), "scenarios": [scenario]}).to_string()
}

#[test]
fn a_proof_is_written_by_hand() {
    let product = train();
    product.put("defects/GR-7.toml", &fixed("RU2"));
    product.put("testcases/regression/gr-7.toml", &case("greet", r#"{ stdout = "hello\n" }"#, "defects = [\"GR-7\"]"));
    product.put("defects/GR-7.proof.json", &forged(&product, "regression/gr-7", ("RU1", "RU2")));
    product.fixgate(&["check"]).exits(0);
    against(&held(&product), "proved", "GR-7: regression/gr-7 is green without the fix: it cannot tell the defect");
}

#[test]
fn a_fix_is_recorded_for_an_older_release_with_a_proof_written_by_hand() {
    let product = with_old_proof(("RTM", "RU1"));
    has(&shown(&product), &["| defect `GR-7` | none | **fixed in RU1; 1 scenario ("]);
    let page = product.read("reports/RU2/signoff.md");
    has(&page, &["## Proofs of earlier fixes\n", "- `GR-7`: its build of RU1 is not the one that is known as RU1\n"]);
    assert!(!page.contains("`GR-1`: "), "an honest proof is left alone: {page}");
}

/// A fix of RU1 that RTM has, too, with a forged proof over these builds.
fn with_old_proof(builds: (&str, &str)) -> Product {
    let product = train();
    product.put("defects/GR-7.toml", &fixed("RU1"));
    product.put("testcases/regression/gr-7.toml", &case("greet", r#"{ stdout = "hello\n" }"#, "defects = [\"GR-7\"]"));
    product.put("defects/GR-7.proof.json", &forged(&product, "regression/gr-7", builds));
    product
}

#[test]
fn an_old_proof_that_proves_nothing_is_run_again() {
    let product = with_old_proof(("RTM", "RU1"));
    let held = crate::attacks::train::signoff(product.commit(), &["--all-proofs"]).exits(1).json();
    against(&held, "proved", "GR-7: regression/gr-7 is green without the fix: it cannot tell the defect");
    let page = product.read("reports/RU2/signoff.md");
    has(&page, &["| GR-1 | RTM: 1 scenario |\n", "| GR-7 | RTM: **not proved**: regression/gr-7 is green without the fix"]);
    // What a run was to prove again is part of its record.
    let (run, _) = crate::attacks::train::run_of_ru2(&product, &["--all-proofs"]);
    let is_of = |line: &Value| line["pair"]["defect"] == "GR-7";
    crate::attacks::train::rewrite(&product, &run, |line| if is_of(&line) { vec![] } else { vec![line] });
    crate::attacks::train::reseal(&product, &run);
    let held = crate::attacks::train::gate(&product, &run).exits(1).json();
    against(&held, "proved", "GR-7: regression/gr-7 was not proved in this run");
}

#[test]
fn an_old_proof_is_over_builds_that_are_no_releases() {
    let product = with_old_proof(("patched/build", "RU1"));
    shown(&product);
    has(&product.read("reports/RU2/signoff.md"), &["- `GR-7`: patched/build is no release; its build of RU1 is not"]);
}

#[test]
fn an_old_proof_is_run_again_by_turns_in_the_nights() {
    let product = with_old_proof(("RTM", "RU1"));
    std::fs::remove_file(product.path("defects/GR-1.toml")).unwrap();
    std::fs::remove_file(product.path("defects/GR-1.proof.json")).unwrap();
    std::fs::remove_file(product.path("testcases/regression/gr-1.toml")).unwrap();
    std::fs::remove_file(product.path("defects/GR-2.toml")).unwrap();
    std::fs::remove_file(product.path("defects/GR-2.proof.json")).unwrap();
    std::fs::remove_file(product.path("testcases/regression/gr-2.toml")).unwrap();
    // With one of them it is its turn each night.
    let said = product.fixgate(&["nightly", "--candidate", "RU2", "--quiet"]).exits(1);
    said.mentions(&["earlier fixes not proved any more: 1 of 1 tried again\n  GR-7  regression/gr-7 is green without the fix"]);
}

#[test]
fn a_proof_is_of_another_definition() {
    let product = train();
    edit_proof(&product, |proof| proof["scenarios"][0]["definition"] = json!(format!("sha256:{}", "0".repeat(64))));
    against(&held(&product), "ledger", "the proof of GR-2 is stale: regression/gr-2 was changed after it was proved");
}

#[test]
fn a_proof_is_of_builds_that_both_have_the_fix() {
    let product = train();
    edit_proof(&product, |proof| proof["base"]["name"] = json!("RU2"));
    against(&held(&product), "ledger", "the proof of GR-2 is stale: RU2, its base, has the fix");
}

#[test]
fn a_proof_is_of_builds_without_the_fix() {
    let product = train();
    edit_proof(&product, |proof| proof["fixed"]["name"] = json!("RU1"));
    against(&held(&product), "ledger", "the proof of GR-2 is stale: RU1, its fixed build, has not got the fix");
}

#[test]
fn a_proof_is_of_one_build_as_base_and_as_fixed_build() {
    let product = train();
    edit_proof(&product, |proof| proof["base"]["digest"] = proof["fixed"]["digest"].clone());
    against(&held(&product), "ledger", "it was proved on one build, as base and as fixed build");
}

#[test]
fn a_proof_says_of_itself_that_nothing_was_red() {
    let product = train();
    edit_proof(&product, |proof| proof["scenarios"][0]["base"]["verdict"] = json!("passed"));
    against(&held(&product), "ledger", "regression/gr-2 is recorded passed on the base and passed on the fixed build");
}

#[test]
fn a_pair_is_red_because_a_file_is_missing() {
    let product = train();
    // RU1 fails because the file that only RU2 does without is missing; the defect looks otherwise.
    product.edit("programs/RU2", "case", "[ \"$1\" = read ] && exit 0\n[ \"$1\" = x ] && exit 0\ncase");
    product.edit("programs/RU1", "case", "[ \"$1\" = read ] && { cat missing; exit; }\ncase");
    std::fs::remove_dir_all(product.path(".fixgate")).unwrap();
    product.put("defects/GR-7.toml", &fixed("RU2"));
    let symptom = "[symptom]\nexit = 0\nstdout = { contains = \"wrong total\" }\n";
    product.put("testcases/regression/gr-7.toml", &(case("read", "{ exit = 0 }", "defects = [\"GR-7\"]") + symptom));
    let refused = product.fixgate(&["prove", "GR-7"]).exits(1);
    refused.mentions(&["regression/gr-7 fails without the fix, but not as its symptom says", "exit 1, expected exit 0"]);
    let signoff = held(&product);
    against(&signoff, "proved", "GR-7: regression/gr-7 fails without the fix, but not as its symptom says");
    against(&signoff, "ledger", "GR-7 is fixed but not proved");
}

/// A fix of RU2 whose pair is red on RU1 as this shell command makes it; `symptom` is what its case says of that.
fn proved(red: &str, symptom: &str) -> Product {
    let product = train();
    product.edit("programs/RU2", "case", "[ \"$1\" = read ] && exit 0\ncase");
    product.edit("programs/RU1", "case", &format!("[ \"$1\" = read ] && {{ {red}; }}\ncase"));
    std::fs::remove_dir_all(product.path(".fixgate")).unwrap();
    product.put("defects/GR-7.toml", &fixed("RU2"));
    product.put("testcases/regression/gr-7.toml", &(case("read", "{ exit = 0 }", "defects = [\"GR-7\"]") + symptom));
    product
}

#[test]
fn a_pair_is_red_because_a_file_is_missing_and_states_no_symptom() {
    let product = proved("cat missing; exit", "");
    let why = "regression/gr-7 fails without the fix because a file is missing, which proves nothing";
    product.fixgate(&["prove", "GR-7"]).exits(1).mentions(&[why, "[symptom] stderr = { contains = "]);
    against(&held(&product), "proved", &format!("GR-7: {why}"));
}

#[test]
fn a_pair_is_red_since_an_option_is_unknown() {
    let red = "echo \"error: unexpected argument 'read' found\" >&2; exit 2";
    let why =
        "regression/gr-7 fails without the fix as a program that does not understand its command line, which proves nothing";
    // Any other error of usage ends with the same code.
    for symptom in ["", "[symptom]\nexit = 2\n", "[symptom]\nstdout = \"\"\n"] {
        let product = proved(red, symptom);
        product.fixgate(&["prove", "GR-7"]).exits(1).mentions(&[why]);
        against(&held(&product), "proved", &format!("GR-7: {why}"));
    }
    let symptom = "[symptom]\nexit = 2\nstderr = { contains = \"unexpected argument 'read'\" }\n";
    let said = proved(red, symptom).fixgate(&["prove", "GR-7"]).exits(0);
    said.mentions(&["as its symptom says (exit 2, stderr contains \"unexpected argument 'read'\"):"]);
}

#[test]
fn a_loader_that_fails_passes_for_a_symptom_that_says_nothing_of_it() {
    let red = "echo 'x: error while loading shared libraries: libx.so.1' >&2; exit 127";
    let product = proved(red, "[symptom]\nstdout = \"\"\n");
    let why = "regression/gr-7 fails without the fix as if nothing had been started, which proves nothing";
    product.fixgate(&["prove", "GR-7"]).exits(1).mentions(&[why, "[symptom] exit = 127"]);
    against(&held(&product), "proved", &format!("GR-7: {why}"));
    proved(red, "[symptom]\nexit = 127\n").fixgate(&["prove", "GR-7"]).exits(0);
}

#[test]
fn two_fixes_share_all_their_scenarios() {
    let product = train();
    product.put("defects/GR-7.toml", &fixed("RU2"));
    product.edit("testcases/regression/gr-2.toml", "[\"GR-2\"]", "[\"GR-2\", \"GR-7\"]");
    product.fixgate(&["prove", "GR-7"]).exits(0);
    let signoff = held(&product);
    against(&signoff, "ledger", "GR-2 shares every scenario with GR-7: nothing shows that it is fixed by itself");
    against(&signoff, "ledger", "GR-7 shares every scenario with GR-2: nothing shows that it is fixed by itself");
    product.edit("defects/GR-7.toml", "status", "duplicate-of = \"GR-2\"\nstatus");
    std::fs::remove_file(product.path("defects/GR-7.proof.json")).unwrap();
    crate::attacks::train::signoff(product.commit(), &[]).exits(0);
}

#[test]
fn a_pair_is_red_since_the_product_cannot_be_started() {
    let product = train();
    product.program("dead/bin/greeter", "");
    product.put("dead/bin/greeter", "#!/no/such/interpreter\n");
    let refused = product.fixgate(&["prove", "GR-2", "--base", "dead", "--fixed", "RU2"]).exits(1);
    refused.mentions(&["regression/gr-2 is error without the fix, which proves nothing"]);
}

#[test]
fn a_pair_is_red_on_a_base_that_cannot_run() {
    let product = train();
    // It is started, and ends as what has no interpreter does: by an exit code of its own.
    product.put("programs/RU1", "#!/usr/bin/env no-such-interpreter\n");
    std::fs::remove_dir_all(product.path(".fixgate")).unwrap();
    let void = crate::attacks::train::signoff(product.commit(), &[]).exits(3).json();
    assert_eq!(void["decision"], "hold");
    assert!(void["void"].as_str().unwrap().contains("nothing shows that the base, RU1, runs: "), "{void}");
    against(&void, "proved", "GR-2: nothing shows that the base, RU1, runs: ");
}

#[test]
fn a_pair_names_a_fixture_that_is_not_there() {
    let product = train();
    product.edit("testcases/regression/gr-2.toml", "[[step]]", "[files]\nin = { copy = \"fixtures/none\" }\n[[step]]");
    crate::attacks::train::signoff(&product, &[]).exits(2).mentions(&["fixtures/none cannot be read", "nothing was run"]);
}

#[test]
fn a_fix_of_this_rollup_is_not_recorded_as_one() {
    let product = train();
    for path in ["defects/GR-2.toml", PROOF, "testcases/regression/gr-2.toml"] {
        std::fs::remove_file(product.path(path)).unwrap();
    }
    against(&held(&product), "explained", "missing: regression/gr-2");
    has(&section(&product), &["1 scenario gone: `regression/gr-2`"]);
}
