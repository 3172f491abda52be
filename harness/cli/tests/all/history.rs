//! What `fixgate history` shows of runs, and that nothing which befalls its file fails a run.

use std::fs;

use crate::common::{CRITERIA, GREETING, Product, Said};
use fixgate_core::id::Digest;
use serde_json::{Value, json};

/// A product whose answers lie in files: what `NAME` says is in `says/NAME`.
fn product() -> Product {
    let product = Product::nothing();
    product.put("fixgate.toml", &crate::common::project(CRITERIA)).put("says/greet", "hello\n");
    product.edit("fixgate.toml", "[run]\n", &format!("[run]\ngrants = {{ read = [{:?}] }}\n", product.path("says"))).own();
    let root = product.path("says");
    product.release("RTM", None, &format!("cat {}/\"$1\"", root.display()));
    product.release("RU1", Some("RTM"), &format!("# another build\ncat {}/\"$1\"", root.display()));
    product.put("testcases/suite/greeting.toml", GREETING).put("testcases/canary/blind.toml", crate::common::CANARY);
    for name in ["other", "steady"] {
        product.put(&format!("says/{name}"), "hello\n");
        product.put(&format!("testcases/suite/{name}.toml"), &GREETING.replace("\"greet\"", &format!("{name:?}")));
    }
    product
}

/// Runs, and dates the record: times and names of runs are then the same every time.
fn run_on_day(product: &Product, day: u32, arguments: &[&str], exit: i32) {
    let before = product.runs();
    product.fixgate(&[&["run"], arguments].concat()).exits(exit);
    let run = product.runs().into_iter().find(|run| !before.contains(run)).unwrap();
    let mut lines = product.journal(&run);
    let name = format!("2026010{day}T080000Z-run");
    lines[0]["run"] = json!(name);
    lines[0]["started"] = json!(format!("2026-01-0{day}T08:00:00Z"));
    for line in &mut lines[1..] {
        if let Some(entry) = line.get_mut("scenario") {
            let id = entry["scenario"].as_str().unwrap();
            entry["seconds"] = json!(f64::from(day) / 1000.0 + id.len() as f64 / 100.0);
        } else if let Some(footer) = line.get_mut("footer") {
            footer["seconds"] = json!(12.5);
        }
    }
    let text = |lines: &[Value]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    // The end holds what stands before it together.
    let before_the_end = lines.len() - 1;
    let digest = Digest::of(text(&lines[..before_the_end]).as_bytes());
    lines[before_the_end]["footer"]["journal"] = json!(digest.to_string());
    let text = text(&lines);
    fs::rename(product.path(&format!("reports/runs/{run}")), product.path(&format!("reports/runs/{name}"))).unwrap();
    product.put(&format!("reports/runs/{name}/journal.jsonl"), &text);
}

/// Five runs: RTM passes; RU1 fails, passes and fails again; one is filtered, and of another build.
fn product_of_runs() -> Product {
    let product = product();
    run_on_day(&product, 1, &["--candidate", "RTM"], 0);
    product.put("says/other", "good-bye\n");
    run_on_day(&product, 2, &["--candidate", "RU1"], 1);
    product.put("says/other", "hello\n");
    run_on_day(&product, 3, &["--candidate", "RU1"], 0);
    product.put("says/other", "good-bye\n");
    run_on_day(&product, 4, &["--candidate", "RU1"], 1);
    run_on_day(&product, 5, &["suite/other", "--candidate", "RTM"], 1);
    product
}

/// What the command says, with the digests of builds left out.
fn history(product: &Product, arguments: &[&str]) -> Said {
    let mut said = product.fixgate(&[&["history"], arguments].concat());
    for build in ["RTM", "RU1"] {
        let digest = product.fixgate(&["build", build]).stdout.split_whitespace().nth(1).unwrap().to_owned();
        said.stdout = said.stdout.replace(&digest, "sha256:DIGEST").replace(&digest[7..19], "DIGEST");
    }
    said
}

#[track_caller]
fn shows(said: Said, expected: &str) {
    let said = said.exits(0);
    assert_eq!(said.stdout, expected.strip_prefix('\n').unwrap_or(expected), "\nstandard output was:\n{}", said.stdout);
}

