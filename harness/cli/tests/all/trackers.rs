//! `fixgate import defects`: the issues of trackers beside the ledger.

use crate::common::{Product, Said, defect};

const GITHUB: &str = r#"[
 {"number": 1, "title": "the greeting is wrong", "state": "OPEN", "stateReason": "", "url": "https://example.org/i/1", "createdAt": "2026-01-02T03:04:05Z"},
 {"number": 2, "title": "done", "state": "CLOSED", "stateReason": "COMPLETED", "url": "https://example.org/i/2"},
 {"number": 3, "title": "no", "state": "CLOSED", "stateReason": "NOT_PLANNED", "url": "https://example.org/i/3"},
 {"number": 4, "title": "a change", "state": "open", "pull_request": {"url": "x"}, "html_url": "https://example.org/p/4"}
]"#;

const RECORD: &str = "title = \"the greeting is wrong\"\nkind = \"defect\"\nseverity = \"major\"\ncomponent = \"unsorted\"\n\
                      reported = 2026-01-02\nsource = \"https://example.org/i/1\"\nstatus = \"open\"\n";

fn import(product: &Product, text: &str, options: &[&str]) -> Said {
    product.put("export", text);
    product.fixgate(&[&["import", "defects", "export", "--prefix", "GH-"], options].concat())
}

#[test]
fn open_issues_become_records_once() {
    let product = Product::new();
    let shown = import(&product, GITHUB, &[]).exits(0);
    shown.mentions(&[
        "3 issues: 1 new, 0 recorded, 1 closed without a fix\n",
        "1 closed there as done, and not recorded here:\n  2: done\n",
        "nothing was written: add --yes to write these records\n",
    ]);
    // What is shown is a patch.
    let copy = product.copy();
    copy.commit().put("new.patch", &import(&product, GITHUB, &[]).stdout);
    let git = std::process::Command::new("git").args(["apply", "new.patch"]).current_dir(copy.path("")).output().unwrap();
    assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
    assert_eq!(copy.read("defects/GH-1.toml"), RECORD);

    import(&product, GITHUB, &["--yes"]).exits(0).mentions(&["defects/GH-1.toml\n"]);
    assert_eq!(product.read("defects/GH-1.toml"), RECORD);
    product.fixgate(&["check"]).exits(0);
    // A record is found by its address, too, and left as it is.
    product.put("defects/OWN-7.toml", &RECORD.replace("wrong", "rude")).fixgate(&["check"]);
    std::fs::remove_file(product.path("defects/GH-1.toml")).unwrap();
    let again =
        import(&product, GITHUB, &["--yes"]).exits(0).mentions(&["3 issues: 0 new, 1 recorded, 1 closed without a fix\n"]);
    assert_eq!(again.stdout, "");
}

#[test]
fn what_tracker_and_ledger_see_differently_is_told() {
    let product = Product::new();
    product.put("defects/GH-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RTM\""));
    product.put("defects/GH-2.toml", &defect("status = \"open\""));
    let said = import(&product, GITHUB, &[]).exits(0);
    said.mentions(&[
        "1 closed there, and not fixed here:\n  2: done\n",
        "1 open there, and fixed here:\n  1: the greeting is wrong\n",
    ]);
    product.put("defects/GH-2.toml", &defect("status = \"fixed\"\nfixed-in = \"RTM\""));
    import(&product, GITHUB, &[]).exits(0).mentions(&["1 closed there, and paired with no case here:\n  2: done\n"]);
}

