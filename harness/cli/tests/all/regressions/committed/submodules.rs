//! Records and cases that are a submodule's.

use std::fs;
use std::process::Command;

use super::{committed, differing, signoff};
use crate::common::{GREETING, Product};

const PACK: &str = "owner = \"A\"\ncontact = \"a@example.org\"\nproduct = \"P\"\nrequired = true\n";
const LOOSE: (&str, &str) = ("\"hello\\n\"", "{ regex = \".\" }");

/// A product whose required pack is a submodule.
fn partnered() -> (Product, Product) {
    let partner = Product::nothing();
    partner.put("pack.toml", PACK).put("greets.toml", GREETING).commit();
    let product = committed();
    let from = partner.path("");
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from.to_str().unwrap(), "testcases/packs/acme"];
    product.git(&add).commit();
    (product, partner)
}

#[test]
fn an_uncommitted_edit_of_a_required_pack_in_a_submodule_shipped() {
    for ignore in ["none", "all"] {
        let (product, _partner) = partnered();
        product.git(&["config", "submodule.testcases/packs/acme.ignore", ignore]);
        signoff(&product).exits(0);
        product.edit("testcases/packs/acme/greets.toml", LOOSE.0, LOOSE.1);
        differing(&product, &["testcases/packs/acme/greets.toml differs from the commit's"]);
        // Committed in the submodule alone, it is still not what the product's commit means.
        Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--all", "--message", "loose"])
            .current_dir(product.path("testcases/packs/acme"))
            .status()
            .unwrap();
        differing(&product, &["testcases/packs/acme/greets.toml differs from the commit's"]);
        product.git(&["add", "testcases/packs/acme"]).git(&["commit", "--quiet", "--message", "now it does"]);
        signoff(&product).exits(0);
    }
}

#[test]
fn a_clone_without_its_submodules_had_no_required_packs_and_shipped() {
    let (product, _partner) = partnered();
    let clone = Product::nothing();
    clone.git(&["clone", "--quiet", product.path("").to_str().unwrap(), "."]);
    let absent = "testcases/packs/acme is a submodule whose commit is not here: \
                  `git submodule update --init --recursive` brings it";
    differing(&clone, &[absent]);
    // Where not even the empty directory is left.
    fs::remove_dir_all(clone.path("testcases/packs")).unwrap();
    differing(&clone, &[absent]);
    clone.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive"]);
    signoff(&clone).exits(0);
}

#[test]
fn a_submodule_at_another_commit_than_is_meant_is_told_file_by_file() {
    let (product, partner) = partnered();
    partner.edit("greets.toml", LOOSE.0, LOOSE.1).commit();
    let newest = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--remote"];
    product.git(&newest);
    differing(&product, &["testcases/packs/acme/greets.toml differs from the commit's"]);
}

#[test]
fn a_repository_within_the_records_that_is_no_submodule_is_in_no_commit() {
    let product = committed();
    product.put("testcases/suite/inner/one.toml", GREETING);
    for arguments in [&["init", "--quiet"][..], &["add", "--all"]] {
        Command::new("git").args(arguments).current_dir(product.path("testcases/suite/inner")).status().unwrap();
    }
    differing(&product, &["testcases/suite/inner/one.toml is not in the commit"]);
}

#[test]
fn submodules_of_submodules_are_read_too() {
    let (product, partner) = partnered();
    let inner = Product::nothing();
    inner.put("deep.toml", GREETING).commit();
    let from = inner.path("");
    partner.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from.to_str().unwrap(), "inner"]).commit();
    product.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--remote"]);
    product.git(&["add", "testcases"]).git(&["commit", "--quiet", "--message", "with what is in it"]);
    let absent = "testcases/packs/acme/inner is a submodule whose commit is not here: \
                  `git submodule update --init --recursive` brings it";
    differing(&product, &[absent]);
    product.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive"]);
    signoff(&product).exits(0);
    product.edit("testcases/packs/acme/inner/deep.toml", LOOSE.0, LOOSE.1);
    differing(&product, &["testcases/packs/acme/inner/deep.toml differs from the commit's"]);
}