#[test]
fn without_a_scenario_it_shows_the_runs_the_flakiest_and_the_slowest() {
    let product = product_of_runs();
    shows(
        history(&product, &["--limit", "4"]),
        "
5 runs, the newest 4
  20260105T080000Z-run  2026-01-05  RTM DIGEST  filtered    12.5 s  1 passed, 1 failed
  20260104T080000Z-run  2026-01-04  RU1 DIGEST  everything  12.5 s  3 passed, 1 failed
  20260103T080000Z-run  2026-01-03  RU1 DIGEST  everything  12.5 s  4 passed
  20260102T080000Z-run  2026-01-02  RU1 DIGEST  everything  12.5 s  3 passed, 1 failed

flaky: 1 of 4 scenarios, surest first
  suite/other  2 of 5, 40.0% (95% confidence: 11.8% to 76.9%)

slowest, by the median over their runs
  suite/greeting  0.142 s
  canary/blind    0.123 s
  suite/steady    0.122 s
  suite/other     0.113 s
",
    );
}

#[test]
fn a_scenario_is_shown_over_the_runs() {
    let product = product_of_runs();
    shows(
        history(&product, &["suite/other"]),
        "
suite/other: 5 runs
  20260105T080000Z-run  2026-01-05  RTM DIGEST  0.115 s  failed
  20260104T080000Z-run  2026-01-04  RU1 DIGEST  0.114 s  failed
  20260103T080000Z-run  2026-01-03  RU1 DIGEST  0.113 s  passed
  20260102T080000Z-run  2026-01-02  RU1 DIGEST  0.112 s  failed
  20260101T080000Z-run  2026-01-01  RTM DIGEST  0.111 s  passed
  failing since 20260104T080000Z-run (RU1 DIGEST, 2026-01-04), 2 runs; passed before, in 20260103T080000Z-run (RU1 DIGEST, 2026-01-03)
  flakes: 2 of 5, 40.0% (95% confidence: 11.8% to 76.9%)
  median: 0.113 s
",
    );
}

#[test]
fn a_glob_shows_what_fails_first() {
    let product = product_of_runs();
    shows(
        history(&product, &["suite/*", "--limit", "2"]),
        "
suite/other: 5 runs, the newest 2
  20260105T080000Z-run  2026-01-05  RTM DIGEST  0.115 s  failed
  20260104T080000Z-run  2026-01-04  RU1 DIGEST  0.114 s  failed
  failing since 20260104T080000Z-run (RU1 DIGEST, 2026-01-04), 2 runs; passed before, in 20260103T080000Z-run (RU1 DIGEST, 2026-01-03)
  flakes: 2 of 5, 40.0% (95% confidence: 11.8% to 76.9%)
  median: 0.113 s

suite/greeting: 4 runs, the newest 2
  20260104T080000Z-run  2026-01-04  RU1 DIGEST  0.144 s  passed
  20260103T080000Z-run  2026-01-03  RU1 DIGEST  0.143 s  passed
  flakes: 0 of 3, 0.0% (95% confidence: 0.0% to 56.1%)
  median: 0.142 s

… and 1 more scenario; --limit shows more
",
    );
}

