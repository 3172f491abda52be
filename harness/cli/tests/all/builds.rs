//! What `fixgate build` promises of recipes: each runs once, and one that fails leaves nothing but what it said.

use std::fs;
use std::process::Stdio;

use crate::common::{Product, wait_until};

/// A product whose release is made by this shell script.
fn made_by(script: &str) -> Product {
    let product = Product::new();
    put(&product, "RTM", script);
    product
}

fn put(product: &Product, release: &str, script: &str) {
    let quoted = serde_json::to_string(script).unwrap();
    product
        .put(&format!("releases/{release}.toml"), &format!("version = \"1\"\n[build]\nrecipe = [\"sh\", \"-ec\", {quoted}]\n"));
}

const GREETER: &str = "mkdir ${out}/bin; printf '#!/bin/sh\\n' >${out}/bin/greeter; chmod +x ${out}/bin/greeter;";

#[test]
fn a_recipe_runs_once() {
    let product = made_by(&format!("echo run >>.fixgate/target/count; {GREETER}"));
    product.fixgate(&["build", "RTM"]).exits(0).complains("building RTM …\n");
    product.fixgate(&["build", "RTM"]).exits(0).complains("");
    assert_eq!(product.read(".fixgate/target/count"), "run\n");
    let mut names: Vec<_> =
        fs::read_dir(product.path(".fixgate/builds")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["RTM", "RTM.json", "RTM.lock", "RTM.log"]);
}

#[test]
fn two_at_once_share_one_build() {
    let product = made_by(&format!("echo run >>.fixgate/target/count; while ! test -e goes-on; do sleep 0.01; done; {GREETER}"));
    let start = || product.command(&["build", "RTM"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let first = start();
    wait_until("the recipe runs", || product.path(".fixgate/target/count").exists());
    let notes = fs::File::create(product.path("said")).unwrap();
    let second = product.command(&["build", "RTM"]).stdout(Stdio::piped()).stderr(notes).spawn().unwrap();
    wait_until("the second waits", || product.read("said") == "waiting for RTM, which another process works with …\n");
    product.put("goes-on", "");
    let said = [first, second].map(|child| product.said(&child.wait_with_output().unwrap()).exits(0).stdout);
    assert_eq!(said[0], said[1]);
    assert_eq!(product.read(".fixgate/target/count"), "run\n");
}

#[test]
fn a_failed_recipe_shows_its_last_words_and_leaves_no_build() {
    let product = made_by("seq 1 5000; touch ${out}/half; echo 'no linker' >&2; exit 9");
    let said = product.fixgate(&["build", "RTM"]).exits(3).stderr;
    assert!(said.contains("recipe of build `RTM` failed (exit status: 9)") && said.ends_with("5000\nno linker\n"), "{said}");
    assert!(said.len() < 6000, "a tail is short");
    assert!(!product.path(".fixgate/builds/RTM").exists());
    // The next attempt starts afresh.
    put(&product, "RTM", &format!("test ! -e ${{out}}/half; {GREETER}"));
    product.fixgate(&["build", "RTM"]).exits(0);
}

#[test]
fn a_recipe_ends_with_the_command_that_is_interrupted() {
    let product = made_by("echo $$ >.fixgate/target/id; : ${out}; exec sleep 1000");
    let child = product.command(&["build", "RTM"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the recipe runs", || {
        product.path(".fixgate/target/id").exists() && product.read(".fixgate/target/id").ends_with('\n')
    });
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    let said = product.said(&child.wait_with_output().unwrap()).exits(130);
    said.mentions(&["interrupted while RTM was built\nhelp: run the same command again\n"]);
    assert!(!crate::common::is_alive(&product.read(".fixgate/target/id")) && !product.path(".fixgate/builds/RTM").exists());
}
