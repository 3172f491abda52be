//! Sign-offs of a train of three releases: what ships, what holds, what is void, and why.

use std::fs;

use crate::common::{CANARY, CRITERIA, GREETING, Product, Said, criterion, defect, project};
use serde_json::{Value, json};

/// The releases of a product that greets, adds and names itself. RU1 mends `sum` (GR-1); RU2 mends `name` (GR-2), and its
/// `list` comes in another order (GR-3).
const RTM: &str = "case \"$1\" in greet) echo hello ;; sum) echo 5 ;; name) exit 1 ;; list) echo b; echo a ;; esac";

fn releases() -> [String; 3] {
    let first = RTM.replace("echo 5", "echo 4");
    let second = first.replace("exit 1", "echo greeter").replace("echo b; echo a", "echo a; echo b");
    [RTM.to_owned(), first, second]
}

/// A case that says what one argument prints.
fn case(argument: &str, expect: &str, more: &str) -> String {
    format!("title = \"{argument}\"\n{more}\n[[step]]\nrun = [\"${{product}}\", \"{argument}\"]\nexpect = {expect}\n")
}

/// The train with its records, every fix proved, nothing to be said against it.
fn train() -> Product {
    let [rtm, ru1, ru2] = releases();
    let product = Product::of(&[("RTM", &rtm), ("RU1", &ru1), ("RU2", &ru2)]);
    product.put("fixgate.toml", &project(&CRITERIA.replacen('[', "[\"committed\", ", 1)));
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.put("defects/GR-2.toml", &defect("status = \"fixed\"\nfixed-in = \"RU2\""));
    product.put("testcases/regression/gr-1.toml", &case("sum", r#"{ stdout = "4\n" }"#, "defects = [\"GR-1\"]"));
    product.put("testcases/regression/gr-2.toml", &case("name", r#"{ stdout = "greeter\n" }"#, "defects = [\"GR-2\"]"));
    product.put("testcases/suite/list.toml", &case("list", "\"baseline\"", ""));
    let change = "kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\"\nchanges = [\n    \"suite/list\", # in order now\n]";
    product.put("defects/GR-3.toml", &defect(change));
    product.fixgate(&["prove", "--quiet"]).exits(0);
    product
}

/// The train, committed.
fn committed() -> Product {
    let product = train();
    product.commit();
    product
}

/// A sign-off as its JSON, and how it ended.
fn signoff(product: &Product, arguments: &[&str]) -> (Value, Said) {
    let said = product.fixgate(&[&["signoff", "--format", "json"], arguments].concat());
    (said.json(), said)
}

/// What is open in a criterion, in one text.
fn against(signoff: &Value, id: &str) -> String {
    let criterion = criterion(signoff, id);
    assert_eq!(criterion["state"], "unsatisfied", "{criterion}");
    criterion["evidence"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned() + "\n").collect()
}

#[test]
fn a_release_ships_when_every_criterion_holds() {
    let product = committed();
    let (signoff, said) = signoff(&product, &["RU2"]);
    said.exits(0);
    assert_eq!((&signoff["decision"], &signoff["void"]), (&json!("ship"), &Value::Null));
    for criterion in signoff["criteria"].as_array().unwrap() {
        assert_eq!(criterion["state"], "satisfied", "{criterion}");
    }
    assert_eq!(signoff["baseline"]["name"], "RU1");
    assert_eq!(signoff["planned"], 5);
    assert_eq!((&signoff["classes"]["explained"], &signoff["classes"]["fixed"]), (&json!(1), &json!(1)));
    assert_eq!(signoff["fixes"].as_array().unwrap().len(), 1, "GR-1 was new in the rollup before");
    assert_eq!(signoff["fixes"][0]["proof"], json!({"proved": true, "refusals": [], "runs": 2, "scenarios": 1}));
    assert_eq!(
        signoff["claims"],
        json!([{"defect": "GR-3", "scenarios": "suite/list", "pinned": false, "planned": 1, "explained": 1}])
    );
    assert_eq!(signoff["test-product"]["changed"], false);
    for report in ["signoff.json", "signoff.md", "junit.xml", "junit-raw.xml"] {
        assert!(product.read(&format!("reports/RU2/{report}")).contains("greeter"), "{report}");
    }
}

#[test]
fn the_first_release_ships_without_a_baseline() {
    let product = committed();
    let (signoff, said) = signoff(&product, &["RTM"]);
    // There is nothing to compare the first release with, and the sign-off says what did not run for that.
    said.exits(0);
    let complete = criterion(&signoff, "complete")["summary"].as_str().unwrap().to_owned();
    assert!(
        complete.ends_with("; 1 scenario expects what a baseline gives, which the first release does not have, and did not run"),
        "{complete}"
    );
    fs::remove_file(product.path("testcases/suite/list.toml")).unwrap();
    fs::remove_file(product.path("defects/GR-3.toml")).unwrap();
    product.commit().fixgate(&["signoff", "RTM"]).exits(0).mentions(&["SHIP: greeter RTM (RTM.0)"]);
}

#[test]
fn gate_decides_again_from_the_record_and_gives_the_very_bytes() {
    let product = committed();
    product.fixgate(&["signoff", "RU1"]).exits(0);
    let run = product.runs().remove(0);
    fs::remove_dir_all(product.path(".fixgate")).unwrap();
    let again = product.fixgate(&["gate", &run, "--release", "RU1", "--format", "json"]).exits(0);
    assert_eq!(again.stdout, product.read("reports/RU1/signoff.json"));
    let report = |format: &str| product.fixgate(&["report", &run, "--format", format]).exits(0).stdout;
    assert_eq!(report("json"), product.read("reports/RU1/signoff.json"));
    assert_eq!(report("markdown"), product.read("reports/RU1/signoff.md"));
    assert_eq!(report("junit"), product.read("reports/RU1/junit.xml"));
    product.fixgate(&["gate", &run, "--release", "RU2"]).exits(2).mentions(&["was not made to sign off RU2"]);
}

#[test]
fn a_change_of_records_after_the_run_breaks_committed() {
    let product = committed();
    product.fixgate(&["signoff", "RU1"]).exits(0);
    let run = product.runs().remove(0);
    product.edit("defects/GR-2.toml", "major", "minor");
    let again = product.fixgate(&["gate", &run, "--release", "RU1", "--format", "json"]).exits(3).json();
    assert_eq!((&again["decision"], &again["void"]), (&json!("hold"), &json!("records or cases were changed after the run")));
    assert_eq!(against(&again, "committed"), "records or cases were changed after the run\n");
    let (uncommitted, said) = signoff(&product, &["RU1"]);
    said.exits(1);
    assert!(against(&uncommitted, "committed").starts_with("records or cases differ from those of commit "));
}

#[test]
fn a_regression_holds_the_release() {
    let product = committed();
    let broken = releases()[2].replace("echo 4", "echo 5");
    product.program("broken/bin/greeter", &broken);
    let (signoff, said) = signoff(&product, &["RU2", "--candidate", "broken"]);
    said.exits(1);
    assert_eq!((&signoff["decision"], &signoff["classes"]["regressed"]), (&json!("hold"), &json!(1)));
    let regressed = "failed regressed: regression/gr-1: step 1: stdout is not as expected\n";
    assert_eq!(against(&signoff, "clean"), regressed);
    assert_eq!(against(&signoff, "explained"), regressed);
    let lost =
        "GR-1: no paired scenario is green; green in RU1 (the baseline of this run), not green in RU2 (here): RU2 lost it\n";
    assert_eq!(against(&signoff, "cumulative"), lost);
    assert_eq!(signoff["residuals"][0]["scenarios"], json!(["regression/gr-1"]));
    let again = "fixgate run regression/gr-1 --candidate broken --as RU2 --baseline RU1";
    assert_eq!(signoff["residuals"][0]["rerun"], again);
    let page = product.read("reports/RU2/signoff.md");
    assert!(page.contains(&format!("again: `{again}`\n")), "{page}");
    let text = product.fixgate(&["signoff", "RU2", "--candidate", "broken"]).exits(1);
    text.mentions(&["HOLD: greeter RU2", &format!("again: {again}")]);
    product.fixgate(&again.split(' ').skip(1).collect::<Vec<_>>()).exits(1).mentions(&["1 failed"]);
}

#[test]
fn accept_shows_what_a_claim_explains_and_pins_it_once_told_so() {
    let product = train();
    let before = product.read("defects/GR-3.toml");
    let shown = product.fixgate(&["accept", "GR-3"]).exits(0);
    shown.mentions(&["GR-3 `suite/list`: 1 scenario differs", "  suite/list\n", "fixgate accept GR-3 --yes"]);
    assert_eq!(product.read("defects/GR-3.toml"), before, "nothing is pinned unasked");

    product.fixgate(&["accept", "GR-3", "--yes"]).exits(0);
    let after = product.read("defects/GR-3.toml");
    let (start, rest) = after.split_once("accepted = \"sha256:").unwrap();
    let (_, end) = rest.split_once('"').unwrap();
    let expected = before.replace("\"suite/list\"", "{ scenarios = \"suite/list\", !}");
    assert_eq!(format!("{start}!{}", end.trim_start()), expected, "all else stays, comments too");
    product.commit().fixgate(&["check"]).exits(0);
    let (pinned, said) = signoff(&product, &["RU2"]);
    said.exits(0);
    assert_eq!(pinned["claims"][0]["pinned"], true);
}

#[test]
fn outputs_other_than_the_pinned_ones_are_unexplained() {
    let product = train();
    product.fixgate(&["accept", "GR-3", "--yes"]).exits(0);
    product.program("other/bin/greeter", &releases()[2].replace("echo a; echo b", "echo c; echo d")).commit();
    let (signoff, said) = signoff(&product, &["RU2", "--candidate", "other"]);
    said.exits(1);
    assert_eq!((&signoff["classes"]["unexplained"], &signoff["classes"]["explained"]), (&json!(1), &json!(0)));
    let unexplained = "failed unexplained: suite/list: step 1: stdout is not as on the baseline\n";
    assert!(against(&signoff, "explained").contains("unexplained: suite/list: "), "{unexplained}: {signoff}");
    let edited = product.read("defects/GR-3.accepted.jsonl").replacen("outputs\":\"sha256:", "outputs\":\"sha256:0", 1);
    let (head, tail) = edited.split_at(edited.rfind("\"}").unwrap() - 1);
    product.put("defects/GR-3.accepted.jsonl", &format!("{head}{}", &tail[1..]));
    product.fixgate(&["check"]).exits(1).mentions(&["the pin of `suite/list` is not that of GR-3.accepted.jsonl"]);
}

#[test]
fn a_claim_that_explains_nothing_is_stale() {
    let product = train();
    product.edit("defects/GR-3.toml", "\"suite/list\"", "\"suite/greeting\"").commit();
    let (signoff, said) = signoff(&product, &["RU2"]);
    said.exits(1);
    let lines = against(&signoff, "explained");
    assert!(lines.contains("the claim `suite/greeting` of GR-3 explains nothing: it is stale\n"), "{lines}");
    assert!(lines.contains("unexplained: suite/list: "), "{lines}");
    product.fixgate(&["accept", "GR-3", "--yes"]).exits(1).mentions(&["GR-3 `suite/greeting`: 0 scenarios differ"]);
    assert!(!product.path("defects/GR-3.accepted.jsonl").exists());
}

#[test]
fn a_failure_whose_defect_is_not_fixed_yet_is_known_and_one_that_passes_is_unexpected() {
    let product = train();
    product.put("defects/GR-4.toml", &defect("status = \"open\""));
    product.put("testcases/regression/gr-4.toml", &case("sing", r#"{ stdout = "la\n" }"#, "defects = [\"GR-4\"]")).commit();
    let (known, said) = signoff(&product, &["RU1"]);
    said.exits(0);
    assert_eq!((&known["classes"]["known"], &known["verdicts"]["failed"]), (&json!(2), &json!(2)), "GR-2 is not fixed there");

    product.edit("testcases/regression/gr-4.toml", "la\\n", "").commit();
    let (unexpected, said) = signoff(&product, &["RU1"]);
    said.exits(1);
    assert_eq!(unexpected["classes"]["unexpected-pass"], 1);
    assert!(against(&unexpected, "explained").starts_with("passed unexpected-pass: regression/gr-4"));
}

#[test]
fn what_fails_on_the_baseline_too_is_still_failing_and_holds() {
    let product = train();
    product.put("testcases/suite/sing.toml", &case("sing", r#"{ stdout = "la\n" }"#, "")).commit();
    let (signoff, said) = signoff(&product, &["RU2"]);
    said.exits(1);
    assert_eq!((&signoff["classes"]["still-failing"], &signoff["classes"]["regressed"]), (&json!(1), &json!(0)));
    assert!(against(&signoff, "clean").starts_with("failed still-failing: suite/sing"));
    assert_eq!(criterion(&signoff, "explained")["state"], "satisfied");
}

#[test]
fn a_scenario_of_the_release_before_that_is_gone_is_missing() {
    let product = train();
    product.put("testcases/suite/second.toml", GREETING).commit();
    product.fixgate(&["signoff", "RU1"]).exits(0);
    fs::remove_file(product.path("testcases/suite/second.toml")).unwrap();
    product.commit();
    let (signoff, said) = signoff(&product, &["RU2"]);
    said.exits(1);
    assert_eq!(signoff["classes"]["missing"], 1);
    assert_eq!(against(&signoff, "explained"), "missing: suite/second\n");
}

#[test]
fn a_waiver_accepts_exactly_its_failure_and_the_raw_report_still_shows_it() {
    let product = committed();
    product.program("broken/bin/greeter", &releases()[2].replace("echo hello", "echo hullo"));
    let (held, said) = signoff(&product, &["RU2", "--candidate", "broken"]);
    said.exits(1);
    let seen = held["residuals"][0]["differences"][0]["scenarios"][0]["seen"].as_str().unwrap();
    let waiver = format!(
        "scenario = \"suite/greeting\"\nseen = \"{seen}\"\nkind = \"accepted\"\nrelease = \"RU2\"\n\
         owner = \"A. Person\"\nreason = \"a friendly misspelling\"\nexpires = 2999-12-31\n"
    );
    product.put("waivers/greeting.toml", &waiver).commit();
    let (waived, said) = signoff(&product, &["RU2", "--candidate", "broken"]);
    said.exits(0);
    assert_eq!((&waived["decision"], &waived["verdicts"]["failed"]), (&json!("ship"), &json!(1)), "the verdict stays");
    assert_eq!(criterion(&waived, "clean")["state"], "waived");
    assert_eq!((&waived["waivers"][0]["name"], &waived["waivers"][0]["in-force"]), (&json!("greeting"), &json!(true)));
    let (shown, raw) = (product.read("reports/RU2/junit.xml"), product.read("reports/RU2/junit-raw.xml"));
    assert!(shown.contains("message=\"WAIVED: A. Person, a friendly misspelling") && !shown.contains("<failure"), "{shown}");
    assert!(raw.contains("<failure") && !raw.contains("WAIVED: A. Person"), "{raw}");

    product.put("waivers/greeting.toml", &waiver.replace(seen, &format!("sha256:{}", "0".repeat(64)))).commit();
    let (other, said) = signoff(&product, &["RU2", "--candidate", "broken"]);
    said.exits(1);
    assert!(against(&other, "ledger").contains("the waiver greeting matches nothing, or has expired\n"));
    product.put("waivers/greeting.toml", &waiver.replace("2999", "2020")).commit();
    let (expired, said) = signoff(&product, &["RU2", "--candidate", "broken"]);
    said.exits(1);
    assert!(against(&expired, "clean").starts_with("failed regressed: suite/greeting"));
}

#[test]
fn a_canary_that_passes_makes_the_sign_off_void() {
    let product = train();
    product.put("testcases/canary/blind.toml", &CANARY.replace("never", "hello")).commit();
    let (signoff, said) = signoff(&product, &["RU2"]);
    said.exits(3);
    assert_eq!(signoff["decision"], "hold");
    assert!(signoff["void"].as_str().unwrap().contains("canary/blind: this canary must fail and did not"));
    assert_eq!(against(&signoff, "canary"), "canary/blind did not fail\n");
}
