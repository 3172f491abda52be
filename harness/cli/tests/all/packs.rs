//! Packs: a third party's cases run with its own program on top of ours; required ones gate, others inform, each tells its owner.

use std::fs;

use crate::common::{GREETER, Product, criterion};

/// The third party's program greets by ours.
const ACME: &str = "echo \"acme: $(\"$1\" greet)\"";

const PACK: &str = "owner = \"B. Partner\"\ncontact = \"partner@example.org\"\nproduct = \"Acme <3>\"\nrequired = true\n\
    [build]\nrecipe = [\"install\", \"-D\", \"programs/acme\", \"${out}/bin/acme\"]\n";

const CASE: &str = "title = \"acme greets\"\n[[step]]\nrun = [\"${pack}/bin/acme\", \"${product}\"]\nexpect = { stdout = \"acme: hello\\n\" }\n\
    [[step]]\nrun = [\"${pack}/bin/acme\", \"${product}\"]\nexpect = { stdout = \"baseline\" }\n";

/// RTM greets, RU1 as `greets` says, and the pack of a third party goes by it.
fn partnered(greets: &str) -> Product {
    let product = Product::of(&[("RTM", GREETER), ("RU1", &format!("# RU1\n{}", GREETER.replace("echo hello", greets)))]);
    fs::remove_file(product.path("testcases/suite/greeting.toml")).unwrap();
    product.put("testcases/suite/none.toml", &crate::common::CANARY.replace("stdout = \"never\\n\"", "exit = 0"));
    product.put("programs/acme", &format!("#!/bin/sh\n{ACME}\n"));
    product.put("testcases/packs/acme/pack.toml", PACK).put("testcases/packs/acme/greets.toml", CASE);
    product.trusted();
    product
}

fn signoff(product: &Product) -> crate::common::Said {
    product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"])
}

#[test]
fn a_pack_runs_its_own_program_on_top_of_ours() {
    let product = partnered("echo hello");
    let signed = signoff(&product).exits(0).json();
    let pack = &signed["packs"][0];
    assert_eq!((&pack["owner"], &pack["planned"], &pack["verdicts"]["passed"]), (&"B. Partner".into(), &1.into(), &1.into()));
    let digest = pack["build"]["digest"].as_str().unwrap();
    assert_eq!(product.journal(&product.runs()[0])[0]["packs"][0]["digest"], digest, "the record names the build");
    let section = format!(
        "## Packs of third parties\n\n### acme: Acme &lt;3&gt;\n\nFor B. Partner (partner@example.org), required. 1 planned: 1 passed.\n\n\
         With the build `{digest}`.\n\n## What this rests on\n"
    );
    let page = product.read("reports/RU1/signoff.md");
    assert!(page.contains(&section), "{page}");
}

#[test]
fn a_required_pack_that_is_red_holds_and_tells_its_owner() {
    let product = partnered("echo hullo");
    let signed = signoff(&product).exits(1).json();
    let evidence = &criterion(&signed, "packs")["evidence"];
    assert_eq!(evidence[0], "packs/acme/greets is failed; ask B. Partner (partner@example.org)");
    let page = product.read("reports/RU1/signoff.md");
    assert!(page.contains("- `packs/acme/greets` failed: step 1: "), "{page}");
    let junit = product.read("reports/RU1/junit.xml");
    for property in ["\"pack\" value=\"acme\"", "\"owner\" value=\"B. Partner\"", "\"contact\" value=\"partner@example.org\""] {
        assert!(junit.contains(property), "{property} is not in\n{junit}");
    }
}

#[test]
fn what_a_required_pack_shows_is_waived_like_any_other_failure() {
    let product = partnered("echo hullo");
    signoff(&product).exits(1);
    let run = product.runs().remove(0);
    let waive =
        ["waive", "packs/acme/greets", "--run", &run, "--owner", "A. Person", "--reason", "theirs", "--expires", "9999-12-31"];
    product.fixgate(&waive).exits(0);
    let signed = signoff(&product).exits(0).json();
    assert_eq!(criterion(&signed, "packs")["state"], "waived");
    assert_eq!(signed["packs"][0]["failures"][0]["waived-by"], "A. Person");
}

#[test]
fn a_pack_that_is_not_required_informs() {
    let product = partnered("echo hullo");
    product.edit("testcases/packs/acme/pack.toml", "required = true", "required = false");
    let signed = signoff(&product).exits(0).json();
    assert_eq!(criterion(&signed, "clean")["summary"], "0 known failures, 1 of packs that are not required");
    assert_eq!(signed["packs"][0]["failures"][0]["verdict"], "failed");
    let page = product.read("reports/RU1/signoff.md");
    assert!(page.contains("For B. Partner (partner@example.org), informs only. 1 planned: 0 passed, 1 failed.\n"), "{page}");
}

#[test]
fn what_the_baseline_did_is_run_again_with_another_build_of_the_partner() {
    let product = partnered("echo hello");
    product.edit("testcases/packs/acme/greets.toml", "expect = { stdout = \"acme: hello\\n\" }", "expect = { exit = 0 }");
    signoff(&product).exits(0);
    fs::remove_dir_all(product.path(".fixgate/packs")).unwrap();
    product.edit("programs/acme", "acme:", "acme 2:").trusted();
    let signed = signoff(&product).exits(0).json();
    assert_eq!((&signed["classes"]["same"], &signed["classes"]["unexplained"]), (&3.into(), &0.into()), "{signed}");
}

#[test]
fn a_pack_whose_build_is_not_available_is_void() {
    let product = partnered("echo hello");
    let pin = format!("digest = \"sha256:{}\"\n", "0".repeat(64));
    product.put("testcases/packs/acme/pack.toml", &format!("{PACK}{pin}"));
    signoff(&product).exits(3).mentions(&[
        "void: the build of the pack acme is sha256:",
        ", but its pack.toml pins sha256:0000",
        "help: ask B. Partner (partner@example.org), or delete ROOT/.fixgate/packs/acme and run again\n",
    ]);
    fs::remove_dir_all(product.path(".fixgate/packs")).unwrap();
    product.put("testcases/packs/acme/pack.toml", &PACK.replace("programs/acme", "programs/nothing")).trusted();
    signoff(&product).exits(3).mentions(&["void: the recipe of build `acme` failed"]);
    product.put("testcases/packs/acme/pack.toml", &PACK.replace("${out}", "out"));
    signoff(&product).exits(2).mentions(&["the recipe does not say where the build goes"]);
}

#[test]
fn a_build_of_a_pack_is_named_by_its_own_cases_alone() {
    let product = partnered("echo hello");
    product.put("testcases/packs/acme/pack.toml", PACK.split("[build]").next().unwrap());
    product.put("testcases/suite/none.toml", &CASE.replace("${pack}/bin/acme", "$${pack}"));
    product.fixgate(&["check"]).exits(2).complains(
        "\
error: packs/acme/greets names `${pack}`, and there is no build of a pack
 --> testcases/packs/acme/greets.toml:1:1
  |
1 | title = \"acme greets\"
  | ^^^^^
  |
  = help: only a case of a pack has one, whose pack.toml says by `[build]` how it is obtained; `$$` is a dollar

error: 1 problem in the records; nothing was run
",
    );
    product.put("testcases/packs/acme/pack.toml", PACK).put("testcases/suite/none.toml", CASE);
    product.fixgate(&["check"]).exits(2).mentions(&["error: suite/none names `${pack}`, and there is no build of a pack"]);
}
