//! Statements, signers and signatures: what reads back, and that nothing counts but what was signed by whom it says.

use std::sync::Arc;

use fixgate_core::attestation::{Approval, Deployment};
use fixgate_core::attestation::{Attested, FixWord, Incident, IncidentState, ManualResult, Outcome, Statement};
use fixgate_core::id::{Digest, Principal};
use fixgate_core::problem::Source;
use fixgate_core::proof::BuildIdentity;
use fixgate_core::signer::{AllowedSigners, NAMESPACE, Refusal};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};

/// A person's key, always the same.
fn key(seed: u8) -> PrivateKey {
    PrivateKey::new(KeypairData::from(Ed25519Keypair::from_seed(&[seed; 32])), "").unwrap()
}

fn line(principal: &str, options: &str, seed: u8) -> String {
    format!("{principal} {options} {}\n", key(seed).public_key().to_openssh().unwrap())
}

fn signers(text: &str) -> AllowedSigners {
    AllowedSigners::read(&Source::new("allowed_signers", text)).unwrap()
}

fn sign(text: &str, seed: u8, namespace: &str) -> String {
    key(seed).sign(namespace, HashAlg::Sha512, text.as_bytes()).unwrap().to_pem(LineEnding::LF).unwrap()
}

fn ada() -> Principal {
    "ada@example.org".parse().unwrap()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn statement(attested: Attested) -> Statement {
    let subject = BuildIdentity { name: "greeter".to_owned(), digest: Digest::of(b"build") };
    Statement { subject, by: ada(), at: at("2026-01-20T10:00:00Z"), attested }
}

fn attested() -> impl Strategy<Value = Attested> {
    let text = || "[ -~äöü<>\"\\\\]{0,40}";
    let word = text().prop_map(|note| FixWord { defect: "GR-1".parse().unwrap(), note });
    let outcome = prop::sample::select(vec![Outcome::Passed, Outcome::Failed]);
    let manual = (outcome, text()).prop_map(|(outcome, note)| {
        Attested::Manual(ManualResult { case: "manual/look".parse().unwrap(), definition: Digest::of(b"case"), outcome, note })
    });
    let state = prop::sample::select(vec![IncidentState::Open, IncidentState::Closed]);
    let incident = (text(), state).prop_map(|(title, state)| Incident { title, state });
    let deployment = (text(), prop::collection::vec(incident, 0..3), 1..=20_i8).prop_map(|(environment, incidents, end)| {
        Attested::Deployment(Deployment { environment, start: date(2026, 1, 1), end: date(2026, 1, end), incidents })
    });
    let approval = Approval {
        release: "RU1".parse().unwrap(),
        run: "run-1".parse().unwrap(),
        plan: Digest::of(b"plan"),
        journal: Digest::of(b"journal"),
    };
    prop_oneof![
        word.clone().prop_map(Attested::Tester),
        word.prop_map(Attested::Customer),
        manual,
        deployment,
        Just(Attested::ReleaseManager(approval)),
    ]
}

/// The text with one of its bytes changed, if it is text then.
fn changed(text: &str, index: prop::sample::Index, by: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let index = index.index(bytes.len());
    bytes[index] ^= by;
    String::from_utf8(bytes).ok()
}

proptest! {
    #[test]
    fn a_statement_reads_back_as_it_was_meant(attested in attested()) {
        let statement = statement(attested);
        let text = statement.to_json();
        let read = Statement::read(&Source::new("attestations/a.json", &*text)).unwrap();
        prop_assert_eq!(&read, &statement);
        prop_assert_eq!(read.to_json(), text);
    }

    #[test]
    fn nothing_counts_that_was_changed_by_a_byte(attested in attested(), index: prop::sample::Index, by in 1..=255_u8) {
        let known = signers(&line("ada@example.org", "", 1));
        let (time, text) = (at("2026-01-20T10:00:00Z"), statement(attested).to_json());
        let signature = sign(&text, 1, NAMESPACE);
        prop_assert!(known.verify(&ada(), time, text.as_bytes(), &signature).is_ok());
        if let Some(other) = changed(&text, index, by) {
            let refusal = known.verify(&ada(), time, other.as_bytes(), &signature).map(|_| ());
            prop_assert_eq!(refusal, Err(Refusal::Edited));
        }
    }

    #[test]
    fn no_line_of_signers_panics_and_none_gives_a_key_to_another(index: prop::sample::Index, by in 1..=255_u8) {
        let good = line("ada@example.org", "namespaces=\"signoff@fixgate\",valid-after=\"20260101Z\",valid-before=\"20270101Z\"", 1);
        let Some(text) = changed(&good, index, by) else { return Ok(()) };
        let source: Arc<Source> = Source::new("allowed_signers", text);
        match AllowedSigners::read(&source) {
            Ok(read) => {
                // What still reads is what is there: a principal with a key, word for word.
                for signer in read.iter() {
                    prop_assert!(source.text.contains(signer.principal.as_str()));
                    prop_assert!(source.text.contains(signer.key.to_openssh().unwrap().split(' ').nth(1).unwrap()));
                }
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    let place = problem.place.expect("a line has a place");
                    prop_assert!(place.span.end <= source.text.len() && source.text.is_char_boundary(place.span.start));
                }
            }
        }
    }
}

