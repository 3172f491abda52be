//! What is edited between a run and its signature.

use super::verify::head;
use crate::common::keys::{MANAGER, attest, attest_days, attest_manual, product};
use crate::common::{GREETING, Product};

/// A product whose RU1 is signed off and lacks the approval alone; gives the commit of its records.
fn to_be_approved() -> (Product, String) {
    let product = product();
    product.commit();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    attest_manual(&product, "passed").exits(0);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    let commit = head(&product);
    (product, commit)
}

#[test]
fn a_corrected_title_made_a_sign_off_void() {
    let (product, _) = to_be_approved();
    product.edit("defects/GR-1.toml", "it does not", "it did not");
    product.put("testcases/suite/greeting.toml", &format!("# It does.\n{}", product.read("testcases/suite/greeting.toml")));
    product.commit();
    let said = attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    let run = product.runs().remove(0);
    said.mentions(&[&format!("only titles, comments or sources were changed since the run {run}: its own records decide\n")]);
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0).mentions(&["SHIP: greeter RU1 (RU1.0)\n"]);
    product.commit();
    product.fixgate(&["verify", "RU1"]).exits(0).mentions(&[", decided again\n"]).complains("");
    product.fixgate(&["gate", &run, "--release", "RU1"]).exits(0);
}

#[test]
fn the_edit_that_made_a_run_void_had_no_name() {
    let (product, commit) = to_be_approved();
    let run = product.runs().remove(0);
    product.edit("fixgate.toml", "deployed-days = 7", "deployed-days = 1");
    product.edit("defects/GR-1.toml", "it does not", "it did not");
    product.put("testcases/suite/new.toml", GREETING);
    let help = format!(
        "error: the run {run} is void: fixgate.toml, testcases/suite/new.toml changed since\n\
         help: go on from its commit, on a branch of the release, and merge that later: git switch --create NAME {commit}\n"
    );
    let gate = |product: &Product| product.fixgate(&["gate", &run, "--release", "RU1"]);
    gate(&product).exits(3).mentions(&[&help]);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(3).mentions(&[&help]);
    // The overview advises no statement about a run that is void by this.
    let why = "fixgate.toml, testcases/suite/new.toml changed since RU1 was signed off: its run is no answer any more";
    let status = product.fixgate(&[]).exits(0);
    status
        .mentions(&[why, &format!("\n    git switch --create release-RU1 {commit}\n"), "\n    fixgate signoff RU1\n"])
        .says_nothing_of(&["fixgate attest"]);
    // The way that is given is one.
    product.put(".gitignore", "/.fixgate\n/reports/\n/attestations/\n");
    product.git(&["stash", "--quiet"]).git(&["clean", "--quiet", "--force", "testcases"]);
    product.git(&["switch", "--quiet", "--create", "release-RU1", &commit]);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
}
