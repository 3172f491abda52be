//! Loosening the rules: criteria, limits, recipes, pins, the baseline. What a team may change is shown; what it may not holds.

use std::fs;

use crate::attacks::train::{against, has, held, program, section, shown, signoff, train};

const TOML: &str = "fixgate.toml";

#[test]
fn a_criterion_is_taken_out() {
    let product = train();
    product.edit(TOML, "\"clean\", ", "");
    has(
        &shown(&product),
        &[
            "| criterion `clean` | required | **none** |\n",
            "Criteria that are not required: clean, cadence, manual, imported, validated, deployed, signed.\n",
        ],
    );
    has(&product.read("reports/RU2/signoff.json"), &["\"not-required\": [\n      \"clean\",\n      \"cadence\","]);
}

#[test]
fn all_criteria_are_taken_out() {
    let product = train();
    let text = product.read(TOML);
    let (start, rest) = text.split_once("criteria = [").unwrap();
    let (_, end) = rest.split_once(']').unwrap();
    product.put(TOML, &format!("{start}criteria = []{end}"));
    signoff(&product, &[]).exits(2).mentions(&["a gate without criteria would let anything ship"]);
}

#[test]
fn fewer_scenarios_are_asked_for() {
    let product = train();
    product.edit(TOML, "min-scenarios = 1", "min-scenarios = 0");
    has(&shown(&product), &["| limit `min-scenarios` | 1 | **0** |\n"]);
}

#[test]
fn isolation_is_given_up() {
    let product = train();
    product.unconfined();
    has(&shown(&product), &["| limit `isolation` | strict | **process** |\n"]);
}

#[test]
fn programs_are_granted_what_they_could_leave_notes_in() {
    let product = train();
    product.edit(TOML, "[run]", "[run]\ngrants = { write = [\"/var/tmp\"] }").own();
    has(&shown(&product), &["| limit `grants` | none | **write /var/tmp** |\n"]);
}

/// RU2 has lost the reading of a file, which shows only where it may be read.
#[test]
fn what_a_baseline_did_without_a_grant_is_kept_for_a_run_with_it() {
    let product = train();
    let data = product.put("data", "read\n").path("data");
    let list = |list: &str, release| format!("#!/bin/sh\n{}", program(release).replace("echo b; echo a", list));
    product.put("programs/RU1", &list(&format!("cat {data:?} 2>/dev/null || echo none"), "RU1"));
    product.put("programs/RU2", &list("echo none", "RU2"));
    fs::remove_dir_all(product.path(".fixgate")).unwrap();
    shown(&product);
    product.edit(TOML, "[run]", &format!("[run]\ngrants = {{ read = [{data:?}] }}")).own();
    against(&held(&product), "explained", "failed unexplained: suite/list");
}

#[test]
fn more_flakiness_is_allowed() {
    let product = train();
    product.edit(TOML, "min-scenarios", "max-flaky = 100\nmin-scenarios");
    has(&shown(&product), &["| limit `max-flaky` | 0 | **100** |\n"]);
}

#[test]
fn retries_are_raised_until_a_failure_is_green() {
    let product = train();
    product.unconfined();
    let mark = product.path("mark");
    // It passes every other time.
    let flaky =
        format!("if [ \"$1\" = greet ]; then if rm {mark:?} 2>/dev/null; then echo hello; exit; fi; : >{mark:?}; exit 1; fi");
    product.program("flaky/bin/greeter", &format!("{flaky}\n{}", program("RU2")));
    product.edit(TOML, "[run]", "[run]\nretries = 9");
    let signoff = signoff(product.commit(), &["--jobs", "1", "--candidate", "flaky"]).exits(1).json();
    against(&signoff, "flaky", "suite/");
    has(&section(&product), &["| limit `retries` | 0 | **9** |\n"]);
}

#[test]
fn limits_of_time_and_output_are_raised() {
    let product = train();
    product.edit(TOML, "timeout = \"10s\"", "timeout = \"1h\"\noutput-limit = \"1GiB\"");
    has(
        &shown(&product),
        &["| limit `output-limit` | 8388608 bytes | **1073741824 bytes** |\n", "| limit `timeout` | 10 s | **3600 s** |\n"],
    );
}

