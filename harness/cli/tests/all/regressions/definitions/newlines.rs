//! Clones in which git had converted the ends of lines: digests differed, signatures failed and reports were "not as signed".

use std::fs;
use std::process::Command;

use crate::common::keys::{MANAGER, attest, attest_days, attest_manual, product};
use crate::common::{CRITERIA, GREETER, Product, project};

/// A clone of a committed product as git makes them where lines end in `\r\n`. Its programs stay as they are.
fn converted(product: &Product) -> Product {
    product.put(".gitattributes", "/programs/** -text\n").commit();
    let clone = Product::nothing();
    let mut git = Command::new("git");
    git.args(["-c", "core.autocrlf=true", "clone", "--quiet", "--config", "core.autocrlf=true"])
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = git.arg(product.path("")).arg(clone.path("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(clone.read("fixgate.toml").contains("\r\n"), "git has converted nothing");
    clone
}

#[test]
fn a_case_was_another_one_in_a_clone_with_other_line_ends() {
    let product = Product::new();
    product.put("fixgate.toml", &project(&CRITERIA.replacen('[', "[\"committed\", ", 1)));
    let case = "title = \"t\"\ntable = \"t.jsonl\"\n[files]\na = '''\none\ntwo\n'''\n[[step]]\nrun = [\"${product}\", \"greet\"]\n\
                expect.stdout = '''\nhello\n'''\n";
    product.put("testcases/suite/case.toml", case).put("testcases/suite/t.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\",\"args\":[]}\n");
    product.put("defects/README.md", "What is wrong.\n");
    let clone = converted(&product);
    clone.fixgate(&["check"]).exits(0);
    let list = |product: &Product| product.fixgate(&["list", "--format", "json"]).exits(0).stdout;
    assert_eq!(list(&clone), list(&product));
    let signoff = |product: &Product| product.fixgate(&["signoff", "RTM", "--format", "json", "--quiet"]).exits(0).json();
    let (here, there) = (signoff(&product), signoff(&clone));
    assert_eq!(there["test-product"], here["test-product"]);
    assert_eq!(there["test-product"]["changed"], false);
    assert_eq!(there["plan"], here["plan"]);
    // They may be committed with either.
    product.put("testcases/suite/t.jsonl", "{\"id\":\"a\"}\r\n").commit();
    assert_eq!(signoff(&product)["test-product"]["changed"], false);
    // An edit shows whichever way lines end.
    clone.edit("testcases/suite/greeting.toml", "greets", "greets us");
    let said = clone.fixgate(&["signoff", "RTM", "--quiet"]).exits(1);
    said.mentions(&["records or cases differ from those of commit "]);
}

#[test]
fn a_seal_and_attestations_were_refused_in_a_clone_with_other_line_ends() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    attest_manual(&product, "passed").exits(0);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
    let clone = converted(&product);
    assert!(clone.read("reports/RU1/signoff.json").contains("\r\n") && clone.read("reports/RU1/signer.pub").contains("\r\n"));
    let check = clone.fixgate(&["check"]).exits(0);
    check.mentions(&["3 attestations"]).says_nothing_of(&["does not count"]);
    clone.fixgate(&["verify", "reports/RU1", "--candidate", "RU1"]).exits(0).mentions(&["ship: greeter RU1"]);
    clone.fixgate(&["status"]).exits(0);
    // What the lines say is signed all the same.
    clone.edit("reports/RU1/signoff.md", "RU1", "RU2");
    clone.fixgate(&["verify", "reports/RU1"]).exits(1).mentions(&["signoff.md is not as it was signed"]);
}

#[test]
fn a_case_could_depend_on_how_lines_of_a_table_end() {
    let product = Product::new();
    let case = "title = \"t\"\n[files]\na = { copy = \"a.jsonl\" }\n[[step]]\nrun = [\"${product}\", \"greet\"]\n";
    product.put("testcases/suite/case.toml", case).put("testcases/suite/a.jsonl", "a\r\n");
    product
        .fixgate(&["check"])
        .exits(2)
        .mentions(&["how lines of such a file end is no content", "testcases/suite/case.toml:3:14"]);
    product.put("testcases/suite/a.jsonl", "a\n").fixgate(&["check"]).exits(0);
    fs::create_dir(product.path("testcases/suite/fixtures")).unwrap();
    product.put("testcases/suite/fixtures/a.jsonl", "a\r\n").edit(
        "testcases/suite/case.toml",
        "\"a.jsonl\"",
        "\"fixtures/a.jsonl\"",
    );
    let digest = |product: &Product| product.fixgate(&["list", "--format", "json", "suite/case"]).exits(0).stdout;
    let with_converted = digest(&product);
    product.put("testcases/suite/fixtures/a.jsonl", "a\n");
    assert_ne!(digest(&product), with_converted, "a fixture is bytes");
}

#[test]
fn a_new_test_product_lets_no_clone_convert_its_files() {
    let product = Product::nothing();
    product.git(&["init", "--quiet"]);
    product.fixgate(&["init", "--product", "greeter", "--program", "bin/greeter"]).exits(0);
    product.put("testcases/suite/fixtures/a.txt", "a\n").put("programs/RTM", &format!("#!/bin/sh\n{GREETER}"));
    product.git(&["add", "--all"]).git(&["commit", "--quiet", "--message", "new"]);
    let clone = Product::nothing();
    let paths = [product.path(""), clone.path("")].map(|path| path.to_str().unwrap().to_owned());
    product.git(&["clone", "--quiet", "--config", "core.autocrlf=true", &paths[0], &paths[1]]);
    for path in ["fixgate.toml", "testcases/suite/fixtures/a.txt", "programs/RTM"] {
        assert_eq!(clone.read(path), product.read(path), "{path}");
    }
}
