//! The libtest view, driven as `cargo test` and an IDE drive it: what ran is told, and that nothing ran is a failure.
#![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

#[path = "all/common/mod.rs"]
mod common;

use std::process::{Command, ExitCode};

use common::{GREETING, Product, Said, defect};
use libtest_mimic::{Arguments, Trial};

/// This binary is both: the tests, and, where the environment names a test product, what a user's target would be.
fn main() -> ExitCode {
    // A worker's environment is empty, so it would not know what else it is.
    if let Some(exit) = fixgate_engine::worker::serve_if_asked() {
        return exit;
    }
    if let (Ok(directory), Ok(filter)) = (std::env::var("TEST_PRODUCT"), std::env::var("TEST_FILTER")) {
        return fixgate::libtest::run(&directory, "RTM", &[&filter]);
    }
    let tests: [(&str, fn()); 8] = [
        ("scenarios_are_tests_by_their_ids", scenarios_are_tests_by_their_ids),
        ("a_failure_tells_its_verdict_file_line_and_difference", a_failure_tells_its_verdict_file_line_and_difference),
        ("zero_scenarios_are_a_failure", zero_scenarios_are_a_failure),
        ("a_filter_that_matches_nothing_is_a_failure", a_filter_that_matches_nothing_is_a_failure),
        ("duplicate_ids_are_a_failure", duplicate_ids_are_a_failure),
        ("outside_a_test_product_the_view_fails", outside_a_test_product_the_view_fails),
        ("to_list_nothing_is_no_failure", to_list_nothing_is_no_failure),
        ("cargo_nextest_lists_and_runs_the_scenarios", cargo_nextest_lists_and_runs_the_scenarios),
    ];
    let trial = |(name, test): (&str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit_code()
}

/// Runs the view over a product, its scenarios narrowed by `filter`, with the arguments that a test binary takes.
fn view(product: &Product, filter: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(arguments).env("TEST_PRODUCT", product.path("")).env("TEST_FILTER", filter).output().unwrap();
    product.said(&output)
}

/// A product of three scenarios that can be judged here, and of others that cannot.
fn product() -> Product {
    let product = Product::new();
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"two\"}\n");
    product.put("testcases/suite/table.toml", &format!("table = \"rows.jsonl\"\n{GREETING}"));
    let compared = GREETING.replace("{ stdout = \"hello\\n\" }", "\"baseline\"");
    product.put("testcases/suite/compared.toml", &compared);
    product.put("defects/GR-1.toml", &defect("status = \"open\""));
    product.put("testcases/regression/gr-1.toml", &format!("defects = [\"GR-1\"]\n{}", GREETING.replace("hello", "hullo")));
    product
}

fn scenarios_are_tests_by_their_ids() {
    let said = view(&product(), "**", &["--test-threads", "1"]).exits(0);
    let judged = ["test suite/greeting ", "test suite/table#one ", "test suite/table#two ", "3 passed; 0 failed"];
    said.mentions(&judged).says_nothing_of(&["canary", "compared", "gr-1"]);
    let listed = view(&product(), "suite/table*", &["--list"]).exits(0).stdout;
    assert_eq!(listed, "suite/table#one: test\nsuite/table#two: test\n");
    view(&product(), "**", &["--exact", "suite/greeting"]).exits(0).mentions(&["1 passed"]);
}

fn a_failure_tells_its_verdict_file_line_and_difference() {
    let product = product();
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"two\",\"expect\":{\"stdout\":\"hullo\\n\"}}\n");
    let said = view(&product, "**", &[]).exits(101);
    said.mentions(&[
        "failed: testcases/suite/rows.jsonl:2",
        "step 1: stdout is not as expected",
        "-hullo\n+hello\n",
        "1 failed",
        "\nagain: fixgate run 'suite/table#two' --candidate RTM\n",
    ]);
    product.put("testcases/suite/table.toml", &GREETING.replace("${product}", "${build}/missing"));
    view(&product, "**", &[]).exits(101).mentions(&["error of the harness: cannot start "]);
}

fn zero_scenarios_are_a_failure() {
    let empty = Product::new();
    std::fs::remove_dir_all(empty.path("testcases")).unwrap();
    view(&empty, "**", &[]).exits(1).mentions(&["error: testcases/ holds no case"]);
    view(&product(), "regression/**", &[]).exits(1).complains("error: no scenario is left to run\n");
    view(&product(), "suite/compared", &[]).exits(1).complains("error: no scenario is left to run\n");
}

