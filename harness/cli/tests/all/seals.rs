//! Sealed sign-offs: what `sign` writes, what verifiers of others say of it, and what `verify` refuses.

mod pages;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::keys::{MANAGER, OPERATOR, TESTER, attest, attest_days, attest_manual, product};
use crate::common::{GREETING, Product, Said, defect};
use crate::verifiers::in_toto;
use fixgate_core::id::Digest;
use fixgate_core::seal::Envelope;
use fixgate_engine::keys::Key;
use serde_json::{Value, json};

/// A product whose RU1 people have attested and a release manager has approved and signed.
fn sealed() -> Product {
    let product = product();
    seal(&product);
    product
}

fn seal(product: &Product) {
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    attest_manual(product, "passed").exits(0);
    attest_days(product, "2026-01-05", "2026-01-12").exits(0);
    attest(product, MANAGER, &["release-manager", "RU1"]).exits(0);
    sign(product, MANAGER).exits(0);
}

fn sign(product: &Product, person: &str) -> Said {
    product.fixgate(&["sign", "RU1", "--key", &product.key(person)])
}

fn verify(product: &Product) -> Said {
    product.fixgate(&["verify", "reports/RU1", "--candidate", "RU1"])
}

/// Holds if `verify` refuses the sign-off, and says exactly these things.
#[track_caller]
fn refused(product: &Product, complaints: &[&str]) {
    let said = verify(product).exits(1).mentions(&["refused: "]);
    let expected: String = complaints.iter().map(|complaint| format!("error: {complaint}\n")).collect();
    said.complains(&expected);
}

/// The statement in an envelope.
fn statement(product: &Product, name: &str) -> Value {
    let envelope: Value = serde_json::from_str(&product.read(&format!("reports/RU1/{name}"))).unwrap();
    let mut decoder = Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut decoder.stdin.take().unwrap(), envelope["payload"].as_str().unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&decoder.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_sealed_sign_off_is_verified_offline() {
    let product = sealed();
    let said = verify(&product).exits(0);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines[0], "ship: greeter RU1 (RU1.0)");
    assert!(lines[1].starts_with("  build      sha256:") && !lines[1].ends_with("not compared"), "{said:?}");
    assert!(lines[2].starts_with("  signed by  mara@example.org as of 20"), "{said:?}");
    assert!(lines[3].ends_with(", decided again") && lines.len() == 4, "{said:?}");
    // What is attested later takes nothing from it, and is told.
    attest_days(&product, "2026-01-12", "2026-01-14").exits(0);
    verify(&product).exits(0).mentions(&["  since      1 attestation, on which it does not rest\n"]);
    // A person who has the repository alone can tell as much, but for what is not checked in.
    fs::remove_dir_all(product.path("reports/runs")).unwrap();
    fs::remove_file(product.path("reports/RU1/junit.xml")).unwrap();
    let said = product.fixgate(&["verify", "reports/RU1"]).exits(0);
    said.mentions(&[", not compared\n", ", not here\n", "  not here   junit.xml\n"]);
}

