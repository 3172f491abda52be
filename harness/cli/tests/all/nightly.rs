//! `fixgate nightly`: what is new since the last night, in a few lines, and as reports.

use std::fs;
use std::process::Command;

use crate::common::{CANARY, CRITERIA, GREETING, Product, Said};
use fixgate_core::id::Digest;
use serde_json::{Value, json};

/// A product whose answers lie in files: what `NAME` says is in `says/NAME`. RTM is a release, `tonight` a build after it.
fn product() -> Product {
    let product = Product::nothing();
    product.put("fixgate.toml", &crate::common::project(CRITERIA));
    product.edit("fixgate.toml", "[run]\n", &format!("[run]\ngrants = {{ read = [{:?}] }}\n", product.path("says"))).own();
    let says = product.path("says");
    product.release("RTM", None, &format!("case \"$1\" in old) echo wrong ;; *) echo hello ;; esac # {}", says.display()));
    product.program("tonight/bin/greeter", &format!("cat {}/\"$1\"", says.display()));
    product
        .put("testcases/suite/greeting.toml", GREETING)
        .put("testcases/canary/blind.toml", CANARY)
        .put("says/greet", "hello\n");
    for name in ["one", "two", "old", "three"] {
        product.put(&format!("says/{name}"), "hello\n");
        product.put(&format!("testcases/suite/{name}.toml"), &GREETING.replace("\"greet\"", &format!("{name:?}")));
    }
    product
}

/// Makes a night, and dates its record: times and names of runs are then the same every time.
fn night(product: &Product, day: u32, exit: i32) -> Said {
    let before = product.runs();
    let said = product.fixgate(&["nightly", "--candidate", "tonight"]).exits(exit);
    let run = product.runs().into_iter().find(|run| !before.contains(run)).unwrap();
    date(product, &run, day, |_| {});
    Said { stdout: said.stdout.replace(&run, "TONIGHT"), ..said }
}

/// Makes a record that of another day, with something else changed in each scenario's line.
fn date(product: &Product, run: &str, day: u32, change: impl Fn(&mut Value)) -> String {
    let name = format!("202601{day:02}T010000Z-night");
    let mut lines = product.journal(run);
    lines[0]["run"] = json!(name);
    lines[0]["started"] = json!(format!("2026-01-{day:02}T01:00:00Z"));
    lines.iter_mut().filter_map(|line| line.get_mut("scenario")).for_each(change);
    let text = |lines: &[Value]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let before_the_end = lines.len() - 1;
    let digest = Digest::of(text(&lines[..before_the_end]).as_bytes());
    lines[before_the_end]["footer"]["journal"] = json!(digest.to_string());
    fs::rename(product.path(&format!("reports/runs/{run}")), product.path(&format!("reports/runs/{name}"))).unwrap();
    product.put(&format!("reports/runs/{name}/journal.jsonl"), &text(&lines));
    name
}

