//! Less is asked of people than before: signers, roles, manual cases, days in use.

use std::fs;

use super::attestations::held;
use crate::attacks::train::{against, has};
use crate::common::keys::{MANAGER, attest, attest_days, attest_manual, product};
use crate::common::{Product, defect};

/// RU1 signed off and committed; RU2 with rules changed by `change`. Gives what the sign-off of RU2 says of them.
fn next(change: impl Fn(&Product)) -> String {
    let product = product();
    held(&product);
    product.release("RU2", Some("RU1"), "echo hello");
    change(&product);
    product.fixgate(&["signoff", "RU2", "--quiet"]).exits(1);
    crate::attacks::train::section(&product)
}

#[test]
fn a_signer_or_a_role_is_added() {
    let shown = next(|product| {
        let signers = product.read("allowed_signers") + &product.signer("eve@example.org", "");
        product.put("allowed_signers", &signers);
        product.edit("fixgate.toml", "[\"mara@example.org\"]", "[\"mara@example.org\", \"eve@example.org\"]");
    });
    has(&shown, &["| role `release-manager` | mara@example.org | **mara@example.org, eve@example.org** |\n"]);
    has(&shown, &["| signer `eve@example.org SHA256:", "` | none | **any namespace** |\n"]);
}

#[test]
fn a_key_is_exchanged() {
    let shown = next(|product| {
        let signers = product.read("allowed_signers");
        let (kept, _) = signers.rsplit_once("mara@example.org ").unwrap();
        let other = product.signer("other@example.org", "valid-before=\"29990101Z\"").replace("other@example.org", MANAGER);
        product.put("allowed_signers", &(kept.to_owned() + &other));
    });
    has(&shown, &["| signer `mara@example.org SHA256:", "` | any namespace | **none** |\n"]);
    has(&shown, &["` | none | **any namespace, until 2999-01-01T00:00:00Z** |\n"]);
}

#[test]
fn a_manual_case_is_emptied_or_deleted() {
    let shown = next(|product| {
        product.edit("testcases/manual/reading.toml", "you feel greeted", "anything");
    });
    has(&shown, &["| manual case `manual/reading` | 1 step (", ") | **1 step ("]);
    let shown = next(|product| fs::remove_file(product.path("testcases/manual/reading.toml")).unwrap());
    has(&shown, &["| manual case `manual/reading` | 1 step (", ") | **none** |\n"]);
}

#[test]
fn no_manual_case_is_left() {
    let product = product();
    fs::remove_file(product.path("testcases/manual/reading.toml")).unwrap();
    against(&held(&product), "manual", "no manual case applies: the criterion would hold of nothing");
}

#[test]
fn fewer_days_in_use_are_asked_for() {
    let shown = next(|product| {
        product.edit("fixgate.toml", "deployed-days = 7", "deployed-days = 1");
    });
    has(&shown, &["| limit `deployed-days` | 7 | **1** |\n"]);
}

#[test]
fn a_private_fix_is_taken_off_the_record() {
    let product = product();
    product.edit("fixgate.toml", "\"manual\", \"deployed\", \"signed\"", "\"validated\"");
    product.put("defects/GR-2.toml", &defect("status = \"private-fix\""));
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    product.release("RU2", Some("RU1"), "echo hello; test -z \"$2\"");
    product.put("defects/GR-2.toml", &crate::attacks::train::fixed("RU2"));
    product.put(
        "testcases/regression/gr-2.toml",
        &crate::attacks::train::case("greet", "{ stdout = \"hello\\n\" }", "defects = [\"GR-2\"]"),
    );
    let said = product.fixgate(&["signoff", "RU2", "--quiet", "--format", "json"]).exits(1).json();
    against(&said, "validated", "GR-2: it was a private fix at the sign-off of RU1, and none is recorded");
}

#[test]
fn a_build_is_exchanged_before_it_is_approved_or_signed() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    attest_manual(&product, "passed").exits(0);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    let program = ".fixgate/builds/RU1/bin/greeter";
    let honest = product.read(program);
    let exchange = || product.program(program, "echo anything\n");
    let named = ["ROOT/.fixgate/builds/RU1 is another build than the run `"];
    exchange();
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(3).mentions(&named);
    product.put(program, &honest);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    exchange();
    let sign = || product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]);
    sign().exits(3).mentions(&named);
    assert!(!product.path("reports/RU1/signoff.intoto.json").exists(), "nothing is signed");
    product.put(program, &honest);
    sign().exits(0);
}
