//! Manual cases, statements, keys and signatures.

use std::sync::LazyLock;

use fixgate_core::attestation::Attestation;
use fixgate_core::manual::ManualCase;
use fixgate_core::problem::Source;
use fixgate_core::seal::Envelope;
use fixgate_core::signer::AllowedSigners;
use proptest::prelude::*;

use super::mutate::texts;
use super::records::says_why;

const MANUAL: [&str; 1] = [r#"
title = "the colours can be told apart"
defects = ["RG-1"]
tags = ["colour"]
applies = { from = "RU1", until = "RU2" }
superseded-by = "RG-2"
[[step]]
do = "search in a dark terminal"
expect = "matches are red"
"#];

const KEYS: [&str; 2] = [
    "# who may sign\nada@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMKhn0yFkDKARoiV1z03s9nL99iCquRfFbFJoe6wHUW5 ada's\n",
    "bo@example.org namespaces=\"signoff@fixgate,git\",valid-after=\"20240101Z\",valid-before=\"202612312359Z\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMKhn0yFkDKARoiV1z03s9nL99iCquRfFbFJoe6wHUW5\n",
];

const SIGNATURES: [&str; 1] = ["-----BEGIN SSH SIGNATURE-----\n\
     U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgwqGfTIWQMoBGiJXXPTez2cv32I\n\
     Kq5F8VsUmh7rAdRbkAAAAPc2lnbm9mZkBmaXhnYXRlAAAAAAAAAAZzaGE1MTIAAABTAAAA\n\
     C3NzaC1lZDI1NTE5AAAAQBl15Bem9GAu8npoWaRNWjmGehql42K1y9eaxZyGSHfF/AAZ/O\n\
     g44AEuxheEJWrP/oS/O+JLAb6FXbaPUYCAYQ4=\n\
     -----END SSH SIGNATURE-----\n"];

const ENVELOPES: [&str; 1] =
    [r#"{"payload":"aGVsbG8=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"SHA256:abc","sig":"AP8="}]}"#];

/// A statement of each role.
static STATEMENTS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let attested = [
        ("tester", r#"{"defect":"RG-1","note":"ok"}"#),
        ("customer", r#"{"defect":"RG-1","note":""}"#),
        ("manual", r#"{"case":"manual/a","definition":"DIGEST","outcome":"failed","note":"n"}"#),
        (
            "deployment",
            r#"{"environment":"e","start":"2024-01-01","end":"2024-01-09","incidents":[{"title":"t","state":"open"}]}"#,
        ),
        ("release-manager", r#"{"release":"RU2","run":"r","plan":"DIGEST","journal":"DIGEST"}"#),
    ];
    let statement = |(role, attests): (&str, &str)| {
        let text = STATEMENT.replace("ROLE", role).replace("ATTESTS", attests);
        &*text.replace("DIGEST", &format!("sha256:{}", "a1".repeat(32))).leak()
    };
    attested.map(statement).to_vec()
});

const STATEMENT: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"RU2","digest":{"sha256":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"}}],
"predicateType":"urn:fixgate:attestation:ROLE:v1","predicate":{"by":"ada@example.org","at":"2024-02-01T10:00:00Z","attests":ATTESTS}}
"#;

fn signers(text: &str) -> Option<AllowedSigners> {
    says_why(AllowedSigners::read(&Source::new("allowed_signers", text)))
}

/// What is asked of a signature by any key.
fn verify(signature: &str) -> bool {
    let keys = signers(KEYS[0]).unwrap();
    keys.verify(&"ada@example.org".parse().unwrap(), "2024-02-01T10:00:00Z".parse().unwrap(), b"x", signature).is_ok()
}

fn statement(text: &str) -> Option<Attestation> {
    says_why(Attestation::read("a".parse().unwrap(), &Source::new("attestations/a.json", text)))
}

fn manual(text: &str) -> Option<ManualCase> {
    says_why(ManualCase::read("manual/a".parse().unwrap(), &Source::new("testcases/manual/a.toml", text)))
}

#[test]
fn what_is_mutated_is_valid() {
    assert!(manual(MANUAL[0]).is_some());
    assert!(KEYS.iter().all(|text| signers(text).is_some()));
    assert!(verify(SIGNATURES[0]));
    assert!(Envelope::read(ENVELOPES[0]).is_ok());
    assert!(STATEMENTS.iter().all(|text| statement(text).is_some()));
}

proptest! {
    #[test]
    fn a_manual_case(text in texts(&MANUAL)) {
        manual(&text);
    }

    #[test]
    fn allowed_signers(text in texts(&KEYS)) {
        signers(&text);
    }

    #[test]
    fn a_signature(text in texts(&SIGNATURES)) {
        verify(&text);
    }

    #[test]
    fn an_envelope(text in texts(&ENVELOPES)) {
        if let Ok(envelope) = Envelope::read(&text) {
            let keys = signers(KEYS[0]).unwrap();
            let _ = keys.iter().filter(|signer| envelope.is_by(&signer.key)).count();
        }
    }

    #[test]
    fn a_statement(text in texts(&STATEMENTS)) {
        statement(&text);
    }
}