#[test]
fn evidence_and_decision_say_what_was_tested_by_what() {
    let product = sealed();
    let signoff: Value = serde_json::from_str(&product.read("reports/RU1/signoff.json")).unwrap();
    let evidence = statement(&product, "evidence.intoto.json");
    let build = signoff["candidate"]["digest"].as_str().unwrap().trim_start_matches("sha256:");
    assert_eq!(evidence["subject"], json!([{ "name": "greeter", "digest": { "sha256": build } }]));
    assert_eq!(evidence["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    let predicate = &evidence["predicate"];
    assert_eq!((&predicate["result"], &predicate["failedTests"]), (&json!("PASSED"), &json!([])));
    assert_eq!(predicate["counts"]["planned"], 3);
    assert_eq!(predicate["counts"]["verdicts"], signoff["verdicts"]);
    let configuration = predicate["configuration"].as_array().unwrap();
    let named = |key: &str| -> Vec<&str> { configuration.iter().filter_map(|known| known[key].as_str()).collect() };
    assert_eq!(named("name"), ["plan", "ledger", "waivers", "baseline", "harness", "journal"]);
    let reports = ["junit-raw.xml", "junit.xml", "plan.txt.gz", "rules.json", "signoff.html", "signoff.json", "signoff.md"];
    assert_eq!(named("uri"), reports);
    let decision = statement(&product, "signoff.intoto.json");
    assert_eq!(decision["subject"], evidence["subject"]);
    let predicate = &decision["predicate"];
    assert_eq!(predicate["verifier"]["id"], "urn:fixgate:release-manager:mara@example.org");
    assert_eq!(predicate["resourceUri"], "pkg:generic/greeter@RU1.0?release=RU1");
    assert_eq!(predicate["verificationResult"], "PASSED");
    assert_eq!(predicate["verifiedLevels"], json!(["FIXGATE_SHIP"]));
    let inputs = predicate["inputAttestations"].as_array().unwrap();
    let inputs: Vec<&str> = inputs.iter().map(|input| input["uri"].as_str().unwrap()).collect();
    assert_eq!(inputs.len(), 4, "{inputs:?}");
    assert_eq!(inputs[0], "evidence.intoto.json");
    // The same records give the same bytes.
    let bytes = || {
        ["signoff.json", "evidence.intoto.json", "signoff.intoto.json"].map(|name| product.read(&format!("reports/RU1/{name}")))
    };
    let before = bytes();
    sign(&product, MANAGER).exits(0);
    assert_eq!(bytes(), before);
}

#[test]
fn what_is_known_to_fail_is_a_warning() {
    let product = product();
    product.put("defects/GR-2.toml", &defect("status = \"open\""));
    product.put(
        "testcases/regression/farewell.toml",
        &GREETING
            .replace("tags", "defects = [\"GR-2\"]\ntags")
            .replace("hello", "bye")
            .replace("\"${product}\", \"greet\"", "\"true\""),
    );
    seal(&product);
    let predicate = &statement(&product, "evidence.intoto.json")["predicate"];
    assert_eq!(predicate["result"], "WARNED");
    assert_eq!((&predicate["warnedTests"], &predicate["failedTests"]), (&json!(["regression/farewell"]), &json!([])));
    assert_eq!(statement(&product, "signoff.intoto.json")["predicate"]["verificationResult"], "PASSED");
    verify(&product).exits(0);
}

#[test]
fn what_holds_is_signed_as_such() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    sign(&product, MANAGER).exits(1).mentions(&["HOLD: greeter RU1 (RU1.0)\nsigned by mara@example.org as of "]);
    let evidence = statement(&product, "evidence.intoto.json");
    assert_eq!(evidence["predicate"]["result"], "FAILED");
    let failed = json!(["criterion manual", "criterion deployed", "criterion signed"]);
    assert_eq!(evidence["predicate"]["failedTests"], failed);
    let decision = statement(&product, "signoff.intoto.json");
    assert_eq!(decision["predicate"]["verificationResult"], "FAILED");
    assert_eq!(decision["predicate"]["verifiedLevels"], json!(["FAILED"]));
    verify(&product).exits(1).mentions(&["hold: greeter RU1 (RU1.0)\n"]).complains("");
}

#[test]
fn an_edited_report_is_refused() {
    let product = sealed();
    let page = product.read("reports/RU1/signoff.md");
    product.put("reports/RU1/signoff.md", &page.replacen("mara", "nora", 1).replacen("satisfied", "waived", 1));
    refused(&product, &["signoff.md is not as it was signed"]);
    product.put("reports/RU1/signoff.md", &page);
    verify(&product).exits(0);
    let rules = product.read("reports/RU1/rules.json");
    product.put("reports/RU1/rules.json", &rules.replace("\"retries\": \"0\"", "\"retries\": \"9\""));
    refused(&product, &["rules.json is not as it was signed", "rules.json is not as it was signed"]);
}

#[test]
fn an_edited_decision_is_refused() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    sign(&product, MANAGER).exits(1);
    product.edit("reports/RU1/signoff.json", "\"decision\": \"hold\"", "\"decision\": \"ship\"");
    let run = product.runs().pop().unwrap();
    refused(
        &product,
        &[
            "the decision is not that of signoff.json",
            "signoff.json is not as it was signed",
            "signoff.html holds another decision than signoff.json",
            &format!("signoff.json is not what the run {run} gives"),
        ],
    );
}

