//! Suites that are run elsewhere: from their imported results to the gate.

use crate::attacks::train::{against, has};
use crate::common::keys::{MANAGER, attest};
use crate::common::{CRITERIA, Product, Said, criterion, defect, project};

/// The system that runs suites.
pub(crate) const CI: &str = "ci@example.org";
/// Another system that may attest.
pub(crate) const OTHER_CI: &str = "nightly@example.org";

const GREEN: &str = "<testsuites><testsuite name='pytest'><testcase classname='a' name='b'/><testcase classname='a' name='c'/>\
    <testcase classname='a' name='d'><skipped/></testcase></testsuite></testsuites>";

/// A product whose RU1 may ship once its suite `unit` is green on it.
pub(crate) fn product() -> Product {
    let product = Product::of(&[("RTM", "echo hallo"), ("RU1", "echo hello")]);
    let criteria = CRITERIA.replace(']', ", \"imported\"]");
    let roles = format!("[roles]\nci = [\"{CI}\", \"{OTHER_CI}\"]\nrelease-manager = [\"{MANAGER}\"]\n");
    let import = "[import]\nunit = { producer = \"pytest\", min-tests = 2 }\n";
    product.put("fixgate.toml", &(project(&criteria) + &roles + import));
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.edit("testcases/suite/greeting.toml", "tags", "defects = [\"GR-1\"]\ntags");
    product.put("testcases/suite/runs.toml", crate::common::RUNS);
    product.signers(&[CI, OTHER_CI, MANAGER]);
    product.fixgate(&["prove", "--quiet"]).exits(0);
    product
}

/// Imports results for a build, written by this producer; gives the run.
pub(crate) fn import(product: &Product, results: &str, candidate: &str, producer: &str) -> String {
    product.put("results.xml", results);
    let said = product.fixgate(&[
        "import",
        "junit",
        "results.xml",
        "--candidate",
        candidate,
        "--producer",
        producer,
        "--format",
        "json",
    ]);
    said.json()["run"].as_str().unwrap().to_owned()
}

/// Imports results of pytest for RU1, and attests them.
pub(crate) fn imported(product: &Product, system: &str, results: &str) -> Said {
    let run = import(product, results, "RU1", "pytest");
    attest(product, system, &["ci", "unit", "--run", &run])
}

/// Signs RU1 off.
pub(crate) fn signoff(product: &Product) -> Said {
    signoff_of(product, "RU1")
}

pub(crate) fn signoff_of(product: &Product, release: &str) -> Said {
    product.fixgate(&["signoff", release, "--quiet", "--format", "json"])
}

#[test]
fn a_sign_off_waits_for_the_results_of_a_suite() {
    let product = product();
    let held = signoff(&product).exits(1).json();
    against(&held, "imported", "unit: no ci has attested its results on this build");
    let status = product.fixgate(&["status", "--format", "json"]).exits(0).json();
    assert_eq!(status["actions"][0]["command"], "fixgate attest ci unit --run RUN");

    imported(&product, CI, GREEN).exits(0).mentions(&["attestations/ci-unit-", "unit: 2 passed, 1 skipped"]);
    let run = held["run"].as_str().unwrap();
    let ships = product.fixgate(&["gate", run, "--release", "RU1", "--format", "json"]).exits(0).json();
    let found = criterion(&ships, "imported");
    assert_eq!(found["state"], "satisfied");
    assert_eq!(found["summary"], "1 of 1 suite green on this build: unit 2 passed, 1 skipped, says ci@example.org");
    signoff(&product).exits(0);
    has(&product.read("reports/RU1/signoff.md"), &["| imported | satisfied |", "unit: 2 passed, 1 skipped"]);
}

#[test]
fn what_failed_is_attested_like_anything_else_and_holds() {
    let product = product();
    let results = GREEN.replace("<skipped/>", "<failure message='no'/>");
    imported(&product, CI, &results).exits(0).mentions(&["unit: 2 passed, 1 failed"]);
    let held = signoff(&product).exits(1).json();
    against(&held, "imported", "ci@example.org saw 2 passed, 1 failed (ci-unit-");
    // The same system can have run it again.
    imported(&product, CI, GREEN).exits(0);
    signoff(&product).exits(0);
}

#[test]
fn what_is_no_result_of_the_suite_is_not_attested() {
    let product = product();
    let run = import(&product, GREEN, "RU1", "pytest");
    let other = import(&product, GREEN, "RU1", "surefire");
    attest(&product, CI, &["ci", "units", "--run", &run]).exits(2).mentions(&["`units` is no suite of [import]", "`unit`"]);
    attest(&product, CI, &["ci", "unit", "--run", &other])
        .exits(2)
        .mentions(&["`unit` is a suite of pytest, and results.xml was written by surefire"]);
    attest(&product, MANAGER, &["ci", "unit", "--run", &run]).exits(2).mentions(&["ci"]);
    product.fixgate(&["run", "--candidate", "RU1", "--quiet"]);
    let own = product.runs().pop().unwrap();
    attest(&product, CI, &["ci", "unit", "--run", &own]).exits(2).mentions(&["was not imported"]);
    attest(&product, CI, &["ci", "unit", "--run", "no-run"]).exits(2);
}

#[test]
fn a_suite_that_no_criterion_asks_for_is_an_error() {
    let product = product();
    product.edit("fixgate.toml", ", \"imported\"", "");
    product.fixgate(&["check"]).exits(2).mentions(&[
        "fixgate.toml:",
        "`imported` is no criterion",
        "add \"imported\" to `criteria`",
    ]);
    let product = self::product();
    for (bad, why) in [
        ("unit = { producer = \"pytset\" }", "pytest"),
        ("unit = { producer = \"pytest\", min-test = 2 }", "min-test"),
        ("unit = { producer = \"pytest\", min-tests = -1 }", "min-tests"),
        ("unit = \"pytest\"", "a suite: { producer, min-tests }"),
        ("\"a b\" = { producer = \"pytest\" }", "a suite's name"),
        ("unit = {}", "`producer` is missing"),
    ] {
        let broken = product.copy();
        broken.edit("fixgate.toml", "unit = { producer = \"pytest\", min-tests = 2 }", bad);
        broken.fixgate(&["check"]).exits(2).mentions(&["fixgate.toml:", why]);
    }
    product.edit("fixgate.toml", "unit = { producer = \"pytest\", min-tests = 2 }", "");
    against(&signoff(&product).exits(1).json(), "imported", "fixgate.toml names no suite under [import]");
}
