//! What people do with the train, on the real product of this repository: a tester with ripgrep 14.1.1 as a private fix over 14.1.0,
//! and of a question which release broke a scenario. The builds are obtained by their recipes, from the crates registry, and kept like
//! RU9 for the pairs.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use crate::common::Product;
use crate::common::keys::{CUSTOMER, MANAGER, OPERATOR, ROLES, TESTER, attest};
use serde_json::json;

const RELEASES: [&str; 4] = ["RU6", "RU7", "RU8", "RU9"];

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// This repository, where the releases have been built.
static ROOT: LazyLock<&Path> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    run(Command::new(env!("CARGO_BIN_EXE_fixgate")).arg("-C").arg(root).arg("build").args(RELEASES));
    root
});

/// This repository's test product in a directory of its own, with its builds.
fn ripgrep() -> Product {
    let product = Product::nothing();
    run(Command::new("git").args(["clone", "--quiet"]).arg(*ROOT).arg(product.path("")));
    for release in RELEASES {
        // A build belongs to the place where it was made, so that here it is made by a copy.
        let path = format!("releases/{release}.toml");
        let record = product.read(&path);
        let (head, _) = record.split_once("recipe").unwrap();
        let made = product.path(".fixgate/made");
        fs::create_dir_all(&made).unwrap();
        run(Command::new("cp").arg("-a").arg(ROOT.join(".fixgate/builds").join(release)).arg(made));
        let recipe = json!(["cp", "-a", format!(".fixgate/made/{release}/."), "${out}"]);
        product.put(&path, &format!("{head}recipe = {recipe}\n"));
    }
    product.fixgate(&[&["build"], &RELEASES[..]].concat()).exits(0);
    product
}

#[test]
fn a_private_fix_of_ripgrep_lives_from_coded_to_superseded() {
    let product = ripgrep();
    run(Command::new("cp").arg("-a").arg(product.path(".fixgate/builds/RU7")).arg(product.path("private")));
    let advance = |to: &str| product.fixgate(&["private-fix", "advance", "PF-17", "--to", to]);
    let about = ["--defect", "RG-2884", "--customer", "Example Ltd", "--base", "RU6", "--candidate", "private"];
    product.fixgate(&[&["private-fix", "new", "PF-17", "--deadline", "2999-12-31"], &about[..]].concat()).exits(0);

    let without = product.fixgate(&["validate", "RG-2884", "--candidate", ".fixgate/builds/RU6", "--base", "RU6", "--quiet"]);
    without.exits(2).mentions(&["error: the candidate and its base, RU6, are the same build: it fixes nothing\n"]);
    let validation = product.fixgate(&["validate", "RG-2884", "--candidate", "private", "--quiet", "--format", "json"]).exits(0);
    assert_eq!(validation.json()["outcome"], "passed");
    advance("delivered").exits(0);
    advance("accepted").exits(0);
    advance("checked-in").exits(1).mentions(&["RG-2884: no tester has attested it", "RG-2884: no customer has attested it"]);

    product
        .edit("fixgate.toml", "[gate]", &format!("{}\n[gate]", ROLES.trim_start()))
        .signers(&[TESTER, CUSTOMER, OPERATOR, MANAGER]);
    for (role, person) in [("tester", TESTER), ("customer", CUSTOMER)] {
        attest(&product, person, &[role, "RG-2884", "--candidate", "private"]).exits(0);
    }
    advance("checked-in").exits(0);
    advance("superseded").exits(0);
    product.fixgate(&["check"]).exits(0).complains("");
    // The same bits were the private fix first and the release later.
    let identity = "RTM+RU7 (14.1.1)\n\
                    private fix PF-17: RTM+RU6 with RG-2884, for Example Ltd; superseded by RTM+RU7 (14.1.1)\n";
    assert_eq!(product.fixgate(&["identify", "private"]).exits(0).stdout, identity);
}

/// A finding of the sign-off of RU8, by the scenario that shows it; RU9 has it still.
#[test]
fn a_regression_of_ripgrep_is_found_along_its_train() {
    let product = ripgrep();
    let scenario = "suite/multiline/inverted@dotall=off,output=first,pattern=two-lines";
    let ask = ["attribute", scenario, "--baseline", "RU6", "--candidate", "RU9", "--format", "json"];
    let said = product.fixgate(&ask).exits(0).json();
    let found = &said["scenarios"][0];
    assert_eq!((&found["answer"]["good"], &found["answer"]["bad"]), (&json!("RU7"), &json!("RU8")), "{found:#}");
    let probes = found["probes"].as_array().unwrap();
    let probes: Vec<_> = probes.iter().map(|probe| (&probe["content"]["build"], &probe["mark"])).collect();
    let marks = [("RU9", "bad"), ("RU6", "good"), ("RU7", "good"), ("RU8", "bad")];
    assert_eq!(format!("{probes:?}"), format!("{:?}", marks.map(|(build, mark)| (json!(build), json!(mark)))));
}
