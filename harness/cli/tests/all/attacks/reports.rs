//! What a sign-off left behind, edited or deleted, and a clock set back.

use std::fs;
use std::io::Write;

use fixgate_core::id::Digest;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::attacks::train::{GREETING, against, copy, gate, has, held, program, run_of_ru2, section, shown, signoff, train};

#[test]
fn a_checked_in_decision_is_edited() {
    let product = train();
    product.program("broken/bin/greeter", "exit 1").commit();
    let (run, said) = run_of_ru2(&product, &["--candidate", "broken"]);
    said.exits(1);
    product.edit("reports/RU2/signoff.json", "\"decision\": \"hold\"", "\"decision\": \"ship\"");
    let complaint = "error: reports/RU2/signoff.json is not what this record gives: it was edited, or the rules were\n";
    gate(&product, &run).exits(1).complains(complaint);
    // Nor does a ship whose evidence was edited pass unseen.
    let (run, said) = run_of_ru2(&product, &[]);
    said.exits(0);
    gate(&product, &run).exits(0).complains("");
    product.edit("reports/RU2/signoff.json", "\"passed\": 6", "\"passed\": 60000");
    gate(&product, &run).exits(1).complains(complaint);
}

#[test]
fn a_report_beside_the_decision_is_edited_or_deleted() {
    let product = train();
    let (run, said) = run_of_ru2(&product, &[]);
    said.exits(0);
    gate(&product, &run).exits(0).complains("");
    for name in ["signoff.md", "signoff.html", "junit.xml", "junit-raw.xml", "rules.json", "plan.txt.gz"] {
        let path = product.path(&format!("reports/RU2/{name}"));
        let own = fs::read(&path).unwrap();
        let complaint = format!("error: reports/RU2/{name} is not the one that signoff.json names\n");
        let edited = if name.ends_with(".gz") { Vec::new() } else { [&own[..], b"\n"].concat() };
        fs::write(&path, edited).unwrap();
        gate(&product, &run).exits(1).mentions(&[&complaint]);
        fs::write(&path, &own).unwrap();
    }
    fs::remove_file(product.path("reports/RU2/signoff.md")).unwrap();
    gate(&product, &run).exits(1).complains("error: reports/RU2/signoff.md is not the one that signoff.json names\n");
}

/// Sign-offs of before there were pages name none, and stay what they are: a page beside one was not made with it.
#[test]
fn a_page_is_put_beside_a_decision_that_names_none() {
    let product = train();
    let (run, said) = run_of_ru2(&product, &[]);
    said.exits(0);
    let mut stated: serde_json::Value = serde_json::from_str(&product.read("reports/RU2/signoff.json")).unwrap();
    let named = stated["files"].as_object_mut().unwrap().remove("signoff.html").unwrap();
    let line = format!(",\n    \"signoff.html\": {named}");
    let others = product.read("reports/RU2/signoff.json").replace(&line, "").replace(&line[1..], "");
    let others = others.replacen(&format!("\n    \"signoff.html\": {named},"), "", 1);
    product.put("reports/RU2/signoff.json", &others);
    product.edit("reports/RU2/signoff.html", "<strong>SHIP</strong>", "<strong>SHIP IT</strong>");
    gate(&product, &run).exits(1).complains("error: reports/RU2/signoff.html is not the one that signoff.json names\n");
    fs::remove_file(product.path("reports/RU2/signoff.html")).unwrap();
    gate(&product, &run).exits(0).complains("");
}

/// The directory that is named is looked at, and no other.
#[test]
fn a_sign_off_that_is_handed_over_holds_a_file_of_another() {
    let product = crate::common::keys::product();
    product.fixgate(&["signoff", "RTM", "--quiet"]);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    product.fixgate(&["sign", "RU1", "--key", &product.key(crate::common::keys::MANAGER)]).exits(1);
    let verify = |path: &str| product.fixgate(&["verify", path]);
    verify("reports/RU1").exits(1).mentions(&["hold: greeter RU1"]).complains("");
    fs::create_dir(product.path("handed")).unwrap();
    copy(&product.path("reports/RU1"), &product.path("handed/RU1"));
    verify("handed/RU1").exits(1).mentions(&["hold: greeter RU1"]).complains("");
    for name in ["signoff.md", "signoff.html", "junit.xml", "plan.txt.gz", "rules.json"] {
        let own = fs::read(product.path(&format!("handed/RU1/{name}"))).unwrap();
        let mut others = fs::read(product.path(&format!("reports/RTM/{name}"))).unwrap();
        // Both releases have the same plan.
        others.push(b'\n');
        fs::write(product.path(&format!("handed/RU1/{name}")), others).unwrap();
        verify("handed/RU1").exits(1).mentions(&["refused: ", &format!("error: {name} is not as it was signed\n")]);
        verify("reports/RU1").exits(1).complains("");
        fs::write(product.path(&format!("handed/RU1/{name}")), own).unwrap();
    }
    // What is not sealed at all is refused, wherever it stands; and so is a directory under another release's name.
    verify("reports/RTM").exits(1).mentions(&["refused: RTM", "is not signed; its release manager signs it"]);
    fs::rename(product.path("handed/RU1"), product.path("handed/RTM")).unwrap();
    verify("handed/RTM").exits(1).mentions(&["refused: ", "signoff.json is of RU1, not of RTM"]);
}

