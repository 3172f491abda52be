//! Earlier sign-offs that only the history of the records has, and a history that is not all there.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::attacks::train::{GREETING, against, case, has, program, shown, signoff, train};
use crate::common::Product;

/// RU2 ships, and is signed off once more on a build that fails. What it had is gone by then.
#[test]
fn a_release_that_shipped_is_signed_off_again_as_a_hold() {
    let product = train();
    product.release("RU3", Some("RU2"), &program("RU3")).program("broken/bin/greeter", "exit 1");
    product.put("testcases/suite/third.toml", &case("greet", "{ stdout = \"hello\\n\" }", ""));
    signoff(product.commit(), &[]).exits(0);
    product.commit();
    fs::remove_file(product.path("testcases/suite/third.toml")).unwrap();
    signoff(product.commit(), &["--candidate", "broken"]).exits(1);
    let held = product.commit().fixgate(&["signoff", "RU3", "--quiet", "--format", "json"]).exits(1).json();
    against(&held, "explained", "missing: suite/third");
    let page = product.read("reports/RU3/signoff.md");
    has(&page, &["**The sign-off of RU2 on 2", " was deleted.** It is read from the history, and compared, too"]);
}

/// The decision, the rules and the plan are another sign-off's, and the run that is named is the old one.
#[test]
fn a_sign_off_is_exchanged_and_names_the_run_of_the_one_before() {
    let product = train();
    let path = "reports/RU1/signoff.json";
    let read = || serde_json::from_str::<Value>(&product.read(path)).unwrap();
    let old = read();
    product.edit(GREETING, "\"hello\\n\"", "{ regex = \".\" }");
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    let new = read();
    for key in ["run", "journal"] {
        product.edit(path, new[key].as_str().unwrap(), old[key].as_str().unwrap());
    }
    let shown = shown(&product);
    has(&shown, &["**RU1 was signed off again after its sign-off of 2", "- `suite/greeting`: 1 scenario defined otherwise"]);
}

/// A train whose last sign-off is deleted, together with a case.
fn without_the_last() -> Product {
    let product = train();
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    fs::remove_file(product.path("testcases/suite/second.toml")).unwrap();
    product.commit();
    product
}

#[test]
fn the_last_sign_off_is_deleted_and_the_clone_has_only_the_newest_commits() {
    let product = without_the_last();
    let (from, clone) = (format!("file://{}", product.path("").display()), product.home("clone"));
    product.git(&["clone", "--quiet", "--depth", "1", &from, clone.to_str().unwrap()]);
    let said = product.fixgate(&["-C", clone.to_str().unwrap(), "signoff", "RU2", "--quiet"]);
    said.exits(2).mentions(&["has only a part of the history", "git fetch --unshallow"]);
}

#[test]
fn the_last_sign_off_is_deleted_and_the_clone_lacks_its_files() {
    let product = without_the_last();
    let of = ["rev-parse", "HEAD~1:reports/RU1/signoff.json"];
    let output = Command::new("git").args(of).current_dir(product.path("")).output().unwrap();
    let id = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    fs::remove_file(product.path(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    signoff(&product, &[]).exits(3).mentions(&["lacks", &id, "git fetch --refetch"]);
}
