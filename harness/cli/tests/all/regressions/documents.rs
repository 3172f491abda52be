//! What is stored and read back: typed, whole, and told from other forms.

use std::fs;
use std::path::{Path, PathBuf};

use fixgate_core::defect::Status;
use fixgate_core::gate::{Decision, SignedOff, Signoff};
use fixgate_core::id::{Digest, ReleaseName};
use fixgate_core::rules::{Rules, Subject};
use serde_json::{Value, json};

use crate::common::{GREETING, Product, criterion, defect};

const HELLO: &str = "echo hello\n";
const FIXES: usize = 120;

/// 120 fixes of RU1, each with a scenario that its release breaks by answering a number it should not.
fn many_fixes(releases: &[(&str, &str)]) -> Product {
    let product = Product::of(releases);
    let mut rows = String::new();
    for number in 100..100 + FIXES {
        product.put(&format!("defects/GR-{number}.toml"), &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
        let (id, defect) = (format!("row-{number}"), format!("GR-{number}"));
        rows.push_str(&format!("{}\n", json!({ "id": id, "args": [number.to_string()], "defects": [defect] })));
    }
    product.put("testcases/regression/many.jsonl", &rows);
    product.put(
        "testcases/regression/many.toml",
        "title = \"every number is greeted\"\ntable = \"many.jsonl\"\n[[step]]\nrun = [\"${product}\"]\nexpect = { stdout = \"hello\\n\" }\n",
    );
    product
}

#[test]
fn a_fix_behind_the_hundredth_line_is_green_in_a_sign_off() {
    // RU2 loses all fixes but GR-219, which is the last; RU3 loses that one too.
    let (lost, all_lost) = ("case \"$1\" in 219|greet) echo hello;; *) echo hullo;; esac\n", "echo hullo\n");
    let product = many_fixes(&[("RTM", all_lost), ("RU1", HELLO), ("RU2", lost), ("RU3", all_lost)]);
    let signoff = product.fixgate(&["signoff", "RU2", "--quiet", "--format", "json"]).exits(1).json();
    let cumulative = criterion(&signoff, "cumulative");
    assert_eq!(cumulative["evidence"].as_array().unwrap().len(), 100);
    assert_eq!(cumulative["findings"].as_array().unwrap().len(), FIXES - 1);
    assert_eq!(cumulative["findings"][0]["kind"], "not-green");
    let signoff = product.fixgate(&["signoff", "RU3", "--baseline", "RU1", "--quiet", "--format", "json"]).exits(1).json();
    let findings = criterion(&signoff, "cumulative")["findings"].as_array().unwrap();
    let last = findings.iter().find(|finding| finding["defect"] == "GR-219").unwrap();
    let expected = json!({ "green-in": "RU2", "green-by": "signoff", "first": "RU3", "red-in": "RU3", "red-by": "here" });
    assert_eq!(last["lost"], expected);
}

/// The reports of a release as they were written before findings and standings were kept.
fn in_the_older_form(product: &Product, release: &str) {
    let directory = format!("reports/{release}");
    let mut rules: Value = serde_json::from_str(&product.read(&format!("{directory}/rules.json"))).unwrap();
    rules.as_object_mut().unwrap().remove("standings").unwrap();
    let rules = serde_json::to_string_pretty(&rules).unwrap() + "\n";
    let mut signoff: Value = serde_json::from_str(&product.read(&format!("{directory}/signoff.json"))).unwrap();
    for criterion in signoff["criteria"].as_array_mut().unwrap() {
        criterion.as_object_mut().unwrap().remove("findings").unwrap();
    }
    signoff["rules"]["digest"] = json!(Digest::of(rules.as_bytes()));
    product.put(&format!("{directory}/rules.json"), &rules);
    product.put(&format!("{directory}/signoff.json"), &(serde_json::to_string_pretty(&signoff).unwrap() + "\n"));
}

/// Two releases; the sign-off of the second sees what changed in the rules since the first.
fn changing() -> Product {
    let product = Product::that_runs(&[("RTM", "echo hullo\n"), ("RU1", HELLO), ("RU2", HELLO)]);
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
    product.put("defects/GR-2.toml", &defect("status = \"private-fix\""));
    product.put("defects/GR-3.toml", &defect("status = \"open\""));
    product.fixgate(&["prove", "--quiet"]).exits(0);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    product.edit("defects/GR-1.toml", "RU1", "RU2").edit("defects/GR-3.toml", "open", "wont-fix");
    product.edit("defects/GR-2.toml", "private-fix\"", "fixed\"\nfixed-in = \"RU2\"");
    product.edit("fixgate.toml", "\"packs\"]", "\"packs\", \"validated\"]");
    product
}

#[test]
fn a_sign_off_of_the_older_form_says_the_same_of_what_changed() {
    let product = changing();
    let after = |product: &Product| {
        let signoff = product.fixgate(&["signoff", "RU2", "--quiet", "--format", "json"]).exits(1).json();
        (signoff["rules"]["changes"].clone(), signoff["criteria"].clone())
    };
    let new = after(&product);
    in_the_older_form(&product, "RU1");
    assert_eq!(after(&product), new);
    assert_eq!(criterion(&json!({ "criteria": new.1 }), "validated")["findings"][0]["kind"], "private-fix-gone");
    let changed: Vec<&str> = new.0.as_array().unwrap().iter().map(|change| change["name"].as_str().unwrap()).collect();
    assert_eq!(changed, ["validated", "GR-1", "GR-3"]);
}

#[test]
fn a_decision_of_the_older_form_is_not_said_to_be_edited() {
    let product = Product::new();
    let run = product.fixgate(&["signoff", "RTM", "--quiet", "--format", "json"]).exits(0).json()["run"].clone();
    let gate = ["gate", run.as_str().unwrap(), "--release", "RTM", "--quiet"];
    product.fixgate(&gate).exits(0);
    in_the_older_form(&product, "RTM");
    product.fixgate(&gate).exits(1).mentions(&["was written by an older fixgate", "fixgate sign RTM"]);
}

#[test]
fn a_decision_that_cannot_be_read_is_not_taken_for_the_same() {
    let product = Product::new();
    let run = product.fixgate(&["signoff", "RTM", "--quiet", "--format", "json"]).exits(0).json()["run"].clone();
    let gate = ["gate", run.as_str().unwrap(), "--release", "RTM", "--quiet"];
    product.put("reports/RTM/signoff.json", "{}");
    product.fixgate(&gate).exits(1).mentions(&["reports/RTM/ holds no decision that can be read", "missing field `schema`"]);
}

/// Sign-offs as `fixgate` wrote them before they kept findings and standings. That of RU1 is shortened.
const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/stored");
const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../reports");

fn read(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap()
}

/// Every sign-off of these directories.
fn directories() -> Vec<PathBuf> {
    let entries = [STORED, CHECKED_IN].into_iter().flat_map(|directory| fs::read_dir(directory).unwrap());
    let all = entries.map(|entry| entry.unwrap().path()).filter(|path| path.join("signoff.json").is_file());
    all.collect()
}

#[test]
fn every_sign_off_that_is_checked_in_can_be_read() {
    let all = directories();
    assert!(all.len() > 2, "{all:?}");
    for directory in all {
        let (text, rules) = (read(&directory, "signoff.json"), read(&directory, "rules.json"));
        let signoff = Signoff::read(&text).unwrap_or_else(|reason| panic!("{}: {reason}", directory.display()));
        let signed = SignedOff::read(&text, &rules).unwrap_or_else(|reason| panic!("{}: {reason}", directory.display()));
        assert_eq!((&signed.release, signed.decision, &signed.run), (&signoff.release, signoff.decision, &signoff.run));
        // Every fix that is vouched for by a sign-off that ships is green.
        let rules = Rules::read(&rules, &signoff.release, signoff.rules.digest).unwrap();
        if signoff.decision == Decision::Ship {
            assert_eq!(signed.green, rules.fixes, "{}", directory.display());
        }
        // The words of the rules are for people, and say the same as the standings.
        assert_eq!(rules.standings.len(), rules.rules[&Subject::Defect].len());
        for (defect, words) in &rules.rules[&Subject::Defect] {
            let status = rules.status(&defect.parse().unwrap()).unwrap();
            assert_eq!(matches!(status, Status::Fixed(Some(_))), words.contains("fixed in "), "{defect}: {words}");
            assert_eq!(*status == Status::PrivateFix, words.starts_with("fixed privately"), "{defect}: {words}");
        }
    }
}

#[test]
fn a_sign_off_without_findings_is_told_from_one_with_them() {
    let text = read(&Path::new(STORED).join("RU9"), "signoff.json");
    let old = Signoff::read(&text).unwrap();
    assert!(old.is_of_older_form());
    // But for the classes, which have become more.
    let without_classes = |text: &str| {
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
        document.as_object_mut().unwrap().remove("classes").unwrap();
        document
    };
    assert_eq!(without_classes(&old.to_json()), without_classes(&text));
}

#[test]
fn a_document_of_another_form_is_refused_by_name() {
    let directory = Path::new(STORED).join("RU9");
    let newer = read(&directory, "signoff.json").replace("fixgate-signoff-1", "fixgate-signoff-2");
    assert_eq!(Signoff::read(&newer).unwrap_err(), "signoff.json is of format fixgate-signoff-2; this is fixgate-signoff-1");
    assert_eq!(Signoff::read("{}").unwrap_err(), "signoff.json: missing field `schema` at line 1 column 2");
}

#[test]
fn words_that_no_standing_has_are_not_taken_for_one() {
    let rules = read(&Path::new(STORED).join("RU9"), "rules.json");
    let edited = rules.replacen(": \"fixed in ", ": \"perhaps fixed in ", 1);
    assert_ne!(rules, edited);
    let release: ReleaseName = "RU9".parse().unwrap();
    let refused = Rules::read(&edited, &release, Digest::of(edited.as_bytes())).unwrap_err();
    assert!(refused.contains("is no standing of the defect"), "{refused}");
}
