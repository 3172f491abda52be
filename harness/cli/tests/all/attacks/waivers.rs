//! Waivers that accept more than a named person may accept for a time.

use crate::attacks::train::{against, has, program, section, signoff, train};
use crate::common::Product;

/// A train with a candidate that greets otherwise, and what is seen of that failure.
fn broken() -> (Product, String) {
    let product = train();
    product.program("broken/bin/greeter", &program("RU2").replace("echo hello", "echo hullo"));
    let held = decided(&product).exits(1).json();
    (product, held["residuals"][0]["differences"][0]["scenarios"][0]["seen"].as_str().unwrap().to_owned())
}

fn decided(product: &Product) -> crate::common::Said {
    signoff(product.commit(), &["--candidate", "broken"])
}

/// Two waivers, since two scenarios greet.
fn waive(product: &Product, seen: &str, change: impl Fn(String) -> String) {
    for name in ["greeting", "second"] {
        let text = format!(
            "scenario = \"suite/{name}\"\nseen = \"{seen}\"\nkind = \"accepted\"\nrelease = \"RU2\"\n\
             owner = \"A. Person\"\nreason = \"a misspelling\"\nexpires = 2999-12-31\n"
        );
        product.put(&format!("waivers/{name}.toml"), &change(text));
    }
}

/// Holds if waivers so changed do not count, and the failure is of this class.
#[track_caller]
fn counts_not(class: &str, change: impl Fn(String) -> String) -> serde_json::Value {
    let (product, seen) = broken();
    waive(&product, &seen, change);
    let signoff = decided(&product).exits(1).json();
    against(&signoff, "clean", &format!("failed {class}: suite/greeting"));
    signoff
}

/// Holds if waivers so changed are bad records, told by `message`.
#[track_caller]
fn refused(change: impl Fn(String) -> String, message: &str) {
    let product = train();
    waive(&product, &format!("sha256:{}", "0".repeat(64)), change);
    signoff(&product, &[]).exits(2).mentions(&[message, "nothing was run"]);
}

#[test]
fn a_waiver_is_shown_to_a_reader_of_the_sign_off() {
    let (product, seen) = broken();
    waive(&product, &seen, |text| text);
    let waived = decided(&product).exits(0).json();
    assert_eq!(crate::common::criterion(&waived, "clean")["state"], "waived");
    has(&section(&product), &["| waiver `greeting` | none | **suite/greeting in RU2, by A. Person until 2999-12-31** |\n"]);
    has(&product.read("reports/RU2/junit.xml"), &["WAIVED: A. Person, a misspelling"]);
}

#[test]
fn a_waiver_is_broad() {
    refused(|text| text.replace("suite/", "suite/**"), "is not a scenario id");
    refused(|text| text.replace("seen", "# "), "a waiver names exactly one residual");
}

#[test]
fn a_waiver_is_expired() {
    let signoff = counts_not("regressed", |text| text.replace("2999", "2020"));
    against(&signoff, "ledger", "the waiver greeting matches nothing, or has expired");
}

#[test]
fn a_waiver_has_no_owner() {
    refused(|text| text.replace("owner", "# "), "`owner` is missing in a waiver");
    for nameless in ["", " ", "-", "\\u200B", "A\\u200BPerson"] {
        refused(|text| text.replace("A. Person", nameless), "names no person: write a name that can be read");
    }
}

#[test]
fn a_waiver_is_not_needed() {
    let product = train();
    waive(&product, &format!("sha256:{}", "0".repeat(64)), |text| text);
    against(&crate::attacks::train::held(&product), "ledger", "the waiver greeting matches nothing, or has expired");
}

#[test]
fn a_waiver_is_for_another_release() {
    counts_not("regressed", |text| text.replace("RU2", "RU1"));
}

#[test]
fn a_waiver_is_for_another_failure() {
    let signoff = counts_not("failing-differently", |text| {
        let (start, digest) = text.split_once("sha256:").unwrap();
        format!("{start}sha256:{}{}", "0".repeat(64), &digest[64..])
    });
    assert_eq!(signoff["waivers"][0]["in-force"], false);
}