/// Holds if nothing is run after this edit of what RU1's sign-off left.
#[track_caller]
fn refused(edit: impl Fn(&crate::common::Product), message: &str) {
    let product = train();
    edit(&product);
    let said = signoff(product.commit(), &[]).exits(2);
    said.mentions(&[&format!("error: reports/RU1/ is not as it was written: {message}"), "or sign RU1 off again"]);
    assert!(product.runs().is_empty(), "nothing was run");
}

#[test]
fn the_last_plan_is_edited_so_that_nothing_is_missing() {
    let shorter = |product: &crate::common::Product| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(b"suite/second 000000000000\n").unwrap();
        fs::write(product.path("reports/RU1/plan.txt.gz"), encoder.finish().unwrap()).unwrap();
        fs::remove_file(product.path(GREETING)).unwrap();
    };
    refused(shorter, "plan.txt.gz is not the one that rules.json names");
}

#[test]
fn the_last_plan_is_deleted_so_that_nothing_is_missing() {
    refused(|product| fs::remove_file(product.path("reports/RU1/plan.txt.gz")).unwrap(), "plan.txt.gz: No such file");
    refused(
        |product| {
            product.put("reports/RU1/plan.txt.gz", "");
        },
        "plan.txt.gz: ",
    );
}

#[test]
fn the_last_rules_are_edited_so_that_nothing_changed() {
    let edit = |product: &crate::common::Product| {
        product.edit("reports/RU1/rules.json", "\"min-scenarios\": \"1\"", "\"min-scenarios\": \"0\"");
        product.edit("fixgate.toml", "min-scenarios = 1", "min-scenarios = 0");
    };
    refused(edit, "rules.json is not the one that signoff.json names");
}

#[test]
fn the_last_rules_are_deleted() {
    refused(|product| fs::remove_file(product.path("reports/RU1/rules.json")).unwrap(), "rules.json: No such file");
    refused(|product| fs::remove_file(product.path("reports/RU1/signoff.json")).unwrap(), "signoff.json: No such file");
}

/// Rewrites each digest of RU1's plan, together with all that names the plan by digest.
fn rewrite_plan(product: &crate::common::Product, change: impl Fn(&str) -> String) {
    let packed = fs::File::open(product.path("reports/RU1/plan.txt.gz")).unwrap();
    let plan = std::io::read_to_string(flate2::read::GzDecoder::new(packed)).unwrap();
    let lines = plan.lines().map(|line| line.split_once(' ').unwrap());
    let changed: String = lines.map(|(scenario, digest)| format!("{scenario} {}\n", change(digest))).collect();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(changed.as_bytes()).unwrap();
    fs::write(product.path("reports/RU1/plan.txt.gz"), encoder.finish().unwrap()).unwrap();
    let digest = |text: &str| Digest::of(text.as_bytes()).to_string();
    let rules = product.read("reports/RU1/rules.json");
    product.edit("reports/RU1/rules.json", &digest(&plan), &digest(&changed));
    product.edit("reports/RU1/signoff.json", &digest(&rules), &digest(&product.read("reports/RU1/rules.json")));
}

#[test]
fn a_definition_shares_the_first_digits_of_the_one_before() {
    let product = train();
    rewrite_plan(&product, |digest| format!("{}{}", &digest[..19], "0".repeat(52)));
    has(&shown(&product), &["1 scenario defined otherwise: `suite/second`"]);
}

#[test]
fn the_last_sign_off_keeps_only_the_first_digits() {
    let product = train();
    rewrite_plan(&product, |digest| digest[7..19].to_owned());
    let section = shown(&product);
    has(&section, &["**That sign-off keeps only twelve digits of each definition's digest**", "Sign RU1 off again"]);
    assert!(!section.contains("defined otherwise"), "{section}");
}

#[test]
fn the_last_sign_off_is_deleted() {
    let product = train();
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    fs::remove_file(product.path("testcases/suite/second.toml")).unwrap();
    // The history has it.
    against(&held(&product), "explained", "missing: suite/second");
    has(
        &section(&product),
        &["**The sign-off of RU1 on 2", "was deleted.** It is read from the history, and compared, too; rules `sha256:"],
    );
}

