//! Weakening what is tested: cases deleted, loosened, renamed, moved out of the way.

use std::fs;

use crate::attacks::train::{CANARY, GREETING, SUM, against, case, has, held, program, section, shown, signoff, train};
use crate::common::defect;

#[test]
fn a_paired_case_is_deleted() {
    let product = train();
    fs::remove_file(product.path(SUM)).unwrap();
    let signoff = held(&product);
    against(&signoff, "ledger", "GR-1 is fixed but no case names it");
    against(&signoff, "explained", "missing: regression/gr-1");
    against(&signoff, "cumulative", "GR-1: no paired scenario is green");
    has(&section(&product), &["- `regression/gr-1`: 1 scenario gone: `regression/gr-1`\n", "| **fixed in RU1** |"]);
}

#[test]
fn a_case_of_the_suite_is_deleted() {
    let product = train();
    fs::remove_file(product.path(GREETING)).unwrap();
    against(&held(&product), "explained", "missing: suite/greeting");
}

#[test]
fn an_expectation_is_emptied() {
    let product = train();
    product.edit(SUM, "{ stdout = \"4\\n\" }", "{ exit = \"any\" }");
    against(&held(&product), "ledger", "the proof of GR-1 is stale: regression/gr-1 was changed after it was proved");
    product
        .fixgate(&["prove", "GR-1"])
        .exits(1)
        .mentions(&["regression/gr-1 is green without the fix: it cannot tell the defect"]);
    has(&section(&product), &["- `regression/gr-1`: 1 scenario defined otherwise: `regression/gr-1`\n"]);
}

#[test]
fn an_expectation_is_loosened_by_normalize() {
    let product = train();
    product.edit(SUM, "defects =", "normalize = [{ regex = \"[0-9]+\", with = \"4\" }]\ndefects =");
    against(&held(&product), "ledger", "regression/gr-1 was changed after it was proved");
    product.fixgate(&["prove", "GR-1"]).exits(1).mentions(&["it cannot tell the defect"]);
}

#[test]
fn an_expectation_of_the_suite_is_loosened_by_a_wide_regular_expression() {
    let product = train();
    product.edit(GREETING, "\"hello\\n\"", "{ regex = \".\" }");
    has(
        &shown(&product),
        &["Compared with the sign-off of RU1", "- `suite/greeting`: 1 scenario defined otherwise: `suite/greeting`\n"],
    );
    has(&section(&product), &["- **loosened**: standard output of `suite/greeting`, 1 scenario: `suite/greeting`\n"]);
}

/// What is loosened stands apart from what only goes by another name.
#[test]
fn what_is_loosened_hides_among_renamed_cases() {
    let product = train();
    let text = product.read(GREETING).replace("\"hello\\n\"", "{ contains = \"h\" }");
    product.put(GREETING, &format!("normalize = [\"ansi\", \"sort-lines\"]\n{text}"));
    product.put("testcases/suite/second-again.toml", &product.read("testcases/suite/second.toml"));
    product.edit("testcases/suite/list.toml", "expect = \"baseline\"", "expect = { exit = \"any\", stdout = \"baseline\" }");
    let shown = shown(&product);
    let (loosened, rest) = shown.split_once("- `suite/greeting`: 1 scenario defined otherwise").unwrap();
    has(
        loosened,
        &["- **loosened**: the exit of `suite/list`, 1 scenario", "- **loosened**: standard output of `suite/greeting`"],
    );
    has(loosened, &["- **loosened**: standard error of `suite/list`", "- **loosened**: `normalize` of `suite/greeting`"]);
    assert!(!rest.contains("loosened"), "{rest}");
}

#[test]
fn an_expectation_becomes_one_that_any_output_meets() {
    for expect in ["{ contains = \"\" }", "{ regex = \".*\" }"] {
        let product = train();
        product.edit(GREETING, "\"hello\\n\"", expect);
        signoff(product.commit(), &[]).exits(2).mentions(&["testcases/suite/greeting.toml:5:", "nothing was run"]);
    }
}

#[test]
fn a_case_is_renamed() {
    let product = train();
    fs::rename(product.path(SUM), product.path("testcases/regression/gr-1b.toml")).unwrap();
    let signoff = held(&product);
    against(&signoff, "explained", "missing: regression/gr-1");
    against(&signoff, "ledger", "regression/gr-1 was proved and is gone from the pair");
    has(&section(&product), &["1 scenario renamed: `regression/gr-1 is now regression/gr-1b`\n"]);
}

#[test]
fn a_case_is_tagged_away() {
    let product = train();
    product.edit(GREETING, "\"smoke\"", "\"manual\", \"skip\", \"disabled\"");
    product.program("broken/bin/greeter", &program("RU2").replace("echo hello", "echo hullo"));
    let signoff = signoff(product.commit(), &["--candidate", "broken"]).exits(1).json();
    against(&signoff, "clean", "failed regressed: suite/greeting");
}

