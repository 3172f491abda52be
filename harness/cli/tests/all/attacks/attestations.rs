//! Statements that were never made, that someone else made, or that were made of something else.

use std::fs;

use serde_json::{Value, json};

use crate::attacks::train::{against, has, reseal, rewrite};
use crate::common::keys::{CUSTOMER, MANAGER, NAMESPACE, OPERATOR, TESTER, attest, attest_days, attest_manual, product};
use crate::common::{Product, defect};

/// A statement of RU1's build, as anyone can write one.
fn statement(product: &Product, role: &str, by: &str, attests: &Value) -> Value {
    let built = product.fixgate(&["build", "RU1", "--quiet"]).stdout;
    let digest = built.split(' ').nth(1).unwrap().trim_start_matches("sha256:").to_owned();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "greeter", "digest": { "sha256": digest } }],
        "predicateType": format!("urn:fixgate:attestation:{role}:v1"),
        "predicate": { "by": by, "at": "2026-01-20T10:00:00Z", "attests": attests },
    })
}

/// A deployment that would satisfy the gate.
fn deployment() -> Value {
    json!({ "environment": "office", "start": "2026-01-05", "end": "2026-01-19", "incidents": [] })
}

/// Puts a statement among the attestations, signed with this key.
fn put(product: &Product, statement: &Value, signer: &str, namespace: &str) {
    product.put("attestations/forged.json", &statement.to_string()).sign("attestations/forged.json", signer, namespace);
}

/// Signs RU1 off, which must be held; gives the sign-off.
#[track_caller]
pub(super) fn held(product: &Product) -> Value {
    product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(1).json()
}

/// Holds if the deployment so stated and signed counts for nothing, and the reason is told.
#[track_caller]
fn refused(by: &str, signer: &str, namespace: &str, why: &str) {
    let product = product();
    put(&product, &statement(&product, "deployment", by, &deployment()), signer, namespace);
    let signoff = held(&product);
    against(&signoff, "deployed", &format!("forged: {why}"));
    against(&signoff, "deployed", "0 of 7 days on this build");
}

#[test]
fn an_honest_statement_written_by_hand_counts() {
    let product = product();
    put(&product, &statement(&product, "deployment", OPERATOR, &deployment()), OPERATOR, NAMESPACE);
    assert_eq!(crate::common::criterion(&held(&product), "deployed")["state"], "satisfied");
}

#[test]
fn a_person_without_a_key_attests() {
    refused("eve@example.org", "eve@example.org", NAMESPACE, "eve@example.org is no signer that allowed_signers knows");
}

#[test]
fn a_person_attests_without_the_role() {
    refused(TESTER, TESTER, NAMESPACE, "tess@example.org does not hold the role deployment");
    let product = product();
    let said = attest(&product, TESTER, &["release-manager", "RU1"]);
    said.exits(2).mentions(&["error: reports/RU1/ holds no sign-off"]);
    held(&product);
    let said = attest(&product, TESTER, &["release-manager", "RU1"]);
    said.exits(2).mentions(&["error: tess@example.org does not hold the role release-manager"]);
}

#[test]
fn a_person_attests_in_the_name_of_another() {
    refused(OPERATOR, TESTER, NAMESPACE, "it is not signed by a key of olga@example.org");
    refused(OPERATOR, "eve@example.org", NAMESPACE, "it is not signed by a key of olga@example.org");
}

#[test]
fn a_signature_for_another_purpose_is_used() {
    refused(OPERATOR, OPERATOR, "file", "it is signed for \"file\", not for signoff@fixgate");
}