#[test]
fn json_says_the_same() {
    let product = product_of_runs();
    let survey = history(&product, &["--format", "json", "--limit", "1"]).exits(0).json();
    let candidate = json!({ "name": "RTM", "digest": "sha256:DIGEST" });
    let flakes = json!({ "count": 2, "of": 5, "rate": 0.4, "low": 0.117_620_774_232_647_84, "high": 0.769_275_718_723_987 });
    let verdicts = json!({ "passed": 1, "failed": 1, "crashed": 0, "timed-out": 0, "flaky": 0, "skipped": 0, "error": 0 });
    assert_eq!(
        survey,
        json!({
            "runs": [{
                "run": "20260105T080000Z-run", "started": "2026-01-05T08:00:00Z", "candidate": candidate, "baseline": null,
                "release": null, "complete": false, "planned": 2, "verdicts": verdicts, "seconds": 12.5, "void": null,
            }],
            "run-count": 5,
            "flakiest": [{ "id": "suite/other", "flakes": flakes }], "flaky-count": 1,
            "slowest": [{ "id": "suite/greeting", "median-seconds": 0.1425 }], "scenario-count": 4,
        })
    );
    let digest = product.fixgate(&["list", "suite/other", "--format", "json"]).exits(0).json()["digest"].clone();
    let definition = digest.as_str().unwrap();
    assert_eq!(
        history(&product, &["suite/other", "--format", "json", "--limit", "1"]).exits(0).json(),
        json!({
            "scenarios": [{
                "id": "suite/other",
                "verdicts": [{
                    "run": "20260105T080000Z-run", "started": "2026-01-05T08:00:00Z", "candidate": candidate, "baseline": null,
                    "void": false, "verdict": "failed", "differs": false, "definition": definition, "seconds": 0.115,
                }],
                "verdict-count": 5, "flakes": flakes, "median-seconds": 0.113,
                "failing": {
                    "since": "20260104T080000Z-run", "started": "2026-01-04T08:00:00Z", "runs": 2,
                    "before": { "run": "20260103T080000Z-run", "verdict": "passed" },
                },
            }],
            "scenario-count": 1,
        })
    );
}

#[test]
fn a_verdict_says_when_its_run_is_void_or_its_definition_an_earlier_one() {
    let product = product();
    run_on_day(&product, 1, &["suite/steady", "--candidate", "RTM"], 0);
    product.edit("testcases/suite/steady.toml", "tags", "timeout = \"9s\"\ntags");
    run_on_day(&product, 2, &["suite/steady", "--candidate", "RTM"], 0);
    let journal = "reports/runs/20260102T080000Z-run/journal.jsonl";
    product.edit(journal, "\"planned\":2", "\"planned\":3");
    run_on_day(&product, 3, &["suite/steady", "--candidate", "RTM"], 0);
    shows(
        history(&product, &["suite/steady"]),
        "
suite/steady: 3 runs
  20260103T080000Z-run  2026-01-03  RTM DIGEST  0.123 s  passed
  20260102T080000Z-run  2026-01-02  RTM DIGEST  0.122 s  passed (the run is void)
  20260101T080000Z-run  2026-01-01  RTM DIGEST  0.121 s  passed (by an earlier definition)
  flakes: unknown, no build was judged twice by the same definition
  median: 0.122 s
",
    );
    product.fixgate(&["history"]).exits(0).mentions(&[
        "2 passed · VOID: the recorded plan is not the one that the run was started with; 3 scenarios were planned and 2 have a verdict; the journ…\n",
    ]);
}

#[test]
fn what_no_run_has_is_an_error_with_the_nearest_id() {
    let product = Product::new();
    let matrix = GREETING.replace("[[step]]", "[matrix]\nword = ['one', 'two']\n[[step]]\nenv = { WORD = '${word}' }");
    product.put("testcases/suite/matrix.toml", &matrix);
    shows(
        product.fixgate(&["history"]),
        "no run is finished under reports/runs/; what runs find is kept there: fixgate run --candidate B\n",
    );
    product
        .fixgate(&["history", "suite/greeting"])
        .exits(2)
        .complains("error: no finished run has a scenario that `suite/greeting` matches\n");
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
    let wrong = |word: &str, help: &str| {
        let message = format!("error: no finished run has a scenario that `{word}` matches\n{help}");
        assert_eq!(product.fixgate(&["history", word]).exits(2).complains(&message).stdout, "");
    };
    wrong("suite/greetnig", "help: did you mean `suite/greeting`?\n");
    wrong("suite/matrix", "help: it has several scenarios: did you mean `suite/matrix@*`?\n");
    wrong("suite/nothing-like-it/**", "");
    product.fixgate(&["history", "suite/["]).exits(2).mentions(&["is not a glob"]);
    product.fixgate(&["history", "--limit", "0"]).exits(2).mentions(&["--limit"]);
    Product::nothing().fixgate(&["history"]).exits(2).mentions(&["there is no fixgate.toml"]);
}

