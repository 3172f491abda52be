//! Quarantines that excuse more than a flaky scenario, for a time, by a named person.

use crate::attacks::train::{against, has, program, section, signoff, train};
use crate::common::{Product, Said};

/// A train with a candidate that greets wrongly as often as `pattern` says, again and again, and a quarantine of what greets.
fn quarantined(pattern: &str, change: impl Fn(String) -> String) -> Product {
    let product = train();
    product.unconfined();
    let mark = product.path("mark");
    let count = format!("echo >>{mark:?}; [ $(($(wc -l <{mark:?}) % 2)) = {pattern} ] && {{ echo hello; exit; }}; exit 1");
    product.program("flaky/bin/greeter", &format!("if [ \"$1\" = greet ]; then {count}; fi\n{}", program("RU2")));
    for name in ["greeting", "second"] {
        let text = format!(
            "scenario = \"suite/{name}\"\nowner = \"A. Person\"\nreason = \"it waits too short a time\"\nexpires = 2999-12-31\n"
        );
        product.put(&format!("quarantine/{name}.toml"), &change(text));
    }
    product
}

/// Every other greeting is wrong.
const FLAKY: &str = "0";
/// No greeting is right.
const FAILING: &str = "2";

fn decided(product: &Product) -> Said {
    signoff(product.commit(), &["--jobs", "1", "--candidate", "flaky"])
}

#[test]
fn a_flaky_scenario_is_quarantined() {
    let product = quarantined(FLAKY, |text| text);
    let signoff = decided(&product).exits(0).json();
    let flaky = crate::common::criterion(&signoff, "flaky");
    assert_eq!(flaky["state"], "waived", "{flaky}");
    has(&flaky["evidence"].to_string(), &["(quarantined by A. Person until 2999-12-31)"]);
    has(&section(&product), &["| quarantine `greeting` | none | **suite/greeting, by A. Person until 2999-12-31** |\n"]);
    has(&product.read("reports/RU2/junit.xml"), &["name=\"quarantine\" value=\"A. Person, until 2999-12-31\""]);
}

#[test]
fn a_failure_is_quarantined() {
    let signoff = decided(&quarantined(FAILING, |text| text)).exits(1).json();
    against(&signoff, "clean", "failed regressed: suite/greeting");
}

#[test]
fn a_quarantine_is_expired() {
    let product = quarantined(FLAKY, |text| text.replace("2999", "2020"));
    let signoff = decided(&product).exits(1).json();
    // It is tried no more often than anything else, and its failure is one.
    against(&signoff, "clean", "failed regressed: suite/");
    against(&signoff, "ledger", "the quarantine greeting expired on 2020-12-31");
}

#[test]
fn a_quarantine_is_broad() {
    let product = quarantined(FLAKY, |text| text.replace("suite/", "suite/**"));
    decided(&product).exits(2).mentions(&["is not a scenario id", "nothing was run"]);
}

#[test]
fn a_quarantine_is_by_the_author_of_the_fix() {
    let product = quarantined(FLAKY, |text| text.replace("suite/greeting", "regression/gr-2"));
    product.edit(
        "defects/GR-2.toml",
        "fixed-in = \"RU2\"",
        "fixed-in = \"RU2\"\nfix = { commit = \"c0ffee\", author = \"a. person\" }",
    );
    let signoff = decided(&product).exits(1).json();
    against(&signoff, "ledger", "the quarantine `greeting` is A. Person's, who made the fix of GR-2");
}
