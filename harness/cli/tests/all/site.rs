//! `fixgate site`: the train, the defects and their lives, and trends, as pages that hold nothing but text.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fixgate_core::id::Digest;
use walkdir::WalkDir;

use crate::common::{GREETING, Product, defect};

/// A product whose records and output hold markup, with a release that ships, one that is held, and a night.
fn product() -> Product {
    let fixed = "case \"$1\" in greet) echo hello ;; *) printf '<script>alert(1)</script>\\033[31m\\n' ;; esac";
    let product = Product::of(&[("RTM", "case \"$1\" in greet) echo hello ;; *) echo bye ;; esac"), ("RU1", fixed)]);
    product.put("testcases/suite/other.toml", &GREETING.replace("\"greet\"", "\"other\"").replace("hello", "bye"));
    let title = |record: String, title: &str| record.replace("title = \"it does not\"", &format!("title = {title:?}"));
    let open =
        defect("status = \"private-fix\"\nfound-in = \"RTM\"\nreported = 2026-01-02\nsource = \"https://example.org/1?a=<b>\"");
    product.put("defects/GR-1.toml", &title(open, "</title><script>alert(1)</script>"));
    let pair = "title = \"it greets\"\ndefects = [\"GR-1\"]\n[[step]]\nrun = [\"${product}\", \"greet\"]\nexpect = { stdout = \"hi\\n\" }\n";
    product.put("testcases/regression/gr-1.toml", pair);
    let private = format!(
        "defects = [\"GR-1\"]\ncustomer = \"Secret & Sons\"\nbase = \"RTM\"\ndigest = \"sha256:{}\"\ndeadline = 2026-03-01\n\
         state = \"validated\"\n[dates]\ncoded = 2026-01-05\nvalidated = 2026-01-06\n",
        "0".repeat(64)
    );
    product.put("private-fixes/PF-1.toml", &private);
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    product.fixgate(&["nightly", "--candidate", "RU1", "--baseline", "RTM", "--quiet"]).exits(1);
    product
}

