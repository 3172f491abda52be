//! What gives no answer is never a pass: a build that changes, a product that cannot be started, a flaky scenario.

use crate::common::{GREETER, GREETING, Product, criterion};

#[test]
fn a_candidate_that_changes_during_the_run_makes_it_void() {
    let product = Product::new();
    product.unconfined();
    product.program("build/bin/greeter", "echo hello; echo \"# changed\" >>\"$0\"; exit\n");
    // One at a time: a shell that reads the program while another scenario writes to it could fail by itself.
    let run = product.fixgate(&["run", "--candidate", "build", "--format", "json", "--jobs", "1"]).exits(3).json();
    // Once it has, nothing more of it is started.
    let begins = |void: &serde_json::Value| void.as_str().unwrap().starts_with("the candidate changed during the run");
    assert!(begins(&run["void"]), "{run}");
    let signoff = product.fixgate(&["signoff", "RTM", "--candidate", "build", "--format", "json", "--jobs", "1"]).exits(3).json();
    assert!(begins(&signoff["void"]) && signoff["decision"] == "hold", "{signoff}");
    assert_eq!(criterion(&signoff, "complete")["evidence"][0], "the candidate changed during the run");
}

#[test]
fn a_baseline_that_changes_during_the_run_makes_it_void() {
    let product = Product::new();
    product.unconfined();
    product.program("old/bin/greeter", "echo hello; : >>\"${0%/*}/seen\"");
    let run = product.fixgate(&["run", "--candidate", "RTM", "--baseline", "old", "--format", "json"]).exits(3).json();
    assert_eq!(run["void"], "the baseline changed during the run");
}

#[test]
fn a_product_that_cannot_be_started_is_an_error_and_not_a_failure() {
    let product = Product::of(&[("RTM", GREETER)]);
    product.put("programs/RTM", "#!/no/such/interpreter\n");
    let run = product.fixgate(&["run", "--candidate", "RTM", "--format", "json"]).exits(3).json();
    assert_eq!((&run["verdicts"]["error"], &run["verdicts"]["failed"], &run["planned"]), (&2.into(), &0.into(), &2.into()));
    let void = run["void"].as_str().unwrap();
    assert!(void.contains("the program exists, so the interpreter or loader it asks for is missing"), "{void}");
    let text = product.fixgate(&["signoff", "RTM"]).exits(3);
    text.mentions(&["VOID, there is no answer: ", "HOLD: greeter RTM", "2 of 2 planned scenarios: 0 passed, 2 error"]);
    assert!(product.read("reports/RTM/junit.xml").contains("type=\"fixgate.HarnessError\""));
}

#[test]
fn a_flaky_scenario_is_told_from_a_failed_one_by_retries_and_held_to_the_budget() {
    let product = Product::new();
    product.unconfined();
    let mark = product.path("mark");
    product.release("RTM", None, &format!("if [ -e {mark:?} ]; then echo hello; else : >{mark:?}; fi"));
    product.put("testcases/canary/blind.toml", &GREETING.replace("hello", "never").replace("greet\"", "canary\""));
    product.edit("fixgate.toml", "[run]", "[run]\nretries = 2");
    let signoff = || {
        let _ = std::fs::remove_file(&mark);
        product.fixgate(&["signoff", "RTM", "--jobs", "1", "--format", "json", "--quiet"])
    };
    // The canary comes first and leaves the mark, unless it makes none.
    product.edit("testcases/canary/blind.toml", "${product}\", \"canary", "/bin/echo\", \"canary");
    let held = signoff().exits(1).json();
    assert_eq!((&held["verdicts"]["flaky"], &held["verdicts"]["failed"]), (&1.into(), &0.into()));
    assert_eq!(criterion(&held, "flaky")["evidence"][0], "suite/greeting");
    assert_eq!(criterion(&held, "flaky")["summary"], "1 open; 1 flaky, at most 0 allowed");
    let run = product.runs().pop().unwrap();
    let entry = product.journal(&run).into_iter().find(|line| line["scenario"]["verdict"] == "flaky").unwrap();
    assert_eq!(entry["scenario"]["attempts"], 2);
    assert!(product.read("reports/RTM/junit.xml").contains("<flakyFailure "));

    product.edit("fixgate.toml", "min-scenarios", "max-flaky = 1\nmin-scenarios");
    signoff().exits(0);
}

#[test]
fn a_sign_off_of_too_few_scenarios_holds() {
    let product = Product::new();
    product.edit("fixgate.toml", "min-scenarios = 1", "min-scenarios = 3");
    let signoff = product.fixgate(&["signoff", "RTM", "--format", "json"]).exits(1).json();
    let evidence = &criterion(&signoff, "complete")["evidence"];
    assert_eq!(evidence[0], "2 scenarios were judged, at least 3 are required");
}
