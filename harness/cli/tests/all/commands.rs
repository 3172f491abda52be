//! Every command does what its help says, prints what programs read, and ends with the exit code of its outcome.

use std::fs;

use crate::common::{CANARY, GREETER, GREETING, Product, defect};
use fixgate_core::words::thousands;
use serde_json::{Value, json};

/// A product of two releases: the second mends `sum`. Cases of both folders, tags and components.
fn product() -> Product {
    let broken = "case \"$1\" in greet) echo hello ;; sum) echo 5 ;; esac";
    let product = Product::of(&[("RTM", broken), ("RU1", &broken.replace('5', "4"))]);
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\"\nfound-in = \"RTM\""));
    let sum = GREETING.replace("greet\"", "sum\"").replace("hello", "4").replace("smoke", "numbers");
    product.put("testcases/regression/gr-1.toml", &format!("defects = [\"GR-1\"]\n{sum}"));
    let table = GREETING.replace("tags", "table = \"rows.jsonl\"\ntags");
    product.put("testcases/suite/table.toml", &table.replace("smoke", "rows"));
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n\n{\"id\":\"two\",\"tags\":[\"second\"]}\n");
    product
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn init_makes_a_test_product_that_passes_check() {
    let place = Product::nothing();
    let said = place.fixgate(&["init", "--product", "tea", "--program", "bin/tea"]).exits(0);
    let made: Vec<&str> = said.stdout.lines().collect();
    assert!(made.contains(&"fixgate.toml") && made.iter().all(|path| place.path(path).is_file()), "{made:?}");
    place.fixgate(&["check"]).exits(0).complains("");
    assert!(place.read("fixgate.toml").starts_with("[product]\nname = \"tea\"\nprogram = \"bin/tea\"\n"));
    place.fixgate(&["init"]).exits(2).mentions(&["fixgate.toml is there already"]);
}

#[test]
fn what_new_makes_passes_check_and_nothing_is_overwritten() {
    let product = Product::new();
    product.fixgate(&["new", "defect", "GR-7"]).exits(0).mentions(&["defects/GR-7.toml\n"]);
    product.fixgate(&["new", "case", "regression/gr-7", "--defect", "GR-7"]).exits(0);
    product.fixgate(&["new", "case", "suite/more/other"]).exits(0);
    product.fixgate(&["new", "case", "manual/look", "--defect", "GR-7"]).exits(0);
    product.fixgate(&["new", "release", "RU1"]).exits(0).mentions(&["give releases/RU1.toml its version"]);
    product
        .fixgate(&["check"])
        .exits(0)
        .complains("")
        .mentions(&["2 releases, 1 defect (0 fixed, 0 proved), 4 cases, 4 scenarios, 1 manual case:"]);
    product.fixgate(&["list", "--defect", "GR-7"]).exits(0).mentions(&["regression/gr-7\n"]);
    assert!(product.read("releases/RU1.toml").contains("follows = \"RTM\""));

    product.fixgate(&["new", "defect", "GR-7"]).exits(2).mentions(&["defects/GR-7.toml is there already"]);
    product.fixgate(&["new", "case", "nowhere/x"]).exits(2).mentions(&["`nowhere/x` is in none of the folders of testcases/"]);
    product.fixgate(&["new", "case", "suite/x", "--defect", "GR-8"]).exits(2).mentions(&["there is no defect `GR-8`"]);
}

#[test]
fn list_prints_ids_in_the_order_of_the_tree() {
    let expected = "canary/blind\nregression/gr-1\nsuite/greeting\nsuite/table#one\nsuite/table#two\n";
    assert_eq!(product().fixgate(&["list"]).exits(0).stdout, expected);
}

#[test]
fn list_prints_one_json_object_a_line_with_the_file_and_line_that_state_the_scenario() {
    let said = product().fixgate(&["list", "--format", "json"]).exits(0);
    let lines: Vec<Value> = said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        assert_eq!(keys(line), ["defects", "digest", "file", "id", "line", "tags"]);
        assert!(line["digest"].as_str().unwrap().starts_with("sha256:"));
    }
    assert_eq!(lines[1]["defects"], json!(["GR-1"]));
    assert_eq!((&lines[1]["file"], &lines[1]["line"]), (&json!("testcases/regression/gr-1.toml"), &json!(1)));
    assert_eq!((&lines[4]["file"], &lines[4]["line"]), (&json!("testcases/suite/rows.jsonl"), &json!(3)));
    assert_eq!((&lines[4]["id"], &lines[4]["tags"]), (&json!("suite/table#two"), &json!(["second"])));
}