/// What a night said, with what is never the same left out.
fn shown(product: &Product, said: &Said) -> String {
    let today = said.stdout.split(" on ").nth(1).unwrap()[..10].to_owned();
    let digest = product.fixgate(&["identify", "tonight"]).stdout;
    let digest = digest.trim().rsplit(':').next().unwrap()[..12].to_owned();
    let text = said.stdout.replace(&today, "TODAY").replace(&digest, "DIGEST");
    let line = |line: &str| match line.rfind(" (") {
        Some(start) if line.ends_with(" s)") => format!("{} (SECONDS)\n", &line[..start]),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[track_caller]
fn shows(product: &Product, said: &Said, expected: &str) {
    let text = shown(product, said);
    assert_eq!(text, expected.strip_prefix('\n').unwrap_or(expected), "\nstandard output was:\n{text}");
    assert!(text.lines().count() <= 30);
}

#[test]
fn a_first_night_has_nothing_before_it() {
    let product = product();
    let said = night(&product, 1, 0);
    shows(
        &product,
        &said,
        "
greeter on TODAY: all is well
tonight DIGEST: 6 of 6 scenarios: 6 passed (SECONDS)

newly failing: 0
still failing: 0
newly passing: 0
flaky: 0
slower: 0 (it takes 21 nights to tell, and 1 is on record)
there is no night before this one
against RTM: 5 same, 1 fixed

run TONIGHT
",
    );
    assert_eq!(said.stderr, "building RTM …\n");
}

/// Three nights: `one` fails since the second, `two` failed in the second alone, `three` fails in the third for the first time;
/// `old` is taken out before the third, and `fresh` put in.
fn third_night(product: &Product) -> Said {
    night(product, 1, 0);
    product.put("says/one", "hullo\n").put("says/two", "hullo\n");
    night(product, 2, 1);
    product.put("says/two", "hello\n").put("says/three", "hullo\n").put("says/fresh", "hello\n");
    fs::remove_file(product.path("testcases/suite/old.toml")).unwrap();
    product.put("testcases/suite/fresh.toml", &GREETING.replace("\"greet\"", "\"fresh\""));
    night(product, 3, 1)
}

#[test]
fn a_night_says_what_fails_newly_and_still_since_when_and_what_passes_again() {
    let product = product();
    let said = third_night(&product);
    shows(
        &product,
        &said,
        "
greeter on TODAY: FAILURES, 1 new
tonight DIGEST: 6 of 6 scenarios: 4 passed, 2 failed (SECONDS)

newly failing: 1
  suite/three  failed; passed on 2026-01-02
still failing: 1
  suite/one  failed since 2026-01-02 (DIGEST), 2 nights
newly passing: 1
  suite/two
flaky: 3
  suite/one  1 of 3, 33.3% (95% confidence: 6.1% to 79.2%)
  suite/three  1 of 3, 33.3% (95% confidence: 6.1% to 79.2%)
  suite/two  1 of 3, 33.3% (95% confidence: 6.1% to 79.2%)
slower: 0 (it takes 21 nights to tell, and 3 are on record)
since 20260102T010000Z-night: 1 scenario new, 1 removed
against RTM: 4 same, 2 regressed

run TONIGHT
next: fixgate attribute suite/three --run TONIGHT
",
    );
    let kept = product.runs().pop().unwrap();
    let kept = |name: &str| product.read(&format!("reports/runs/{kept}/{name}"));
    let json: Value = serde_json::from_str(&kept("nightly.json")).unwrap();
    assert_eq!(json["newly-failing"][0]["id"], "suite/three");
    let still = &json["still-failing"][0];
    assert_eq!(
        (&still["id"], &still["first-bad-night"], &still["nights"]),
        (&"suite/one".into(), &"2026-01-02".into(), &2.into())
    );
    assert_eq!((&json["new"], &json["removed"]), (&json!(["suite/fresh"]), &json!(["suite/old"])));
    assert_eq!(json["newly-passing"], json!(["suite/two"]));
    assert!(
        kept("nightly.md").contains("\n- **newly failing: 1**\n  - `suite/three` failed; passed on 2026-01-02\n"),
        "{}",
        kept("nightly.md")
    );
    assert!(kept("junit.xml").contains("fixgate.Regressed"));
}

#[test]
fn a_night_is_told_in_three_forms_and_its_junit_report_is_put_where_it_is_asked_for() {
    let product = product();
    let said = product.fixgate(&["nightly", "--candidate", "tonight", "--format", "markdown", "--junit", "night.xml"]).exits(0);
    assert!(said.stdout.starts_with("## greeter on "), "{}", said.stdout);
    assert!(product.read("night.xml").contains("plan-complete"));
    let said = product.fixgate(&["nightly", "--candidate", "tonight", "--format", "json"]).exits(0);
    let night = said.json();
    assert_eq!(night["last-night"]["run"], json!(product.runs()[0]));
    assert_eq!((&night["baseline"]["name"], &night["found"], &night["void"]), (&"RTM".into(), &false.into(), &Value::Null));
    // Other runs are no nights.
    product.fixgate(&["run", "--candidate", "RTM", "suite/old"]).exits(1);
    let said = product.fixgate(&["nightly", "--candidate", "tonight", "--format", "json"]).exits(0);
    assert_eq!(said.json()["newly-passing"], json!([]));
}

#[test]
fn a_known_failure_and_a_quarantined_flake_are_told_apart_from_what_is_new() {
    let product = product();
    product.put("defects/GR-1.toml", &crate::common::defect("status = \"open\""));
    product.edit("testcases/suite/one.toml", "tags", "defects = [\"GR-1\"]\ntags").put("says/one", "hullo\n");
    product.edit("programs/RTM", "old)", "one) echo hullo ;; old)");
    let count = "echo >>count; [ $(wc -l <count) = 2 ] && exec cat";
    product.unconfined();
    product.program(
        "tonight/bin/greeter",
        &format!("[ \"$1\" = two ] && cd {0} && {{ {count} {0}/two; exit 1; }}\ncat {0}/\"$1\"", product.path("says").display()),
    );
    let quarantine = "scenario = \"suite/two\"\nowner = \"A. Person\"\nreason = \"it counts\"\nexpires = 2999-12-31\n";
    product.put("quarantine/two.toml", quarantine);
    let said = night(&product, 1, 0);
    said.mentions(&[
        "newly failing: 0\n",
        "still failing: 0 (known failures: 1)\n",
        "  suite/two  1 of 1, 100.0% (95% confidence: 20.7% to 100.0%), quarantined by A. Person until 2999-12-31\n",
    ]);
}

/// Fourteen nights in which everything took 50 ms, then six and tonight in which `one` takes 300 ms: the product sleeps that long.
#[test]
fn what_takes_longer_than_in_earlier_nights_is_told_with_both_times() {
    let product = product();
    product
        .program("tonight/bin/greeter", &format!("[ \"$1\" = one ] && sleep 0.3; cat {}/\"$1\"", product.path("says").display()));
    product.fixgate(&["nightly", "--candidate", "tonight"]).exits(0);
    let mut run = product.runs().remove(0);
    for day in 1..=20 {
        let next = product.path("reports/runs/next");
        let copied = Command::new("cp").arg("-a").arg(product.path(&format!("reports/runs/{run}"))).arg(&next).status();
        assert!(copied.unwrap().success());
        if day == 1 {
            fs::remove_dir_all(product.path(&format!("reports/runs/{run}"))).unwrap();
        }
        run = date(&product, "next", day, |scenario| {
            let is_slow = day > 14 && scenario["scenario"] == "suite/one";
            scenario["seconds"] = json!(if is_slow { 0.3 } else { 0.05 });
        });
    }
    let said = product.fixgate(&["nightly", "--candidate", "tonight"]).exits(0);
    said.mentions(&[
        "\nslower: 1 of 6 that take 20 ms or more, over 21 nights\n  suite/one  0.300 s instead of 0.050 s (p = 9e-6)\nsince ",
    ]);
    let night = product.fixgate(&["status", "--format", "json"]).exits(0).json()["nights"][0].clone();
    let kept = product.read(&format!("reports/runs/{}/nightly.json", night["run"].as_str().unwrap()));
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let slower = &kept["slower"];
    assert_eq!((&slower["tested"], slower["scenarios"].as_array().unwrap().len()), (&json!(6), 1));
    let one = &slower["scenarios"][0];
    assert_eq!((&one["id"], &one["before-seconds"], &one["now-seconds"]), (&json!("suite/one"), &json!(0.05), &json!(0.3)));
}

#[test]
fn an_interrupted_night_is_gone_on_with_as_a_night() {
    let product = product();
    product.fixgate(&["nightly", "--candidate", "tonight"]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let whole = product.read(&path);
    let lines: Vec<&str> = whole.lines().collect();
    let part: String = lines[..3].iter().map(|line| format!("{line}\n")).collect();
    product.put(&path, &part);
    let refused = product.fixgate(&["run", "--candidate", "tonight", "--baseline", "RTM", "--resume", &run]).exits(2);
    refused.mentions(&["cannot be resumed with these"]);
    product.fixgate(&["nightly", "--candidate", "tonight", "--resume", &run]).exits(0).mentions(&["6 of 6 scenarios: 6 passed"]);
}

#[test]
fn what_keeps_a_night_from_beginning_is_said() {
    let product = product();
    product.fixgate(&["nightly"]).exits(2).mentions(&["the following required arguments were not provided:\n  --candidate <B>"]);
    let nowhere = product.fixgate(&["nightly", "--candidate", "./nowhere"]).exits(2);
    nowhere.mentions(&["error: `./nowhere` is no build: cannot find the build `./nowhere`"]);
    let unknown = product.fixgate(&["nightly", "--candidate", "tonight", "--baseline", "RTN"]).exits(2);
    unknown.complains("error: `RTN` is neither a release nor a path to a build\nhelp: did you mean `RTM`?\n");
    let resumed = product.fixgate(&["nightly", "--candidate", "tonight", "--resume", "last"]).exits(2);
    resumed.mentions(&["error: there is no run `last` under reports/runs/\n"]);
    product.fixgate(&["nightly", "--candidate", "tonight", "--format", "xml"]).exits(2).mentions(&["invalid value 'xml'"]);
}

#[test]
fn the_dashboard_shows_the_last_nights() {
    let product = product();
    let digest = || product.fixgate(&["identify", "tonight"]).stdout.trim().rsplit(':').next().unwrap()[..12].to_owned();
    let mut expected = Vec::new();
    let mut one = |exit: i32, result: &str| {
        product.fixgate(&["nightly", "--candidate", "tonight"]).exits(exit);
        expected.insert(0, format!("night   TODAY, tonight {}: {result}", digest()));
    };
    one(0, "all is well, 6 scenarios");
    one(0, "all is well, 6 scenarios");
    product.put("says/one", "wrong\n");
    one(1, "1 of 6 scenarios fail, 1 new");
    product.put("says/two", "wrong\n");
    one(1, "2 of 6 scenarios fail, 1 new");
    let said = product.fixgate(&[]).exits(0).stdout;
    let today = |line: &str| format!("night   TODAY{}", &line["night   ".len() + "2026-01-01".len()..]);
    let nights: Vec<String> = said.lines().filter(|line| line.starts_with("night ")).map(today).collect();
    assert_eq!(nights, expected[..3]);
    let status = product.fixgate(&["status", "--format", "json"]).exits(0).json();
    let newest = &status["nights"][0];
    assert_eq!((&newest["failing"], &newest["newly-failing"], &newest["planned"]), (&json!(2), &json!(1), &json!(6)));
    assert_eq!((&newest["run"], status["nights"].as_array().unwrap().len()), (&json!(product.runs()[3]), 3));
    // Without the newest, an older one would be shown in its place.
    product.put(&format!("reports/runs/{}/nightly.json", product.runs()[3]), "{}");
    product.fixgate(&["status"]).exits(2).mentions(&["/nightly.json is no report of a night: ", "help: remove it"]);
    product.put(&format!("reports/runs/{}/nightly.json", product.runs()[3]), "{\"schema\": \"fixgate-night-2\"}");
    product.fixgate(&["status"]).exits(2).mentions(&["it is of format fixgate-night-2; this is fixgate-night-1"]);
    std::fs::remove_file(product.path(&format!("reports/runs/{}/nightly.json", product.runs()[3]))).unwrap();
    // Earlier versions stated no version.
    product.edit(&format!("reports/runs/{}/nightly.json", product.runs()[2]), "\"schema\":\"fixgate-night-1\",", "");
    assert_eq!(product.fixgate(&["status", "--format", "json"]).exits(0).json()["nights"][0]["failing"], 1);
}
