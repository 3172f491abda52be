//! A private fix from its first build to the rollup that supersedes it.

use crate::common::broken::{self, BROKEN};
use crate::common::{GREETING, Product, defect};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

fn fixed() -> String {
    BROKEN.replace('5', "4")
}

/// That product, and a build with the fix.
fn product() -> Product {
    let product = broken::product();
    product.program("private/bin/greeter", &fixed());
    product
}

fn record(product: &Product) {
    let arguments = ["--defect", "GR-1", "--customer", "Acme & Sons", "--base", "RTM", "--candidate", "private"];
    let new = [&["private-fix", "new", "PF-1", "--deadline", "2999-12-31"], &arguments[..]].concat();
    let said = product.fixgate(&new).exits(0);
    said.complains("next: fixgate validate GR-1 --candidate private --base RTM\n").mentions(&["private-fixes/PF-1.toml\n"]);
}

/// The day, in UTC.
fn today() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().to_string()
}

/// The digest of a build.
fn digest(product: &Product, build: &str) -> String {
    let said = product.fixgate(&["validate", "GR-1", "--candidate", build, "--format", "json", "--quiet"]).exits(0);
    said.json()["candidate"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_private_fix_lives_from_coded_to_superseded() {
    let product = product();
    let advance = |to: &str| product.fixgate(&["private-fix", "advance", "PF-1", "--to", to]);
    record(&product);
    product.fixgate(&["check"]).exits(0).complains("");
    let before_day = today();
    product.edit("private-fixes/PF-1.toml", "customer", "# reached at night too\ncustomer");
    let early = advance("delivered").exits(2);
    early.complains(
        "error: PF-1 is coded, and no build is delivered before it is validated\n\
         help: run: fixgate validate GR-1 --candidate PATH --base RTM\n",
    );
    let validated = product.fixgate(&["validate", "GR-1", "--candidate", "private", "--quiet"]).exits(0);
    validated.mentions(&["VALIDATED: greeter RTM (RTM.0) with GR-1\n", "The next rollup supersedes this build"]);
    advance("accepted").exits(2).complains("error: PF-1 is validated: its next step is `delivered`, not `accepted`\n");
    assert_eq!(advance("delivered").exits(0).stdout, "private-fixes/PF-1.toml: validated → delivered\n");
    advance("delivered").exits(2).complains("error: PF-1 is delivered already\n");
    advance("accepted").exits(0);

    let digest = digest(&product, "private");
    let lacking = format!(
        "PF-1 stays accepted, it is not checked-in yet:\n\
         \x20 GR-1: no tester has attested it on {digest}\n\
         \x20 GR-1: no customer has attested it on {digest}\n\
         \x20 GR-1 is not `fixed`: say so in defects/GR-1.toml, without `fixed-in`\n"
    );
    assert_eq!(advance("checked-in").exits(1).stdout, lacking);
    product.edit("fixgate.toml", "[gate]", "[roles]\ntester = [\"tess\"]\ncustomer = [\"carl\"]\n\n[gate]");
    product.signers(&["tess", "carl"]);
    let attest = |role: &str, build: &str, person: &str| {
        let key = product.key(person);
        product.fixgate(&["attest", role, "GR-1", "--candidate", build, "--key", &key]).exits(0);
    };
    attest("tester", "private", "tess");
    product.program("another/bin/greeter", "echo another");
    attest("customer", "another", "carl");
    let other = advance("checked-in").exits(1).says_nothing_of(&["no tester"]);
    other.mentions(&[&format!("GR-1: no customer has attested it on {digest}; "), " is about another build, "]);
    attest("customer", "private", "carl");
    product.edit("defects/GR-1.toml", "private-fix", "fixed");
    advance("checked-in").exits(1).mentions(&["GR-1 is not proved: fixgate prove GR-1 --base B --fixed B"]);
    product.fixgate(&["prove", "GR-1", "--base", "RTM", "--fixed", "private"]).exits(0);
    advance("checked-in").exits(0);
    let identity = "private fix PF-1: RTM with GR-1, for Acme & Sons; no release supersedes it yet\n";
    assert_eq!(product.fixgate(&["identify", "private"]).exits(0).complains("").stdout, identity);

    advance("superseded").exits(1).mentions(&["no release after RTM has the fix of GR-1"]);
    product.release("RU1", Some("RTM"), &fixed());
    product.edit("defects/GR-1.toml", "status = \"fixed\"", "status = \"fixed\"\nfixed-in = \"RU1\"");
    advance("superseded").exits(0);
    product.fixgate(&["check"]).exits(0).complains("");
    let after = product.fixgate(&["identify", "private"]).exits(0).stdout;
    assert_eq!(after, "private fix PF-1: RTM with GR-1, for Acme & Sons; superseded by RTM+RU1 (RU1.0)\n");

    let text = product.read("private-fixes/PF-1.toml");
    let (head, dates) = text.split_once("\n[dates]\n").unwrap();
    assert!(head.contains("# reached at night too\ncustomer = \"Acme & Sons\"\n"), "what a person wrote stays: {text}");
    assert!(head.contains("state = \"superseded\"         # then: "), "{text}");
    let dated = |day: &str| {
        let states = ["coded", "validated", "delivered", "accepted", "checked-in", "superseded"];
        states.map(|state| format!("{state} = {day}\n")).concat()
    };
    assert!([before_day, today()].iter().any(|day| dates == dated(day)) || before_day_passed(dates), "{dates}");
}

/// At midnight the dates are of two days; they still name every state in its order.
fn before_day_passed(dates: &str) -> bool {
    let states: Vec<&str> = dates.lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    states == ["coded", "validated", "delivered", "accepted", "checked-in", "superseded"]
}

#[test]
fn a_validation_runs_the_pair_what_is_near_and_what_is_tagged_smoke_and_says_what_it_left_out() {
    let product = product();
    let said = product.fixgate(&["validate", "GR-1", "--candidate", "private", "--quiet"]).exits(0).stdout;
    let without_times = |text: &str| {
        let kept = text.lines().filter(|line| !line.starts_with("run 2") && !line.starts_with("candidate "));
        kept.map(|line| without_time(line) + "\n").collect::<String>()
    };
    let expected = "\
GR-1  it does not
  red on RTM and green here: 1 scenario, 2 runs on each
run: 4 of 5 scenarios (1 of the pair, 2 of 2 near it, 1 more tagged smoke), and the canaries
  5 passed
  against RTM: 4 same, 1 fixed
not run: 1 scenario that a sign-off runs: suite/words 1
The next rollup supersedes this build: move on to it when it ships
VALIDATED: greeter RTM (RTM.0) with GR-1
";
    assert_eq!(without_times(&said), expected);
    let run = product.runs().remove(0);
    assert!(run.ends_with("-validation"), "{run}");
    let journal = product.journal(&run);
    let planned: Vec<&str> = journal.iter().filter_map(|line| line["scenario"]["scenario"].as_str()).collect();
    assert!(!planned.contains(&"suite/words/far") && planned.len() == 5, "{planned:?}");
    assert_eq!(journal[0]["fixes"], json!(["GR-1"]));
}

#[test]
fn every_report_of_a_validation_is_made_again_from_its_record() {
    let product = product();
    let files = ["--junit", "junit.xml", "--markdown", "page.md", "--format", "json"];
    let said = product.fixgate(&[&["validate", "GR-1", "--candidate", "private", "--quiet"], &files[..]].concat()).exits(0);
    let run = product.runs().remove(0);
    let report = |format: &str| product.fixgate(&["report", &run, "--format", format]).exits(0).stdout;
    assert_eq!((report("json"), report("markdown")), (said.stdout.clone(), product.read("page.md")));
    assert_eq!(report("junit"), product.read("junit.xml"));
    assert!(report("junit").contains("<testcase name=\"validated GR-1\""), "{}", report("junit"));

    let result = said.json();
    assert_eq!((&result["schema"], &result["outcome"]), (&json!("fixgate-validation-1"), &json!("passed")));
    let coverage = json!({"pair": 1, "near": 2, "near-in-all": 2, "smoke": 1, "run": 4, "available": 5});
    assert_eq!(result["coverage"], coverage);
    assert_eq!(result["not-run"], json!([{"folder": "suite/words", "scenarios": 1}]));
    assert_eq!(result["fixes"][0]["proof"]["proved"], true);
    let page = product.read("page.md");
    for part in ["# greeter RTM (RTM.0) with GR-1: validated\n", "- **GR-1** it does not\n", "## What was not checked\n"] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
    assert!(page.contains(result["candidate"]["digest"].as_str().unwrap()), "{page}");
}

#[test]
fn a_build_that_fixes_nothing_or_breaks_what_is_near_is_not_validated() {
    let product = product();
    record(&product);
    product.program("useless/bin/greeter", &format!("{BROKEN}# another build\n"));
    let said = product.fixgate(&["validate", "GR-1", "--candidate", "useless", "--quiet"]).exits(1);
    said.mentions(&["  not proved: regression/gr-1 is failed with the fix\n", "NOT VALIDATED: greeter RTM (RTM.0) with GR-1\n"]);

    product.program("harmful/bin/greeter", &fixed().replace("echo \"$1\"", "echo no"));
    let said = product.fixgate(&["validate", "GR-1", "--candidate", "harmful", "--quiet"]).exits(1);
    let said = said.mentions(&["2 scenarios regressed", "red on RTM and green here", "NOT VALIDATED"]);
    let again = said.stdout.lines().find_map(|line| line.trim().strip_prefix("again: fixgate ")).unwrap().to_owned();
    assert_eq!(again, "validate GR-1 --candidate harmful --base RTM");
    product.fixgate(&again.split(' ').collect::<Vec<_>>()).exits(1).mentions(&["2 scenarios regressed"]);
    assert!(product.read("private-fixes/PF-1.toml").contains("state = \"coded\""), "neither is the recorded build");
}

#[test]
fn only_the_record_of_the_very_build_and_base_is_validated() {
    let product = product();
    record(&product);
    product.program("rebuilt/bin/greeter", &format!("{}# built again\n", fixed()));
    let digest = |text: &str| text.lines().find_map(|line| line.strip_prefix("digest = ")).unwrap().trim_matches('"').to_owned();
    let said = product.fixgate(&["validate", "GR-1", "--candidate", "rebuilt"]).exits(0);
    let recorded = digest(&product.read("private-fixes/PF-1.toml"));
    said.mentions(&[&format!("private-fixes/PF-1.toml stays coded: it is of another build, {recorded}\n")]);

    product.fixgate(&["build", "RTM"]).exits(0);
    product.program("elsewhere/bin/greeter", &format!("{BROKEN}# no release's\n"));
    product.fixgate(&["validate", "GR-1", "--candidate", "private", "--base", "elsewhere"]).exits(0);
    assert!(product.read("private-fixes/PF-1.toml").contains("state = \"coded\""), "its base is another");
    product.put("defects/GR-2.toml", &defect("status = \"fixed\"\nfixed-in = \"RTM\""));
    let known = product.fixgate(&["validate", "GR-1", "--candidate", "private", "--base", ".fixgate/builds/RTM"]).exits(0);
    known.mentions(&["private-fixes/PF-1.toml: coded → validated\n"]);
}

#[test]
fn an_interrupted_validation_is_gone_on_with_and_none_of_other_fixes() {
    let product = product();
    let validate = |defects: &[&str], rest: &[&str]| {
        product.fixgate(&[&["validate"], defects, &["--candidate", "private", "--quiet"], rest].concat())
    };
    validate(&["GR-1"], &[]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let whole = product.read(&path);
    let kept: String = whole.lines().take(3).map(|line| format!("{line}\n")).collect();
    product.put(&path, &kept);
    product.put("defects/GR-2.toml", &defect("status = \"private-fix\""));
    product.edit("testcases/regression/gr-1.toml", "\"GR-1\"", "\"GR-1\", \"GR-2\"");
    validate(&["GR-1", "GR-2"], &["--resume", &run]).exits(2).mentions(&["cannot be resumed with these: the defect"]);
    product.edit("testcases/regression/gr-1.toml", "\"GR-1\", \"GR-2\"", "\"GR-1\"");
    std::fs::remove_file(product.path("defects/GR-2.toml")).unwrap();
    validate(&["GR-1"], &["--resume", &run]).exits(0).mentions(&["VALIDATED"]);
    let lines = product.journal(&run);
    let count = |kind: &str| lines.iter().filter(|line| line.get(kind).is_some()).count();
    assert_eq!((count("scenario"), count("pair"), count("footer")), (5, 1, 1));
    assert!(product.read(&path).starts_with(&kept), "what was judged is not judged again");
}

#[test]
fn a_difference_that_the_fix_claims_is_explained_as_at_the_rollup_that_has_it() {
    let product = product();
    product.edit("testcases/suite/tagged.toml", "{ stdout = \"echo\\n\" }", "\"baseline\"");
    product.program("private/bin/greeter", &fixed().replace("echo \"$1\"", "echo \"$1!\" | sed s/echo!/changed/"));
    product.edit("testcases/suite/numbers/inside.toml", "{ stdout = \"echo\\n\" }", "{ exit = 0 }");
    product.fixgate(&["validate", "GR-1", "--candidate", "private"]).exits(1).mentions(&["1 scenario unexplained"]);
    product.edit("defects/GR-1.toml", "status", "changes = [\"suite/tagged\"]\nstatus");
    product.fixgate(&["validate", "GR-1", "--candidate", "private"]).exits(0).mentions(&["1 explained"]);
}

#[test]
fn the_list_shows_what_is_due_first_and_what_a_release_has_already() {
    let product = product();
    let none = product.fixgate(&["private-fix", "list"]).exits(0).stdout;
    assert_eq!(none, "0 builds on the way to customers or into a release: 0 due, 0 missed\n");
    let day = |days: i64| Timestamp::now().to_zoned(TimeZone::UTC).date().saturating_add(days.days()).to_string();
    let record = |id: &str, state: &str, deadline: &str| {
        let states = ["coded", "validated", "delivered", "accepted", "checked-in", "superseded"];
        let reached = states.iter().position(|known| *known == state).unwrap();
        let dates: String = states[..=reached].iter().map(|state| format!("{state} = 2020-01-01\n")).collect();
        let digest = format!("sha256:{}", "0".repeat(64));
        let text = format!(
            "defects = [\"GR-1\"]\ncustomer = \"Acme\"\nbase = \"RTM\"\ndigest = \"{digest}\"\n\
             deadline = {deadline}\nstate = \"{state}\"\n[dates]\n{dates}"
        );
        product.put(&format!("private-fixes/{id}.toml"), &text);
    };
    record("PF-far", "coded", "2999-12-31");
    record("PF-late", "validated", "2020-02-01");
    record("PF-done", "superseded", "2020-02-01");
    record("PF-sent", "delivered", "2020-02-01");
    record("PF-near", "coded", &day(6));
    let listed = product.fixgate(&["private-fix", "list"]).exits(0).stdout;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with("PF-late  validated   RTM with GR-1, for Acme; missed by "), "{listed}");
    let near = [5, 6].map(|days| format!("PF-near  coded       RTM with GR-1, for Acme; due in {days} days, on {}", day(6)));
    assert!(near.contains(&lines[1].to_owned()), "a day may begin while the test runs: {listed}");
    assert_eq!(lines[2], "PF-far   coded       RTM with GR-1, for Acme");
    assert_eq!(lines[3], "PF-sent  delivered   RTM with GR-1, for Acme");
    assert_eq!(lines[4], "4 builds on the way to customers or into a release: 1 due, 1 missed");
    product.release("RU1", Some("RTM"), &fixed());
    product.edit("defects/GR-1.toml", "status = \"private-fix\"", "status = \"fixed\"\nfixed-in = \"RU1\"");
    product.fixgate(&["private-fix", "list"]).exits(0).mentions(&["PF-sent  delivered   RTM with GR-1, for Acme; RU1 has it\n"]);
}

#[test]
fn manual_cases_that_name_the_defect_are_listed_with_their_steps() {
    let product = product();
    let manual = "title = \"the sum looks right\"\ndefects = [\"GR-1\"]\n[[step]]\ndo = \"look at it\"\nexpect = \"a four\"\n";
    product.put("testcases/manual/look.toml", manual);
    product.put("testcases/manual/other.toml", &manual.replace("[\"GR-1\"]", "[]"));
    let said = product.fixgate(&["validate", "GR-1", "--candidate", "private", "--markdown", "page.md"]).exits(0);
    said.mentions(&["by hand, then fixgate attest manual manual/look: the sum looks right\n  [ ] look at it: a four\n"])
        .says_nothing_of(&["manual/other"]);
    let page = product.read("page.md");
    assert!(
        page.contains("- by hand, apart from this run: the sum looks right (manual/look)\n  - [ ] look at it: a four\n"),
        "{page}"
    );
}

#[test]
fn a_canary_that_does_not_fail_makes_a_validation_void() {
    let product = product();
    product.put("testcases/canary/blind.toml", GREETING);
    let said = product.fixgate(&["validate", "GR-1", "--candidate", "private"]).exits(3);
    said.mentions(&["VOID, there is no answer: ", "NO ANSWER: greeter RTM (RTM.0) with GR-1\n"]);
}

#[test]
fn a_report_of_a_validation_over_other_records_is_void() {
    let product = product();
    product.fixgate(&["validate", "GR-1", "--candidate", "private"]).exits(0);
    let run = product.runs().remove(0);
    product.edit("testcases/suite/tagged.toml", "the product", "any product");
    let said = product.fixgate(&["report", &run, "--format", "json"]).exits(0).json();
    assert_eq!((&said["outcome"], &said["void"]), (&json!("void"), &json!("records or cases were changed after the run")));
}

#[test]
fn private_fixes_are_none_of_the_records_that_a_run_is_bound_to() {
    let product = product();
    product.commit();
    let digest = |product: &Product| {
        product.fixgate(&["run", "suite/**", "--candidate", "RTM"]).exits(0);
        let run = product.runs().pop().unwrap();
        let header = product.journal(&run).remove(0);
        std::fs::remove_dir_all(product.path("reports/runs")).unwrap();
        header["test-product"].clone()
    };
    let before = digest(&product);
    assert_eq!(before["changed"], false);
    record(&product);
    assert_eq!(digest(&product), before);
    product.edit("defects/GR-1.toml", "major", "minor");
    assert_eq!(digest(&product)["changed"], true);
}

#[test]
fn what_cannot_be_validated_or_recorded_is_said_before_anything_is_run() {
    let product = product();
    product.put("defects/GR-2.toml", &defect("status = \"open\""));
    product.release("RU1", Some("RTM"), &fixed());
    product.put("defects/GR-3.toml", &defect("status = \"fixed\"\nfixed-in = \"RTM\""));
    let validate = |arguments: &[&str]| product.fixgate(&[&["validate"], arguments].concat()).exits(2);
    validate(&["GR-9", "--candidate", "private"]).complains("error: there is no defect `GR-9`\nhelp: did you mean `GR-1`?\n");
    validate(&["--candidate", "private"]).mentions(&["required arguments were not provided", "<DEFECT>"]);
    validate(&["GR-1", "--candidate", "nowhere"]).mentions(&["`nowhere` is neither a release nor a path to a build"]);
    validate(&["GR-1", "--candidate", "RTM", "--base", "RTM", "--quiet"]).complains(
        "error: the candidate and its base, RTM, are the same build: it fixes nothing\n\
         help: name the build with the fix with --candidate, the one without it with --base\n",
    );
    validate(&["GR-2", "--candidate", "private", "--base", "RTM", "--quiet"])
        .complains("error: no case names GR-2: a fix that nothing can tell from the defect cannot be validated\n");
    validate(&["GR-3", "--candidate", "private", "--quiet"])
        .complains("error: every release has one of these fixes: name the build that it was made from with --base\n");
    validate(&["GR-3", "--candidate", "private", "--base", "RTM", "--quiet"]).complains(
        "error: RTM has the fix of GR-3 by its record, so it cannot be red there\n\
         help: name the build that it was made from with --base\n",
    );
    product.edit("testcases/regression/gr-1.toml", "title", "applies = { from = \"RU1\" }\ntitle");
    validate(&["GR-1", "--candidate", "private", "--base", "RTM", "--quiet"])
        .complains("error: regression/gr-1 does not apply to the base, so it cannot be red there because of GR-1\n");
    assert!(product.runs().is_empty());

    let new = |defect: &str, customer: &str, base: &str, candidate: &str, deadline: &str| {
        let words =
            ["--defect", defect, "--customer", customer, "--base", base, "--candidate", candidate, "--deadline", deadline];
        product.fixgate(&[&["private-fix", "new", "PF-1"], &words[..]].concat()).exits(2)
    };
    let day = "2999-12-31";
    new("GR-9", "Acme", "RTM", "private", day)
        .complains("error: there is no defect `GR-9`\nhelp: record it first: fixgate new defect GR-9\n");
    new("GR-1", "Acme", "RTN", "private", day).complains("error: there is no release `RTN`\nhelp: did you mean `RTM`?\n");
    new("GR-3", "Acme", "RTM", "private", day)
        .complains("error: RTM has the fix of GR-3: a customer with RTM needs no private fix for it\n");
    new("GR-1", "Acme", "RTM", "nowhere", day).mentions(&["error: `nowhere` is no build: cannot find the build"]);
    new("GR-1", "Acme", "RTM", "private", "soon").mentions(&["invalid value 'soon' for '--deadline <DATE>'"]);
    new("GR-1", " ", "RTM", "private", day).mentions(&["invalid value ' ' for '--customer <NAME>': it is empty"]);
    let advance = |id: &str, to: &str| product.fixgate(&["private-fix", "advance", id, "--to", to]).exits(2);
    advance("PF-1", "delivered").complains("error: there is no private fix `PF-1`\nhelp: record it: fixgate private-fix new\n");
    record(&product);
    advance("PF-2", "delivered").complains("error: there is no private fix `PF-2`\nhelp: did you mean `PF-1`?\n");
    advance("PF-1", "validated").mentions(&["invalid value 'validated' for '--to <STATE>'"]);
    new("GR-1", "Acme", "RTM", "private", day).complains("error: private-fixes/PF-1.toml is there already\n");
}

#[test]
fn a_private_fix_that_is_further_than_its_records_is_a_gap() {
    let product = product();
    record(&product);
    product.edit("private-fixes/PF-1.toml", "state = \"coded\"", "state = \"checked-in\"");
    let day = today();
    let rest: String =
        ["validated", "delivered", "accepted", "checked-in"].iter().map(|step| format!("{step} = {day}\n")).collect();
    product.edit("private-fixes/PF-1.toml", &format!("coded = {day}\n"), &format!("coded = {day}\n{rest}"));
    product.fixgate(&["check"]).exits(1).mentions(&["the private fix PF-1 is checked-in, yet GR-1 is not `fixed`"]);
    product.edit("defects/GR-1.toml", "status = \"private-fix\"\nfound-in = \"RTM\"", "status = \"fixed\"\nfixed-in = \"RTM\"");
    product.fixgate(&["check"]).exits(1).mentions(&["the private fix PF-1 is made from RTM, which has the fix of GR-1"]);
}

/// A line without the time at its end, such as ` (0.4 s)`.
fn without_time(line: &str) -> String {
    let is_time = |text: &str| text.strip_suffix(" s)").is_some_and(|seconds| seconds.parse::<f64>().is_ok());
    match line.rsplit_once(" (") {
        Some((before, time)) if is_time(time) => before.to_owned(),
        _ => line.to_owned(),
    }
}
