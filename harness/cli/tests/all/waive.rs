//! A waiver scaffolded from a residual counts as it stands; what cannot be waived is told before anything is written.

use crate::common::{GREETING, Product, RUNS, criterion, defect};

/// RTM greets, RU1 misspells it, and an open defect fails on both; RU1 is held. With the name of its run.
fn held() -> (Product, String) {
    let product = Product::of(&[("RTM", "case $1 in greet) echo hello;; esac"), ("RU1", "case $1 in greet) echo hullo;; esac")]);
    product.put("defects/GR-1.toml", &defect("status = \"open\"\nfound-in = \"RTM\""));
    let sings = GREETING.replace("\"greet\"", "\"sing\"").replace("tags", "defects = [\"GR-1\"]\ntags");
    product.put("testcases/regression/gr-1.toml", &sings).put("testcases/suite/runs.toml", RUNS);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let run = product.runs().remove(0);
    (product, run)
}

/// `waive` with what every waiver needs, for as long as there are dates.
fn waive<'a>(what: &[&'a str]) -> Vec<&'a str> {
    [&["waive"], what, &["--owner", "A. Person", "--reason", "a misspelling", "--expires", "9999-12-31"]].concat()
}

#[test]
fn a_waiver_of_a_residual_lets_the_release_ship() {
    let (product, run) = held();
    let said = product.fixgate(&waive(&["suite/greeting", "--run", &run])).exits(0);
    assert_eq!(said.stdout, "waivers/RU1-suite-greeting.toml\n");
    assert_eq!(said.stderr, "next: review and commit it, then: fixgate signoff RU1\n");
    let text = product.read("waivers/RU1-suite-greeting.toml");
    let (before, rest) = text.split_once("seen = \"sha256:").unwrap();
    assert_eq!(before, "scenario = \"suite/greeting\"\n");
    let rest = rest.split_once('\n').unwrap().1;
    assert_eq!(
        rest,
        "kind = \"accepted\"\nrelease = \"RU1\"\nowner = \"A. Person\"\nreason = \"a misspelling\"\nexpires = 9999-12-31\n"
    );
    let signoff = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(0).json();
    assert_eq!(criterion(&signoff, "clean")["state"], "waived");
    let again = "error: waivers/RU1-suite-greeting.toml is there already\n";
    product.fixgate(&waive(&["suite/greeting", "--run", &run])).exits(2).complains(again);
}

#[test]
fn a_waiver_of_what_a_criterion_holds_against_a_defect_is_written() {
    let (product, _) = held();
    let what = ["--criterion", "cumulative", "--defect", "GR-1", "--release", "RU1", "--name", "later", "--test-is-bad"];
    product.fixgate(&waive(&what)).exits(0);
    assert_eq!(
        product.read("waivers/later.toml"),
        "criterion = \"cumulative\"\ndefect = \"GR-1\"\nkind = \"test-is-bad\"\nrelease = \"RU1\"\nowner = \"A. Person\"\n\
         reason = \"a misspelling\"\nexpires = 9999-12-31\n"
    );
}

#[test]
fn what_cannot_be_waived_is_told() {
    let (product, run) = held();
    let refused = |what: &[&str], complaint: &str| {
        product.fixgate(&waive(what)).exits(2).complains(complaint);
    };
    refused(
        &["regression/gr-1", "--run", &run],
        &format!("error: `regression/gr-1` is known to fail without its fix in the run `{run}`, so there is nothing to waive\n"),
    );
    refused(
        &["canary/blind", "--run", &run],
        &format!("error: `canary/blind` is passed in the run `{run}`, so there is nothing to waive\n"),
    );
    refused(
        &["suite/other", "--run", &run],
        &format!("error: the run `{run}` has no verdict of `suite/other`\nhelp: a waiver names one scenario, by its exact id\n"),
    );
    let no_run = format!(
        "error: there is no run `nothing` under reports/runs/\n\
         help: the last one is {run}; they are the directories under reports/runs/\n"
    );
    refused(&["suite/greeting", "--run", "nothing"], &no_run);
    refused(
        &["suite/greeting", "--run", &run, "--release", "RU7"],
        "error: there is no release `RU7`\nhelp: did you mean `RU1`?\n",
    );
    refused(
        &["--criterion", "canary", "--defect", "GR-1", "--release", "RU1"],
        "error: `canary` holds nothing against a defect, so nothing of it can be waived by one\nhelp: `proved`, `cumulative` and `validated` do\n",
    );
    refused(
        &["--criterion", "proved", "--defect", "GR-2", "--release", "RU1"],
        "error: there is no defect `GR-2`\nhelp: did you mean `GR-1`?\n",
    );
    refused(
        &["--criterion", "proved", "--defect", "GR-1"],
        "error: a waiver is for one release, and the run was for none\nhelp: name it with --release\n",
    );
    product.fixgate(&waive(&["suite/**", "--run", &run])).exits(2).mentions(&["is not a scenario id"]);
    refused(
        &["suite/other"],
        &format!("error: the run `{run}` has no verdict of `suite/other`\nhelp: a waiver names one scenario, by its exact id\n"),
    );
    product
        .fixgate(&waive(&["--criterion", "clear", "--defect", "GR-1"]))
        .exits(2)
        .mentions(&["\"clear\" is no criterion; they are"]);
    assert!(!product.path("waivers").exists(), "nothing was written");
}

