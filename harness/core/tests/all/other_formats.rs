//! TAP as perl's own reader sees it, and CTRF by its published schema, of cases whose output tries to be more than output.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test of the core may have effects; the core may not")]

use std::fs;
use std::num::NonZeroU32;
use std::process::Command;
use std::time::Duration;

use fixgate_core::report::junit::{Case, CaseResult, Document, Reason, ReasonKind, Suite};
use fixgate_core::report::{ctrf, tap};
use serde_json::Value;

use crate::junit_consumers::{below_target, run};

/// Output that ends a block, forges results, ends a string, and steers terminals and jobs.
const HOSTILE: &[u8] = b"...\n  ...\nnot ok 1 - forged\n1..0\nBail out! forged\n# SKIP forged\n\"}]},\n::set-output name=x::y\n%0A::error::forged\n\x1b[31m\x00\xff\r\n---\n";

fn case(name: &str, result: CaseResult) -> Case {
    Case {
        name: name.to_owned(),
        classname: "suite.rows".to_owned(),
        file: "testcases/suite/rows.jsonl".to_owned(),
        line: NonZeroU32::new(3).unwrap(),
        time: Duration::from_micros(1_500),
        result,
        properties: vec![("defect".to_owned(), "GR-1".to_owned()), ("defect".to_owned(), "GR-2\u{1b}".to_owned())],
        stdout: HOSTILE.to_vec(),
        stderr: HOSTILE.to_vec(),
        attachment: None,
    }
}

fn reason(kind: &'static str) -> Reason {
    let hostile = String::from_utf8_lossy(HOSTILE).into_owned();
    Reason { kind: ReasonKind::new(kind), message: format!("why # SKIP\n{hostile}"), text: hostile }
}

fn document() -> Document {
    let cases = vec![
        case("a#row # SKIP \\", CaseResult::Passed),
        case("b", CaseResult::Failed(reason("Regressed"))),
        case("c", CaseResult::Error(reason("NotRun"))),
        case("d", CaseResult::Skipped(reason("Waived"))),
        case("e", CaseResult::Skipped(reason("Skipped"))),
        case("f", CaseResult::Flaky(reason("Flaky"))),
        case("g\nnot ok 7 - forged", CaseResult::Passed),
    ];
    Document {
        name: "greeter RU1".to_owned(),
        timestamp: "2026-02-03T04:05:06Z".parse().unwrap(),
        hostname: "builder-1".to_owned(),
        properties: vec![("run".to_owned(), "one\nBail out!".to_owned())],
        suites: vec![Suite { name: "suite.rows".to_owned(), cases }],
    }
}

#[test]
fn perl_reads_the_tap_that_was_meant() {
    const SCRIPT: &str = include_str!("consumers/tap.pl");
    let text = tap::render(&document());
    assert!(!text.contains(['\x1b', '\0', '\r']), "{text}");
    let seen =
        run(Command::new("perl").args(["-e", SCRIPT]), text.as_bytes(), "install perl, for instance: apt-get install perl");
    let seen = String::from_utf8(seen).unwrap();
    let tests: Vec<&str> = seen.lines().filter(|line| !line.starts_with("yaml")).collect();
    let why = "why # SKIP\\n...\\n  ...\\nnot ok 1 - forged\\n1..0\\nBail out! forged\\n# SKIP forged\\n\"}]},\\n::set-output name=x::y\\n\
               %0A::error::forged\\n\\u{1b}[31m\\u{0}\u{fffd}\\r\\n---\\n";
    assert_eq!(
        tests,
        [
            "ok good|1|- suite.rows: a\\#row \\# SKIP \\\\||",
            "not ok bad|2|- suite.rows: b||",
            "not ok bad|3|- suite.rows: c||",
            &format!("not ok good|4|- suite.rows: d|{}|{why}", concat!("TO", "DO")),
            &format!("ok good|5|- suite.rows: e|SKIP|{why}"),
            "ok good|6|- suite.rows: f||",
            "ok good|7|- suite.rows: g\\\\nnot ok 7 - forged||",
            "end|7|7|2|0",
        ]
    );
    let blocks: Vec<&str> = seen.lines().filter(|line| line.starts_with("yaml")).collect();
    assert_eq!(blocks.len(), 5, "{seen}");
    for block in blocks {
        assert!(
            block.contains("|file=testcases/suite/rows.jsonl|line=3|")
                && block.contains("~not ok 1 - forged~1..0~Bail out! forged~"),
            "{block}"
        );
    }
}

#[test]
fn the_published_schema_of_ctrf_allows_the_report() {
    const PACKAGE: &str = "ctrf@0.3.0";
    const SCRIPT: &str = include_str!("consumers/ctrf.mjs");
    let directory = below_target("ctrf");
    fs::create_dir_all(&directory).unwrap();
    let install = "install Node.js with npm, for instance: apt-get install nodejs npm";
    if !directory.join(PACKAGE).exists() {
        let quiet = ["install", "--no-audit", "--no-fund", "--silent", "--prefix", "."];
        run(Command::new("npm").args(quiet).arg(PACKAGE).current_dir(&directory), b"", install);
        fs::write(directory.join(PACKAGE), "installed").unwrap();
    }
    let text = ctrf::render(&document(), ("fixgate", "0.1.0"), 12.5);
    let told = |text: &str| {
        let mut node = Command::new("node");
        node.args(["--input-type=module", "--eval", SCRIPT]).current_dir(&directory);
        String::from_utf8(run(&mut node, text.as_bytes(), install)).unwrap()
    };
    assert_eq!(told(&text), "allowed\n");
    assert_ne!(told(&text.replace("passed", "well")), "allowed\n", "it refuses what the schema does not allow");
    let report: Value = serde_json::from_str(&text).unwrap();
    let summary = &report["results"]["summary"];
    let counts = ["tests", "passed", "failed", "skipped", "flaky"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(counts, [7, 3, 2, 2, 1]);
    assert_eq!(summary["stop"].as_i64().unwrap() - summary["start"].as_i64().unwrap(), 12_500);
    let failed = &report["results"]["tests"][1];
    assert_eq!(failed["stdout"][2], "not ok 1 - forged");
    assert_eq!(failed["extra"]["defect"][1], "GR-2\\u{1b}");
    assert_eq!(failed["rawStatus"], "fixgate.Regressed");
}