#[test]
fn a_case_is_bound_to_older_releases() {
    let product = train();
    product.edit(GREETING, "tags", "applies = { until = \"RU1\" }\ntags");
    let signoff = held(&product);
    against(&signoff, "ledger", "`applies.until` without `superseded-by`");
    against(&signoff, "explained", "missing: suite/greeting");
}

#[test]
fn a_paired_case_is_bound_to_older_releases_by_an_invented_change() {
    let product = train();
    product.put("defects/GR-9.toml", &defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\""));
    product.edit(SUM, "defects =", "applies = { until = \"RU1\" }\nsuperseded-by = \"GR-9\"\ndefects =");
    against(&held(&product), "cumulative", "GR-1: no paired scenario is green");
    has(&section(&product), &["- `regression/gr-1`: 1 scenario ended by a recorded change: `regression/gr-1`\n"]);
}

#[test]
fn a_case_of_the_suite_is_ended_by_an_invented_change() {
    let product = train();
    product.put("defects/GR-9.toml", &defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\""));
    product.edit(GREETING, "tags", "applies = { until = \"RU1\" }\nsuperseded-by = \"GR-9\"\ntags");
    has(&shown(&product), &["- `suite/greeting`: 1 scenario ended by a recorded change: `suite/greeting`\n"]);
}

#[test]
fn a_paired_case_is_moved_to_another_defect() {
    let product = train();
    product.edit(SUM, "GR-1", "GR-2");
    let signoff = held(&product);
    against(&signoff, "ledger", "GR-1 is fixed but no case names it");
    against(&signoff, "proved", "GR-2: regression/gr-1 is green without the fix: it cannot tell the defect");
    has(&section(&product), &["| defect `GR-1` | fixed in RU1; 1 scenario ("]);
}

#[test]
fn one_of_several_paired_cases_is_unpaired() {
    let product = train();
    product.put("testcases/suite/sum.toml", &case("sum", r#"{ stdout = "4\n" }"#, "defects = [\"GR-1\"]"));
    product.fixgate(&["prove", "GR-1", "--quiet"]).exits(0);
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    product.edit("testcases/suite/sum.toml", "defects = [\"GR-1\"]", "");
    product.fixgate(&["prove", "GR-1", "--quiet"]).exits(0);
    has(&shown(&product), &["| defect `GR-1` | fixed in RU1; 2 scenarios (", "| **fixed in RU1; 1 scenario ("]);
}

#[test]
fn no_test_is_left() {
    let product = train();
    fs::remove_dir_all(product.path("testcases")).unwrap();
    signoff(&product, &[]).exits(2).mentions(&["error: testcases/ holds no case", "nothing was run"]);
}

#[test]
fn only_canaries_are_left() {
    let product = train();
    fs::remove_dir_all(product.path("testcases/suite")).unwrap();
    fs::remove_dir_all(product.path("testcases/regression")).unwrap();
    signoff(&product, &[]).exits(2).mentions(&["error: there is nothing to judge but canaries"]);
}

#[test]
fn the_canary_is_removed() {
    let product = train();
    fs::remove_file(product.path(CANARY)).unwrap();
    let signoff = held(&product);
    against(&signoff, "canary", "there is no canary: nothing shows that failures are seen");
    against(&signoff, "explained", "missing: canary/blind");
}

#[test]
fn the_canary_is_bound_to_older_releases() {
    let product = train();
    product.put("defects/GR-9.toml", &defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\""));
    product.edit(CANARY, "[[step]]", "applies = { until = \"RU1\" }\nsuperseded-by = \"GR-9\"\n[[step]]");
    against(&held(&product), "canary", "canary/blind did not fail");
}

#[test]
fn the_canary_runs_a_program_that_is_missing() {
    let product = train();
    product.edit(CANARY, "\"${product}\"", "\"/no/such/program\"");
    let void = "void: the baseline cannot be judged: canary/blind: cannot start `/no/such/program`";
    signoff(product.commit(), &[]).exits(3).mentions(&[void]);
    assert!(!product.path("reports/RU2").exists());
}

#[test]
fn the_canary_fails_for_another_reason() {
    let product = train();
    product.edit(CANARY, "\"${product}\"", "\"/bin/false\"");
    has(&shown(&product), &["- `canary/blind`: 1 scenario defined otherwise: `canary/blind`\n"]);
}

#[test]
fn a_limit_of_time_is_lifted_from_a_case() {
    let product = train();
    product.edit(GREETING, "tags", "timeout = \"24h\"\ntags");
    has(&shown(&product), &["- `suite/greeting`: 1 scenario defined otherwise: `suite/greeting`\n"]);
}

#[test]
fn a_case_that_only_compares_applies_to_the_new_release_alone() {
    let product = train();
    product.edit("testcases/suite/list.toml", "[[step]]", "applies = { from = \"RU2\" }\n[[step]]");
    // The ledger says so of every such case; without that criterion, nothing said it.
    product.edit("fixgate.toml", "\"ledger\", ", "");
    product.edit("programs/RU2", "echo b; echo a", "echo anything");
    std::fs::remove_dir_all(product.path(".fixgate/builds")).unwrap();
    against(&held(&product), "explained", "suite/list states only what the baseline gives, and does not apply to the baseline");
}
