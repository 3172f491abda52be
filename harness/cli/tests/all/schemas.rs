//! The schemas in `schemas/` hold of what is stored: of all that this repository has checked in, and of what commands write today. A
//! validator of others checks it. That the schemas are those of the types, a test of the core holds.

use std::fs;
use std::path::{Path, PathBuf};

use fixgate_core::seal::Envelope;
use walkdir::WalkDir;

use crate::common::Product;
use crate::common::broken::{self, BROKEN};
use crate::common::keys::{self, MANAGER, attest, attest_days, attest_manual};
use crate::verifiers::json_schema;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The files below a directory whose names end like this.
fn files(below: &Path, end: &str) -> Vec<PathBuf> {
    let entries = WalkDir::new(below).sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(end))).collect()
}

/// Holds if there are such documents, and each is as the schema says.
#[track_caller]
fn fits(schema: &str, documents: &[PathBuf]) {
    assert!(!documents.is_empty(), "there is nothing to check against {schema}");
    let output = json_schema(&root().join("schemas").join(format!("{schema}.schema.json")), documents);
    assert!(output.status.success(), "{schema}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn everything_that_is_checked_in_fits_its_schema() {
    let stored = root().join("harness/cli/tests/all/stored");
    for (schema, end) in [("signoff", "signoff.json"), ("rules", "rules.json")] {
        fits(schema, &[files(&root().join("reports"), end), files(&stored, end)].concat());
    }
    fits("proof", &files(&root().join("defects"), ".proof.json"));
    fits("accepted", &files(&root().join("defects"), ".accepted.jsonl"));
}

/// Holds of every run of a product. The first line of each of its two files is another document than the rest.
#[track_caller]
fn runs_fit(product: &Product) {
    let (mut headers, mut lines, mut planned) = (String::new(), String::new(), String::new());
    for run in product.runs() {
        let [journal, plan] = ["journal", "plan"].map(|file| product.read(&format!("reports/runs/{run}/{file}.jsonl")));
        let (header, rest) = journal.split_once('\n').unwrap();
        headers += &format!("{header}\n");
        lines += rest;
        planned += plan.split_once('\n').unwrap().1;
    }
    for (schema, documents) in [("run-header", headers), ("run-line", lines), ("run-plan", planned)] {
        product.put("documents.jsonl", &documents);
        fits(schema, &[product.path("documents.jsonl")]);
    }
}

#[test]
fn what_a_sealed_sign_off_leaves_fits_its_schemas() {
    let product = keys::product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    attest_manual(&product, "passed").exits(0);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
    runs_fit(&product);
    fits("signoff", &files(&product.path("reports/RU1"), "signoff.json"));
    fits("rules", &files(&product.path("reports/RU1"), "rules.json"));
    fits("proof", &files(&product.path("defects"), ".proof.json"));
    fits("attestation", &files(&product.path("attestations"), ".json"));
    for (schema, name) in [("seal-evidence", "evidence.intoto.json"), ("seal-decision", "signoff.intoto.json")] {
        let path = product.path(&format!("reports/RU1/{name}"));
        let payload = Envelope::read(&fs::read_to_string(&path).unwrap()).unwrap().payload;
        fs::write(product.path("payload.json"), payload).unwrap();
        fits("seal-envelope", &[path]);
        fits(schema, &[product.path("payload.json")]);
    }
}

#[test]
fn what_a_validation_and_a_night_leave_fits_its_schemas() {
    let product = broken::product();
    product.program("private/bin/greeter", &BROKEN.replace('5', "4").replace("echo \"$1\"", "echo no"));
    let validate = ["validate", "GR-1", "--candidate", "private/bin/greeter", "--base", "RTM", "--format", "json"];
    product.put("validation.json", &product.fixgate(&validate).exits(1).stdout);
    fits("validation", &[product.path("validation.json")]);
    let night = product.fixgate(&["nightly", "--candidate", "private/bin/greeter", "--format", "json"]).stdout;
    product.put("night/nightly.json", &night);
    fits("nightly", &files(&product.path(""), "nightly.json"));
    runs_fit(&product);
}

#[test]
fn a_document_that_a_person_edited_does_not_fit() {
    let product = Product::nothing();
    let proof = files(&root().join("defects"), ".proof.json").swap_remove(0);
    let text = fs::read_to_string(proof).unwrap();
    for (old, new) in [("\"runs\"", "\"ran\""), ("sha256:", "sha1:"), ("\"verdict\": \"failed\"", "\"verdict\": \"bad\"")] {
        assert!(text.contains(old), "{old}");
        product.put("edited.json", &text.replacen(old, new, 1));
        let output = json_schema(&root().join("schemas/proof.schema.json"), &[product.path("edited.json")]);
        assert_eq!(output.status.code(), Some(1), "{old}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_is_explained_and_shown_fits_its_schemas() {
    let product = broken::product();
    product.edit("defects/GR-1.toml", "status = \"private-fix\"", "status = \"open\"");
    product.fixgate(&["run", "--candidate", "RTM", "--baseline", "RTM", "--quiet"]);
    product.program("other/bin/greeter", "case \"$1\" in greet) printf 'h\\033\\377##[group]\\n' ;; *) echo no ;; esac\n");
    product.fixgate(&["run", "suite/**", "--candidate", "other", "--baseline", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let said = product.fixgate(&["explain", &run, "suite/greeting", "--format", "json"]).exits(0);
    let explained = said.json();
    assert_eq!(explained["schema"], "fixgate-explained-1");
    assert_eq!((&explained["seen"]["verdict"], &explained["open"]), (&"failed".into(), &true.into()));
    assert_eq!(explained["seen"]["stdout"], "h\\u{1b}\\xff##[group]\n");
    assert!(explained["seen"]["difference"].as_str().unwrap().contains("-hello\n"));
    assert!(explained["again"].as_str().unwrap().starts_with("fixgate run suite/greeting "));
    assert_eq!(explained["history"].as_array().unwrap().len(), 2, "{explained}");
    let shown = |name: &str| product.fixgate(&["show", name, "--format", "json"]).exits(0);
    let defect = shown("GR-1").json();
    assert_eq!((&defect["schema"], &defect["records"][0]["record"]), (&"fixgate-shown-1".into(), &"defect".into()));
    assert_eq!(defect["records"][0]["pair"], serde_json::json!(["regression/gr-1"]));
    assert_eq!(shown("suite/greeting").json()["records"][0]["scenarios"][0]["id"], "suite/greeting");
    product.fixgate(&["signoff", "RTM", "--quiet"]);
    let release = shown("RTM");
    assert_eq!(release.json()["records"][0]["signoff"]["decision"], "ship");
    product.put("explained.json", &said.stdout);
    product.put("shown.jsonl", &[shown("GR-1").stdout, shown("suite/greeting").stdout, release.stdout].concat());
    fits("explained", &[product.path("explained.json")]);
    fits("shown", &[product.path("shown.jsonl")]);
}
