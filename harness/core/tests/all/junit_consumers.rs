//! The JUnit report as its real consumers read it: a strict XML parser below `junitparser`, and `junit2json`.
//!
//! Both are installed below the target directory, at a pinned version. A missing tool fails the test.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test of the core may have effects; the core may not")]

use std::fs;
use std::io::Write as _;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fixgate_core::report::junit::{Case, CaseResult, Document, Reason, ReasonKind, Suite, render};
use serde_json::{Value, json};

const GOLDEN: &str = include_str!("golden/junit.xml");

/// Output that has broken reports before: it closes its section, imitates results and steers terminals.
const HOSTILE: &[u8] =
    b"]]></system-out><failure message=\"forged\"/></testcase><testcase name=\"forged\"/>\r\n\x1b[31mred\x1b[0m \x00\xff\xef\xbf\xbe &amp;\n";
const HOSTILE_SHOWN: &str = "]]></system-out><failure message=\"forged\"/></testcase><testcase name=\"forged\"/>\\r\n\\u{1b}[31mred\\u{1b}[0m \\u{0}\\xff\\u{fffe} &amp;\n";

fn case(name: &str, result: CaseResult) -> Case {
    Case {
        name: name.to_owned(),
        classname: "regression.RG-1757".to_owned(),
        file: "testcases/regression/RG-1757.toml".to_owned(),
        line: NonZeroU32::new(7).unwrap(),
        time: Duration::from_millis(1375),
        result,
        properties: Vec::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        attachment: None,
    }
}

fn reason(kind: &'static str, message: &str, text: &str) -> Reason {
    Reason { kind: ReasonKind::new(kind), message: message.to_owned(), text: text.to_owned() }
}

pub(crate) fn document() -> Document {
    let regressed = reason("Regressed", "stdout differs:\n\t\"<a>\" & 'b'", "-old ]]> \x1b[1mnew\x1b[0m\n+fixgate run RG-1757");
    let failed = Case {
        properties: vec![("defect".to_owned(), "RG-1757 \"<&>\"".to_owned())],
        stdout: HOSTILE.to_vec(),
        stderr: b"thread panicked".to_vec(),
        attachment: Some("output/1.txt".to_owned()),
        ..case("parent <directory> & \"glob\"", CaseResult::Failed(regressed))
    };
    let flaky = Case {
        stderr: HOSTILE.to_vec(),
        ..case("flaky", CaseResult::Flaky(reason("TimedOut", "no end after 10 s", "attempt 1 of 2")))
    };
    let cases = vec![
        failed,
        flaky,
        case("not run", CaseResult::Error(reason("NotRun", "interrupted ]]>", ""))),
        case("waived", CaseResult::Skipped(reason("Waived", "WAIVED: ana, tracked elsewhere, 2026-03-01", ""))),
    ];
    let passed = Case {
        classname: "fixgate.gate".to_owned(),
        file: "fixgate.toml".to_owned(),
        time: Duration::from_millis(2250),
        ..case("plan-complete – é\u{ffff}", CaseResult::Passed)
    };
    Document {
        name: "ripgrep RU2".to_owned(),
        timestamp: "2026-02-03T05:05:06.789+01:00".parse().unwrap(),
        hostname: "builder-1".to_owned(),
        properties: Vec::new(),
        suites: vec![
            Suite { name: "regression".to_owned(), cases },
            Suite { name: "fixgate.gate".to_owned(), cases: vec![passed] },
        ],
    }
}

