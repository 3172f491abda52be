//! `report --format github`, `tap` and `ctrf`: what a job shows of a run, within the limits of what shows it.

use crate::common::{GREETER, GREETING, Product, RUNS};

/// RU1 fails `count` scenarios of as many kinds, each with output that would command a job.
fn product(count: usize) -> Product {
    let hostile = "printf '::set-output name=x::y\\n%%0A::error::forged\\r\\n\\033[31m::stop-commands::x\\n'; exit $2";
    let product = Product::of(&[("RTM", GREETER), ("RU1", &format!("case $1 in greet) echo hello ;; fail) {hostile} ;; esac"))]);
    for number in 1..=count {
        let fails = GREETING.replace("\"greet\"]", &format!("\"fail\", \"{}\", \"a,b:c%\"]", number + 2));
        product.put(&format!("testcases/suite/f{number:02}.toml"), &fails.replace("hello\\n", &format!("h{number}\\n")));
    }
    product.put("testcases/suite/runs.toml", RUNS);
    product
}

/// How a runner of GitHub reads a line: the command, its properties and its message, each as it was before it was escaped.
fn read(line: &str) -> (String, Vec<(String, String)>, String) {
    let unescaped = |text: &str| {
        let text = text.replace("%3A", ":").replace("%2C", ",").replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%25", "%")
    };
    let (head, data) = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::")).unwrap();
    let (command, properties) = head.split_once(' ').unwrap_or((head, ""));
    let properties = properties.split(',').filter_map(|property| property.split_once('='));
    let properties = properties.map(|(name, value)| (name.to_owned(), unescaped(value))).collect();
    (command.to_owned(), properties, unescaped(data))
}

#[test]
fn annotations_say_what_was_found_and_no_output_commands_the_job() {
    let product = product(2);
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let said = product.fixgate(&["report", &run, "--format", "github"]).exits(0).complains("").stdout;
    let mut lines: Vec<_> = said.lines().map(read).collect();
    lines[1..].sort();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines.iter().all(|(command, ..)| command == "error"), "{said}");
    let (_, properties, message) = &lines[0];
    assert_eq!(properties[0].1, "2 TO LOOK AT");
    assert!(message.contains("This run is no sign-off"), "{message}");
    let (_, properties, message) = &lines[1];
    let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["file", "line", "title"]);
    assert_eq!((&*properties[0].1, &*properties[1].1), ("testcases/suite/f01.toml", "1"));
    assert!(properties[2].1.starts_with("1 scenario failing-differently from the baseline: step 1: exit 3"), "{properties:?}");
    assert!(message.starts_with("suite/f01\n") && message.contains("again: fixgate run suite/f01 "), "{message}");
    assert!(message.contains("\\u{1b}[31m::stop-commands::x"), "{message}");
    assert!(!said.contains('\x1b') && !said.contains("\n::set-output") && !said.contains("\n::stop"), "{said}");
}

#[test]
fn annotations_are_as_many_as_a_step_shows_and_the_last_counts_the_others() {
    let product = product(14);
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let said = product.fixgate(&["report", &run, "--format", "github"]).exits(0).stdout;
    let errors: Vec<_> = said.lines().map(read).filter(|(command, ..)| command == "error").collect();
    assert_eq!(errors.len(), 10, "{said}");
    assert_eq!(errors[9].1[0].1, "6 more findings not shown here");
    // A run without findings has a notice.
    product.fixgate(&["run", "suite/greeting", "canary/**", "--candidate", "RTM", "--quiet"]).exits(0);
    let run = product.runs().pop().unwrap();
    let said = product.fixgate(&["report", &run, "--format", "github"]).exits(0).stdout;
    assert!(said.starts_with("::notice title=NOTHING FOUND::") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_step_summary_is_appended_and_stays_within_its_limit() {
    let product = product(1);
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    product.put("summary.md", "of an earlier command\n");
    let github = ["report", &run, "--format", "github", "--step-summary", "summary.md"];
    product.fixgate(&github).exits(0);
    let markdown = product.fixgate(&["report", &run, "--format", "markdown"]).exits(0).stdout;
    assert_eq!(product.read("summary.md"), format!("of an earlier command\n{markdown}"));
    product.put("summary.md", &"x".repeat((1 << 20) - 10));
    product
        .fixgate(&github)
        .exits(2)
        .mentions(&["error: summary.md has 1,048,566 bytes already, and may have 1,048,576 bytes in all"]);
    assert_eq!(product.read("summary.md").len(), (1 << 20) - 10);
    let refused = ["report", &run, "--format", "tap", "--step-summary", "summary.md"];
    product.fixgate(&refused).exits(2).complains("error: --step-summary belongs to `--format github`\n");
    product.fixgate(&["report", &run, "--step-summary", "summary.md"]).exits(2);
}

#[test]
fn tap_and_ctrf_have_a_result_for_each_planned_scenario_and_for_the_gate() {
    let product = product(2);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let tap = product.fixgate(&["report", &run, "--format", "tap"]).exits(0).stdout;
    assert!(tap.starts_with("TAP version 13\n1..") && tap.contains(&format!("# run: {run}\n")), "{tap}");
    let results = tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).count();
    let report = product.fixgate(&["report", &run, "--format", "ctrf"]).exits(0).json();
    let tests = report["results"]["tests"].as_array().unwrap();
    assert_eq!(tests.len(), results);
    assert_eq!(report["results"]["summary"]["tests"], results);
    let sentinel = tests.iter().find(|test| test["name"] == "fixgate.gate: plan-complete").unwrap();
    assert_eq!(sentinel["status"], "passed");
    assert!(tests.iter().any(|test| test["name"] == "fixgate.gate: clean" && test["status"] == "failed"));
}