#[test]
fn another_program_is_tested() {
    let product = train();
    for release in ["RU1", "RU2"] {
        let path = format!("releases/{release}.toml");
        product.edit(&path, "\"install\", \"-D\", \"programs/", "\"sh\", \"make.sh\", \"programs/");
    }
    product.program("other", &program("RU2")).put("make.sh", "install -D $1 $2; install other ${2%/*}/other\n");
    product.edit(TOML, "bin/greeter", "bin/other");
    // It has the fixes of every release, so that none is red without its own.
    against(&held(&product), "proved", "GR-2: regression/gr-2 is green without the fix");
    has(&section(&product), &["| product `program` | bin/greeter | **bin/other** |\n"]);
}

#[test]
fn the_recipe_of_a_shipped_release_is_changed() {
    let product = train();
    product.edit("releases/RTM.toml", "\"install\", \"-D\"", "\"install\", \"-D\", \"-p\"");
    has(&shown(&product), &["| release `RTM` | install -D programs/RTM $"]);
}

#[test]
fn the_build_of_a_shipped_release_is_another_than_was_signed_off() {
    let product = train();
    product.put("programs/RU1", &format!("#!/bin/sh\n# worse\n{}", program("RU1")));
    fs::remove_dir_all(product.path(".fixgate")).unwrap();
    has(&shown(&product), &["| build `RU1` | sha256:"]);
}

#[test]
fn a_shipped_release_is_pinned_to_another_build() {
    let product = train();
    let pin = format!("digest = \"sha256:{}\"\n", "0".repeat(64));
    let release = product.read("releases/RU1.toml");
    product.put("releases/RU1.toml", &(release + &pin));
    signoff(product.commit(), &[]).exits(3).mentions(&["void: the build of RU1 is sha256:", "but its record pins sha256:0000"]);
}

#[test]
fn an_older_baseline_is_taken() {
    let product = train();
    signoff(&product, &["--baseline", "RTM"]).exits(0);
    has(&section(&product), &["| baseline `RU2` | RU1 | **RTM** |\n"]);
}

#[test]
fn the_candidate_is_its_own_baseline() {
    let product = train();
    let broken = program("RU2").replace("echo b; echo a", "echo wrong");
    product.program("broken/bin/greeter", &broken);
    let own = signoff(&product, &["--candidate", "broken", "--baseline", "broken"]).exits(1).json();
    against(&own, "explained", "the baseline broken does not come before the candidate in the train");
    has(&section(&product), &["| baseline `RU2` | RU1 | **broken** |\n"]);
    let held = signoff(&product, &["--candidate", "broken"]).exits(1).json();
    against(&held, "explained", "failed unexplained: suite/list");
}

#[test]
fn a_release_is_the_build_of_the_one_before_it() {
    let product = train();
    product.edit("releases/RU2.toml", "programs/RU2", "programs/RU1");
    let held = signoff(&product, &[]).exits(1).json();
    against(&held, "explained", "the candidate is the very build of RU1, so that every comparison is of a build with itself");
    // A record that says so of another build is no way past it either.
    product.edit("releases/RU2.toml", "programs/RU1", "programs/RU2");
    product.edit("releases/RU2.toml", "[build]", "unchanged = \"it is only shipped again\"\n[build]");
    let held = signoff(&product, &[]).exits(1).json();
    against(&held, "explained", "the release's record says `unchanged`, and the candidate is another build than that of RU1");
}

#[test]
fn a_pack_is_required_no_more() {
    let product = train();
    let pack = "owner = \"A\"\ncontact = \"a@example.org\"\nproduct = \"P\"\nrequired = true\n";
    let path = "testcases/packs/acme/pack.toml";
    product.put(path, pack).put("testcases/packs/acme/one.toml", &product.read(crate::attacks::train::GREETING));
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    product.edit(path, "true", "false");
    has(&shown(&product), &["| pack `acme` | required, A's | **not required, A's** |\n"]);
    fs::remove_dir_all(product.path("testcases/packs")).unwrap();
    against(&held(&product), "explained", "missing: packs/acme/one");
}
