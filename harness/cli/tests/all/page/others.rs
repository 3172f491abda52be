//! The pages of nights, validations and other runs, and what a page says of earlier sign-offs.

use std::io::Read as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{between, hostile, markup};
use crate::common::{GREETING, Product, broken, defect};

/// A packed part of a page.
fn packed(page: &str, part: &str) -> Value {
    let bytes = STANDARD.decode(between(page, &format!("<script type=\"application/gzip\" id=\"{part}\">"), "<")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What a page has of the scenario.
fn detail(page: &str, scenario: &str) -> Value {
    let row = packed(page, "rows")["ids"].as_str().unwrap().lines().position(|id| id == scenario).unwrap();
    let details = packed(page, "details");
    details["rows"].as_array().unwrap().iter().find(|detail| detail["row"] == row).cloned().unwrap_or_default()
}

/// The page of a run, made again.
fn again(product: &Product, run: &str) -> String {
    let made = product.command(&["report", run, "--format", "html"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).unwrap()
}

#[test]
fn the_page_of_a_night_says_what_is_new() {
    let product = hostile();
    product.fixgate(&["nightly", "--candidate", "RTM", "--baseline", "RTM", "--quiet"]);
    product.fixgate(&["nightly", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    let run = product.runs().pop().unwrap();
    let page = product.read(&format!("reports/runs/{run}/nightly.html"));
    assert!(again(&product, &run) == page, "the same night gives another page");
    let shown = markup(&page);
    for text in ["<strong>16 NEW FAILURES</strong>", "<h2>What is new</h2>", "Newly failing: 16", "failed; before: passed in "] {
        assert!(shown.contains(text), "{text}");
    }
    for text in ["<h2>Intended changes</h2>", "<h2>Rules that changed</h2>", "<img", "<script>alert"] {
        assert!(!shown.contains(text), "{text}");
    }
    let since = detail(&page, "suite/hostile#script")["since"].as_str().unwrap().to_owned();
    assert!(since.starts_with("failing since ") && since.contains("1 night; passed before, in "), "{since}");
}

#[test]
fn a_night_whose_news_are_gone_has_the_page_of_a_run() {
    let product = Product::new();
    product.fixgate(&["nightly", "--candidate", "RTM", "--quiet"]).exits(0);
    let run = product.runs().pop().unwrap();
    assert!(markup(&again(&product, &run)).contains("<strong>ALL IS WELL</strong>"));
    std::fs::remove_file(product.path(&format!("reports/runs/{run}/nightly.json"))).unwrap();
    assert!(markup(&again(&product, &run)).contains("<strong>NOTHING FOUND</strong>"));
    product.put(&format!("reports/runs/{run}/nightly.json"), "{\"schema\": \"fixgate-night-2\"}");
    product.fixgate(&["report", &run, "--format", "html"]).exits(2).mentions(&["nightly.json is no report of a night"]);
}

#[test]
fn the_page_of_a_validation_says_what_was_proved_and_what_was_not_checked() {
    let product = broken::product();
    let manual = "title = \"It is <b>read</b>\"\ndefects = [\"GR-1\"]\n[[step]]\ndo = \"Read\"\nexpect = \"Heard\"\n";
    product.put("testcases/manual/reading.toml", manual);
    product.program("private/bin/greeter", &broken::BROKEN.replace('5', "4"));
    product.fixgate(&["validate", "GR-1", "--candidate", "private", "--html", "page.html", "--quiet"]).exits(0);
    let page = product.read("page.html");
    assert!(again(&product, &product.runs().pop().unwrap()) == page, "the same validation gives another page");
    let shown = markup(&page);
    for text in [
        "<strong>VALIDATED</strong>",
        "1 of 1 fix is red on RTM and green here, and nothing near breaks.",
        "greeter RTM (RTM.0) with GR-1",
        "<h2>The private fix</h2>",
        "What was not checked",
        "By hand, apart from this run: It is &lt;b&gt;read&lt;/b&gt;",
        "<li>Read: Heard</li>",
        "red before, green here",
    ] {
        assert!(shown.contains(text), "{text}");
    }
    product.program("worse/bin/greeter", &broken::BROKEN.replace("echo \"$1\"", "echo no"));
    product.fixgate(&["validate", "GR-1", "--candidate", "worse", "--html", "page.html", "--quiet"]).exits(1);
    let shown = markup(&product.read("page.html"));
    assert!(shown.contains("<strong>NOT VALIDATED</strong>") && shown.contains("0 of 1 fix is red"));
}

/// What was found in a release stays until it is gone, and each page says since when it is there.
#[test]
fn a_page_says_since_which_sign_off_a_failure_is_there() {
    let program = |word: &str| format!("case \"$1\" in greet) echo hello ;; *) echo {word} ;; esac");
    let releases = [("RTM", program("hello")), ("RU1", program("bye")), ("RU2", program("bye"))];
    let product = Product::of(&releases.each_ref().map(|(name, program)| (*name, &**program)));
    product.put("testcases/suite/other.toml", &GREETING.replace("\"greet\"", "\"other\""));
    let known = defect("status = \"open\"\nfound-in = \"RTM\"\nsource = \"https://example.org/1\"");
    product.put("defects/GR-1.toml", &known);
    let broken = "title = \"it does not\"\ndefects = [\"GR-1\"]\n[[step]]\nrun = [\"${product}\", \"greet\"]\nexpect = { stdout = \"hi\\n\" }\n";
    product.put("testcases/regression/gr-1.toml", broken);
    let page = |release: &str, exit: i32| {
        product.fixgate(&["signoff", release, "--quiet"]).exits(exit);
        product.read(&format!("reports/{release}/signoff.html"))
    };
    assert_eq!(detail(&page("RTM", 0), "regression/gr-1")["strip"], Value::Null, "there is nothing before the first");
    let first = page("RU1", 1);
    assert_eq!(packed(&first, "rows")["past"], serde_json::json!(["RTM"]));
    let other = detail(&first, "suite/other");
    assert_eq!((&other["since"], &other["strip"]), (&"new here: nothing was left over of it in RTM".into(), &".".into()));
    let second = page("RU2", 1);
    let other = detail(&second, "suite/other");
    assert_eq!(
        (&other["since"], &other["strip"]),
        (&"left over since RU1; nothing was left over of it in RTM".into(), &".1".into())
    );
    let known = detail(&second, "regression/gr-1");
    assert_eq!((&known["since"], &known["strip"]), (&"left over since RTM, the first that is known".into(), &"11".into()));
    let shown = markup(&second);
    for text in ["1 since RU1 · again", "1 since RTM · again", "href=\"https://example.org/1\"", "<b>GR-1</b>"] {
        assert!(shown.contains(text), "{text}");
    }
    let run = product.runs().pop().unwrap();
    let gate = product.command(&["gate", &run, "--release", "RU2", "--format", "html"]).output().unwrap();
    assert!(
        gate.status.code() == Some(1) && gate.stdout == second.as_bytes() && again(&product, &run) == second,
        "the same record gives another page"
    );
}

#[test]
#[ignore = "drives Chromium: just browser"]
fn the_pages_of_nights_and_validations_hold_in_a_browser() {
    let product = hostile();
    product.fixgate(&["nightly", "--candidate", "RTM", "--baseline", "RTM", "--quiet"]);
    product.fixgate(&["nightly", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    let night = product.path(&format!("reports/runs/{}/nightly.html", product.runs().pop().unwrap()));
    let other = broken::product();
    other.program("private/bin/greeter", &broken::BROKEN.replace('5', "4"));
    other.fixgate(&["validate", "GR-1", "--candidate", "private", "--html", "page.html", "--quiet"]).exits(0);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../browser/page.mjs");
    for page in [night, other.path("page.html")] {
        let seen = Command::new("node").arg(script).arg(&page).output();
        let seen = seen.expect("node is missing: apt-get install --yes nodejs npm, then npm ci --prefix harness/browser");
        let said = [seen.stdout, seen.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(seen.status.success(), "{}\n{said}", page.display());
    }
}