/// The same in letters, digits and paths as what was waived.
#[test]
fn a_waived_failure_turns_into_another_of_the_same_shape() {
    let (product, seen) = broken();
    waive(&product, &seen, |text| text);
    product.edit("broken/bin/greeter", "echo hullo", "echo burnt");
    let signoff = decided(&product).exits(1).json();
    against(&signoff, "clean", "failed failing-differently: suite/greeting");
    against(&signoff, "explained", "failed failing-differently: suite/greeting");
    against(&signoff, "ledger", "the waiver greeting matches nothing, or has expired");
}

/// A train with a candidate that greets otherwise, with a number that is another each time.
fn varies() -> Product {
    let product = train();
    let random = "echo hullo $(tr -dc 0-9 </dev/urandom | head -c 12)";
    product.program("broken/bin/greeter", &program("RU2").replace("echo hello", random));
    decided(&product).exits(1);
    product
}

/// Waives both scenarios that greet by the command.
fn waive_normalized(product: &Product, rule: &str) -> Vec<crate::common::Said> {
    let one = |name| {
        let (scenario, expires) = (format!("suite/{name}"), "9999-12-31");
        let words = [
            "waive",
            &scenario,
            "--name",
            name,
            "--normalize",
            rule,
            "--owner",
            "A. Person",
            "--reason",
            "r",
            "--expires",
            expires,
        ];
        product.fixgate(&words)
    };
    ["greeting", "second"].map(one).into_iter().collect()
}

const NUMBER: &str = "{ regex = '[0-9]+', with = '[NUMBER]' }";

#[test]
fn a_waiver_takes_out_everything_by_normalize() {
    let refused_as_record =
        |rule: &str| refused(|text| format!("normalize = [{rule}]\n{text}"), "leaves too little to know a failure by");
    for regex in ["(?s).*", "(?s).+", "(?m)^.+$", "[^\\n]", "\\w+", "[A-Za-z0-9]+", "\\S+"] {
        refused_as_record(&format!("{{ regex = '{regex}', with = 'X' }}"));
    }
    refused_as_record("{ regex = '[a-z]+', with = '' }, { regex = '[A-Z]+', with = '' }, { regex = '[0-9]+', with = '' }");
    // It leaves something of other texts, and nothing of this one.
    let product = varies();
    for said in waive_normalized(&product, "{ regex = '[a-z0-9]+', with = 'X' }") {
        said.exits(2).mentions(&["it leaves nothing that tells it from other words"]);
    }
    let digest = fixgate_core::id::Digest::of(b"").to_string();
    waive(&product, &digest, |text| format!("normalize = [{{ regex = '[a-z0-9]+', with = 'X' }}]\n{text}"));
    against(&decided(&product).exits(1).json(), "clean", "failed failing-differently: suite/greeting");
    has(
        &product.read("reports/RU2/signoff.md"),
        &["does not cover it: \\`normalize\\` of stdout of step 1: it leaves nothing that tells it from other words"],
    );
}

#[test]
fn a_waivers_normalize_is_wide_and_shown_to_a_reader_of_the_sign_off() {
    let product = varies();
    waive_normalized(&product, NUMBER).into_iter().for_each(|said| drop(said.exits(0)));
    decided(&product).exits(0);
    has(
        &section(&product),
        &[
            "| waiver `greeting` | none | **suite/greeting, normalized by { regex = '\\[0-9\\]+', with = '\\[NUMBER\\]' } in RU2, by A. Person",
        ],
    );
    product.edit("broken/bin/greeter", "echo hullo", "echo burnt");
    against(&decided(&product).exits(1).json(), "clean", "failed failing-differently: suite/greeting");
}

#[test]
fn a_waivers_normalize_is_edited_after_the_run() {
    let product = varies();
    waive_normalized(&product, NUMBER).into_iter().for_each(|said| drop(said.exits(0)));
    let run = decided(&product).exits(0).json()["run"].as_str().unwrap().to_owned();
    for name in ["greeting", "second"] {
        product.edit(&format!("waivers/{name}.toml"), "'[0-9]+'", "'[0-9]+|(?m)^[a-z]+'");
    }
    product.fixgate(&["gate", &run, "--release", "RU2"]).exits(3).mentions(&["waivers/greeting.toml"]);
    against(&decided(&product).exits(1).json(), "clean", "failed failing-differently: suite/greeting");
}