/// RU1 misspells the greeting, and says with it a number that is another each time.
fn varies() -> Product {
    let varies = "echo hullo $(tr -dc 0-9 </dev/urandom | head -c 12)";
    let product =
        Product::of(&[("RTM", "case $1 in greet) echo hello;; esac"), ("RU1", &format!("case $1 in greet) {varies};; esac"))]);
    product.put("testcases/suite/runs.toml", RUNS);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    product
}

const NUMBER: &str = "{ regex = '[0-9]+', with = '[NUMBER]' }";

#[test]
fn what_varies_could_be_waived_only_in_the_case() {
    let product = varies();
    product.fixgate(&waive(&["suite/greeting", "--name", "exact"])).exits(0);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    std::fs::remove_file(product.path("waivers/exact.toml")).unwrap();
    let said = product.fixgate(&waive(&["suite/greeting", "--normalize", NUMBER])).exits(0);
    said.mentions(&["both times, `normalize` left of it:\n  step 1: exit 0\n  stdout: hullo [NUMBER]\n"]);
    let text = product.read("waivers/RU1-suite-greeting.toml");
    assert!(text.contains(&format!("\nnormalize = [{NUMBER}]\n")), "{text}");
    let signoff = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(0).json();
    assert_eq!(criterion(&signoff, "clean")["state"], "waived");
    let run = signoff["run"].as_str().unwrap();
    product.fixgate(&["gate", run, "--release", "RU1"]).exits(0);
}

#[test]
fn rules_that_do_not_settle_a_failure_are_refused() {
    let product = varies();
    let refused = |rules: &[&str], said: &[&str]| {
        let rules: Vec<&str> = rules.iter().flat_map(|rule| ["--normalize", rule]).collect();
        product.fixgate(&waive(&[&["suite/greeting"], &rules[..]].concat())).exits(2).mentions(said);
    };
    refused(&["sort-lines"], &["suite/greeting still differs from itself under these rules:", "hullo "]);
    refused(
        &["{ regex = '[a-z0-9]+', with = 'X' }"],
        &["`normalize` of stdout of step 1: it leaves nothing that tells it from other words"],
    );
    refused(&["{ regex = '(?s).+', with = '' }"], &["leaves too little to know a failure by"]);
    refused(&["workdir"], &["\"workdir\" belongs into the case's `normalize`"]);
    refused(&["sort-line"], &["unknown rule `sort-line`"]);
    refused(&["{ regex = "], &["--normalize { regex = "]);
    product.program("other/bin/greeter", "echo other");
    product.fixgate(&["run", "suite/**", "--candidate", "other"]).exits(1);
    product.edit("other/bin/greeter", "other", "hello");
    product
        .fixgate(&waive(&["suite/greeting", "--release", "RU1", "--normalize", NUMBER]))
        .exits(2)
        .mentions(&["is not the build that the run judged"]);
    assert!(!product.path("waivers").exists(), "nothing was written");
}

#[test]
fn a_waiver_without_an_owner_or_a_reason_or_for_a_past_day_is_refused() {
    let (product, run) = held();
    let change = |flag: &str, text: &str| {
        let mut arguments: Vec<String> = waive(&["suite/greeting", "--run", &run]).into_iter().map(str::to_owned).collect();
        let at = arguments.iter().position(|argument| argument == flag).unwrap();
        arguments[at + 1] = text.to_owned();
        product.fixgate(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).exits(2)
    };
    change("--expires", "2020-01-01").complains("error: 2020-01-01 has passed: a waiver is for the days to come\n");
    change("--owner", "-").mentions(&["names no person: write a name that can be read"]);
    change("--reason", " ").mentions(&["people who read the record must learn something from it"]);
    assert!(!product.path("waivers").exists(), "nothing was written");
}

#[test]
fn the_author_of_a_fix_scaffolds_no_waiver_of_what_is_held_against_it() {
    let (product, _) = held();
    product.edit("defects/GR-1.toml", "open\"", "fixed\"\nfix = { commit = \"c0ffee\", author = \"a. person\" }");
    product.fixgate(&waive(&["--criterion", "proved", "--defect", "GR-1", "--release", "RU1"])).exits(2).complains(
        "\
error: A. Person made the fix of GR-1, and authors cannot waive what is held against their own fix
help: ask another to accept it, and name them with --owner
",
    );
}