#[test]
fn another_build_is_refused() {
    let product = sealed();
    product.program("other/bin/greeter", "echo hello # and something else\n");
    let said = product.fixgate(&["verify", "reports/RU1", "--candidate", "other"]).exits(1);
    assert!(said.stderr.starts_with("error: the build other is sha256:"), "{said:?}");
    said.mentions(&[", not the one that was signed off, sha256:", "refused: greeter RU1"]);
}

#[test]
fn a_seal_by_a_signer_without_the_role_is_refused() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let help = "help: fixgate.toml says who does: [roles] release-manager = [\"…\"]\n";
    sign(&product, OPERATOR)
        .exits(2)
        .complains(&format!("error: olga@example.org does not hold the role release-manager\n{help}"));
    // Where the role was given for the signature alone, and taken back.
    product.edit("fixgate.toml", "[\"mara@example.org\"]", "[\"mara@example.org\", \"olga@example.org\"]");
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    sign(&product, OPERATOR).exits(1);
    product.edit("fixgate.toml", "[\"mara@example.org\", \"olga@example.org\"]", "[\"mara@example.org\"]");
    refused(&product, &["signoff.intoto.json: olga@example.org does not hold the role release-manager"]);
}

#[test]
fn an_expired_key_is_refused() {
    let product = sealed();
    let people = ["tess@example.org", "carl@customer.example", OPERATOR];
    let others: String = people.iter().map(|person| product.signer(person, "")).collect();
    let expired = product.signer(MANAGER, "valid-before=\"20260101Z\"");
    product.put("allowed_signers", &format!("{others}{expired}"));
    refused(&product, &["signoff.intoto.json: the key of mara@example.org expired at 2026-01-01T00:00:00Z"]);
    sign(&product, MANAGER).exits(2).complains("error: the key of mara@example.org expired at 2026-01-01T00:00:00Z\n");
}

/// Seals another decision with the release manager's own key.
fn seal_again(product: &Product, change: impl Fn(&mut Value)) {
    seal_statement(product, "signoff.intoto.json", change);
}

fn seal_statement(product: &Product, name: &str, change: impl Fn(&mut Value)) {
    let mut statement = statement(product, name);
    change(&mut statement);
    let key = Key::find(Some(product.key(MANAGER).as_str().into())).unwrap();
    let raw = key.raw().unwrap();
    let envelope = Envelope::seal(&statement.to_string(), &key.public, |bytes| raw.sign(bytes)).unwrap();
    product.put(&format!("reports/RU1/{name}"), &envelope.to_json());
}