/// The fix is made by `author`, is lost, and the loss is waived by `owner`.
fn lost_and_waived(author: &str, owner: &str) -> Product {
    let product = train();
    let own = format!("fixed-in = \"RU2\"\nfix = {{ commit = \"c0ffee\", author = \"{author}\" }}");
    product.edit("defects/GR-2.toml", "fixed-in = \"RU2\"", &own);
    product.program("broken/bin/greeter", &program("RU1"));
    for criterion in ["proved", "cumulative"] {
        let waiver = format!(
            "criterion = \"{criterion}\"\ndefect = \"GR-2\"\nkind = \"accepted\"\nrelease = \"RU2\"\n\
             owner = \"{owner}\"\nreason = \"later\"\nexpires = 2999-12-31\n"
        );
        product.put(&format!("waivers/{criterion}.toml"), &waiver);
    }
    product
}

#[test]
fn the_author_of_a_fix_waives_its_loss_under_another_spelling() {
    const ANN: &str = "Ann Lee <ann@x.example>";
    for (author, owner) in [
        (ANN, "ann@X.example"),
        (ANN, "\u{FF21}\u{FF4E}\u{FF4E} Lee"),
        (ANN, "LEE, Ann"),
        (ANN, "Someone Else <ann+later@x.example>"),
        // Letters of another script that look the same.
        ("Coco Poe", "\u{421}\u{43E}\u{441}\u{43E} \u{420}\u{43E}\u{435}"),
    ] {
        let signoff = decided(&lost_and_waived(author, owner)).exits(1).json();
        against(&signoff, "ledger", ", who made the fix of GR-2");
        against(&signoff, "proved", "GR-2: regression/gr-2 is failed with the fix");
    }
    let product = lost_and_waived(ANN, "A\u{43D}n Lee");
    decided(&product).exits(2).mentions(&["mixes letters of several scripts", "nothing was run"]);
    let another = decided(&lost_and_waived(ANN, "Bob <bob@x.example>")).exits(1).json();
    assert_eq!(crate::common::criterion(&another, "proved")["state"], "waived");
}

#[test]
fn a_fix_names_no_author_or_no_commit() {
    let product = train();
    product.edit("fixgate.toml", "name = \"greeter\"", "name = \"greeter\"\nrepository = \".\"");
    product.edit("defects/GR-2.toml", "fixed-in", "fix = { commit = \"c0ffee\" }\nfixed-in");
    let shown = crate::attacks::train::shown(&product);
    has(
        &shown,
        &[
            "cannot tell whether the release has them: GR-1.\n",
            "name no author, so that their author could waive their loss: GR-2.\n",
        ],
    );
}

#[test]
fn a_waiver_is_by_the_author_of_the_fix() {
    let product = train();
    let own = |author: &str| format!("fixed-in = \"RU2\"\nfix = {{ commit = \"c0ffee\", author = \"{author}\" }}");
    product.edit("defects/GR-2.toml", "fixed-in = \"RU2\"", &own("a.  person"));
    product.program("broken/bin/greeter", &program("RU1"));
    let waiver = |criterion: &str| {
        format!(
            "criterion = \"{criterion}\"\ndefect = \"GR-2\"\nkind = \"accepted\"\nrelease = \"RU2\"\n\
             owner = \"A. Person\"\nreason = \"later\"\nexpires = 2999-12-31\n"
        )
    };
    product.put("waivers/proved.toml", &waiver("proved")).put("waivers/cumulative.toml", &waiver("cumulative"));
    let signoff = decided(&product).exits(1).json();
    against(&signoff, "ledger", "the waiver `proved` is A. Person's, who made the fix of GR-2");
    against(&signoff, "proved", "GR-2: regression/gr-2 is failed with the fix");
    against(&signoff, "cumulative", "GR-2: no paired scenario is green");
    product.edit("defects/GR-2.toml", "a.  person", "B. Person");
    let another = decided(&product).exits(1).json();
    assert_eq!(crate::common::criterion(&another, "proved")["state"], "waived");
}
