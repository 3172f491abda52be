//! Real readers of JUnit reports from Node's and Python's registries, apart from those that every run of the tests uses: `just readers`.

use std::process::Command;

use crate::common::{GREETING, Product};

#[test]
#[ignore = "it installs readers from registries: just readers"]
fn what_each_reader_makes_of_a_report_is_known() {
    let program = "case \"$1\" in greet) echo hello ;; *) printf '<b>\"x\" & ]]> \\033[31m\\377\\n' ;; esac";
    let product = Product::of(&[("RTM", program)]);
    for (name, expected) in [("quotes", "say \\\"x\\\""), ("markup", "<a href='b'>&amp;]]>"), ("letters", "grün ☂")] {
        let case =
            GREETING.replace("\"greet\"", "\"other\"").replace("\"hello\\n\"", &format!("{{ contains = \"{expected}\" }}"));
        product.put(&format!("testcases/suite/{name}.toml"), &case);
    }
    let skipped =
        "title = \"known\"\ndefects = [\"GR-1\"]\n[[step]]\nrun = [\"${product}\", \"other\"]\nexpect = { stdout = \"\" }\n";
    product.put("testcases/regression/gr-1.toml", skipped);
    product.put("defects/GR-1.toml", &crate::common::defect("status = \"open\"\nfound-in = \"RTM\""));
    product.fixgate(&["run", "--candidate", "RTM", "--quiet"]).exits(1);
    let run = product.runs().remove(0);
    for format in ["junit", "ctrf"] {
        let made = product.command(&["report", &run, "--format", format]).output().unwrap();
        std::fs::write(product.path(&format!("report.{format}")), made.stdout).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../readers/readers.mjs");
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/readers/bin/python");
    let mut node = Command::new("node");
    let seen = node.arg(script).args([product.path("report.junit"), product.path("report.ctrf")]).arg(python).output();
    let seen = seen.expect("node is missing: apt-get install --yes nodejs npm python3-venv, then just readers");
    let said = [seen.stdout, seen.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(seen.status.success(), "{said}");
    print!("{said}");
}
