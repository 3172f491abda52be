//! Attestations from the command line to the gate: a sign-off that is held until people have said what they saw of its build.

use std::fs;
use std::process::{Command, Stdio};

use crate::common::keys::{CUSTOMER, MANAGER, NAMESPACE, OPERATOR, TESTER, attest, attest_days, attest_manual, product};
use crate::common::{Product, Said, criterion};
use serde_json::Value;

/// The last run decided again.
fn gate(product: &Product) -> Said {
    product.fixgate(&["gate", product.runs().last().unwrap(), "--release", "RU1", "--format", "json"])
}

fn evidence(said: &Said, id: &str) -> Vec<String> {
    let signoff = said.json();
    let lines = criterion(&signoff, id)["evidence"].as_array().unwrap().clone();
    lines.into_iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

fn states(signoff: &Value) -> Vec<(&str, &str)> {
    let of = |id| criterion(signoff, id)["state"].as_str().unwrap();
    ["manual", "deployed", "signed"].into_iter().map(|id| (id, of(id))).collect()
}

#[test]
fn a_sign_off_goes_from_hold_to_ship_as_attestations_arrive() {
    let product = product();
    let held = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(1);
    assert_eq!(evidence(&held, "manual"), ["manual/reading: it has not been attested on this build"]);
    assert_eq!(evidence(&held, "deployed"), ["0 of 7 days on this build"]);
    assert_eq!(evidence(&held, "signed"), ["no release manager has approved RU1 on this build by this run"]);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(1).mentions(&["RU1 is not ready to be approved"]);

    attest_manual(&product, "passed").exits(0).mentions(&["1. greet yourself", "attestations/manual-reading-"]);
    let said = gate(&product).exits(1).mentions(&["reports/RU1/ is older than the newest attestations: fixgate sign RU1"]);
    assert_eq!(states(&said.json()), [("manual", "satisfied"), ("deployed", "unsatisfied"), ("signed", "unsatisfied")]);

    attest_days(&product, "2026-01-05", "2026-01-09").exits(0);
    assert_eq!(evidence(&gate(&product).exits(1), "deployed"), ["4 of 7 days on this build"]);
    attest_days(&product, "2026-01-08", "2026-01-12").exits(0);
    let said = gate(&product).exits(1);
    assert_eq!(states(&said.json()), [("manual", "satisfied"), ("deployed", "satisfied"), ("signed", "unsatisfied")]);

    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    let said = gate(&product).exits(0);
    let signoff = said.json();
    assert_eq!(signoff["decision"], "ship");
    assert!(criterion(&signoff, "signed")["summary"].as_str().unwrap().starts_with("approved by mara@example.org on 20"));
    let attested = signoff["attestations"].as_array().unwrap();
    let roles: Vec<&str> = attested.iter().map(|word| word["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["deployment", "deployment", "manual", "release-manager"]);
    assert!(attested.iter().all(|word| word["refused"].is_null()));
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0).mentions(&["SHIP: greeter RU1 (RU1.0)\n"]);
    let page = product.read("reports/RU1/signoff.md");
    let (_, section) = page.split_once("## Attestations\n\n").unwrap();
    let rows: Vec<&str> = section.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 4, "{section}");
    assert!(rows[0].contains("| in use in office from 2026-01-05 to 2026-01-09, no incident | this | yes |"), "{}", rows[0]);
    assert!(rows[3].contains(" | release-manager | mara@example.org | "), "{}", rows[3]);
}

/// The commands that the dashboard names.
fn to_do(product: &Product) -> Vec<String> {
    let status = product.fixgate(&["status", "--format", "json"]).exits(0).json();
    let actions = status["actions"].as_array().unwrap().clone();
    actions.iter().map(|action| action["command"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_dashboard_decides_again_when_attestations_have_come_and_names_each_that_is_missing() {
    let product = product();
    let signoff = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(1).json();
    let (build, run) = (signoff["candidate"]["digest"].as_str().unwrap(), signoff["run"].as_str().unwrap().to_owned());
    let manual = format!("fixgate attest manual manual/reading --candidate {build} --outcome passed");
    let deployment = format!("fixgate attest deployment --candidate {build} --environment NAME --start DATE");
    product.fixgate(&[]).exits(0).mentions(&[
        " by manual, deployed, signed, 9 of 12 criteria hold\n",
        "  RU1 is held by manual: manual/reading: it has not been attested on this build\n",
        "  RU1 is held by deployed: 0 of 7 days on this build\n",
    ]);
    assert_eq!(to_do(&product), [manual.clone(), deployment.clone()]);

    // What is named is what is needed.
    let words: Vec<&str> = manual.split(' ').skip(2).collect();
    attest(&product, TESTER, &words).exits(0);
    product
        .fixgate(&[])
        .exits(0)
        .mentions(&[" by deployed, signed, 10 of 12 criteria hold, decided again with 1 attestation since\n"]);
    product.fixgate(&["rollup", "status"]).exits(0).mentions(&["by deployed, signed, 10 of 12 criteria hold, decided again"]);
    assert_eq!(to_do(&product), [deployment]);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    assert_eq!(to_do(&product), ["fixgate attest release-manager RU1"]);

    // Where the run is not at hand, it is said that the decision is behind, and what decides again.
    let (here, elsewhere) = (product.path(&format!("reports/runs/{run}")), product.path("elsewhere"));
    fs::rename(&here, &elsewhere).unwrap();
    product.fixgate(&[]).exits(0).mentions(&[
        " by manual, deployed, signed, 9 of 12 criteria hold, before 2 attestations that came since\n",
        "  2 attestations have come since RU1 was decided, and its run is not here: decide again where it is\n",
    ]);
    assert_eq!(to_do(&product)[0], format!("fixgate gate {run} --release RU1"));
    fs::rename(&elsewhere, &here).unwrap();

    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    product.fixgate(&[]).exits(0).mentions(&["  RU1 may ship, by attestations that its reports do not have yet\n"]);
    assert_eq!(to_do(&product), ["fixgate sign RU1"]);
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
    assert_eq!(to_do(&product), ["fixgate rollup notes RU1"]);
}

#[test]
fn ssh_keygen_verifies_what_was_attested() {
    let product = product();
    let said = attest(&product, TESTER, &["tester", "GR-1", "--candidate", "RU1", "--note", "as it should"]).exits(0);
    let statement = said.stdout.lines().next().unwrap();
    let verify = |principal: &str, text: &str| {
        let signature = product.path(&format!("{statement}.sig"));
        let mut command = Command::new("ssh-keygen");
        command.args(["-Y", "verify", "-n", NAMESPACE, "-I", principal, "-f"]).arg(product.path("allowed_signers"));
        command.arg("-s").arg(signature).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        child.wait().unwrap().success()
    };
    let text = product.read(statement);
    assert!(verify(TESTER, &text));
    assert!(!verify(CUSTOMER, &text));
    assert!(!verify(TESTER, &text.replace("as it should", "as it shoulD")));
}

#[test]
fn a_statement_can_be_signed_elsewhere() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let by = ["manual", "manual/reading", "--candidate", "RU1", "--outcome", "passed", "--unsigned-for", TESTER];
    let said = product.fixgate(&[&["attest"], &by[..]].concat()).exits(0);
    said.mentions(&["it counts once tess@example.org has signed it: ssh-keygen -Y sign -n signoff@fixgate -f KEY attestations/"]);
    let name = attested(&product, "manual-");
    let said = product.fixgate(&["check"]).exits(0);
    said.complains(&format!("attestations/{name} does not count: it is not signed\n"))
        .mentions(&["3 cases, 3 scenarios, 1 manual case, 1 attestation: all is well\n"]);
    let lines = evidence(&gate(&product), "manual");
    assert!(lines.contains(&format!("manual/reading: {}: it is not signed", name.trim_end_matches(".json"))), "{lines:?}");
    product.sign(&format!("attestations/{name}"), TESTER, NAMESPACE);
    assert_eq!(evidence(&gate(&product), "manual"), Vec::<String>::new());
}

/// The name of the one statement whose name begins so.
fn attested(product: &Product, start: &str) -> String {
    let entries = fs::read_dir(product.path("attestations")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = entries.map(|name| name.into_string().unwrap()).filter(|name| name.starts_with(start));
    names.find(|name| name.ends_with(".json")).unwrap()
}

#[test]
fn a_failed_manual_case_is_settled_by_the_person_who_saw_it_fail() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    attest_manual(&product, "failed").exits(0);
    let name = attested(&product, "manual-");
    let failed = format!("manual/reading: tess@example.org saw it fail ({}): ", name.trim_end_matches(".json"));
    assert_eq!(evidence(&gate(&product), "manual")[0], failed);
    let other = ["manual", "manual/reading", "--candidate", "RU1", "--outcome", "passed"];
    attest(&product, OPERATOR, &other).exits(0);
    assert_eq!(evidence(&gate(&product), "manual"), [failed]);
    attest_manual(&product, "passed").exits(0);
    assert_eq!(evidence(&gate(&product), "manual"), Vec::<String>::new());
}

#[test]
fn an_open_incident_holds_until_it_is_closed() {
    let product = product();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let days = ["deployment", "--candidate", "RU1", "--environment", "office", "--start", "2026-01-05", "--end", "2026-01-12"];
    attest(&product, OPERATOR, &[&days[..], &["--open-incident", "it greeted a cat"]].concat()).exits(0);
    let lines = evidence(&gate(&product), "deployed");
    assert!(lines[0].starts_with("office (deployment-office-") && lines[0].ends_with("an incident is open: it greeted a cat"));
    attest(&product, OPERATOR, &[&days[..], &["--closed-incident", "it greeted a cat"]].concat()).exits(0);
    assert_eq!(evidence(&gate(&product), "deployed"), Vec::<String>::new());
}

#[test]
fn a_manual_case_that_was_changed_is_attested_again() {
    let product = product();
    attest_manual(&product, "passed").exits(0);
    product.edit("testcases/manual/reading.toml", "you feel greeted", "you feel greeted warmly");
    let said = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(1);
    let lines = evidence(&said, "manual");
    assert!(lines[0].ends_with(" is of the case as it was before it was changed"), "{lines:?}");
}

/// The product of these tests, whose gate asks for validation alone, with a private fix of RTM that RU1 supersedes.
fn privately_fixed() -> Product {
    let product = product();
    product.edit("fixgate.toml", "\"manual\", \"deployed\", \"signed\"", "\"validated\"").edit(
        "fixgate.toml",
        "deployed-days = 7\n",
        "",
    );
    fix_privately(&product);
    product
}

fn fix_privately(product: &Product) {
    product.program("private/bin/greeter", "echo hello # privately\n");
    let new = ["private-fix", "new", "PF-1", "--defect", "GR-1", "--customer", "Acme", "--base", "RTM", "--candidate", "private"];
    product.fixgate(&[&new[..], &["--deadline", "2999-12-31"]].concat()).exits(0);
}

#[test]
fn each_word_turns_the_criterion_that_asks_for_it_and_no_other() {
    let product = product();
    product.edit("fixgate.toml", "\"manual\",", "\"manual\", \"validated\",");
    fix_privately(&product);
    let unsatisfied = |said: Said| -> Vec<String> {
        let criteria = said.json()["criteria"].as_array().unwrap().clone();
        let open = criteria.iter().filter(|criterion| criterion["state"] == "unsatisfied");
        open.map(|criterion| criterion["id"].as_str().unwrap().to_owned()).collect()
    };
    let held = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(1);
    assert_eq!(unsatisfied(held), ["manual", "validated", "deployed", "signed"]);
    attest(&product, CUSTOMER, &["customer", "GR-1", "--candidate", "private"]).exits(0);
    assert_eq!(unsatisfied(gate(&product).exits(1)), ["manual", "validated", "deployed", "signed"], "the tester's is missing");
    attest(&product, TESTER, &["tester", "GR-1", "--candidate", "private"]).exits(0);
    assert_eq!(unsatisfied(gate(&product).exits(1)), ["manual", "deployed", "signed"]);
    attest_days(&product, "2026-01-05", "2026-01-12").exits(0);
    assert_eq!(unsatisfied(gate(&product).exits(1)), ["manual", "signed"]);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(1).mentions(&["RU1 is not ready to be approved"]);
    attest_manual(&product, "passed").exits(0);
    assert_eq!(unsatisfied(gate(&product).exits(1)), ["signed"]);
    attest(&product, MANAGER, &["release-manager", "RU1"]).exits(0);
    assert_eq!(unsatisfied(gate(&product).exits(0)), Vec::<String>::new());
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
    let verified = product.fixgate(&["verify", "reports/RU1", "--candidate", "RU1"]).exits(0);
    verified.mentions(&["ship: greeter RU1 (RU1.0)\n", ", decided again\n"]);
}

#[test]
fn a_private_fix_is_validated_by_tester_and_customer_on_its_own_build() {
    let product = privately_fixed();
    let held = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(1);
    let lines = evidence(&held, "validated");
    assert!(lines[0].starts_with("GR-1: no tester has attested it on sha256:"), "{lines:?}");
    assert!(lines[1].starts_with("GR-1: no customer has attested it on sha256:") && lines.len() == 2, "{lines:?}");
    // What is said of the rollup's build says nothing of the one that the customer got.
    attest(&product, TESTER, &["tester", "GR-1", "--candidate", "RU1"]).exits(0);
    let lines = evidence(&gate(&product).exits(1), "validated");
    assert!(lines[0].contains(" is about another build, sha256:") && lines.len() == 2, "{lines:?}");
    attest(&product, TESTER, &["tester", "GR-1", "--candidate", "private"]).exits(0);
    assert_eq!(evidence(&gate(&product).exits(1), "validated").len(), 1);
    attest(&product, CUSTOMER, &["customer", "GR-1", "--candidate", "private"]).exits(0);
    let said = gate(&product).exits(0).mentions(&["reports/RU1/ is older than the newest attestations"]);
    let signoff = said.json();
    let summary = "1 private fix among the new fixes, each to be attested by tester and customer";
    assert_eq!(criterion(&signoff, "validated")["summary"], summary);
    assert_eq!(signoff["attestations"].as_array().unwrap().len(), 3);
    product.fixgate(&["sign", "RU1", "--key", &product.key(MANAGER)]).exits(0);
    product.fixgate(&["verify", "reports/RU1", "--candidate", "RU1"]).exits(0);
}

#[test]
fn what_a_private_fix_lacks_can_be_waived_by_name() {
    let product = privately_fixed();
    let waiver = "criterion = \"validated\"\ndefect = \"GR-1\"\nkind = \"accepted\"\nrelease = \"RU1\"\nowner = \"A. Person\"\n\
                  reason = \"the customer is gone\"\nexpires = 2999-12-31\n";
    product.put("waivers/gone.toml", waiver);
    let said = product.fixgate(&["signoff", "RU1", "--quiet", "--format", "json"]).exits(0);
    assert_eq!(criterion(&said.json(), "validated")["state"], "waived");
}
