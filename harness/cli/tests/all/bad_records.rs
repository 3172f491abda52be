//! Bad records of every kind, each in words that say where and what to do.

use crate::common::{Product, Said, defect, project, release};

const CASE: &str = "testcases/suite/greeting.toml";
const SHA: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// What `check` says of a product that also has this file.
fn with(path: &str, text: &str) -> Said {
    Product::new().put(path, text).fixgate(&["check"])
}

/// Holds if `check` refuses the product that also has this file, and says `message` of the place `at`.
#[track_caller]
fn refused(path: &str, text: &str, at: &str, message: &str) {
    let said = with(path, text).exits(2).mentions(&[&format!("error: {message}")]);
    said.mentions(&[&format!(" --> {path}:{at}\n"), "nothing was run"]);
}

#[test]
fn bad_input_in_fixgate_toml() {
    let path = "fixgate.toml";
    let good = project(r#"["ledger"]"#);
    refused(path, &project(r#"["ledger", "complet"]"#), "9:23", "unknown criterion `complet`");
    refused(path, &project("[]"), "8:1", "a gate without criteria would let anything ship");
    refused(path, &good.replace("10s", "10 seconds"), "6:11", "\"10 seconds\" is not a time limit");
    refused(path, &good.replace("bin/greeter", "../greeter"), "3:11", "the path \"../greeter\" leaves the tree");
    refused(path, &good.replace("min-scenarios = 1", ""), "9:1", "`min-scenarios` is missing in [gate]");
    refused(path, &good.replace("timeout = \"10s\"", "retries = -1"), "6:11", "-1 is not within 0 to 4294967295");
    refused(path, &good.replace("[run]", "[run"), "5:5", "not valid TOML: unclosed table, expected `]`");
}

#[test]
fn bad_input_in_a_release() {
    let path = "releases/RU1.toml";
    let good = release("RU1", Some("RTM"));
    refused(path, &good.replace("RTM", "RMT"), "2:11", "RU1 follows `RMT`, which is no release");
    refused(path, &release("RU1", None), "1:1", "both RTM and RU1 are first: neither has `follows`");
    refused(path, &good.replace("${out}", "out"), "3:1", "the recipe does not say where the build goes");
    refused(path, &format!("cut = \"2020-01-01\"\n{good}"), "1:7", "expected a date such as 2020-12-01, without quotes");
    refused(path, &format!("{good}digest = \"sha256:12\"\n"), "5:10", "\"sha256:12\" is not a digest");
    let asks = "the recipe asks for `${commit}`, and the release states no `commit`";
    refused(path, &good.replace("programs/RU1", "programs/${commit}"), "1:1", asks);
    refused(path, &good.replace("programs/RU1", "x=${fixes}"), "4:28", "`${fixes}` is an argument of its own");
    refused(path, &format!("commit = \"HEAD\"\n{good}"), "1:10", "\"HEAD\" is not a commit: 4 to 64 hexadecimal digits");
    with("releases/R U.toml", &good).exits(2).mentions(&["error: releases/R U.toml: the file's name is its id, and "]);
}

#[test]
fn bad_input_in_a_defect() {
    let path = "defects/GR-1.toml";
    refused(path, &defect("status = \"fixd\""), "4:10", "unknown status `fixd`");
    refused(path, &defect("status = \"open\"\nfixed-in = \"RTM\""), "5:12", "`fixed-in` is allowed only with status = \"fixed\"");
    refused(path, &defect("status = \"fixed\"\nfixed-in = \"RTN\""), "5:12", "`fixed-in` names `RTN`, which is no release");
    refused(
        path,
        &defect("status = \"open\"\nduplicate-of = \"GR-9\""),
        "5:16",
        "`duplicate-of` names `GR-9`, which is no defect",
    );
    refused(path, &defect("status = \"open\"\nchanges = [\"[a\"]"), "5:12", "\"[a\" is not a glob");
    refused(path, &defect("status = \"open\"").replace("major", "huge"), "2:12", "unknown severity `huge`");
    refused(path, &defect("status = \"open\"").replace("title", "titel"), "1:1", "unknown key `titel` in a defect");
}

#[test]
fn a_defect_whose_records_do_not_fit_together_is_a_gap() {
    let gap = |status: &str, message: &str| with("defects/GR-1.toml", &defect(status)).exits(1).mentions(&[message]);
    gap("status = \"fixed\"\nfixed-in = \"RTM\"\nfound-in = \"RTM\"", "GR-1 was found in RTM, yet fixed no later");
    gap(
        "kind = \"change\"\nstatus = \"open\"\nchanges = [\"suite/nothing/**\"]",
        "the claim `suite/nothing/**` of GR-1 matches no",
    );
    let pin = format!("kind = \"change\"\nstatus = \"open\"\nchanges = [{{ scenarios = \"suite/**\", accepted = \"{SHA}\" }}]");
    gap(&pin, "the pin of `suite/**` is not that of GR-1.accepted.jsonl");
}

#[test]
fn bad_input_in_a_waiver() {
    let path = "waivers/w.toml";
    let rest = "kind = \"accepted\"\nrelease = \"RTM\"\nowner = \"A\"\nreason = \"B\"\nexpires = 2999-01-01\n";
    let exactly_one = "a waiver names exactly one residual";
    refused(path, rest, "1:1", exactly_one);
    refused(path, &format!("scenario = \"suite/greeting\"\n{rest}"), "1:1", exactly_one);
    let good = format!("scenario = \"suite/greeting\"\nseen = \"{SHA}\"\n{rest}");
    refused(path, &format!("criterion = \"clean\"\n{good}"), "1:1", exactly_one);
    refused(path, &good.replace("accepted", "acepted"), "3:8", "unknown kind of waiver `acepted`");
    refused(path, &good.replace("RTM", "RTN"), "4:11", "`release` names `RTN`, which is no release");
    refused(path, &good.replace("reason = \"B\"", "reason = \"\""), "6:10", "");
    refused(path, &good.replace("2999-01-01", "2999-02-30"), "7:11", "");
    let by_defect = format!("criterion = \"clean\"\ndefect = \"GR-1\"\n{rest}");
    refused(path, &by_defect, "2:10", "`defect` names `GR-1`, which is no defect");
    with(path, &good).exits(0);
    with(path, &good.replace("2999", "2020")).exits(1).mentions(&["the waiver `w` expired on 2020-01-01", "ask A to renew it"]);
}

#[test]
fn bad_input_in_a_quarantine() {
    let path = "quarantine/q.toml";
    let good = "scenario = \"suite/greeting\"\nowner = \"A\"\nreason = \"B\"\nexpires = 2999-01-01\n";
    refused(path, &good.replace("suite/greeting", "suite/**"), "1:12", "\"suite/**\" is not a scenario id");
    refused(path, &good.replace("owner", "ownr"), "1:1", "`owner` is missing in a quarantine");
    refused(path, &good.replace("\"B\"", "\"\""), "3:10", "a title is one line of text");
    refused(path, &good.replace("2999-01-01", "\"soon\""), "4:11", "expected a date such as 2020-12-01, without quotes");
    refused(path, &format!("signature = \"{SHA}\"\n{good}"), "1:1", "unknown key `signature` in a quarantine");
    with(path, good).exits(0);
    let gap = |text: &str, messages: &[&str]| with(path, text).exits(1).mentions(messages);
    let nothing = ["the quarantine `q` is of `suite/greting`, which is no scenario", "did you mean `suite/greeting`?"];
    gap(&good.replace("greeting", "greting"), &nothing);
    gap(&good.replace("2999", "2020"), &["the quarantine `q` expired on 2020-01-01", "ask A to mend the scenario"]);
}

#[test]
fn bad_input_in_a_pack() {
    let path = "testcases/packs/acme/pack.toml";
    let good = "owner = \"A\"\ncontact = \"a@example.org\"\nproduct = \"P\"\nrequired = true\n";
    refused(path, &good.replace("true", "\"yes\""), "4:12", "expected true or false, found a string");
    refused(path, &good.replace("owner", "ownr"), "1:1", "`owner` is missing in a pack");
    with(path, good).exits(0);
    let case = Product::new().read(CASE);
    refused("testcases/packs/acme/one.toml", &case, "1:1", "the pack `acme` has no pack.toml");
}

#[test]
fn bad_input_in_a_privatefix() {
    let path = "private-fixes/PF-1.toml";
    let good = format!(
        "defects = [\"GR-1\"]\ncustomer = \"Acme\"\nbase = \"RTM\"\ndigest = \"{SHA}\"\ndeadline = 2024-10-01\n\
         state = \"validated\"\n[dates]\ncoded = 2024-09-01\nvalidated = 2024-09-02\n"
    );
    let bad = |old: &str, new: &str, at: &str, message: &str| {
        assert!(good.contains(old));
        let product = Product::new();
        product.put("defects/GR-1.toml", &defect("status = \"private-fix\"")).put(path, &good.replace(old, new));
        let place = format!(" --> {path}:{at}\n");
        product.fixgate(&["check"]).exits(2).mentions(&[&format!("error: {message}"), &place, "nothing was run"]);
    };
    bad("GR-1", "GR-2", "1:12", "`defects` names `GR-2`, which is no defect");
    bad("[\"GR-1\"]", "[]", "1:11", "a private fix fixes at least one defect");
    bad("[\"GR-1\"]", "[\"GR-1\", \"GR-1\"]", "1:11", "`GR-1` appears twice");
    bad("Acme", "", "2:12", "a title is one line of text");
    bad("RTM", "RTN", "3:8", "`base` names `RTN`, which is no release");
    bad("sha256:", "md5:", "4:10", "");
    bad("2024-10-01", "\"soon\"", "5:12", "expected a date such as 2020-12-01, without quotes, found a string");
    bad("\"validated\"", "\"valid\"", "6:9", "unknown state `valid`");
    bad("customer", "custommer", "1:1", "`customer` is missing in a private fix");
    bad("validated = 2024-09-02\n", "", "7:1", "[dates] has no `validated`, and the state is `validated`");
    bad("state = \"validated\"", "state = \"coded\"", "7:1", "[dates] has `validated`, and the state is `coded`");
    bad("2024-09-02", "2024-08-31", "7:1", "`validated` on 2024-08-31 lies before `coded` on 2024-09-01");
    bad("validated = 2024-09-02", "valid = 2024-09-02", "9:1", "unknown key `valid` in [dates]");
    let spaced = Product::new();
    spaced.put("private-fixes/a b.toml", &good).fixgate(&["check"]).exits(2).mentions(&["a b.toml: the file's name is its id"]);
    with("private-fixes/notes.txt", "").exits(2).mentions(&["private-fixes/notes.txt is no record"]);
}

#[test]
fn bad_input_in_a_case() {
    let good = Product::new().read(CASE);
    let bad = |old: &str, new: &str, at: &str, message: &str| {
        assert!(good.contains(old));
        refused(CASE, &good.replace(old, new), at, message);
    };
    bad("${product}", "${prodct}", "4:8", "unknown name `${prodct}`; did you mean `product`?");
    bad("run =", "ran =", "4:1", "`run` is missing in a step");
    bad("[\"${product}\", \"greet\"]", "\"greet\"", "4:7", "`run` is an array: the program, then its arguments");
    bad("{ stdout = \"hello\\n\" }", "\"base\"", "5:10", "`expect` is a table, or \"baseline\"");
    bad("{ stdout = \"hello\\n\" }", "{ exit = 1, signal = 2 }", "5:31", "a program ends with an exit code or by a signal");
    bad("\"hello\\n\"", "{ contains = \"\" }", "5:34", "the empty text is contained in everything");
    bad("\"hello\\n\"", "{ regex = \"(\" }", "5:31", "");
    bad("tags", "timeout = \"0s\"\ntags", "2:11", "\"0s\" is not within 1ms to 24h");
    bad("tags", "applies = { from = \"RTN\" }\ntags", "2:20", "`applies.from` names `RTN`, which is no release");
    bad("tags", "superseded-by = \"GR-1\"\ntags", "2:17", "`superseded-by` names `GR-1`, which is no defect");
    bad("tags", "table = \"rows.jsonl\"\ntags", "2:9", "testcases/suite/rows.jsonl cannot be read");
    bad("[[step]]", "[files]\na = \"1\"\n\"a/b\" = \"2\"\n[[step]]", "3:1", "`a` cannot be both a file and a directory");
    bad("[[step]]", "[files]\na = { base64 = \"?\" }\n[[step]]", "4:16", "not base64");
    bad("[[step]]", "[symptom]\n[[step]]", "3:1", "a symptom states how the defect looks");
    bad("[[step]]", "[matrix]\na = [\"1\"]\nexclude = [{ b = \"1\" }]\n[[step]]", "5:18", "`exclude` names no label of an axis");
    refused("testcases/other.toml", &good, "1:1", "`other` is in none of the folders of testcases/");
    refused(CASE, "title = \"nothing is run\"\n", "1:1", "the case runs nothing");
}

#[test]
fn a_case_that_is_not_text_or_has_no_fit_name_is_refused() {
    let product = Product::new();
    std::fs::write(product.path(CASE), b"title = \"\xff\"").unwrap();
    product.fixgate(&["check"]).exits(2).mentions(&["error: testcases/suite/greeting.toml is not UTF-8"]);
    let spaced = Product::new();
    spaced.put("testcases/suite/a b.toml", "");
    spaced.fixgate(&["check"]).exits(2).mentions(&["error: testcases/suite/a b.toml: the file's name is its id, and "]);
}

#[test]
fn a_case_whose_bounds_do_not_hold_is_a_gap() {
    let gap = |lines: &str, message: &str| {
        let product = Product::of(&[("RTM", "echo hello"), ("RU1", "echo hello")]);
        product.put("defects/GR-1.toml", &defect("status = \"open\""));
        product.edit(CASE, "tags", &format!("{lines}\ntags")).fixgate(&["check"]).exits(1).mentions(&[message]);
    };
    gap("applies = { from = \"RU1\", until = \"RTM\" }", "`applies` ends before it begins");
    gap("applies = { until = \"RTM\" }", "`applies.until` without `superseded-by`");
    gap("superseded-by = \"GR-1\"", "`superseded-by` without `applies.until`");
    gap("applies = { until = \"RTM\" }\nsuperseded-by = \"GR-1\"", "`superseded-by` names a defect, not a change");
}

#[test]
fn bad_input_in_a_row_of_a_case() {
    let row = |text: &str, at: &str, message: &str| {
        let product = Product::new();
        product.edit(CASE, "tags", "table = \"rows.jsonl\"\ntags").put("testcases/suite/rows.jsonl", text);
        let place = format!(" --> testcases/suite/rows.jsonl:{at}\n");
        product.fixgate(&["check"]).exits(2).mentions(&[&format!("error: {message}"), &place]);
    };
    row("{\"id\":\"one\"}\n{\"id\":\"two\",\"arg\":[]}\n", "2:13", "unknown key `arg` in a row");
    row("{\"args\":[]}\n", "1:2", "`id` is missing in a row");
    row("{\"id\":\"a b\"}\n", "1:1", "\"a b\" is not a row's id");
    row("{\"id\":\"one\",\"id\":\"two\"}\n", "1:16", "the row is not JSON: the key `id` appears twice");
    row("{\"id\":\"one\",\"defects\":[\"GR-7\"]}\n", "1:24", "`defects` names `GR-7`, which is no defect");
}

#[test]
fn bad_input_in_a_proof() {
    let path = "defects/GR-1.proof.json";
    refused(path, "{}\n", "1:2", "not a proof: missing field `base`");
    refused(path, "{\n  \"base\": 1,\n}\n", "2:11", "not a proof: ");
    with(path, "{}\n").exits(2).mentions(&["help: proofs are written by `fixgate prove`"]);
    let build = format!("{{\"name\":\"RTM\",\"digest\":\"{SHA}\"}}");
    let empty = format!("{{\"base\":{build},\"fixed\":{build},\"scenarios\":[]}}");
    with(path, &empty).exits(2).mentions(&["error: defects/GR-1.proof.json belongs to no defect"]);
}

#[test]
fn bad_input_in_accepted_outputs() {
    let path = "defects/GR-1.accepted.jsonl";
    refused(path, "{\"scenario\":\"suite/greeting\"}\n", "1:1", "not an accepted output: missing field `outputs`");
    let good = format!("{{\"scenario\":\"suite/greeting\",\"outputs\":\"{SHA}\"}}\n");
    refused(path, &format!("{good}what\n"), "2:1", "not an accepted output: expected value");
    with(path, &good).exits(2).mentions(&["error: defects/GR-1.accepted.jsonl belongs to no defect"]);
}

#[test]
fn bad_input_in_roles() {
    let path = "fixgate.toml";
    let with_roles = |roles: &str| project(r#"["ledger"]"#) + "[roles]\n" + roles;
    refused(path, &with_roles("testers = []"), "12:1", "unknown key `testers` in [roles]");
    refused(path, &with_roles("tester = \"a@example.org\""), "12:10", "expected an array, found a string");
    refused(path, &with_roles("tester = [\"*@example.org\"]"), "12:11", "\"*@example.org\" is not a principal");
    let keyless = with("fixgate.toml", &with_roles("tester = [\"a@example.org\"]"));
    keyless.exits(1).mentions(&["error: a@example.org holds the role tester and has no key in allowed_signers"]);
}

#[test]
fn bad_input_in_signers() {
    let path = "allowed_signers";
    let product = Product::nothing();
    let (ada, bob) = (product.signer("ada@example.org", ""), product.signer("bob@example.org", ""));
    let (_, key) = ada.split_once(' ').unwrap();
    refused(path, &format!("# who may sign\n*@example.org {key}"), "2:1", "\"*@example.org\" is not a principal");
    refused(path, &format!("ada@example.org,bob@example.org {key}"), "1:1", "\"ada@example.org,bob@example.org\" is not");
    refused(path, "ada@example.org\n", "1:1", "this line has no public key");
    refused(path, "ada@example.org ssh-ed25519 AAAA\n", "1:17", "this is no public key: ");
    refused(path, "ada@example.org ssh-rsa AAAA\n", "1:17", "keys of the type `ssh-rsa` are not supported");
    refused(path, &format!("ada@example.org cert-authority {key}"), "1:17", "the option `cert-authority` is not supported");
    refused(path, &format!("ada@example.org valid-before=20300101Z {key}"), "1:17", "write valid-before=\"…\"");
    refused(path, &format!("ada@example.org valid-before=\"20300101\" {key}"), "1:31", "\"20300101\" is not a time in UTC");
    refused(path, &format!("ada@example.org valid-after=\"20301301Z\" {key}"), "1:30", "\"20301301Z\" is not a time in UTC");
    refused(path, &format!("ada@example.org namespaces=\"*\" {key}"), "1:17", "a pattern among the namespaces");
    refused(
        path,
        &format!("{ada}bob@example.org {key}"),
        "2:1",
        "the key of `bob@example.org` is also that of `ada@example.org`",
    );
    let twin = bob.replace("bob@", "Ada@");
    refused(path, &format!("{ada}{twin}"), "2:1", "`Ada@example.org` and `ada@example.org` differ in case alone");
}

#[test]
fn bad_input_in_a_manual_case() {
    let path = "testcases/manual/look.toml";
    let good = "title = \"it looks right\"\n[[step]]\ndo = \"greet\"\nexpect = \"a greeting\"\n";
    with(path, good).exits(0);
    refused(path, &good.replace("title", "titel"), "1:1", "unknown key `titel` in a manual case");
    refused(path, "title = \"it looks right\"\n", "1:1", "`step` is missing in a manual case");
    refused(path, "title = \"it looks right\"\nstep = []\n", "1:1", "a manual case without a step asks for nothing");
    refused(path, &good.replace("a greeting", " "), "4:10", "an instruction tells what to do, or what must be seen");
    refused(path, &good.replace("do = \"greet\"\n", ""), "3:1", "`do` is missing in a manual step");
    let applying = |bounds: &str| format!("applies = {bounds}\n{good}");
    refused(path, &applying("{ from = \"RTN\" }"), "1:20", "`applies.from` names `RTN`, which is no release");
    refused(path, &format!("defects = [\"GR-7\"]\n{good}"), "1:12", "`defects` names `GR-7`, which is no defect");
    let open = with(path, &applying("{ until = \"RTM\" }"));
    open.exits(1).mentions(&["error: `applies.until` without `superseded-by`"]);
}

/// A statement about a deployment, by an invented person.
const DEPLOYMENT: &str = r#"{
  "_type": "https://in-toto.io/Statement/v1",
  "subject": [{ "name": "greeter", "digest": { "sha256": "0000000000000000000000000000000000000000000000000000000000000000" } }],
  "predicateType": "urn:fixgate:attestation:deployment:v1",
  "predicate": { "by": "ada@example.org", "at": "2026-01-20T10:00:00Z",
    "attests": { "environment": "office", "start": "2026-01-05", "end": "2026-01-19", "incidents": [] } }
}
"#;

#[test]
fn bad_input_in_an_attestation() {
    let path = "attestations/office.json";
    with(path, DEPLOYMENT).exits(0);
    let wrong = |old: &str, new: &str, at: &str, message: &str| {
        assert!(DEPLOYMENT.contains(old), "{old}");
        refused(path, &DEPLOYMENT.replace(old, new), at, &format!("not an attestation: {message}"));
    };
    refused(path, "{}\n", "1:2", "not an attestation: missing field `predicateType`");
    refused(path, "{\n", "2:1", "not an attestation: EOF while parsing an object");
    wrong("Statement/v1", "Statement/v2", "1:1", "_type is \"https://in-toto.io/Statement/v2\", not");
    wrong("deployment:v1", "deployment:v2", "1:1", "predicateType \"urn:fixgate:attestation:deployment:v2\" is none of ours");
    wrong("deployment:v1", "tester:v1", "6:30", "unknown field `environment`, expected `defect` or `note`");
    wrong("\"environment\"", "\"place\"", "6:24", "unknown field `place`, expected one of");
    wrong("00\" } }", "0\" } }", "1:1", "\"sha256:000000000");
    wrong("2026-01-05", "2026-01-25", "1:1", "the deployment ends on 2026-01-19, before it starts on 2026-01-25");
    wrong("2026-01-19", "2026-01-21", "1:1", "the deployment ends on 2026-01-21, after it was stated on 2026-01-20");
    wrong("ada@example.org", "ada at home", "5:36", "\"ada at home\" is not a principal, such as alice@example.org");
    with(path, "{}\n").exits(2).mentions(&["a signed one cannot be mended: delete it and attest again"]);
}

#[test]
fn bad_input_in_a_signature() {
    let alone = with("attestations/office.json.sig", "-----BEGIN SSH SIGNATURE-----\n");
    alone.exits(2).mentions(&["error: attestations/office.json.sig belongs to no attestation"]);
    let stray = with("attestations/office.txt", "");
    stray.exits(2).mentions(&["error: attestations/office.txt is no record"]);
}