#[test]
fn the_last_sign_off_is_deleted_and_an_older_one_is_left() {
    let product = train();
    copy(&product.path("reports/RU1"), &product.path("reports/RTM"));
    refused_as_copy(&product);
    fs::remove_dir_all(product.path("reports/RTM")).unwrap();
    // RTM, signed off by itself, takes the place of what is gone.
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    fs::remove_file(product.path(GREETING)).unwrap();
    against(&held(&product), "explained", "missing: suite/greeting");
    has(&section(&product), &["**The sign-off of RU1 on 2", "Compared with the sign-off of RTM on 2"]);
}

#[test]
fn an_earlier_sign_off_is_edited_or_deleted_and_not_committed() {
    let product = train();
    product.edit("reports/RU1/signoff.md", "SHIP", "SHIP, and reviewed");
    let edited = signoff(&product, &[]).exits(1).json();
    against(&edited, "committed", "reports/RU1/signoff.md differs from the commit's");
    product.git(&["checkout", "--quiet", "."]);
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    let deleted = signoff(&product, &[]).exits(1).json();
    against(&deleted, "committed", "reports/RU1/signoff.json is in the commit, and not here");
    product.git(&["checkout", "--quiet", "."]);
    // One that was made again and is in no commit is none to compare with.
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    against(&signoff(&product, &[]).exits(1).json(), "committed", "reports/RU1/signoff.json differs from the commit's");
}

/// The run holds, for a case is missing. Without the sign-off that has it, the same run would ship.
#[test]
fn the_last_sign_off_is_exchanged_after_the_run() {
    let product = train();
    fs::remove_file(product.path("testcases/suite/second.toml")).unwrap();
    let (run, said) = run_of_ru2(product.commit(), &[]);
    against(&said.exits(1).json(), "explained", "missing: suite/second");
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    // Those of the run's own commit decide.
    against(&gate(&product, &run).exits(1).json(), "explained", "missing: suite/second");
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]);
    against(&gate(&product, &run).exits(1).json(), "explained", "missing: suite/second");
    fs::remove_dir_all(product.path(".git")).unwrap();
    let void = gate(&product, &run).exits(3).json();
    has(void["void"].as_str().unwrap(), &["the sign-offs of other releases were changed after the run"]);
}

#[test]
fn a_case_is_weakened_and_the_last_release_signed_off_again() {
    let product = train();
    product.edit(GREETING, "\"hello\\n\"", "{ regex = \".\" }");
    product.edit("fixgate.toml", "min-scenarios = 1", "min-scenarios = 0");
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    let again = product.read("reports/RU1/signoff.md");
    has(&again, &["**RU1 was signed off again after its sign-off of 2", "- `suite/greeting`: 1 scenario defined otherwise"]);
    // Even twice, so that the newest sign-off differs in nothing from the one before.
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    let shown = shown(&product);
    has(&shown, &["**RU1 was signed off again after its sign-off of 2", "- `suite/greeting`: 1 scenario defined otherwise"]);
    has(&shown, &["| limit `min-scenarios` | 1 | **0** |\n"]);
}

/// With the clock set back, the later run has the very name of the one that it replaces.
#[test]
fn a_case_is_weakened_and_the_last_release_signed_off_again_under_the_name_of_its_run() {
    let product = train();
    let old: Value = serde_json::from_str(&product.read("reports/RU1/signoff.json")).unwrap();
    let old = old["run"].as_str().unwrap().to_owned();
    product.edit(GREETING, "\"hello\\n\"", "{ regex = \".\" }");
    product.commit().fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    let path = "reports/RU1/signoff.json";
    let new: Value = serde_json::from_str(&product.read(path)).unwrap();
    product.edit(path, new["run"].as_str().unwrap(), &old);
    let shown = shown(&product);
    has(&shown, &["**RU1 was signed off again after its sign-off of 2", "- `suite/greeting`: 1 scenario defined otherwise"]);
}