#[test]
fn a_key_whose_lengths_are_wrong_is_none() {
    let good = line("ada@example.org", "", 1);
    assert!(AllowedSigners::read(&Source::new("allowed_signers", &*good)).is_ok());
    let wrong = good.replacen("NTE5AAAA", "NTE5AACA", 1);
    assert_ne!(good, wrong);
    let problems = AllowedSigners::read(&Source::new("allowed_signers", &*wrong)).unwrap_err();
    assert_eq!(problems[0].message, "this is no public key: it is not as OpenSSH writes it");
}

#[test]
fn a_key_counts_from_its_first_second_to_its_last() {
    let options = "valid-after=\"20260101Z\",valid-before=\"202602011200Z\"";
    let known = signers(&line("ada@example.org", options, 1));
    let (text, signature) = ("text", sign("text", 1, NAMESPACE));
    let outcome = |time: &str| known.verify(&ada(), at(time), text.as_bytes(), &signature).map(|_| ());
    assert_eq!(outcome("2026-01-01T00:00:00Z"), Ok(()));
    assert_eq!(outcome("2026-02-01T12:00:00Z"), Ok(()));
    assert_eq!(outcome("2025-12-31T23:59:59Z"), Err(Refusal::NotYetValid(ada(), at("2026-01-01T00:00:00Z"))));
    assert_eq!(outcome("2026-02-01T12:00:01Z"), Err(Refusal::Expired(ada(), at("2026-02-01T12:00:00Z"))));
}

#[test]
fn a_person_may_have_several_keys_and_a_key_several_times() {
    let text = line("ada@example.org", "valid-before=\"20260101Z\"", 1)
        + "# a new key, and the old one once more\n"
        + &line("ada@example.org", "", 2)
        + &line("ada@example.org", "valid-after=\"20270101Z\"", 1);
    let known = signers(&text);
    let outcome = |time: &str, seed| known.verify(&ada(), at(time), b"text", &sign("text", seed, NAMESPACE)).is_ok();
    assert!(outcome("2025-06-01T00:00:00Z", 1) && !outcome("2026-06-01T00:00:00Z", 1) && outcome("2027-06-01T00:00:00Z", 1));
    assert!(outcome("2026-06-01T00:00:00Z", 2));
    assert!(!outcome("2026-06-01T00:00:00Z", 3));
}

#[test]
fn a_signature_says_for_whom_and_for_what_it_was_made() {
    let known = signers(&(line("ada@example.org", "", 1) + &line("bob@example.org", "namespaces=\"file\"", 2)));
    let time = at("2026-01-20T10:00:00Z");
    let outcome = |principal: &str, seed, namespace: &str| {
        let principal = principal.parse().unwrap();
        known.verify(&principal, time, b"text", &sign("text", seed, namespace)).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(outcome("ada@example.org", 2, NAMESPACE), "it is not signed by a key of ada@example.org");
    assert_eq!(outcome("ada@example.org", 1, "git"), "it is signed for \"git\", not for signoff@fixgate");
    assert_eq!(outcome("bob@example.org", 2, NAMESPACE), "the key of bob@example.org is not for the namespace signoff@fixgate");
    assert_eq!(outcome("eve@example.org", 3, NAMESPACE), "eve@example.org is no signer that allowed_signers knows");
    let none = known.verify(&ada(), time, b"text", "no signature").unwrap_err();
    assert!(none.to_string().starts_with("its signature cannot be read: "), "{none}");
}
