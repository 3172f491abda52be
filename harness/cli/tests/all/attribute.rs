//! `fixgate attribute`: which release, commit or set of fixes is found to blame, with every build and verdict told.

use std::process::Command;

use crate::common::{GREETER, GREETING, Product, Said, defect};
use serde_json::Value;

const WRONG: &str = "case \"$1\" in greet) echo hullo ;; *) exit 2 ;; esac\n";

/// Puts the digests of builds out of what a command said.
fn without_digests(text: &str) -> String {
    let is_digest = |word: &str| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let line = |line: &str| match line.rsplit_once("  ") {
        Some((start, end)) if is_digest(end) => format!("{start}  DIGEST\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[track_caller]
fn shows(said: &Said, expected: &str) {
    let text = without_digests(&said.stdout);
    assert_eq!(text, expected.strip_prefix('\n').unwrap_or(expected), "\nstandard output was:\n{text}\n{}", said.stderr);
}

/// A train of five releases, of which the fourth greets wrongly for the first time.
fn train() -> Product {
    Product::of(&[
        ("RTM", GREETER),
        ("RU1", &format!("# 1\n{GREETER}")),
        ("RU2", &format!("# 2\n{GREETER}")),
        ("RU3", WRONG),
        ("RU4", &format!("# 4\n{WRONG}")),
    ])
}

#[test]
fn the_release_that_brought_a_regression_is_found_along_the_train() {
    let product = train();
    product
        .put("defects/GR-1.toml", &defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU3\"\nchanges = [\"suite/**\"]"));
    let said = product.fixgate(&["attribute", "suite/greeting"]).exits(0);
    shows(
        &said,
        "
suite/greeting: it fails since RU3, not on RU2
  not narrowed down further: the recipe of RU3 builds nothing but RU3: it has neither `${commit}` nor `${fixes}`
  claims of what is new in RU3 speak of it: GR-1
    RU4  bad         20 of 20 runs failed  DIGEST
    RU3  bad         9 of 9 runs failed  DIGEST
    RU1  good        0 of 8 runs failed  DIGEST
    RU2  good        0 of 9 runs failed  DIGEST
  4 builds, 46 runs; wrong with a probability of 1% at most, if every build fails as often as RU4 or less than half as often
  again: fixgate attribute suite/greeting --candidate RU4
",
    );
    let complaint = said.complains(
        "
building RU4 …
suite/greeting
  searching 5 builds from RTM to RU4: at most 5 builds, 4 of them to be made, and 64 runs
  RU4: bad, 20 of 20 runs failed
building RU3 …
  RU3: bad, 9 of 9 runs failed
building RU1 …
  RU1: good, 0 of 8 runs failed
building RU2 …
  RU2: good, 0 of 9 runs failed
",
    );
    assert_eq!(complaint.code, Some(0));
    assert!(!product.path(".fixgate/builds/RTM").exists(), "a build was made that is not needed");
}

#[test]
fn a_known_good_build_halves_the_rest_and_one_that_is_bad_ends_the_search() {
    let product = train();
    let names = |said: Said| -> Vec<String> {
        let probes = said.json()["scenarios"][0]["probes"].clone();
        probes.as_array().unwrap().iter().map(|probe| probe["content"]["build"].as_str().unwrap().to_owned()).collect()
    };
    let ask = |arguments: &[&str]| product.fixgate(&[&["attribute", "suite/greeting", "--format", "json"], arguments].concat());
    assert_eq!(names(ask(&["--baseline", "RTM"]).exits(0)), ["RU4", "RTM", "RU2", "RU3"]);
    let bad = ask(&["--baseline", "RU3"]).exits(1);
    assert_eq!(bad.json()["scenarios"][0]["answer"], serde_json::json!({ "state": "always", "oldest": "RU3" }));
    let passes = ask(&["--candidate", "RU2"]).exits(1);
    assert_eq!(passes.json()["scenarios"][0]["answer"]["state"], "passes");
}

#[test]
fn without_scenarios_the_regressions_of_the_last_run_are_asked_about_one_for_each_cause() {
    let product = train();
    product.put("testcases/suite/second.toml", GREETING);
    product.fixgate(&["attribute"]).exits(2).complains(
        "error: no run is finished under reports/runs/\nhelp: name a scenario, or run some: fixgate run --candidate B\n",
    );
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM"]).exits(0);
    let good = product.runs().remove(0);
    let said = product.fixgate(&["attribute"]).exits(0);
    assert_eq!(said.stdout, format!("there is no new regression in the run {good}\n"));
    product.fixgate(&["run", "--candidate", "RU4", "--baseline", "RU1"]).exits(1);
    let said = product.fixgate(&["attribute"]).exits(0);
    shows(
        &said,
        "
suite/greeting: it fails since RU3, not on RU2
  1 other scenario failed with the same shape
  not narrowed down further: the recipe of RU3 builds nothing but RU3: it has neither `${commit}` nor `${fixes}`
    RU4  bad         20 of 20 runs failed  DIGEST
    RU1  good        0 of 7 runs failed  DIGEST
    RU2  good        0 of 8 runs failed  DIGEST
    RU3  bad         12 of 12 runs failed  DIGEST
  4 builds, 47 runs; wrong with a probability of 1% at most, if every build fails as often as RU4 or less than half as often
  again: fixgate attribute suite/greeting --candidate RU4 --baseline RU1
",
    );
    // Another run is asked about by its name.
    let said = product.fixgate(&["attribute", "--run", &good, "--format", "json"]).exits(0);
    assert_eq!(said.json()["scenarios"], serde_json::json!([]));
    // A build that is not what the run judged tells nothing of it.
    let program = product.read("programs/RU4");
    product.put("programs/RU4", &format!("{program}# another\n"));
    product.fixgate(&["attribute"]).exits(2).mentions(&["error: `RU4` is not the build that the run judged, sha256:"]);
}

#[test]
fn a_scenario_that_expects_what_the_baseline_gives_is_compared_with_the_first_release() {
    let product = train();
    let case = "title = \"as before\"\n[[step]]\nrun = [\"${product}\", \"greet\"]\nexpect = \"baseline\"\n";
    product.put("testcases/suite/same.toml", case);
    let said = product.fixgate(&["attribute", "suite/same", "--format", "json"]).exits(0);
    let answer = &said.json()["scenarios"][0];
    assert_eq!(
        (&answer["reference"], &answer["answer"]["bad"], &answer["answer"]["good"]),
        (&"RTM".into(), &"RU3".into(), &"RU2".into())
    );
    let said = product.fixgate(&["attribute", "suite/same", "--candidate", "RTM"]).exits(2);
    said.mentions(&["error: suite/same expects what the baseline gives, and no earlier release has it\n", "--baseline B"]);
}

/// A product of ten fixes, each built in or left out; the text of some is given, and what greets wrongly.
fn of_fixes(texts: &[(&str, &str)], wrong: &str) -> Product {
    let product = Product::of(&[("RTM", GREETER)]);
    product.put(
        "programs/build",
        "out=$1; shift; mkdir -p \"$out/bin\"; program=$out/bin/greeter\n\
         echo '#!/bin/sh' >\"$program\"; for fix; do cat \"fixes/$fix\" >>\"$program\"; done\n\
         cat programs/base >>\"$program\"; chmod +x \"$program\"\n",
    );
    product.put("programs/base", &format!("if {wrong}; then echo hullo; exit; fi\n{GREETER}"));
    let record = "version = \"1\"\nfollows = \"RTM\"\n[build]\nrecipe = [\"sh\", \"programs/build\", \"${out}\", \"${fixes}\"]\n";
    product.put("releases/RU1.toml", record);
    for number in 0..10 {
        let id = format!("GR-{number}");
        let text = texts.iter().find(|(fix, _)| *fix == id).map_or("", |(_, text)| text);
        product.put(&format!("fixes/{id}"), &format!("# {id}\n{text}\n"));
        product.put(&format!("defects/{id}.toml"), &defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\""));
    }
    product
}

/// The sets of fixes that were built for the first scenario.
fn sets(said: &Said) -> Vec<String> {
    let answer: Value = said.json();
    let probes = answer["scenarios"][0]["probes"].as_array().unwrap().clone();
    let sets = probes.iter().filter_map(|probe| probe["content"]["fixes"].as_array());
    sets.map(|set| set.iter().map(|fix| fix.as_str().unwrap().trim_start_matches("GR-")).collect()).collect()
}

#[test]
fn one_bad_fix_of_ten_is_found_by_building_halves() {
    let product = of_fixes(&[("GR-6", "wrong=1")], "[ \"$wrong\" ]");
    let said = product.fixgate(&["attribute", "suite/greeting"]).exits(0);
    shows(
        &said,
        "
suite/greeting: it fails since RU1, not on RTM
  GR-6 is to blame: it fails with it alone, and not without fixes
    RU1                                                              bad         20 of 20 runs failed  DIGEST
    RTM                                                              good        0 of 7 runs failed  DIGEST
    with GR-0, GR-1, GR-2, GR-3, GR-4, GR-5, GR-6, GR-7, GR-8, GR-9  bad         the same bits as before  DIGEST
    without fixes                                                    good        0 of 9 runs failed  DIGEST
    with GR-0, GR-1, GR-2, GR-3, GR-4                                good        0 of 10 runs failed  DIGEST
    with GR-0, GR-1, GR-2, GR-3, GR-4, GR-5, GR-6                    bad         13 of 13 runs failed  DIGEST
    with GR-0, GR-1, GR-2, GR-3, GR-4, GR-5                          good        0 of 11 runs failed  DIGEST
    with GR-6                                                        bad         14 of 14 runs failed  DIGEST
  8 builds, 84 runs; wrong with a probability of 1% at most, if every build fails as often as RU1 or less than half as often
  again: fixgate attribute suite/greeting --candidate RU1
",
    );
    said.mentions(&["  searching what is new in RU1: 10 records: at most 7 builds, 7 of them to be made, and 90 runs, if one fix is to blame; 13 builds, if two are together\n"]);
    // Builds are kept: nothing is built again.
    product.fixgate(&["attribute", "suite/greeting"]).exits(0).says_nothing_of(&["building"]);
}

#[test]
fn two_fixes_that_are_bad_together_alone_are_found_as_two() {
    let product = of_fixes(&[("GR-2", "one=1"), ("GR-7", "two=1")], "[ \"$one$two\" = 11 ]");
    let said = product.fixgate(&["attribute", "suite/greeting", "--format", "json"]).exits(0);
    assert_eq!(said.json()["scenarios"][0]["answer"]["fixes"], serde_json::json!(["GR-2", "GR-7"]));
    assert_eq!(sets(&said), ["0123456789", "", "01234", "0123456", "01234567", "7", "0127", "07", "017", "27", "2"]);
    let said = product.fixgate(&["attribute", "suite/greeting"]).exits(0);
    said.mentions(&["  together, GR-2, GR-7 are to blame: without any one of them it does not fail\n"]);
}

#[test]
fn a_set_that_cannot_be_built_is_gone_around() {
    // The fifth fix builds on the fourth.
    let product = of_fixes(&[("GR-6", "wrong=1")], "[ \"$wrong\" ]");
    product.edit("programs/build", "out=$1;", "case \"$*\" in *GR-5*) ;; *GR-4*) echo 4 needs 5 >&2; exit 1 ;; esac\nout=$1;");
    let said = product.fixgate(&["attribute", "suite/greeting", "--format", "json"]).exits(0);
    let answer = said.json()["scenarios"][0].clone();
    assert_eq!(answer["answer"]["fixes"], serde_json::json!(["GR-6"]));
    let untestable: Vec<&Value> =
        answer["probes"].as_array().unwrap().iter().filter(|probe| probe["mark"] == "untestable").collect();
    let [probe] = untestable[..] else { panic!("{untestable:?}") };
    assert!(probe["build"].is_null() && probe["reason"].as_str().unwrap().contains("failed (exit status: 1)"), "{probe}");
}

#[test]
fn what_is_checked_in_and_in_no_release_is_searched_for_a_build_after_the_newest() {
    let product = of_fixes(&[("GR-6", "wrong=1")], "[ \"$wrong\" ]");
    for number in 5..10 {
        product.edit(&format!("defects/GR-{number}.toml"), "\nfixed-in = \"RU1\"", "");
    }
    let all: Vec<String> = (0..10).map(|number| format!("GR-{number}")).collect();
    let output =
        Command::new("sh").arg("programs/build").arg("tonight").args(&all).current_dir(product.path("")).output().unwrap();
    assert!(output.status.success());
    let said = product.fixgate(&["attribute", "suite/greeting", "--candidate", "tonight", "--format", "json"]).exits(0);
    let answer = &said.json()["scenarios"][0]["answer"];
    assert_eq!((&answer["good"], &answer["bad"]), (&"RU1".into(), &"tonight".into()));
    assert_eq!(answer["fixes"], serde_json::json!(["GR-6"]));
    assert_eq!(sets(&said), ["56789", "", "56", "5", "6"]);
}

/// A product in a git repository of eight commits, of which one is wrong and one cannot be built; and the commits.
fn of_commits() -> (Product, Vec<String>) {
    let product = Product::of(&[]);
    product.put("source/program", "").put("testcases/suite/greeting.toml", GREETING);
    product.edit("fixgate.toml", "[product]", "[product]\nrepository = \"source\"");
    let git = |arguments: &[&str]| {
        let person = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org"];
        let output = Command::new("git").args(person).args(arguments).current_dir(product.path("source")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    let commit = |number: usize| {
        let greeting = if number < 5 { GREETER } else { WRONG };
        let text = if number == 3 { "broken" } else { greeting };
        product.put("source/program", &format!("#!/bin/sh\n# {number}\n{text}"));
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "a commit"]);
        git(&["rev-parse", "HEAD"])
    };
    let commits: Vec<String> = (0..8).map(commit).collect();
    let recipe = "mkdir -p ${out}/bin; git -C source show ${commit}:program >${out}/bin/greeter; \
                  if grep -q broken ${out}/bin/greeter; then exit 1; fi; chmod +x ${out}/bin/greeter";
    for (name, follows, commit) in [("RTM", "", 0), ("RU1", "follows = \"RTM\"\n", 7)] {
        let commit = &commits[commit];
        let text = format!("version = \"1\"\n{follows}commit = \"{commit}\"\n[build]\nrecipe = [\"sh\", \"-c\", \"{recipe}\"]\n");
        product.put(&format!("releases/{name}.toml"), &text);
    }
    (product, commits)
}

#[test]
fn the_commit_that_is_to_blame_is_found_by_halving_the_commits_of_a_release() {
    let (product, commits) = of_commits();
    let said = product.fixgate(&["attribute", "suite/greeting", "--format", "json"]).exits(0);
    let answer = said.json()["scenarios"][0].clone();
    assert_eq!(answer["answer"]["commits"], serde_json::json!([commits[5]]));
    let probes = answer["probes"].as_array().unwrap();
    let tried: Vec<(usize, &str)> = probes
        .iter()
        .filter_map(|probe| {
            let number = commits.iter().position(|commit| probe["content"]["commit"] == commit.as_str())?;
            Some((number, probe["mark"].as_str().unwrap()))
        })
        .collect();
    assert_eq!(tried, [(7, "bad"), (0, "good"), (3, "untestable"), (2, "good"), (4, "good"), (5, "bad")]);
    said.mentions(&["  searching 7 commits: at most 5 builds, 5 of them to be made, and "]);
    product.fixgate(&["attribute", "suite/greeting"]).exits(0).mentions(&[&format!("  the commit {} is to blame\n", commits[5])]);
}

#[test]
fn where_commits_cannot_be_listed_it_is_said_why() {
    let (product, _) = of_commits();
    let not_narrowed = |reason: &str| {
        let said = product.fixgate(&["attribute", "suite/greeting"]).exits(0);
        said.mentions(&[&format!("  not narrowed down further: {reason}\n")]);
    };
    product.edit("fixgate.toml", "\"source\"", "\"nowhere\"");
    not_narrowed("the product's repository ROOT/nowhere cannot be entered: No such file or directory (os error 2)");
    product.edit("fixgate.toml", "repository = \"nowhere\"\n", "");
    not_narrowed("fixgate.toml names no `repository` of the product");
}

#[test]
fn a_build_after_the_newest_release_is_searched_up_to_its_commit() {
    let (product, commits) = of_commits();
    product.edit("releases/RU1.toml", &commits[7], &commits[2]);
    product.program("tonight/bin/greeter", &format!("# 7\n{WRONG}"));
    let ask = ["attribute", "suite/greeting", "--candidate", "tonight"];
    product.fixgate(&ask).exits(0).mentions(&["  not narrowed down further: the commit of tonight is not stated\n"]);
    let said = product.fixgate(&[&ask[..], &["--commit", &commits[7][..10]]].concat()).exits(0);
    said.mentions(&["it fails since tonight, not on RU1\n", &format!("  the commit {} is to blame\n", commits[5])]);
    let said = product.fixgate(&[&ask[..], &["--commit", &commits[1]]].concat()).exits(0);
    said.mentions(&[&format!("  not narrowed down further: in source, {} does not come before {}\n", commits[2], commits[1])]);
}

#[test]
fn a_flaky_regression_is_run_until_it_is_sure() {
    // It fails two times of three.
    let product = train();
    product.unconfined();
    let flaky = |number: u32| {
        let mark = product.path("mark");
        format!(
            "# {number}\ncase \"$1\" in greet) echo >>{mark:?}\nif [ $(($(wc -l <{mark:?}) % 3)) = 0 ]; then echo hello; else echo hullo; fi ;; esac\n"
        )
    };
    product.release("RU3", Some("RU2"), &flaky(3)).release("RU4", Some("RU3"), &flaky(4));
    let said = product.fixgate(&["attribute", "suite/greeting", "--jobs", "1"]).exits(0);
    shows(
        &said,
        "
suite/greeting: it fails since RU3, not on RU2
  not narrowed down further: the recipe of RU3 builds nothing but RU3: it has neither `${commit}` nor `${fixes}`
    RU4  bad         27 of 40 runs failed  DIGEST
    RU3  bad         12 of 18 runs failed  DIGEST
    RU1  good        0 of 26 runs failed  DIGEST
    RU2  good        0 of 29 runs failed  DIGEST
  4 builds, 113 runs; wrong with a probability of 1% at most, if every build fails as often as RU4 or less than half as often
  again: fixgate attribute suite/greeting --candidate RU4
",
    );
}

#[test]
fn what_cannot_be_attributed_is_said_before_anything_is_built() {
    let product = train();
    let refused = |arguments: &[&str], complaint: &str| {
        product.fixgate(&[&["attribute"], arguments].concat()).exits(2).mentions(&[complaint]);
        assert!(!product.path(".fixgate/builds").exists());
    };
    refused(&["suite/nothing"], "error: the filter `suite/nothing` matches no scenario\n");
    refused(&["suite/greeting", "--candidate", "RU5"], "error: `RU5` is neither a release nor a path to a build\n");
    refused(&["suite/greeting", "--run", "nightly"], "error: there is no run `nightly` under reports/runs/\n");
    refused(&["--candidate", "RU4"], "the following required arguments were not provided:\n  <SCENARIO>");
    refused(&["suite/greeting", "--commit", "HEAD"], "\"HEAD\" is not a commit: 4 to 64 hexadecimal digits");
    refused(
        &["suite/greeting", "--candidate", "RU4", "--run", "r"],
        "the argument '--candidate <B>' cannot be used with '--run <RUN>'",
    );
    product.fixgate(&["attribute", "canary/blind"]).exits(2).mentions(&["error: a canary must fail, on every build"]);
    product.edit("testcases/suite/greeting.toml", "tags", "applies = { from = \"RU2\" }\ntags");
    product
        .fixgate(&["attribute", "suite/greeting", "--candidate", "RU1"])
        .exits(2)
        .mentions(&["error: suite/greeting does not apply to RU1\n"]);
}
