//! Failures of the system that were taken for "no".

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::Product;

/// Puts a link in a file's place that leads to itself: the system tells nothing of what is there.
fn cannot_be_looked_at(product: &Product, path: &str) {
    let path = product.path(path);
    let _ = fs::remove_file(&path);
    symlink(path.file_name().unwrap(), &path).unwrap();
}

#[test]
fn a_run_that_could_not_be_looked_at_was_no_run() {
    let product = Product::new();
    product.fixgate(&["run", "--candidate", "RTM", "--quiet"]).exits(0);
    let run = product.runs().remove(0);
    fs::rename(product.path("reports/runs"), product.path("elsewhere")).unwrap();
    symlink(product.path("elsewhere"), product.path("reports/runs")).unwrap();
    let said = product.fixgate(&["report", &run, "--format", "json"]).exits(3);
    said.mentions(&["cannot be looked at: ", "reports/runs is a symbolic link"]).says_nothing_of(&["there is no run"]);
}

#[test]
fn a_project_that_could_not_be_looked_at_was_that_of_the_directory_above() {
    let product = Product::new();
    product.put("inner/.keep", "");
    cannot_be_looked_at(&product, "inner/fixgate.toml");
    let said = product.fixgate(&["-C", "inner", "check"]).exits(2);
    said.mentions(&["fixgate.toml"]).says_nothing_of(&["all is well"]);
}

#[test]
fn a_sign_off_that_could_not_be_read_said_nothing_of_its_build() {
    let product = Product::new();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    product.put("reports/RTM/signoff.json", "{}\n");
    product.program("field/bin/greeter", "echo another");
    let said = product.fixgate(&["identify", "field"]).exits(2);
    said.mentions(&["reports/RTM/ is not as it was written: ", "restore it from version control"]);
}

#[test]
fn a_build_whose_document_could_not_be_read_was_made_again() {
    let product = Product::new();
    product.fixgate(&["build", "RTM"]).exits(0);
    cannot_be_looked_at(&product, ".fixgate/builds/RTM.json");
    let said = product.fixgate(&["run", "--candidate", "RTM"]).exits(3);
    said.mentions(&["builds/RTM.json", "symbolic link"]);
}