#[test]
fn a_replayed_attestation_of_another_build_is_refused_even_if_it_is_sealed() {
    let product = sealed();
    attest(&product, TESTER, &["manual", "manual/reading", "--candidate", "RTM", "--outcome", "passed"]).exits(0);
    let other =
        fs::read_dir(product.path("attestations")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let inputs = statement(&product, "signoff.intoto.json")["predicate"]["inputAttestations"].clone();
    let honest = inputs.as_array().unwrap().iter().find(|input| input["uri"].as_str().unwrap().contains("/manual-")).unwrap();
    let honest = honest["uri"].as_str().unwrap();
    let is_other = |name: &String| name.starts_with("manual-") && name.ends_with(".json") && !honest.ends_with(name.as_str());
    let replayed = format!("attestations/{}", other.into_iter().find(is_other).unwrap());
    let digest = Digest::of(product.read(&replayed).as_bytes()).hexadecimal();
    seal_again(&product, |decision| {
        for input in decision["predicate"]["inputAttestations"].as_array_mut().unwrap() {
            if input["uri"] == honest {
                *input = json!({ "uri": replayed, "digest": { "sha256": digest } });
            }
        }
    });
    let build: Value = serde_json::from_str(&product.read(&replayed)).unwrap();
    let build = build["subject"][0]["digest"]["sha256"].as_str().unwrap();
    refused(
        &product,
        &[
            &format!("the decision does not name {honest}, on which signoff.json rests"),
            &format!("{replayed} is about another build, sha256:{build}"),
        ],
    );
}

#[test]
fn a_decision_about_another_build_or_by_another_person_is_refused() {
    let product = sealed();
    seal_again(&product, |decision| decision["subject"][0]["digest"]["sha256"] = "0".repeat(64).into());
    refused(&product, &["the decision is about another build than signoff.json"]);
    let product = sealed();
    seal_again(&product, |decision| decision["predicate"]["verifier"]["id"] = "urn:fixgate:release-manager:eve".into());
    refused(&product, &["signoff.intoto.json: it is not mara@example.org who says so"]);
    let product = sealed();
    seal_again(&product, |decision| decision["predicate"]["verificationResult"] = "PERHAPS".into());
    let said = verify(&product).exits(1);
    assert!(said.stderr.starts_with("error: signoff.intoto.json: unknown variant `PERHAPS`"), "{said:?}");
    let product = sealed();
    seal_again(&product, |decision| decision["predicate"]["timeVerified"] = "2999-01-01T00:00:00Z".into());
    refused(&product, &["signoff.intoto.json: it is dated 2999-01-01T00:00:00Z, which is yet to come"]);
}

#[test]
fn records_of_another_day_are_refused() {
    let product = sealed();
    product.edit("fixgate.toml", "deployed-days = 7", "deployed-days = 1");
    let run = product.runs().pop().unwrap();
    refused(
        &product,
        &[
            "the records here are not those that were signed off: compare with the tree that has both",
            &format!("signoff.json is not what the run {run} gives"),
        ],
    );
}

#[test]
fn what_is_missing_or_no_seal_is_told() {
    let product = sealed();
    product
        .fixgate(&["verify", "reports/RU1", "--candidate", "./nowhere"])
        .exits(2)
        .mentions(&["error: `./nowhere` is no build: cannot find the build `./nowhere`: "]);
    let envelope = product.read("reports/RU1/signoff.intoto.json");
    fs::remove_file(product.path("reports/RU1/signoff.intoto.json")).unwrap();
    refused(&product, &["reports/RU1/signoff.intoto.json is missing"]);
    product.put("reports/RU1/signoff.intoto.json", "{}\n");
    refused(&product, &["signoff.intoto.json: it is no envelope: missing field `payload` at line 1 column 2"]);
    product.put("reports/RU1/signoff.intoto.json", &product.read("reports/RU1/evidence.intoto.json"));
    let said = verify(&product).exits(1);
    assert!(said.stderr.starts_with("error: signoff.intoto.json: "), "{said:?}");
    product.put("reports/RU1/signoff.intoto.json", &envelope.replace("\"sig\": \"", "\"sig\": \"AAAA"));
    refused(&product, &["signoff.intoto.json: it is not as it was signed"]);
    product.fixgate(&["verify", "reports/RU7"]).exits(2).mentions(&["error: reports/RU7 does not exist\n"]);
    product.fixgate(&["verify", "/"]).exits(2).mentions(&["error: / is no directory of a release's reports"]);
}

#[test]
fn new_reports_are_not_signed_by_what_was_signed_before() {
    let product = sealed();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    assert!(!product.path("reports/RU1/signoff.intoto.json").exists() && !product.path("reports/RU1/signer.pub").exists());
}

#[test]
fn verifiers_of_others_accept_the_envelopes_and_nothing_that_was_edited() {
    let product = sealed();
    let reports = product.path("reports/RU1");
    let accepted = |name: &str, key: &Path| in_toto(&[&reports.join(name), key]).status.success();
    let key = reports.join("signer.pub");
    let attestations = fs::read_dir(product.path("attestations")).unwrap().map(|entry| entry.unwrap().path());
    for statement in attestations.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let output = in_toto(&[&statement]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let names = ["evidence.intoto.json", "signoff.intoto.json"];
    for (name, other) in [(names[0], names[1]), (names[1], names[0])] {
        let output = in_toto(&[&reports.join(name), &key]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let sealed = product.read(&format!("reports/RU1/{name}"));
        let [envelope, other]: [Value; 2] =
            [&sealed, &product.read(&format!("reports/RU1/{other}"))].map(|text| serde_json::from_str(text).unwrap());
        for (what, edited) in edits(&envelope, &other) {
            fs::write(reports.join(name), edited.to_string()).unwrap();
            assert!(!accepted(name, &key), "{what} of {name}");
            let said = verify(&product).exits(1).mentions(&["refused: "]);
            assert!(said.stderr.contains(&format!("error: {name}: ")), "{what} of {name}: {said:?}");
        }
        fs::write(reports.join(name), sealed).unwrap();
        verify(&product).exits(0);
    }
    // Signed well, and not what the predicate may say.
    let sealed = product.read(&format!("reports/RU1/{}", names[1]));
    let wrong: [(&str, Value); 4] = [
        ("timeVerified", json!("today")),
        ("policy", json!("ours")),
        ("verificationResult", json!("PERHAPS")),
        ("more", json!(1)),
    ];
    for (field, value) in wrong {
        seal_again(&product, |decision| decision["predicate"][field] = value.clone());
        assert!(!accepted(names[1], &key), "{field} is {value}");
        product.put(&format!("reports/RU1/{}", names[1]), &sealed);
    }
    assert!(accepted(names[1], &key));
    // Another key did not sign it.
    fs::write(reports.join("other.pub"), other_key(&product)).unwrap();
    assert!(!accepted("signoff.intoto.json", &reports.join("other.pub")));
}

/// An envelope, each time with one thing changed.
fn edits(envelope: &Value, other: &Value) -> Vec<(&'static str, Value)> {
    let with = |pointer: &str, value: Value| {
        let mut edited = envelope.clone();
        *edited.pointer_mut(pointer).unwrap() = value;
        assert_ne!(edited, *envelope, "{pointer}");
        edited
    };
    let (payload, signature) = (envelope["payload"].as_str().unwrap(), envelope["signatures"][0]["sig"].as_str().unwrap());
    let flipped = |text: &str| format!("{}{}", if text.starts_with('A') { 'B' } else { 'A' }, &text[1..]);
    let passed = payload.replacen("UEFTU0VE", "RkFJTEVE", 1);
    vec![
        ("the result", with("/payload", if passed == payload { flipped(payload).into() } else { passed.into() })),
        ("the statement", with("/payload", other["payload"].clone())),
        ("the type", with("/payloadType", "application/json".into())),
        ("the signature", with("/signatures/0/sig", flipped(signature).into())),
        ("whose signature", with("/signatures/0/sig", other["signatures"][0]["sig"].clone())),
        ("all signatures", with("/signatures", Value::Array(Vec::new()))),
    ]
}

/// Another person's public key, by OpenSSL.
fn other_key(product: &Product) -> Vec<u8> {
    let private = product.path(".fixgate/other.pem");
    let made = Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&private).status().unwrap();
    assert!(made.success());
    Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&private).output().unwrap().stdout
}

#[test]
fn the_public_key_is_the_one_that_signed() {
    let product = sealed();
    let mut openssl = Command::new("openssl");
    openssl.args(["pkey", "-pubin", "-text", "-noout", "-in"]).arg(product.path("reports/RU1/signer.pub"));
    let text = String::from_utf8(openssl.output().unwrap().stdout).unwrap();
    assert!(text.starts_with("ED25519 Public-Key:"), "{text}");
}