#[test]
fn nothing_that_befalls_the_file_fails_a_run() {
    let product = product();
    let file = "ROOT/.fixgate/history.sqlite";
    product.put(".fixgate/history.sqlite", &"no database\n".repeat(100));
    let said = product.fixgate(&["run", "--candidate", "RTM", "--no-progress"]).exits(0);
    assert!(said.stderr.ends_with(&format!("warning: `{file}`: file is not a database; it is made again\n")), "{}", said.stderr);
    product.fixgate(&["history"]).exits(0).complains("").mentions(&["1 run\n"]);
    fs::remove_file(product.path(".fixgate/history.sqlite")).unwrap();
    fs::create_dir(product.path(".fixgate/history.sqlite")).unwrap();
    let refused = format!("warning: `{file}` cannot be opened: Is a directory (os error 21); ");
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0).mentions(&[&refused, "`fixgate history` will add this run"]);
    let said = product.fixgate(&["history"]).exits(0).mentions(&["2 runs\n"]);
    said.complains(&format!("{refused}the records are read without it\nadding 2 runs to the history …\n"));
    product
        .fixgate(&["history", "--rebuild"])
        .exits(3)
        .complains(&format!("void: `{file}` cannot be removed: Is a directory (os error 21)\n"));
    fs::remove_dir(product.path(".fixgate/history.sqlite")).unwrap();
    product.fixgate(&["history", "--rebuild"]).exits(0).complains("adding 2 runs to the history …\n");
    product.fixgate(&["history", "--rebuild", "--quiet"]).exits(0).complains("").mentions(&["2 runs\n"]);
}

#[test]
fn an_interrupted_run_is_no_history_until_it_is_resumed() {
    let product = product();
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let text = product.read(&path);
    let lines: Vec<&str> = text.lines().collect();
    product.put(&path, &format!("{}\n", lines[..3].join("\n")));
    product.fixgate(&["history"]).exits(0).complains("").mentions(&["no run is finished"]);
    product.fixgate(&["run", "--candidate", "RTM", "--resume", &run]).exits(0);
    product.fixgate(&["history"]).exits(0).complains("").mentions(&["1 run\n", "4 passed"]);
}

#[test]
fn a_run_begins_with_its_longest_scenarios_and_is_told_in_the_order_of_the_plan() {
    let product = product();
    let slow = "case \"$1\" in greet) echo hello ;; other) sleep 0.3; echo hello ;; steady) sleep 0.15; echo hello ;; esac";
    product.release("RTM", None, slow);
    let begun = |run: &str| -> Vec<String> {
        let lines = product.journal(run);
        lines.iter().filter_map(|line| Some(line["scenario"]["scenario"].as_str()?.to_owned())).collect()
    };
    let run = || {
        let before = product.runs();
        product.fixgate(&["run", "--candidate", "RTM", "--jobs", "1"]).exits(0);
        product.runs().into_iter().find(|run| !before.contains(run)).unwrap()
    };
    assert_eq!(begun(&run()), ["canary/blind", "suite/greeting", "suite/other", "suite/steady"]);
    let second = run();
    assert_eq!(begun(&second), ["suite/other", "suite/steady", "canary/blind", "suite/greeting"]);
    let report = product.fixgate(&["report", &second, "--format", "junit"]).exits(0).stdout;
    let places: Vec<usize> =
        ["greeting", "other", "steady"].iter().map(|name| report.find(&format!("name=\"{name}")).unwrap()).collect();
    assert!(places.is_sorted(), "{report}");
}

#[test]
fn a_run_that_took_the_name_of_a_deleted_one_was_shown_as_that_one() {
    let product = product();
    let history = || product.fixgate(&["history", "suite/other"]).exits(0);
    run_on_day(&product, 1, &["--candidate", "RTM"], 0);
    history().mentions(&["passed"]);
    fs::remove_dir_all(product.path("reports/runs/20260101T080000Z-run")).unwrap();
    product.put("says/other", "good-bye\n");
    run_on_day(&product, 1, &["--candidate", "RTM"], 1);
    history().mentions(&["failed"]).says_nothing_of(&["passed"]);
}