/// Every file of a site.
fn pages(product: &Product) -> BTreeMap<String, String> {
    let root = product.path("site");
    let files = WalkDir::new(&root).into_iter().map(|entry| entry.unwrap()).filter(|entry| entry.file_type().is_file());
    files
        .map(|file| {
            let path = file.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            (path, fs::read_to_string(file.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_site_tells_of_the_train_and_of_each_defect() {
    let product = product();
    let said = product.fixgate(&["site", "site"]).exits(0);
    said.mentions(&["6 pages in site/"]);
    let pages = pages(&product);
    let names: Vec<&str> = pages.keys().map(String::as_str).collect();
    let expected =
        ["defects.html", "defects/GR-1.html", "index.html", "releases/RTM.html", "releases/RU1.html", "site.txt", "trends.html"];
    assert_eq!(names, expected);
    let has = |page: &str, texts: &[&str]| {
        for text in texts {
            assert!(pages[page].contains(text), "{page} lacks {text}");
        }
    };
    has("index.html", &["<b class=\"ship\">SHIP</b>", "<b class=\"hold\">HOLD</b>", "defects/GR-1.html"]);
    has("releases/RU1.html", &["<strong>HOLD</strong>", " of 9 criteria do not hold", "regressed", "sha256:"]);
    has("trends.html", &["<h2>Sign-offs</h2>", "<h2>Nights</h2>", "Scenarios to look at: RTM: 0, RU1: 1", "Seconds of the run"]);
    let life = [
        "2026-01-02</b> reported",
        "RTM</b> found",
        "2026-01-05</b> private fix PF-1 on RTM: coded",
        "2026-01-06</b> private fix PF-1 on RTM: validated",
    ];
    has("defects/GR-1.html", &life);
    has("defects/GR-1.html", &["1 of 1 paired scenario left over", "testcases/regression/gr-1.toml:"]);
    assert!(pages.values().all(|page| !page.contains("Secret")), "a customer is named to every reader of the site");
}

#[test]
fn nothing_in_a_site_is_markup_but_its_own() {
    let product = product();
    product.fixgate(&["site", "site"]).exits(0);
    let mut links = 0;
    for (name, page) in pages(&product).iter().filter(|(name, _)| name.ends_with(".html")) {
        assert_eq!(page.matches("<script").count(), 0, "{name}");
        assert_eq!((page.matches("<title>").count() > 0, page.matches("</html>").count()), (true, 1), "{name}");
        let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = STANDARD.encode(Digest::of(style.as_bytes()).bytes());
        let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
        assert!(page.replace("&#39;", "'").contains(&policy), "{name}");
        for asked in [" src=", " style=\"", " on", "javascript:", "http-equiv=\"refresh"] {
            let tags: String = page.split('<').skip(1).map(|tag| tag.split('>').next().unwrap().to_owned() + "\n").collect();
            assert!(!tags.contains(asked), "{name}: {asked}");
        }
        assert!(page.chars().all(|letter| letter == '\n' || !letter.is_control()), "{name}");
        let directory = product.path("site").join(name);
        for link in page.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let leads = link.starts_with("https://") || directory.parent().unwrap().join(link).is_file();
            assert!(leads, "{name}: {link}");
            links += 1;
        }
    }
    assert!(links > 20);
    assert!(pages(&product)["index.html"].contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "what was printed is shown");
}

#[test]
fn the_same_tree_gives_the_same_site_and_nothing_of_an_earlier_one() {
    let product = product();
    product.put("defects/GR-2.toml", &defect("status = \"open\""));
    product.fixgate(&["site", "site"]).exits(0);
    let first = pages(&product);
    assert!(first.contains_key("defects/GR-2.html"));
    product.fixgate(&["site", "site"]).exits(0);
    assert!(pages(&product) == first, "the same tree gives another site");
    fs::remove_file(product.path("defects/GR-2.toml")).unwrap();
    product.fixgate(&["site", "site"]).exits(0);
    product.fixgate(&["site", "other"]).exits(0);
    let second = pages(&product);
    assert!(!second.contains_key("defects/GR-2.html"), "a page of a record that is gone is left");
    let others = WalkDir::new(product.path("other")).into_iter().filter(|entry| entry.as_ref().unwrap().file_type().is_file());
    assert_eq!(others.count(), second.len());
}

#[test]
fn a_site_is_written_over_nothing_else() {
    let product = Product::new();
    product.put("notes/diary.txt", "mine\n").put("file", "mine\n");
    product.fixgate(&["site", "notes"]).exits(2).mentions(&["error: notes holds something else than a site"]);
    product.fixgate(&["site", "file"]).exits(3).mentions(&["file cannot be made or read"]);
    product.fixgate(&["site"]).exits(2);
    assert_eq!(product.read("notes/diary.txt"), "mine\n");
    for list in ["../fixgate.html\n", "/etc/x.html\n", "a/b/c.html\n", "diary.txt\n"] {
        product.put("notes/site.txt", list);
        product.fixgate(&["site", "notes"]).exits(2).mentions(&["is not the list of a site", "help: name another directory"]);
    }
    // A link in a site leads nowhere.
    product.put("target/index.html", "mine\n").put("linked/site.txt", "index.html\n");
    std::os::unix::fs::symlink(product.path("target"), product.path("linked/defects")).unwrap();
    std::os::unix::fs::symlink(product.path("target/index.html"), product.path("linked/index.html")).unwrap();
    product.put("defects/GR-1.toml", &defect("status = \"open\""));
    product.fixgate(&["site", "linked"]).exits(3);
    assert_eq!(product.read("target/index.html"), "mine\n");
    assert!(!product.path("target/GR-1.html").exists());
}

#[test]
fn a_stored_document_that_cannot_be_read_makes_no_site() {
    let product = Product::new();
    product.put("reports/RTM/signoff.json", "{\"schema\": \"fixgate-signoff-1\"");
    product.fixgate(&["site", "site"]).exits(2).mentions(&["error: reports/RTM/ is not as it was written"]);
    fs::remove_dir_all(product.path("reports/RTM")).unwrap();
    product.put("reports/runs/20260101T000000Z-night/nightly.json", "{}");
    product.fixgate(&["site", "site"]).exits(2).mentions(&["nightly.json is no report of a night"]);
    assert!(!product.path("site").exists());
}

#[test]
#[ignore = "drives Chromium: just browser"]
fn a_site_holds_in_a_browser() {
    let product = product();
    product.fixgate(&["site", "site"]).exits(0);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../browser/site.mjs");
    let seen = Command::new("node").arg(script).arg(product.path("site")).output();
    let seen = seen.expect("node is missing: apt-get install --yes nodejs npm, then npm ci --prefix harness/browser");
    let said = [seen.stdout, seen.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(seen.status.success(), "{said}");
}
