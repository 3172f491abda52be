//! The train that is attacked: three releases that ship honestly, RU1 signed off and committed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use fixgate_core::id::Digest;
use serde_json::Value;

use crate::common::{CRITERIA, Product, Said, defect, project};

/// The releases of a product that greets, adds and names itself. RU1 mends `sum` (GR-1); RU2 mends `name` (GR-2).
const RTM: &str = "case \"$1\" in greet) echo hello ;; sum) echo 5 ;; name) exit 1 ;; list) echo b; echo a ;; esac";

/// What the release's program does.
pub(crate) fn program(release: &str) -> String {
    let first = RTM.replace("echo 5", "echo 4");
    match release {
        "RTM" => RTM.to_owned(),
        "RU1" => first,
        _ => first.replace("exit 1", "echo greeter"),
    }
}

/// A case that says what one argument prints.
pub(crate) fn case(argument: &str, expect: &str, more: &str) -> String {
    format!("title = \"{argument}\"\n{more}\n[[step]]\nrun = [\"${{product}}\", \"{argument}\"]\nexpect = {expect}\n")
}

/// A fixed defect.
pub(crate) fn fixed(release: &str) -> String {
    defect(&format!("status = \"fixed\"\nfixed-in = \"{release}\""))
}

/// A case of the regression pair of `sum`.
pub(crate) const SUM: &str = "testcases/regression/gr-1.toml";
/// A case of the suite.
pub(crate) const GREETING: &str = "testcases/suite/greeting.toml";
/// The canary.
pub(crate) const CANARY: &str = "testcases/canary/blind.toml";

/// A copy of the train: RU1 is signed off and shipped, everything is committed, and RU2 would ship.
pub(crate) fn train() -> Product {
    static ORIGINAL: OnceLock<Product> = OnceLock::new();
    let original = ORIGINAL.get_or_init(|| {
        let product = Product::of(&[("RTM", &program("RTM")), ("RU1", &program("RU1")), ("RU2", &program("RU2"))]);
        product.put("fixgate.toml", &project(&CRITERIA.replacen('[', "[\"committed\", ", 1)));
        product.put("defects/GR-1.toml", &fixed("RU1")).put("defects/GR-2.toml", &fixed("RU2"));
        product.put(SUM, &case("sum", r#"{ stdout = "4\n" }"#, "defects = [\"GR-1\"]"));
        product.put("testcases/regression/gr-2.toml", &case("name", r#"{ stdout = "greeter\n" }"#, "defects = [\"GR-2\"]"));
        product.put("testcases/suite/list.toml", &case("list", "\"baseline\"", ""));
        product.put("testcases/suite/second.toml", &case("greet", r#"{ stdout = "hello\n" }"#, ""));
        product.fixgate(&["prove", "--quiet"]).exits(0);
        product.commit().fixgate(&["signoff", "RU1"]).exits(0);
        fs::remove_dir_all(product.path("reports/runs")).unwrap();
        product.commit();
        product
    });
    let product = Product::nothing();
    copy(&original.path("."), &product.path(""));
    product
}

/// Copies a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(status.success(), "{} cannot be copied", from.display());
}

/// The sign-off of RU2 as its JSON, with how the command ended.
pub(crate) fn signoff(product: &Product, arguments: &[&str]) -> Said {
    product.fixgate(&[&["signoff", "RU2", "--format", "json", "--quiet"], arguments].concat())
}

/// Commits the edit and signs RU2 off, which must be held; gives the sign-off.
#[track_caller]
pub(crate) fn held(product: &Product) -> Value {
    let said = signoff(product.commit(), &[]).exits(1);
    let signoff = said.json();
    assert_eq!(signoff["decision"], "hold");
    signoff
}

/// Commits the edit and signs RU2 off, which ships; gives the section that tells what changed, as `signoff.md` has it.
#[track_caller]
pub(crate) fn shown(product: &Product) -> String {
    signoff(product.commit(), &[]).exits(0);
    section(product)
}

/// The section of `signoff.md` of RU2 that tells what changed in the rules.
pub(crate) fn section(product: &Product) -> String {
    let page = product.read("reports/RU2/signoff.md");
    let (_, rest) = page.split_once("## What changed in the rules since the last release\n\n").unwrap();
    rest.split_once("\n## ").unwrap().0.to_owned()
}

/// Holds if this criterion is unsatisfied and one line of its evidence begins so.
#[track_caller]
pub(crate) fn against(signoff: &Value, criterion: &str, line: &str) {
    let result = crate::common::criterion(signoff, criterion);
    assert_eq!(result["state"], "unsatisfied", "{result}");
    let lines = result["evidence"].as_array().unwrap();
    assert!(lines.iter().any(|found| found.as_str().unwrap().contains(line)), "{line:?} is not in {lines:#?}");
}

/// Holds if the text has each of these.
#[track_caller]
pub(crate) fn has(text: &str, parts: &[&str]) {
    parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in\n{text}"));
}

/// Signs RU2 off and gives the name of its run.
pub(crate) fn run_of_ru2(product: &Product, arguments: &[&str]) -> (String, Said) {
    let said = signoff(product, arguments);
    (product.runs().pop().unwrap(), said)
}

/// Rewrites a run's journal line by line; what `change` turns into nothing is taken out.
pub(crate) fn rewrite(product: &Product, run: &str, mut change: impl FnMut(Value) -> Vec<Value>) {
    let lines = product.journal(run).into_iter().flat_map(&mut change);
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    product.put(&format!("reports/runs/{run}/journal.jsonl"), &text);
}

/// Puts the digest of a rewritten journal into its footer, as a forger who knows the format would.
pub(crate) fn reseal(product: &Product, run: &str) {
    let path = format!("reports/runs/{run}/journal.jsonl");
    let text = product.read(&path);
    let footer = text.trim_end().rfind('\n').unwrap() + 1;
    let mut line: Value = serde_json::from_str(&text[footer..]).unwrap();
    line["footer"]["journal"] = Digest::of(&text.as_bytes()[..footer]).to_string().into();
    product.put(&path, &format!("{}{line}\n", &text[..footer]));
}

/// Decides over a run of RU2 again.
pub(crate) fn gate(product: &Product, run: &str) -> Said {
    product.fixgate(&["gate", run, "--release", "RU2", "--format", "json"])
}