#[test]
fn each_filter_narrows_and_all_of_them_together() {
    let product = product();
    let listed = |filters: &[&str]| product.fixgate(&[&["list"], filters].concat()).exits(0).stdout;
    assert_eq!(listed(&["suite/*"]), "suite/greeting\nsuite/table#one\nsuite/table#two\n");
    assert_eq!(listed(&["regression/**", "suite/greeting"]), "regression/gr-1\nsuite/greeting\n");
    assert_eq!(listed(&["--tag", "rows", "--tag", "numbers"]), "regression/gr-1\nsuite/table#one\n");
    assert_eq!(listed(&["--defect", "GR-1"]), "regression/gr-1\n");
    assert_eq!(listed(&["--component", "core"]), "regression/gr-1\n");
    assert_eq!(listed(&["suite/*", "--tag", "second"]), "suite/table#two\n");
}

#[test]
fn shards_are_disjoint_and_together_everything() {
    let product = product();
    let shard = |shard: &str| product.fixgate(&["list", "--shard", shard]).exits(0).stdout;
    let mut together: Vec<String> = ["1/3", "2/3", "3/3"].iter().flat_map(|name| split(&shard(name))).collect();
    together.sort();
    assert_eq!(together, split(&product.fixgate(&["list"]).stdout));
}

