//! The benchmark itself, small: that it measures what it says, never how long that takes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where the code under test may not")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn a_small_run_fills_the_table() {
    let directory = tempfile::tempdir().unwrap();
    let json = directory.path().join("bench.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_fixgate-bench"));
    command.args(["--sections", "floor,run,jobs,sizes,phases,check,decide,one", "--scenarios", "50", "--pairs", "1"]);
    // Built beside this test with the rest of the workspace; built by the benchmark where only this crate is tested.
    let fixgate = Path::new(env!("CARGO_BIN_EXE_fixgate-bench")).with_file_name("fixgate");
    if fixgate.is_file() {
        command.arg("--fixgate").arg(fixgate);
    }
    // A tree without builds: the section `one` says what is missing.
    command.arg("--product-tree").arg(directory.path()).arg("--json").arg(&json);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let table: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let rows = table["rows"].as_array().unwrap();
    let names: BTreeSet<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), rows.len(), "two lines have one name");
    let expected = [
        "floor/echo-line",
        "floor/work-files",
        "run/table/echo-line",
        "run/table/echo-tiny",
        "run/case-files/echo-line",
        "run/work-files/echo-line",
        "jobs/64/echo-line",
        "sizes/50/memory",
        "phases/load/time",
        "phases/spawn-and-capture/memory",
        "check/rows",
        "decide",
    ];
    for name in expected {
        let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no line {name} in {names:?}"));
        assert!(row["figure"].as_f64().is_some_and(|figure| figure > 0.0), "{row}");
        // The goals speak of other numbers of scenarios, so nothing is claimed of them.
        assert!(row["met"].is_null(), "{row}");
    }
    let one = rows.iter().find(|row| row["name"] == "one").unwrap();
    assert!(one["figure"].is_null() && one["note"].as_str().unwrap().contains("fixgate build RU9"), "{one}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(names.iter().all(|name| text.contains(name)), "{text}");
}

#[test]
fn what_cannot_be_measured_is_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_fixgate-bench")).args(["--fixgate", "nowhere/fixgate"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot find nowhere/fixgate: "));
}