#[test]
fn a_statement_is_not_signed() {
    let product = product();
    let stated = statement(&product, "deployment", OPERATOR, &deployment());
    product.put("attestations/forged.json", &stated.to_string());
    against(&held(&product), "deployed", "forged: it is not signed");
    product.put("attestations/forged.json.sig", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n");
    against(&held(&product), "deployed", "forged: its signature cannot be read: ");
}

#[test]
fn a_statement_is_edited_after_it_was_signed() {
    let product = product();
    attest_manual(&product, "failed").exits(0);
    let path = statement_of(&product, "manual-");
    product.edit(&path, "\"failed\"", "\"passed\"");
    against(&held(&product), "manual", ": it is not as it was signed");
}

#[test]
fn an_attestation_of_another_build_is_used() {
    let product = product();
    attest(&product, TESTER, &["manual", "manual/reading", "--candidate", "RTM", "--outcome", "passed"]).exits(0);
    let path = statement_of(&product, "manual-");
    against(&held(&product), "manual", " is about another build, sha256:");
    // The digest in its place makes it another statement.
    let honest: Value = serde_json::from_str(&product.read(&path)).unwrap();
    let here = statement(&product, "manual", TESTER, &json!({}));
    let digest = |value: &Value| value["subject"][0]["digest"]["sha256"].as_str().unwrap().to_owned();
    product.edit(&path, &digest(&honest), &digest(&here));
    against(&held(&product), "manual", ": it is not as it was signed");
}

/// The path of the one statement whose name begins so.
fn statement_of(product: &Product, start: &str) -> String {
    let entries = fs::read_dir(product.path("attestations")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = entries.map(|name| name.into_string().unwrap());
    format!("attestations/{}", names.find(|name| name.starts_with(start) && name.ends_with(".json")).unwrap())
}

#[test]
fn a_key_that_has_expired_attests() {
    let product = product();
    let people = [TESTER, CUSTOMER, MANAGER].map(|person| product.signer(person, "")).concat();
    let put_key = |options: &str| product.put("allowed_signers", &(people.clone() + &product.signer(OPERATOR, options)));
    put(&product, &statement(&product, "deployment", OPERATOR, &deployment()), OPERATOR, NAMESPACE);
    let line = |options: &str| {
        put_key(options);
        held(&product)
    };
    let expired = "forged: the key of olga@example.org expired at 2026-01-20T00:00:00Z";
    against(&line("valid-before=\"20260120Z\""), "deployed", expired);
    let early = "forged: the key of olga@example.org does not count before 2026-01-21T00:00:00Z";
    against(&line("valid-after=\"20260121Z\""), "deployed", early);
    let other = "forged: the key of olga@example.org is not for the namespace signoff@fixgate";
    against(&line("namespaces=\"git,file\""), "deployed", other);
    let valid = line("namespaces=\"git,signoff@fixgate\",valid-after=\"20260101Z\",valid-before=\"202601201000Z\"");
    assert_eq!(crate::common::criterion(&valid, "deployed")["state"], "satisfied");
    let said = attest_days(&product, "2026-01-05", "2026-01-06").exits(2);
    said.complains("error: the key of olga@example.org expired at 2026-01-20T10:00:00Z\n");
}

#[test]
fn an_attestation_is_of_a_day_that_is_yet_to_come() {
    let product = product();
    let mut stated = statement(&product, "deployment", OPERATOR, &deployment());
    stated["predicate"]["at"] = "2999-01-20T10:00:00Z".into();
    put(&product, &stated, OPERATOR, NAMESPACE);
    against(&held(&product), "deployed", "forged: it is dated 2999-01-20T10:00:00Z, which is yet to come");
}

#[test]
fn a_build_was_in_use_before_it_was_made() {
    let product = product();
    product.edit("releases/RU1.toml", "[build]", "cut = 2026-01-10\n[build]");
    put(&product, &statement(&product, "deployment", OPERATOR, &deployment()), OPERATOR, NAMESPACE);
    against(&held(&product), "deployed", "office (forged): it starts on 2026-01-05, before RU1 was cut on 2026-01-10");
}

/// A product whose RU1 everybody has attested and its release manager has approved.
fn approved() -> Product {
    let product = product();
    held(&product);
    attest_manual(&product, "passed").exits(0);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    product
}

#[test]
fn an_approval_of_another_run_is_used() {
    let product = approved();
    let first = product.runs().pop().unwrap();
    product.fixgate(&["gate", &first, "--release", "RU1"]).exits(0);
    let line = format!(" is about another run, {first}");
    against(&held(&product), "signed", &line);
}

/// With a manual case that was seen to fail on this build, and that was made to apply no more.
#[test]
fn a_manual_case_that_failed_is_dropped() {
    let product = approved();
    attest(&product, OPERATOR, &["manual", "manual/reading", "--candidate", "RU1", "--outcome", "failed", "--note", "ugly"])
        .exits(0);
    product.put("testcases/manual/other.toml", crate::common::keys::MANUAL);
    attest(&product, TESTER, &["manual", "manual/other", "--candidate", "RU1", "--outcome", "passed"]).exits(0);
    let failed = "manual/reading: olga@example.org saw it fail (manual-reading-";
    against(&held(&product), "manual", failed);
    let bounded = format!("superseded-by = \"CH-1\"\napplies = {{ until = \"RTM\" }}\n{}", crate::common::keys::MANUAL);
    product.put("testcases/manual/reading.toml", &bounded);
    product.put("defects/CH-1.toml", &defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\""));
    against(&held(&product), "manual", failed);
    fs::remove_file(product.path("testcases/manual/reading.toml")).unwrap();
    against(&held(&product), "manual", failed);
}

/// What a person said against a build was committed, and is deleted.
#[test]
fn a_statement_against_the_build_is_deleted() {
    let product = approved();
    let run = product.runs().pop().unwrap();
    let open = ["deployment", "--candidate", "RU1", "--environment", "office", "--start", "2026-01-12", "--end", "2026-01-13"];
    attest(&product, OPERATOR, &[&open[..], &["--open-incident", "it burns"]].concat()).exits(0);
    attest(&product, OPERATOR, &["manual", "manual/reading", "--candidate", "RU1", "--outcome", "failed"]).exits(0);
    product.commit();
    let against_it = |signoff: &Value, told: &str| {
        against(signoff, "deployed", &format!("{told}): an incident is open: it burns"));
        against(signoff, "manual", &format!("{told}): "));
    };
    let decided = || product.fixgate(&["gate", &run, "--release", "RU1", "--format", "json"]);
    against_it(&decided().exits(1).json(), "");
    let paths = fs::read_dir(product.path("attestations")).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect::<Vec<_>>() {
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("\"failed\"") || text.contains("it burns") {
            fs::remove_file(path.with_extension("json.sig")).unwrap();
            fs::remove_file(path).unwrap();
        }
    }
    against_it(&decided().exits(1).json(), ", which was deleted");
    against_it(
        &product.commit().fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(1).json(),
        ", which was deleted",
    );
    // The person who said it can say that it is settled.
    attest(&product, OPERATOR, &[&open[..], &["--closed-incident", "it burns"]].concat()).exits(0);
    attest(&product, OPERATOR, &["manual", "manual/reading", "--candidate", "RU1", "--outcome", "passed"]).exits(0);
    let settled = decided().exits(0).json();
    assert_eq!(settled["attestations"].as_array().unwrap().iter().filter(|word| word["gone"] == true).count(), 2);
}

/// A key that has expired can still approve with an older date, unless that is older than the run.
#[test]
fn an_approval_is_dated_before_the_run_that_it_approves() {
    let product = approved();
    let path = statement_of(&product, "release-manager-");
    let mut stated: Value = serde_json::from_str(&product.read(&path)).unwrap();
    stated["predicate"]["at"] = "2026-01-20T10:00:00Z".into();
    fs::remove_file(product.path(&path)).unwrap();
    fs::remove_file(product.path(&format!("{path}.sig"))).unwrap();
    put(&product, &stated, MANAGER, NAMESPACE);
    let run = product.runs().pop().unwrap();
    let said = product.fixgate(&["gate", &run, "--release", "RU1", "--format", "json"]).exits(1).json();
    against(&said, "signed", "forged: it is dated 2026-01-20T10:00:00Z, before the run that it approves ended at 2");
    against(&said, "signed", "no release manager has approved RU1 on this build by this run");
}

#[test]
fn a_key_that_has_expired_attests_with_an_older_date() {
    let product = product();
    put(&product, &statement(&product, "deployment", OPERATOR, &deployment()), OPERATOR, NAMESPACE);
    let people = [TESTER, CUSTOMER, MANAGER].map(|person| product.signer(person, "")).concat();
    product.put("allowed_signers", &(people + &product.signer(OPERATOR, "valid-before=\"20260121Z\"")));
    let signoff = held(&product);
    assert_eq!(crate::common::criterion(&signoff, "deployed")["state"], "satisfied");
    assert_eq!(signoff["attestations"][0]["key-expired"], "2026-01-21T00:00:00Z");
    let shown = "| yes, **by a key that expired at 2026-01-21T00:00:00Z, before the run** |\n";
    has(&product.read("reports/RU1/signoff.md"), &[shown]);
}

#[test]
fn a_journal_is_edited_after_it_was_approved() {
    let product = approved();
    let run = product.runs().pop().unwrap();
    rewrite(&product, &run, |mut line| {
        if line["scenario"]["scenario"] == "suite/greeting" {
            line["scenario"]["seconds"] = 0.001.into();
        }
        vec![line]
    });
    reseal(&product, &run);
    let said = product.fixgate(&["gate", &run, "--release", "RU1", "--format", "json"]).exits(1);
    against(&said.json(), "signed", &format!(" is about {run} with another journal"));
}

#[test]
fn a_signer_or_a_role_is_given_after_the_run() {
    let product = product();
    held(&product);
    let run = product.runs().pop().unwrap();
    let void = |product: &Product| {
        let said = product.fixgate(&["gate", &run, "--release", "RU1", "--format", "json"]).exits(3);
        assert!(said.json()["void"].as_str().unwrap().contains("records or cases were changed after the run"));
    };
    product.edit("fixgate.toml", "deployment = [\"olga@example.org\"]", "deployment = [\"tess@example.org\"]");
    void(&product);
    product.edit("fixgate.toml", "deployment = [\"tess@example.org\"]", "deployment = [\"olga@example.org\"]");
    let signers = product.read("allowed_signers") + &product.signer("eve@example.org", "");
    product.put("allowed_signers", &signers);
    void(&product);
}

#[test]
fn an_attestation_is_taken_out_or_exchanged_after_it_was_counted() {
    let product = approved();
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
    let path = statement_of(&product, "manual-");
    let (text, signature) = (product.read(&path), product.read(&format!("{path}.sig")));
    let complaint = |product: &Product, what: &str| {
        product.fixgate(&["verify", "reports/RU1"]).exits(1).mentions(&[&format!("error: {path} {what}\n"), "refused: "]);
    };
    fs::remove_file(product.path(&path)).unwrap();
    fs::remove_file(product.path(&format!("{path}.sig"))).unwrap();
    complaint(&product, "is missing");
    attest_manual(&product, "failed").exits(0);
    complaint(&product, "is not as it was signed");
    product.put(&path, &text).put(&format!("{path}.sig"), &signature);
    product.fixgate(&["verify", "reports/RU1"]).exits(0);
}