fn a_filter_that_matches_nothing_is_a_failure() {
    let product = product();
    view(&product, "suite/nothing", &[]).exits(1).complains("error: the filter `suite/nothing` matches no scenario\n");
    view(&product, "**", &["nothing"]).exits(1).complains("error: the filter `nothing` matches no scenario\n");
    view(&product, "**", &["--exact", "suite"]).exits(1).complains("error: the filter `suite` matches no scenario\n");
    view(&product, "**", &["--ignored"]).exits(1).complains("error: the arguments leave no scenario to run\n");
    view(&product, "**", &["--skip", "suite"]).exits(1).complains("error: the arguments leave no scenario to run\n");
}

fn duplicate_ids_are_a_failure() {
    let product = product();
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"one\"}\n");
    let said = view(&product, "**", &[]).exits(1);
    said.mentions(&["error: the scenario id `suite/table#one` appears twice\n --> testcases/suite/rows.jsonl:2:1\n"]);
}

fn outside_a_test_product_the_view_fails() {
    view(&Product::nothing(), "**", &[]).exits(1).mentions(&["error: there is no fixgate.toml in ROOT or above it"]);
}

fn to_list_nothing_is_no_failure() {
    let product = product();
    for arguments in [&["--list", "--format", "terse", "--ignored"][..], &["--list", "nothing"], &["--list", "--skip", "suite"]] {
        assert_eq!(view(&product, "**", arguments).exits(0).stdout, "", "{arguments:?}");
    }
    let listed = view(&product, "**", &["--list", "--format", "terse"]).exits(0).stdout;
    assert_eq!(listed, "suite/greeting: test\nsuite/table#one: test\nsuite/table#two: test\n");
}

/// The real cargo-nextest over this very binary, as a target of a package that it is told about instead of building it.
fn cargo_nextest_lists_and_runs_the_scenarios() {
    let product = product();
    let rows: String = (0..12).map(|number| format!("{{\"id\":\"row-{number}\"}}\n")).collect();
    product.put("testcases/suite/rows.jsonl", &rows);
    product.put("demo/Cargo.toml", "[package]\nname = \"demo\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n");
    product.put("demo/src/lib.rs", "");
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(product.path("demo")).env("TEST_PRODUCT", product.path("")).env("TEST_FILTER", "**");
        cargo.output().unwrap()
    };
    let metadata = cargo(&["metadata", "--format-version", "1", "--offline"]);
    let metadata = String::from_utf8(metadata.stdout).unwrap();
    let package = serde_json::from_str::<serde_json::Value>(&metadata).unwrap()["packages"][0]["id"].clone();
    let binary = serde_json::json!({
        "binary-id": "demo::view", "binary-name": "view", "package-id": package, "kind": "test",
        "binary-path": std::env::current_exe().unwrap(), "build-platform": "target"
    });
    let binaries = serde_json::json!({
        "rust-build-meta": {
            "target-directory": product.path("demo/target"), "base-output-directories": [], "non-test-binaries": {},
            "build-script-out-dirs": {}, "linked-paths": [], "target-platforms": [], "target-platform": null
        },
        "rust-binaries": { "demo::view": binary }
    });
    product.put("demo/metadata.json", &metadata).put("demo/binaries.json", &binaries.to_string());
    let nextest = |command: &[&str]| {
        let known = ["--cargo-metadata", "metadata.json", "--binaries-metadata", "binaries.json"];
        product.said(&cargo(&[&["nextest"], command, &known].concat()))
    };
    assert!(cargo(&["nextest", "--version"]).status.success(), "cargo-nextest is missing: cargo install cargo-nextest --locked");
    nextest(&["list"]).exits(0).mentions(&["demo::view suite/greeting\n", "demo::view suite/table#row-11\n"]);
    // Each scenario in a process of its own, several at a time.
    nextest(&["run", "--test-threads", "8"]).exits(0).mentions(&["13 tests run: 13 passed"]);
    product.edit("testcases/suite/rows.jsonl", "\"row-7\"", "\"row-7\",\"expect\":{\"stdout\":\"hullo\\n\"}");
    let failed = nextest(&["run", "--no-fail-fast"]).exits(100);
    failed.mentions(&["13 tests run: 12 passed, 1 failed", "suite/table#row-7", "-hullo\n", "+hello\n"]);
}