fn split(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

#[test]
fn failed_in_means_what_a_run_did_not_pass() {
    let product = product();
    product.fixgate(&["run", "--candidate", "RU1", "--as", "RU1"]).exits(0);
    let passed = product.runs().remove(0);
    product.fixgate(&["list", "--failed-in", &passed]).exits(2).mentions(&["everything passed in the run"]);
    fs::remove_dir_all(product.path(&format!("reports/runs/{passed}"))).unwrap();
    product.fixgate(&["run", "--candidate", "RTM", "--as", "RU1"]).exits(1);
    let failed = product.runs().remove(0);
    assert_eq!(product.fixgate(&["list", "--failed-in", &failed]).exits(0).stdout, "regression/gr-1\n");
    let again = product.fixgate(&["run", "--failed-in", &failed, "--candidate", "RU1", "--format", "json"]).exits(0).json();
    assert_eq!(again["planned"], 2, "the failed one, and the canary");
    product.fixgate(&["list", "--failed-in", "nothing"]).exits(2).mentions(&["there is no run `nothing`"]);
}

#[test]
fn build_runs_a_recipe_once_and_identify_knows_what_came_of_it() {
    let product = product();
    let first = product.fixgate(&["build", "RTM", "RU1"]).exits(0).complains("building RTM …\nbuilding RU1 …\n");
    let line = first.stdout.lines().next().unwrap().to_owned();
    assert!(line.starts_with("RTM sha256:") && line.ends_with(" ROOT/.fixgate/builds/RTM"), "{line}");
    assert_eq!(product.fixgate(&["build", "RTM"]).exits(0).complains("").stdout, line + "\n");

    for path in [".fixgate/builds/RU1", ".fixgate/builds/RU1/bin/greeter"] {
        assert_eq!(product.fixgate(&["identify", path]).exits(0).stdout, "RTM+RU1 (RU1.0)\n");
    }
    product.program("other/bin/greeter", "echo hello");
    let other = product.fixgate(&["identify", "other"]).exits(1);
    assert!(other.stdout.starts_with("unknown: sha256:"), "{other:?}");
}

/// A product that shows every verdict, and a case for each.
fn of_every_verdict() -> Product {
    let program = "case \"$1\" in greet) echo hello ;; wrong) echo no ;; crash) kill -SEGV $$ ;; hang) exec sleep 1000 ;;
        flaky) if [ -e \"$MARK\" ]; then echo hello; else : >\"$MARK\"; fi ;; esac";
    let product = Product::of(&[("RTM", program)]);
    product.unconfined();
    product.edit("fixgate.toml", "[run]", "[run]\nretries = 1");
    for word in ["wrong", "crash", "hang", "flaky"] {
        product.put(&format!("testcases/suite/{word}.toml"), &GREETING.replace("greet\"", &format!("{word}\"")));
    }
    product.edit("testcases/suite/hang.toml", "tags", "timeout = \"100ms\"\ntags");
    let mark = format!("env = {{ MARK = {:?} }}\nexpect", product.path("mark"));
    product.edit("testcases/suite/flaky.toml", "expect", &mark);
    product.put("testcases/suite/skipped.toml", &GREETING.replace("{ stdout = \"hello\\n\" }", "\"baseline\""));
    product.put("testcases/suite/unstartable.toml", &GREETING.replace("${product}", "${build}/bin/missing"));
    product
}

#[test]
fn run_counts_all_seven_verdicts_and_an_error_makes_it_void() {
    let product = of_every_verdict();
    let all = product.fixgate(&["run", "--candidate", "RTM", "--format", "json"]).exits(3).json();
    let expected = json!({"passed": 2, "failed": 1, "crashed": 1, "timed-out": 1, "flaky": 1, "skipped": 1, "error": 1});
    assert_eq!(all["verdicts"], expected);
    assert_eq!(all["planned"], 8);
    let void = all["void"].as_str().unwrap();
    assert!(void.starts_with("the harness could not judge 1 scenario; the first: suite/unstartable: cannot start"), "{void}");
    assert_eq!(all["residuals"], Value::Null, "there is no baseline");
}

#[test]
fn run_prints_one_object_with_the_keys_of_its_contract() {
    let product = product();
    let run = |arguments: &[&str]| product.fixgate(&[&["run", "--format", "json", "--candidate"], arguments].concat()).json();
    let compared = run(&["RU1", "--baseline", "RTM"]);
    let contract = ["baseline", "candidate", "plan", "planned", "residuals", "run", "seconds", "verdicts", "void"];
    assert_eq!(keys(&compared), contract);
    assert_eq!(keys(&run(&["RU1"])), contract);
    assert_eq!(keys(&compared["verdicts"]), ["crashed", "error", "failed", "flaky", "passed", "skipped", "timed-out"]);
    let classes = &compared["residuals"];
    assert_eq!((&classes["same"], &classes["fixed"], &classes["regressed"]), (&json!(4), &json!(1), &json!(0)));
    assert_eq!(keys(classes).len(), 12);
    for build in ["candidate", "baseline"] {
        assert_eq!(keys(&compared[build]), ["digest", "name"]);
    }
    assert_eq!((&compared["candidate"]["name"], &compared["void"]), (&json!("RU1"), &Value::Null));
    assert!(product.runs().contains(&compared["run"].as_str().unwrap().to_owned()));
}

#[test]
fn run_shows_a_failure_with_its_difference_and_the_command_that_runs_it_again() {
    let product = product();
    let said = product.fixgate(&["run", "--candidate", "RTM", "--as", "RU1"]).exits(1);
    let said = said.mentions(&["regression/gr-1\n", "5 of 5 planned scenarios: 4 passed, 1 failed"]);
    let again = said.stdout.lines().find_map(|line| line.trim().strip_prefix("again: fixgate ")).unwrap().to_owned();
    let arguments: Vec<&str> = again.split(' ').collect();
    product.fixgate(&arguments).exits(1).mentions(&["regression/gr-1\n"]);

    product.fixgate(&["run", "--candidate", "RTM"]).exits(0).mentions(&["1 failure is known"]);
    let told = product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--quiet"]).exits(0);
    told.complains("").mentions(&["4 of 4 planned scenarios: 4 passed"]);
}

#[test]
fn the_outcome_decides_the_exit_code() {
    let product = Product::new();
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
    product.edit("testcases/suite/greeting.toml", "hello", "hullo");
    product.fixgate(&["run", "--candidate", "RTM"]).exits(1);
    product.edit("testcases/suite/greeting.toml", "title", "titel");
    product.fixgate(&["run", "--candidate", "RTM"]).exits(2);
    product.edit("testcases/suite/greeting.toml", "titel", "title");
    product.put("testcases/canary/blind.toml", GREETING);
    let blind = product.fixgate(&["run", "--candidate", "RTM"]).exits(3);
    blind.mentions(&["VOID, there is no answer", "this canary must fail and did not: the harness cannot see failures"]);
}

#[test]
fn a_program_alone_and_a_directory_are_builds_too() {
    let product = product();
    product.program("mine/bin/greeter", "case \"$1\" in greet) echo hello ;; sum) echo 4 ;; esac");
    for path in ["mine", "./mine/bin/greeter"] {
        let run = product.fixgate(&["run", "--candidate", path, "--format", "json"]).exits(0).json();
        assert_eq!(run["candidate"]["name"], path);
        assert_eq!(run["verdicts"]["passed"], 5);
    }
}

#[test]
fn every_report_is_made_from_a_record_alone() {
    let product = product();
    let run = product.fixgate(&["run", "--candidate", "RTM", "--as", "RU1", "--junit", "junit.xml", "--format", "json"]).exits(1);
    let name = run.json()["run"].as_str().unwrap().to_owned();
    fs::remove_dir_all(product.path(".fixgate")).unwrap();
    let report = |format: &str| product.fixgate(&["report", &name, "--format", format]).exits(0).stdout;
    assert_eq!(report("json"), run.stdout);
    assert_eq!(report("junit"), product.read("junit.xml"));
    assert!(report("junit").contains("file=\"testcases/suite/rows.jsonl\" line=\"3\""), "{}", report("junit"));
    assert!(report("markdown").contains("regression/gr-1"), "{}", report("markdown"));
    product.fixgate(&["report", &name, "--format", "pdf"]).exits(2).mentions(&["junit, html, markdown, json"]);
    product.fixgate(&["report", "nothing", "--format", "json"]).exits(2).mentions(&["there is no run `nothing`"]);
}

#[test]
fn output_is_in_the_order_of_the_plan_however_many_run_at_a_time() {
    let product = Product::of(&[("RTM", "case \"$1\" in greet) echo hello ;; *) exit \"$1\" ;; esac")]);
    let rows: String = (1..=40).map(|code| format!("{{\"id\":\"{code}\",\"args\":[\"{code}\"]}}\n")).collect();
    product.put("testcases/suite/rows.jsonl", &rows);
    product.put("testcases/suite/codes.toml", "title = \"codes\"\ntable = \"rows.jsonl\"\n[[step]]\nrun = [\"${product}\"]\n");
    let failing = |jobs: &str| {
        let said = product.fixgate(&["run", "--candidate", "RTM", "--jobs", jobs, "--all"]).exits(1);
        let lines = said.stdout.lines().filter(|line| line.starts_with("  suite/codes")).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    let one = failing("1");
    assert_eq!(one.len(), 40, "every code is a cause of its own");
    assert_eq!(one, failing("8"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let product = Product::of(&[("RTM", GREETER)]);
    product.put("testcases/canary/more.toml", CANARY);
    let mut child = product.command(&["list"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_junit_report_that_is_too_large_for_some_readers_is_available_in_files() {
    let noise = "n".repeat(9_000);
    let product = Product::of(&[("RTM", &format!("echo {noise}; echo {noise} >&2"))]);
    product.put(
        "testcases/suite/many.toml",
        "title = \"they are many\"\ntable = \"many.jsonl\"\n[[step]]\nrun = [\"${product}\"]\n",
    );
    let row = |number: usize| format!("{{\"id\":\"n{number}\",\"expect\":{{\"exit\":1}}}}\n");
    product.put("testcases/suite/many.jsonl", &(0..1_700).map(row).collect::<String>());
    let said = product.fixgate(&["run", "suite/many*", "--candidate", "RTM", "--quiet", "--junit", "all.xml"]).exits(1);
    let run = product.runs().remove(0);
    let size = thousands(product.read("all.xml").len());
    assert!(said.stderr.starts_with(&format!("warning: the JUnit report has {size} bytes and ")), "{}", said.stderr);
    assert!(said.stderr.ends_with(&format!("in files that any of them takes: fixgate report {run} --junit-split DIR\n")));

    let said = product.fixgate(&["report", &run, "--junit-split", "junit"]).exits(0);
    let files: Vec<_> = fs::read_dir(product.path("junit")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(said.stdout, format!("{} files in junit/\n", files.len()));
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert!(texts.iter().all(|text| text.len() <= 5_000_000), "{files:?}");
    let count = |text: &String| text.matches("<testcase ").count();
    assert_eq!(texts.iter().map(count).sum::<usize>(), count(&product.read("all.xml")));
    let again = product.fixgate(&["report", &run, "--junit-split", "junit"]).exits(2);
    again.mentions(&["error: junit holds TEST-", "help: name a directory without TEST-*.xml, or remove them\n"]);
}
