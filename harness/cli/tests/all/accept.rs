//! `fixgate accept` at a terminal: each difference in turn, as a person says what it is.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::common::{GREETING, Product, defect};

/// A fix that changes what three scenarios print, with another record that claims nothing yet.
fn product() -> Product {
    let of = |word: &str| format!("case \"$1\" in greet) echo hello ;; *) echo \"$1 {word}\" ;; esac");
    let product = Product::of(&[("RTM", &of("old")), ("RU1", &of("new"))]);
    for name in ["one", "two", "three"] {
        let case = GREETING.replace("\"greet\"", &format!("{name:?}"));
        let (start, _) = case.split_once("expect =").unwrap();
        product.put(&format!("testcases/suite/{name}.toml"), &format!("{start}expect = \"baseline\"\n"));
    }
    let record = |claims: &str| format!("{}{claims}", defect("kind = \"change\"\nstatus = \"fixed\"\nfixed-in = \"RU1\""));
    product.put("defects/GR-1.toml", &record("changes = [\"suite/one\", \"suite/t*\"] # meant\n"));
    product.put("defects/GR-2.toml", &record(""));
    product
}

/// The command at a terminal of its own, with these lines typed: what it shows and how it ends.
fn typed(product: &Product, lines: &str) -> (String, Option<i32>) {
    let command = product.command(&["accept", "GR-1", "--no-progress"]);
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-c", &words.join(" "), "/dev/null"]).env_clear();
    script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", std::env::var("PATH").unwrap());
    if let Some(directory) = command.get_current_dir() {
        script.current_dir(directory);
    }
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.as_mut().expect("script is missing: apt-get install --yes bsdutils");
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let mut shown = String::new();
    std::io::Read::read_to_string(child.stdout.as_mut().unwrap(), &mut shown).unwrap();
    (shown.replace("\r\n", "\n"), child.wait().unwrap().code())
}

#[test]
fn a_person_says_of_each_difference_what_it_is() {
    let product = product();
    let (shown, exit) = typed(&product, "a\nx\nc\nGR-7\nc\nGR-2\nl\n");
    assert_eq!(exit, Some(1), "{shown}");
    for text in [
        "GR-1: 1 of 3\n  suite/one\n",
        "-one old\n",
        "+one new\n",
        "[a]ccept, [c]laim for another record, [w]aive for a time, [l]eave, [q]uit: ",
        "give one of these letters",
        "`GR-7` is no other record",
        "GR-2 claims 1 scenario more: fixgate accept GR-2",
        "GR-1: 1 difference accepted of 3, 1 left",
        "what was left is unexplained in a sign-off; go on with: fixgate accept GR-1",
    ] {
        assert!(shown.contains(text), "{text} is nowhere in\n{shown}");
    }
    let record = product.read("defects/GR-1.toml");
    assert!(
        record.contains("{ scenarios = \"suite/one\", accepted = \"sha256:") && record.contains("\"suite/t*\"] # meant"),
        "{record}"
    );
    assert_eq!(product.read("defects/GR-1.accepted.jsonl").lines().count(), 1);
    assert!(product.read("defects/GR-2.toml").contains("changes = [\"suite/three\"]"), "{}", product.read("defects/GR-2.toml"));
    product.fixgate(&["check"]).exits(0);
}

/// What is accepted of a claim is pinned, and nothing else that the claim names is then explained.
#[test]
fn what_is_left_of_a_claim_is_unexplained() {
    let product = product();
    let (shown, exit) = typed(&product, "a\na\nl\n");
    assert_eq!(exit, Some(1), "{shown}");
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    product.fixgate(&["signoff", "RU1"]).exits(1).mentions(&["1 scenario unexplained"]);
    let (shown, exit) = typed(&product, "a\na\nw\nA. Person\nit may be so for a time\n2999-01-01\n");
    assert_eq!(exit, Some(0), "{shown}");
    let waiver = product.read("waivers/RU1-suite-two.toml");
    assert!(waiver.contains("owner = \"A. Person\"") && waiver.contains("scenario = \"suite/two\""), "{waiver}");
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    std::fs::remove_file(product.path("waivers/RU1-suite-two.toml")).unwrap();
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let (shown, exit) = typed(&product, "a\na\na\n");
    assert_eq!(exit, Some(0), "{shown}");
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
}

#[test]
fn without_an_answer_nothing_is_accepted() {
    let product = product();
    let before = product.read("defects/GR-1.toml");
    for lines in [
        "",
        "q\n",
        "l\nl\nl\n",
        "w\n\nq\n",
        "w\nA. Person\nbecause\nsoon\nq\n",
        "w\nA. Person\nbecause\n2999-01-01\nq\n",
        "c\n\nq\n",
    ] {
        let (shown, exit) = typed(&product, lines);
        assert_eq!(exit, Some(1), "{lines:?}: {shown}");
        assert!(shown.contains("0 differences accepted of 3, 3 left"), "{lines:?}: {shown}");
    }
    assert_eq!(product.read("defects/GR-1.toml"), before);
    assert!(!product.path("defects/GR-1.accepted.jsonl").exists() && !product.path("waivers").exists());
    // Without a terminal, a line on standard input is no answer.
    let mut piped = product.command(&["accept", "GR-1"]);
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a\na\na\n").unwrap();
    let said = product.said(&child.wait_with_output().unwrap()).exits(0);
    said.mentions(&["nothing was pinned; if this is as it should be: fixgate accept GR-1 --yes"]);
    assert_eq!(product.read("defects/GR-1.toml"), before);
}