/// RU1 is held for what RU2 then does not ask for any more.
#[test]
fn a_held_release_hides_what_was_loosened_since_the_last_that_shipped() {
    let product = train();
    product.release("RU3", Some("RU2"), &program("RU3"));
    product.edit(GREETING, "\"hello\\n\"", "{ regex = \".\" }");
    product.put("testcases/suite/third.toml", &crate::attacks::train::case("greet", "{ stdout = \"never\\n\" }", ""));
    held(&product);
    fs::remove_file(product.path("testcases/suite/third.toml")).unwrap();
    product.put("programs/RU3", &format!("#!/bin/sh\n# another\n{}", program("RU3")));
    let signoff = |product: &crate::common::Product| {
        product.commit().fixgate(&["signoff", "RU3", "--quiet", "--format", "json"]).exits(1).json()
    };
    against(&signoff(&product), "explained", "missing: suite/third");
    let page = product.read("reports/RU3/signoff.md");
    has(&page, &["Compared with the sign-off of RU1 on 2", "**The sign-off of RU2 on 2", " is a hold.** It is compared, too"]);
    has(&page, &["- `suite/greeting`: 1 scenario defined otherwise: `suite/greeting`\n"]);
    product.edit("releases/RU2.toml", "[build]", "shipped = 2026-02-03\n[build]");
    signoff(&product);
    has(&product.read("reports/RU3/signoff.md"), &["**RU2 shipped on 2026-02-03 although its sign-off of 2", " is a hold.**"]);
}

#[test]
fn a_signed_off_release_is_taken_off_the_train() {
    let product = train();
    product.edit("releases/RU2.toml", "follows = \"RU1\"", "follows = \"RTM\"");
    product.put("defects/GR-1.toml", &crate::attacks::train::fixed("RU2"));
    for what in ["releases/RU1.toml", "testcases/suite/second.toml", "defects/GR-1.proof.json"] {
        fs::remove_file(product.path(what)).unwrap();
    }
    product.fixgate(&["prove", "GR-1", "--quiet"]).exits(0);
    let named = ["**RU1 was signed off on 2", " and is no release any more.**", "- `suite/second`: 1 scenario gone"];
    has(&shown(&product), &named);
    // Its sign-off may go as well: the history has it.
    fs::remove_dir_all(product.path("reports/RU1")).unwrap();
    has(&shown(&product), &named);
}

#[test]
fn the_train_is_put_in_another_order() {
    let product = train();
    let path = "releases/RU1.toml";
    product.edit("releases/RTM.toml", "version = \"RTM.0\"\n", "version = \"RTM.0\"\nfollows = \"RU1\"\n");
    product.edit(path, "follows = \"RTM\"\n", "").edit("releases/RU2.toml", "follows = \"RU1\"", "follows = \"RTM\"");
    product.edit("testcases/suite/list.toml", "\"baseline\"", "{ stdout = \"b\\na\\n\" }");
    let signoff = signoff(product.commit(), &[]).json();
    assert!(["ship", "hold"].contains(&signoff["decision"].as_str().unwrap()));
    let section = section(&product);
    has(
        &section,
        &["| train `RTM` | the first release | **follows RU1** |", "| train `RU1` | follows RTM | **the first release** |"],
    );
}

#[test]
fn the_history_before_the_last_sign_off_is_written_again() {
    let product = train();
    product.git(&["checkout", "--quiet", "--orphan", "again"]);
    let signoff = held(&product);
    against(
        &signoff,
        "committed",
        "the commit of the sign-off of RU1 is not in the history of this commit: merge it, or sign RU1 off again",
    );
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    shown(&product);
}

/// RU1's files under RTM's name, RU1's own gone.
fn refused_as_copy(product: &crate::common::Product) {
    fs::rename(product.path("reports/RU1"), product.path("reports/aside")).unwrap();
    let said = signoff(product, &[]).exits(2);
    said.mentions(&["error: reports/RTM/ is not as it was written: it is the sign-off of RU1"]);
    fs::rename(product.path("reports/aside"), product.path("reports/RU1")).unwrap();
}

#[test]
fn the_clock_is_set_back_before_the_commit() {
    let product = train();
    product.edit("defects/GR-1.toml", "major", "minor").commit();
    let later = ["commit", "--quiet", "--amend", "--no-edit", "--date", "2098-01-01T00:00:00Z"];
    product.git_at("2098-01-01T00:00:00Z", &later);
    let void = signoff(&product, &[]).exits(3).json();
    assert_eq!(void["decision"], "hold");
    has(void["void"].as_str().unwrap(), &["before the commit of its records on 2098-01-01: the clock is wrong"]);
}

#[test]
fn the_clock_is_set_back_before_the_last_sign_off() {
    let product = train();
    let rules = product.read("reports/RU1/rules.json");
    let date = &rules[rules.find("\"date\": \"").unwrap() + 9..][..10];
    let later = rules.replace(&format!("\"date\": \"{date}\""), "\"date\": \"2999-01-01\"");
    product.put("reports/RU1/rules.json", &later);
    let digest = |text: &str| fixgate_core::id::Digest::of(text.as_bytes()).to_string();
    product.edit("reports/RU1/signoff.json", &digest(&rules), &digest(&later));
    let void = signoff(product.commit(), &[]).exits(3).json();
    has(void["void"].as_str().unwrap(), &["before the sign-off of RU1 on 2999-01-01: the clock is wrong"]);
}