#[test]
fn exports_of_each_tracker_are_told_by_their_content() {
    let product = Product::new();
    for (export, new) in [
        (
            r#"[{"iid": 5, "title": "t", "state": "opened", "web_url": "https://example.org/5", "created_at": "2026-01-02T00:00:00Z"}]"#,
            "GH-5",
        ),
        (
            r#"{"issues": [{"key": "AB-6", "fields": {"summary": "t", "status": {"statusCategory": {"key": "new"}}, "priority": {"name": "Highest"}, "components": [{"name": "User Interface"}], "created": "2026-01-02T00:00:00.000+0000"}}]}"#,
            "GH-AB-6",
        ),
        (
            r#"{"bugs": [{"id": 7, "summary": "t", "status": "NEW", "resolution": "", "severity": "S4", "component": "DOM"}]}"#,
            "GH-7",
        ),
        (
            "\u{FEFF}Summary,Issue key,Issue id,Status,Resolution,Labels,Labels,Created\r\nt,AB-8,1,In Review,,x,y,14/Jul/25 3:42 PM\r\n",
            "GH-AB-8",
        ),
        (
            "\"Bug ID\",\"Component\",\"Status\",\"Resolution\",\"Summary\"\n9,\"DOM\",\"NEW\",\"---\",\"a \"\"t\"\",\nof two lines\"\n",
            "GH-9",
        ),
        ("Issue ID,URL,Title,State,Created At (UTC)\n10,https://example.org/10,t,Open,2026-01-02 00:00:00\n", "GH-10"),
    ] {
        import(&product, export, &["--yes"]).exits(0).mentions(&[&format!("defects/{new}.toml\n"), "1 issue: 1 new"]);
    }
    let columns = ["--columns", "key=Nr,title=Subject,state=Where", "--severity", "minor", "--component", "core"];
    import(&product, "Nr,Subject,Where\n11,t,new\n12,u,done\n", &[&columns[..], &["--yes"]].concat())
        .exits(0)
        .mentions(&["2 issues: 1 new", "  12: u\n"]);
    assert!(product.read("defects/GH-11.toml").contains("severity = \"minor\"\ncomponent = \"core\"\n"));
    assert!(
        product
            .read("defects/GH-AB-6.toml")
            .contains("severity = \"critical\"\ncomponent = \"user-interface\"\nreported = 2026-01-02\n")
    );
    assert!(!product.read("defects/GH-AB-8.toml").contains("reported"), "a date that can mean two days is left out");
    product.fixgate(&["check"]).exits(0);
}

#[test]
fn an_export_that_cannot_be_trusted_writes_nothing() {
    let product = Product::new();
    product.put("defects/GH-1.toml", &defect("status = \"open\"\nsource = \"https://example.org/other\""));
    for (export, why) in [
        ("[{\"number\": 2, \"title\": \"t\", \"state\": \"OPEN\"}", " --> export:1:45\n"),
        ("[1]", "entry 1 of the list is no issue"),
        ("{\"data\": []}", "this is no list of issues"),
        ("[{\"number\": 2, \"title\": \" \", \"state\": \"OPEN\"}]", "an issue has no title"),
        ("[{\"number\": 2, \"title\": \"a\"}, {\"number\": 2, \"title\": \"b\"}]", "issue 2 is in the export twice"),
        ("[{\"number\": \"../../x\", \"title\": \"a\", \"state\": \"OPEN\"}]", "cannot be the id of a defect"),
        (
            "[{\"number\": 1, \"title\": \"a\", \"url\": \"https://example.org/i/1\"}]",
            "GH-1 is recorded with another address, https://example.org/other",
        ),
        ("a,b\n1,2\n", "the columns here are a, b"),
        ("Issue ID,Title,State\n1,t,Open,too,many\n", " --> export:2:1\n"),
        ("", "the file is empty"),
    ] {
        let said = import(&product, export, &["--yes"]).exits(2);
        assert!(said.stderr.contains(why), "{why}\n{}", said.stderr);
        assert!(said.stderr.contains("nothing was written"), "{}", said.stderr);
    }
    import(&product, GITHUB, &["--columns", "key=a,title=b"]).exits(2).mentions(&["`state` is not stated"]);
    import(&product, GITHUB, &["--columns", "kye=a"]).exits(2).mentions(&["did you mean `key`?"]);
    import(&product, GITHUB, &["--severity", "bad"]).exits(2);
    product.fixgate(&["import", "defects", "nowhere.json"]).exits(2).mentions(&["nowhere.json cannot be read"]);
    assert_eq!(std::fs::read_dir(product.path("defects")).unwrap().count(), 1);
}

#[test]
fn a_title_changes_nothing_but_a_title() {
    let product = Product::new();
    let title = "a\\\"\\nstatus = \\\"fixed\\\"\\u202e\\u001b[31m '''x ##vso[task.complete]\\n::error::";
    let export = format!("[{{\"number\": 2, \"title\": \"{title}\", \"state\": \"OPEN\", \"url\": \"javascript:alert(1)\"}}]");
    let shown = import(&product, &export, &[]).exits(0);
    assert!(!shown.stdout.contains(['\u{1b}', '\u{202e}']) && !shown.stdout.contains("##vso["), "{}", shown.stdout);
    import(&product, &export, &["--yes"]).exits(0);
    product.fixgate(&["check"]).exits(0);
    let record = product.read("defects/GH-2.toml");
    assert!(record.ends_with("status = \"open\"\n") && !record.contains("javascript"), "{record}");
    assert_eq!(record.lines().count(), 5, "{record}");
}