/// What every consumer has to see in the document.
pub(crate) fn expected() -> Value {
    let case = |name: &str, result: &str, kind: &str, message: &str, text: &str, stdout: &str, stderr: &str| {
        json!({
            "name": name, "classname": "regression.RG-1757", "file": "testcases/regression/RG-1757.toml", "line": 7,
            "time": 1.375, "result": result, "type": kind, "message": message, "text": text, "stdout": stdout,
            "stderr": stderr, "properties": [],
        })
    };
    let message = "stdout differs:\\n\\t\"<a>\" & 'b'";
    let text = format!("{message}\n-old ]]> \\u{{1b}}[1mnew\\u{{1b}}[0m\n+fixgate run RG-1757");
    let stdout = format!("{HOSTILE_SHOWN}[[ATTACHMENT|output/1.txt]]\n");
    let mut failed =
        case("parent <directory> & \"glob\"", "failure", "fixgate.Regressed", message, &text, &stdout, "thread panicked");
    failed["properties"] = json!([["defect", "RG-1757 \"<&>\""]]);
    let flaky_text = "no end after 10 s\nattempt 1 of 2";
    let flaky = case("flaky", "flakyFailure", "fixgate.TimedOut", "no end after 10 s", flaky_text, "", HOSTILE_SHOWN);
    let not_run = case("not run", "error", "fixgate.NotRun", "interrupted ]]>", "interrupted ]]>", "", "");
    let waiver = "WAIVED: ana, tracked elsewhere, 2026-03-01";
    let waived = case("waived", "skipped", "fixgate.Waived", waiver, waiver, "", "");
    let mut passed = case("plan-complete – é\\u{ffff}", "passed", "", "", "", "", "");
    passed["classname"] = json!("fixgate.gate");
    passed["file"] = json!("fixgate.toml");
    passed["time"] = json!(2.25);
    json!({
        "name": "ripgrep RU2", "tests": 5, "failures": 1, "errors": 1, "skipped": 1, "time": 7.75,
        "suites": [
            {
                "name": "regression", "tests": 4, "failures": 1, "errors": 1, "skipped": 1, "time": 5.5,
                "timestamp": "2026-02-03T04:05:06Z", "hostname": "builder-1", "cases": [failed, flaky, not_run, waived],
            },
            {
                "name": "fixgate.gate", "tests": 1, "failures": 0, "errors": 0, "skipped": 0, "time": 2.25,
                "timestamp": "2026-02-03T04:05:06Z", "hostname": "builder-1", "cases": [passed],
            },
        ],
    })
}

#[test]
fn the_report_is_that_of_the_golden_file() {
    let xml = String::from_utf8(render(&document()).unwrap()).unwrap();
    if xml != GOLDEN {
        let actual = below_target("junit.xml");
        fs::write(&actual, &xml).unwrap();
        panic!("the report changed; review it, then: cp {} harness/core/tests/all/golden/junit.xml", actual.display());
    }
}

#[test]
fn junitparser_reads_what_was_meant() {
    const PACKAGE: &str = "junitparser==5.0.3";
    const SCRIPT: &str = include_str!("consumers/junitparser.py");
    let environment = below_target("junitparser");
    let python = environment.join("bin").join("python");
    if !environment.join(PACKAGE).exists() {
        let install = "install python3 with its venv module, for instance: apt-get install python3 python3-venv";
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment), b"", install);
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]), b"", install);
        fs::write(environment.join(PACKAGE), "installed").unwrap();
    }
    let seen = run(Command::new(&python).args(["-c", SCRIPT]), &render(&document()).unwrap(), "");
    assert_same(&serde_json::from_slice(&seen).unwrap());
}

#[test]
fn junit2json_reads_what_was_meant() {
    const PACKAGE: &str = "junit2json@4.0.0";
    const SCRIPT: &str = include_str!("consumers/junit2json.mjs");
    let directory = below_target("junit2json");
    fs::create_dir_all(&directory).unwrap();
    if !directory.join(PACKAGE).exists() {
        let install = "install Node.js with npm, for instance: apt-get install nodejs npm";
        let quiet = ["install", "--no-audit", "--no-fund", "--silent", "--prefix", "."];
        run(Command::new("npm").args(quiet).arg(PACKAGE).current_dir(&directory), b"", install);
        fs::write(directory.join(PACKAGE), "installed").unwrap();
    }
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", SCRIPT]).current_dir(&directory);
    let seen = run(&mut node, &render(&document()).unwrap(), "install Node.js");
    assert_same(&serde_json::from_slice(&seen).unwrap());
}

pub(crate) fn below_target(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn assert_same(seen: &Value) {
    let lines = |value: &Value| serde_json::to_string_pretty(value).unwrap();
    let (seen, meant) = (lines(seen), lines(&expected()));
    assert!(seen == meant, "read otherwise than meant:\n{}", similar::TextDiff::from_lines(&meant, &seen).unified_diff());
}

/// The standard output of a command that has to succeed; `install` says how to get it where it is missing.
pub(crate) fn run(command: &mut Command, stdin: &[u8], install: &str) -> Vec<u8> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{command:?} cannot start: {error}; {install}"));
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed; {install}\n{told}");
    output.stdout
}
