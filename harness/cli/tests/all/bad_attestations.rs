//! What cannot be attested or signed is said before anything is written, with the way out.

use std::process::Command;

use crate::common::keys::{MANAGER, OPERATOR, TESTER, attest, product, ssh_keygen};
use crate::common::{Product, Said};

/// Holds if `attest` so refuses, and nothing is written.
#[track_caller]
fn refused(product: &Product, said: Said, complaint: &str) {
    said.exits(2).complains(complaint);
    assert!(!product.path("attestations").exists());
}

#[test]
fn what_is_attested_must_be_there() {
    let product = product();
    let word = ["tester", "GR-7", "--candidate", "RU1"];
    refused(&product, attest(&product, TESTER, &word), "error: there is no defect `GR-7`\nhelp: did you mean `GR-1`?\n");
    let case = ["manual", "manual/readign", "--candidate", "RU1", "--outcome", "passed"];
    let expected = "error: `manual/readign` is no manual case\nhelp: did you mean `manual/reading`?\n";
    refused(&product, attest(&product, TESTER, &case), expected);
    let build = ["tester", "GR-1", "--candidate", "RU7"];
    let expected = "error: `RU7` is neither a release nor a path to a build\nhelp: did you mean `RU1`?\n";
    refused(&product, attest(&product, TESTER, &build), expected);
    let outcome = ["manual", "manual/reading", "--candidate", "RU1", "--outcome", "perhaps"];
    attest(&product, TESTER, &outcome).exits(2).mentions(&["possible values: passed, failed"]);
    let expected = "error: reports/RU1/ holds no sign-off\nhelp: make it first: fixgate signoff RU1\n";
    refused(&product, attest(&product, MANAGER, &["release-manager", "RU1"]), expected);
    refused(&product, product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]), expected);
}

#[test]
fn days_that_were_not_are_not_attested() {
    let product = product();
    let deployment = |start: &str, end: &str| {
        let words = ["deployment", "--candidate", "RU1", "--environment", "office", "--start", start, "--end", end];
        attest(&product, OPERATOR, &words).exits(2)
    };
    for (start, end) in [("2026-01-09", "2026-01-05"), ("2026-01-05", "2999-01-05")] {
        let said = deployment(start, end);
        assert!(said.stderr.starts_with(&format!("error: a deployment from {start} to {end} is not one that was, on 20")));
        said.mentions(&["help: attest the days that the build was in use, up to today\n"]);
    }
    deployment("yesterday", "2026-01-05").mentions(&["invalid value 'yesterday' for '--start <DATE>'"]);
    assert!(!product.path("attestations").exists());
}

#[test]
fn a_key_must_be_there_and_a_signers() {
    let product = product();
    let word = ["attest", "tester", "GR-1", "--candidate", "RU1"];
    let homeless = product.command(&word).env("HOME", product.path("")).output().unwrap();
    let expected = "error: there is no key in ~/.ssh/id_ed25519 or ~/.ssh/id_ed25519_sk\nhelp: name one by --key PATH\n";
    refused(&product, product.said(&homeless), expected);
    let with_key = |key: &str| product.fixgate(&[&word[..], &["--key", key]].concat());
    let expected = "error: nowhere cannot be read: No such file or directory (os error 2)\nhelp: put what is missing there, or correct the path\n";
    refused(&product, with_key("nowhere"), expected);
    let said = with_key("fixgate.toml").exits(2);
    assert!(said.stderr.starts_with("error: fixgate.toml is no Ed25519 key as OpenSSH writes them: "), "{said:?}");
    let eve = product.key("eve@example.org");
    let said = with_key(&eve).exits(2).mentions(&["eve@example.org is the key of no signer in allowed_signers\n"]);
    said.mentions(&["help: a line there is: PRINCIPAL namespaces=\"signoff@fixgate\" ssh-ed25519 KEY\n"]);
    let unsigned = product.fixgate(&[&word[..], &["--unsigned-for", MANAGER]].concat());
    let help = "help: fixgate.toml says who does: [roles] tester = [\"…\"]\n";
    refused(&product, unsigned, &format!("error: {MANAGER} does not hold the role tester\n{help}"));
}

#[test]
fn a_note_with_invisible_letters_is_not_signed() {
    let product = product();
    let word = ["tester", "GR-1", "--candidate", "RU1", "--note", "fine\u{1b}[2J"];
    let expected = "error: not an attestation: \"fine\\u{1b}[2J\" holds invisible characters\n";
    refused(&product, attest(&product, TESTER, &word), expected);
}

#[test]
fn a_missing_or_failing_ssh_keygen_is_an_error() {
    let product = product();
    product.fixgate(&["build", "RU1"]).exits(0);
    let key = product.key(TESTER);
    let mut command = product.command(&["attest", "tester", "GR-1", "--candidate", "RU1", "--key", &key]);
    let said = product.said(&command.env("PATH", product.path("")).output().unwrap()).exits(2);
    said.mentions(&["error: ssh-keygen could not sign with ROOT/.fixgate/keys/tess@example.org: No such file or directory"]);
    // A public key alone is one that an agent holds, and here is none.
    std::fs::remove_file(&key).unwrap();
    let mut command = product.command(&["attest", "tester", "GR-1", "--candidate", "RU1", "--key", &format!("{key}.pub")]);
    let said = product.said(&command.env_remove("SSH_AUTH_SOCK").output().unwrap()).exits(2);
    said.mentions(&["ssh-keygen could not sign with ", "help: signing needs OpenSSH 8.2 or newer, and the key, or an agent"]);
    assert!(!product.path("attestations").exists());
}

#[test]
fn an_envelope_takes_a_key_without_a_passphrase() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let key = product.key(MANAGER);
    ssh_keygen(Command::new("ssh-keygen").args(["-q", "-p", "-P", "", "-N", "a passphrase", "-f", &key]));
    let help =
        "help: an envelope's signature is raw Ed25519, which takes a key file without a passphrase; keep one for releases\n";
    let encrypted = format!("error: ROOT/.fixgate/keys/{MANAGER} is encrypted, or in hardware\n{help}");
    product.fixgate(&["sign", "RU1", "--key", &key]).exits(2).complains(&encrypted);
    let said = product.fixgate(&["sign", "RU1", "--key", &format!("{key}.pub")]).exits(2).mentions(&[help]);
    assert!(said.stderr.starts_with(&format!("error: ROOT/.fixgate/keys/{MANAGER}.pub is no private key: ")), "{said:?}");
    assert!(!product.path("reports/RU1/signer.pub").exists());
}

#[test]
fn a_run_of_another_release_is_not_approved() {
    let product = product();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let expected = format!("error: the run `{run}` was not made to sign off RU1\nhelp: make one: fixgate signoff RU1\n");
    refused(&product, attest(&product, MANAGER, &["release-manager", "RU1", "--run", &run]), &expected);
}

#[test]
fn what_holds_for_other_reasons_is_not_approved() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let said = attest(&product, MANAGER, &["release-manager", "RU1"]).exits(1);
    said.complains("error: RU1 is not ready to be approved: see what does not hold\n").mentions(&["HOLD: greeter RU1 (RU1.0)\n"]);
    assert!(!product.path("attestations").exists());
}
