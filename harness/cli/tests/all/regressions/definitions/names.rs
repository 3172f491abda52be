//! Files that were meant for records, and were read as nothing.

use std::os::unix::fs::symlink;

use crate::common::{GREETING, Product, defect};

/// Holds if both `check` and a sign-off refuse a file with this text, and say this of it.
#[track_caller]
fn refused(path: &str, text: &str, messages: &[&str]) {
    let product = Product::new();
    product.put(path, text);
    for arguments in [&["check"][..], &["signoff", "RTM"], &["list"]] {
        product.fixgate(arguments).exits(2).mentions(&[path]).mentions(messages);
    }
}

#[test]
fn a_case_whose_name_is_misspelt_did_not_count() {
    for name in [
        "smoke.tml",
        "smoke.TOML",
        "smoke.Toml",
        "smoke.toml~",
        "smoke.toml.orig",
        "smoke.toml.rej",
        "smoke.toml.bak",
        "smoke.tom",
    ] {
        let path = format!("testcases/suite/{name}");
        refused(&path, GREETING, &["is read by nothing: a case's file is named NAME.toml", "name it smoke.toml if it is a case"]);
    }
    refused("testcases/suite/smoke.toml.toml", GREETING, &["ends in .toml twice", "help: name it testcases/suite/smoke.toml"]);
    refused("testcases/smoke.tml", GREETING, &["is read by nothing"]);
    refused("waivers/w.toml.orig", "", &["is no record"]);
    refused("defects/GR-1.TOML", &defect("status = \"open\""), &["is no record"]);
    refused("quarantine/old/q.toml", "", &["is no record"]);
}

#[test]
fn records_in_a_folder_with_a_misspelt_name_did_not_count() {
    refused(
        "testcase/suite/smoke.toml",
        GREETING,
        &["`testcase` is nearly the name of a place of records", "did you mean `testcases`?"],
    );
    refused("Testcases/suite/smoke.toml", GREETING, &["did you mean `testcases`?"]);
    refused("waiver/w.toml", "", &["did you mean `waivers`?"]);
    refused("defect/GR-1.toml", &defect("status = \"open\""), &["did you mean `defects`?"]);
    refused("private_fixes/P-1.toml", "", &["did you mean `private-fixes`?"]);
    refused("allowed-signers", "", &["did you mean `allowed_signers`?"]);
    let product = Product::new();
    product.put("release/notes.md", "").put("drivers/driver.toml", "").put("tests/smoke.toml", "").put("test/a/b.toml", "");
    product.fixgate(&["check"]).exits(0);
}

#[test]
fn a_folder_that_is_a_link_or_leads_nowhere_had_no_records() {
    let product = Product::new();
    symlink("nowhere", product.path("waivers")).unwrap();
    for arguments in [&["check"][..], &["signoff", "RTM"]] {
        product.fixgate(arguments).exits(2).mentions(&["waivers is a link or a special file"]);
    }
    let elsewhere = Product::nothing();
    elsewhere.put("w.toml", "nonsense");
    std::fs::remove_file(product.path("waivers")).unwrap();
    symlink(elsewhere.path(""), product.path("waivers")).unwrap();
    product.fixgate(&["check"]).exits(2).mentions(&["waivers is a link or a special file"]).says_nothing_of(&["nonsense"]);
}

#[test]
fn a_fixture_that_no_case_names_was_not_told() {
    let product = Product::new();
    product.edit("testcases/suite/greeting.toml", "[[step]]", "files.a = { copy = \"fixtures/a.txt\" }\n[[step]]");
    product.put("testcases/suite/fixtures/a.txt", "a").put("testcases/suite/fixtures/b.txt", "b");
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"a\"}\n").put("testcases/suite/fixtures/case.toml", GREETING);
    for path in ["README.md", "suite/LICENSE-MIT", "suite/.gitattributes", "suite/fixtures/.gitkeep", ".editorconfig"] {
        product.put(&format!("testcases/{path}"), "");
    }
    product.put("defects/.gitkeep", "").put("waivers/README.md", "");
    let said = product.fixgate(&["check"]).exits(0).says_nothing_of(&["a.txt", "README", "LICENSE", ".git", ".editor"]);
    said.mentions(&[
        "warning: no case names testcases/suite/fixtures/b.txt: remove it, or name it in a case\n",
        "warning: no case names testcases/suite/fixtures/case.toml",
        "warning: no case names testcases/suite/rows.jsonl",
    ]);
    product.edit("testcases/suite/greeting.toml", "\"greet\"]", "\"greet\"]\nenv = { B = \"${case-dir}/fixtures/b.txt\" }");
    product.edit("testcases/suite/greeting.toml", "[[step]]", "uses = [\"fixtures/b.txt\"]\n[[step]]");
    product.fixgate(&["check"]).exits(0).says_nothing_of(&["b.txt"]).mentions(&["rows.jsonl"]);
    product.put("testcases/suite/rows.toml", &GREETING.replace("tags", "table = \"rows.jsonl\"\ntags"));
    product.fixgate(&["check"]).exits(0).says_nothing_of(&["rows.jsonl"]);
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
}
