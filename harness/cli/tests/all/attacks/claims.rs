//! Claims that explain away unintended changes.

use crate::attacks::train::{against, has, held, program, signoff, train};
use crate::common::{Product, defect};

const CHANGE: &str = "defects/GR-3.toml";

/// A train whose RU2 lists otherwise and greets otherwise; a change of RU2 claims what `claims` says.
fn claiming(claims: &str) -> Product {
    let product = train();
    let other = program("RU2").replace("echo b; echo a", "echo a; echo b");
    product.put("programs/RU2", &format!("#!/bin/sh\n{other}"));
    std::fs::remove_dir_all(product.path(".fixgate")).unwrap();
    product.put(CHANGE, &defect(&format!("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU2\"\nchanges = [{claims}]")));
    product
}

#[test]
fn a_fix_claims_everything() {
    let signoff = held(&claiming("\"**\""));
    against(&signoff, "ledger", "the claim `**` of GR-3 is on every scenario there is, and not pinned");
}

#[test]
fn a_wide_claim_is_not_pinned() {
    let product = claiming("\"suite/**\"");
    let shipped = signoff(product.commit(), &[]).exits(0).json();
    let explained = &crate::common::criterion(&shipped, "explained")["summary"];
    assert_eq!(explained, "1 difference explained by 1 claim, 1 of them not pinned");
    has(&product.read("reports/RU2/signoff.md"), &["| GR-3 | `suite/**` | 3 | 1 | **no** |\n"]);
}

#[test]
fn a_claim_that_is_not_pinned_covers_what_varies() {
    let product = claiming("\"suite/list\"");
    product
        .program("other/bin/greeter", &program("RU2").replace("echo b; echo a", "tr -dc 0-9 </dev/urandom | head -c 12; echo"));
    let refused = signoff(product.commit(), &["--candidate", "other"]).exits(1);
    against(&refused.json(), "explained", "failed varying: suite/list");
}

#[test]
fn a_claim_does_not_excuse_what_a_case_states() {
    let product = claiming("\"suite/**\", \"regression/**\"");
    let broken = program("RU2").replace("echo 4", "echo 5").replace("echo b; echo a", "echo a; echo b");
    product.program("broken/bin/greeter", &broken);
    let signoff = signoff(product.commit(), &["--candidate", "broken"]).exits(1).json();
    against(&signoff, "clean", "failed regressed: regression/gr-1");
}

#[test]
fn an_accepted_output_is_edited_by_hand() {
    let product = claiming("\"suite/list\"");
    product.fixgate(&["accept", "GR-3", "--yes"]).exits(0);
    product.program("other/bin/greeter", &program("RU2").replace("echo b; echo a", "echo c"));
    let refused = signoff(product.commit(), &["--candidate", "other"]).exits(1);
    against(&refused.json(), "explained", "failed unexplained: suite/list");
    let path = "defects/GR-3.accepted.jsonl";
    let accepted = product.read(path);
    let (start, digest) = accepted.split_once("sha256:").unwrap();
    product.put(path, &format!("{start}sha256:{}{}", "0".repeat(64), &digest[64..]));
    against(&held(&product), "ledger", "the pin of `suite/list` is not that of GR-3.accepted.jsonl");
}

#[test]
fn a_claim_of_an_older_fix_is_widened() {
    let product = claiming("\"suite/list\"");
    product.edit(CHANGE, "changes = [\"suite/list\"]", "");
    product.edit("defects/GR-1.toml", "fixed-in", "changes = [\"suite/list\"]\nfixed-in");
    against(&held(&product), "explained", "failed unexplained: suite/list");
}
