//! Proofs: written for what is red without the fix and green with it, refused for everything else, with what was seen.

use crate::common::{GREETING, Product, RUNS, defect};
use serde_json::Value;

const PROOF: &str = "defects/GR-1.proof.json";
const CASE: &str = "testcases/regression/gr-1.toml";

/// A fix of RU1, its case that of the greeting with `more` keys before its step.
fn product(before: &str, after: &str, more: &str) -> Product {
    let product = Product::of(&[("RTM", before), ("RU1", after)]);
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\"")).put("testcases/suite/runs.toml", RUNS);
    product.put(CASE, &GREETING.replace("tags", &format!("defects = [\"GR-1\"]\n{more}\ntags")));
    product
}

/// Holds if the pair is refused with this text, and nothing is written.
#[track_caller]
fn refused(product: &Product, texts: &[&str]) {
    let said = product.fixgate(&["prove"]).exits(1).mentions(&["GR-1 is refused:\n  regression/gr-1 ", "0 of 1 proved\n"]);
    said.mentions(texts).mentions(&["\n  again: fixgate prove GR-1 --base RTM --fixed RU1\n"]);
    assert!(!product.path(PROOF).exists());
    product.fixgate(&["check"]).exits(1).mentions(&["GR-1 is fixed but not proved", "help: run: fixgate prove GR-1"]);
}

#[test]
fn a_pair_that_is_red_before_and_green_after_is_proved_and_recorded() {
    let product = product("echo hullo", "echo hello", "");
    let said = product.fixgate(&["prove", "--runs", "4"]).exits(0);
    let difference = "    RTM: --- stdout as expected\n    RTM: +++ stdout of this build\n    RTM: @@ -1 +1 @@\n    RTM: -hello\n    RTM: +hullo\n";
    assert_eq!(
        said.stdout,
        format!(
            "GR-1: 1 scenario is red on RTM, green on RU1\n  regression/gr-1 is failed on RTM, it states no symptom, so any failure \
             counts:\n    RTM: step 1: stdout is not as expected\n{difference}1 of 1 proved\n"
        )
    );
    let proof: Value = serde_json::from_str(&product.read(PROOF)).unwrap();
    assert_eq!((&proof["base"]["name"], &proof["fixed"]["name"]), (&"RTM".into(), &"RU1".into()));
    let scenario = &proof["scenarios"][0];
    assert_eq!(scenario["scenario"], "regression/gr-1");
    assert_eq!(
        (&scenario["base"]["verdict"], &scenario["fixed"], &scenario["runs"]),
        (&"failed".into(), &"passed".into(), &4.into())
    );
    product.fixgate(&["check"]).exits(0).complains("");

    let text = product.read(PROOF);
    assert_eq!(product.fixgate(&["prove"]).exits(0).stdout, "0 of 0 proved\n", "a current proof is left alone");
    product.fixgate(&["prove", "GR-1", "--runs", "4"]).exits(0);
    assert_eq!(product.read(PROOF), text, "the same facts give the same bytes");
}

#[test]
fn a_pair_that_is_green_on_the_base_is_refused_with_its_output() {
    let product = product("echo hello; echo quite well >&2", "echo hello", "");
    let output = ["is green without the fix: it cannot tell the defect\n", "RTM: hello\n", "RTM: quite well\n"];
    refused(&product, &output);
}

#[test]
fn a_failure_that_does_not_look_like_its_symptom_is_refused() {
    let symptom = "[symptom]\nstderr = { contains = \"panicked\" }\n";
    let product = product("echo hullo; echo unknown option >&2; exit 2", "echo hello", "");
    product.put(CASE, &format!("{}\n{symptom}", product.read(CASE)));
    refused(&product, &["fails without the fix, but not as its symptom says\n", "RTM: step 1: exit 2, expected exit 0\n"]);
    product.put("programs/RTM", "#!/bin/sh\necho hullo; echo it panicked at once >&2; exit 101\n");
    std::fs::remove_dir_all(product.path(".fixgate/builds/RTM")).unwrap();
    product.fixgate(&["prove"]).exits(0);
}

#[test]
fn a_pair_that_the_harness_cannot_judge_proves_nothing() {
    let product = product("echo hullo", "echo hello", "");
    product.edit(CASE, "${product}", "${build}/bin/missing");
    refused(&product, &["is error without the fix, which proves nothing: cannot start "]);
}

#[test]
fn a_pair_that_fails_with_the_fix_too_is_refused() {
    let product = product("echo hullo", "echo hallo", "");
    refused(&product, &["regression/gr-1 is failed with the fix\n", "RU1: step 1: stdout is not as expected\n"]);
}

#[test]
fn a_pair_that_is_red_only_sometimes_is_refused() {
    let product = Product::of(&[("RTM", ""), ("RU1", "echo hello")]);
    product.unconfined();
    let mark = product.path("mark");
    product.release("RTM", None, &format!("if [ -e {mark:?} ]; then rm {mark:?}; echo hello; else : >{mark:?}; echo hullo; fi"));
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\"")).put("testcases/suite/runs.toml", RUNS);
    product.put(CASE, &format!("defects = [\"GR-1\"]\n{GREETING}"));
    refused(&product, &["is flaky without the fix, which proves nothing: failed once and passed another time"]);
}

#[test]
fn builds_can_be_named_and_must_be_where_the_train_does_not_say_them() {
    let product = product("echo hullo", "echo hello", "");
    product.put("defects/GR-1.toml", &defect("status = \"fixed\""));
    let unsaid = "error: GR-1 has no `fixed-in`, so the train does not say which builds to prove it on\nhelp: name them: --base B --fixed B\n";
    product.fixgate(&["prove", "GR-1"]).exits(2).complains(unsaid);
    product.program("mine/bin/greeter", "echo hello");
    product.fixgate(&["prove", "GR-1", "--base", "RTM", "--fixed", "mine"]).exits(0).mentions(&["red on RTM, green on mine\n"]);
    product.fixgate(&["prove", "GR-1", "--base", "mine", "--fixed", "RU1"]).exits(1).mentions(&["green without the fix"]);
    product.put("defects/GR-2.toml", &defect("status = \"open\""));
    product.fixgate(&["prove", "GR-2"]).exits(2).mentions(&["error: no case names GR-2\n"]);
}

#[test]
fn one_refusal_does_not_keep_the_other_proofs_from_being_written() {
    let product = product("echo hello", "echo hello", "");
    product.put("defects/GR-2.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.release("RTM", None, "case \"$1\" in greet) echo hello ;; *) exit 1 ;; esac");
    let other = GREETING.replace("greet\"", "other\"");
    product.put("testcases/regression/gr-2.toml", &format!("defects = [\"GR-2\"]\n{other}"));
    product.fixgate(&["prove"]).exits(1).mentions(&["GR-1 is refused", "GR-2: 1 scenario is red", "1 of 2 proved\n"]);
    assert!(product.path("defects/GR-2.proof.json").exists() && !product.path(PROOF).exists());
}
