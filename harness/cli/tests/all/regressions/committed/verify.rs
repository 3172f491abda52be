//! Who verifies a sign-off has the newest tree, or a clone of it.

use std::fs;

use crate::common::keys::{MANAGER, attest, attest_days, attest_manual, product};
use crate::common::{GREETING, Product};

/// A product whose RU1 is signed off and sealed; the reports are committed, and the release has shipped since.
fn shipped() -> (Product, String) {
    let product = product();
    product.commit();
    let records = head(&product);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    attest_manual(&product, "passed").exits(0);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
    product.commit();
    product.edit("releases/RU1.toml", "version", "shipped = 2026-01-20\nversion");
    product.put("testcases/suite/later.toml", GREETING).commit();
    (product, records)
}

pub(super) fn head(product: &Product) -> String {
    let output = std::process::Command::new("git").args(["rev-parse", "HEAD"]).current_dir(product.path("")).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_later_commit_broke_verify() {
    let (product, _) = shipped();
    let said = product.fixgate(&["verify", "reports/RU1", "--candidate", "RU1"]).exits(0);
    said.mentions(&["ship: greeter RU1 (RU1.0)\n", ", decided again\n"]).complains("");
    // Another edit of the sign-off is still found, by the records of then.
    product.edit("reports/RU1/signoff.json", "\"decision\": \"ship\"", "\"decision\": \"hold\"");
    let said = product.fixgate(&["verify", "RU1"]).exits(1);
    said.mentions(&["signoff.json is not as it was signed", " gives\n"]).says_nothing_of(&["the records"]);
}

#[test]
fn an_auditor_with_a_clone_needed_another_tree() {
    let (product, records) = shipped();
    let clone = Product::nothing();
    let from = format!("file://{}", product.path("").display());
    clone.git(&["clone", "--quiet", &from, "."]);
    clone.fixgate(&["verify", "RU1"]).exits(0).mentions(&["ship: greeter RU1 (RU1.0)\n", ", not here\n"]).complains("");
    // A clone of the newest commit alone lacks the records, and is told what brings them.
    let shallow = Product::nothing();
    shallow.git(&["clone", "--quiet", "--depth", "1", &from, "."]);
    let lacking = format!(
        "error: the records of commit {records} that were signed off are not here: the commit is not in this clone\n\
         help: git -C ROOT fetch origin {records}\n"
    );
    shallow.fixgate(&["verify", "RU1"]).exits(1).complains(&lacking);
    shallow.git(&["-C", shallow.path("").to_str().unwrap(), "fetch", "--quiet", "origin", &records]);
    shallow.fixgate(&["verify", "RU1"]).exits(0).complains("");
}

#[test]
fn reports_at_a_path_were_looked_for_in_the_tree() {
    let (product, _) = shipped();
    let elsewhere = Product::nothing();
    let copied = std::process::Command::new("cp").arg("-a").arg(product.path("reports/RU1")).arg(elsewhere.path("sent")).status();
    assert!(copied.unwrap().success());
    let sent = elsewhere.path("sent");
    fs::remove_dir_all(product.path("reports")).unwrap();
    product.fixgate(&["verify", sent.to_str().unwrap()]).exits(0).mentions(&["ship: greeter RU1 (RU1.0)\n"]).complains("");
    elsewhere.edit("sent/signoff.md", "mara", "nora");
    let said = product.fixgate(&["verify", sent.to_str().unwrap()]).exits(1);
    said.complains("error: signoff.md is not as it was signed\n");
}

#[test]
fn a_signer_who_is_none_any_more_is_refused_though_the_records_of_then_name_them() {
    let (product, _) = shipped();
    product.edit("fixgate.toml", "release-manager = [\"mara@example.org\"]", "release-manager = []").commit();
    product.fixgate(&["verify", "RU1"]).exits(1).mentions(&["mara@example.org does not hold the role release-manager"]);
}
