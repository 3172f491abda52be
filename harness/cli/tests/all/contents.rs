//! A run of a few scenarios reads their cases alone, where the records were found good before, with no visible difference.

use std::fs;

use crate::common::{GREETING, Product, defect};

const CONTENTS: &str = ".fixgate/contents.json";

/// A product with a pair, a table and cases whose ids begin alike.
fn product() -> Product {
    let product = Product::new();
    product.put("defects/GR-1.toml", &defect("status = \"open\"\nfound-in = \"RTM\""));
    product.put("testcases/regression/gr-1.toml", &format!("defects = [\"GR-1\"]\n{}", GREETING.replace("smoke", "paired")));
    product.put("testcases/suite/greeting-again.toml", &GREETING.replace("smoke", "again"));
    product.put("testcases/suite/table.toml", &GREETING.replace("tags", "table = \"rows.jsonl\"\ntags"));
    product
        .put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"two\",\"tags\":[\"second\"],\"defects\":[\"GR-1\"]}\n");
    product
}

const FILTERS: [&[&str]; 9] = [
    &["suite/greeting"],
    &["suite/greet*"],
    &["**/*gr*"],
    &["suite/table#two"],
    &["--tag", "second"],
    &["--defect", "GR-1"],
    &["--component", "core"],
    &["suite/**", "--tag", "smoke", "--shard", "1/2"],
    &["regression/*", "--tag", "again"],
];

#[test]
fn filters_mean_the_same_with_a_table_of_contents_and_without_one() {
    let product = product();
    for filter in FILTERS {
        let list = |product: &Product| {
            let said = product.fixgate(&[&["list", "--format", "json"], filter].concat());
            (said.code, said.stdout, said.stderr)
        };
        let _ = fs::remove_file(product.path(CONTENTS));
        let first = list(&product);
        assert_eq!(product.path(CONTENTS).exists(), filter != ["--component", "core"], "{filter:?}");
        assert_eq!(list(&product), first, "{filter:?}");
    }
    for nothing in [["suite/none", "suite/none"], ["--tag", "none"], ["--defect", "GR-2"]] {
        let said = product.fixgate(&[&["list"], &nothing[..]].concat()).exits(2);
        said.mentions(&["error: "]).says_nothing_of(&["holds no case"]);
    }
}

#[test]
fn a_run_by_the_table_of_contents_has_the_same_plan_and_records() {
    let product = product();
    product.fixgate(&["run", "--defect", "GR-1", "--candidate", "RTM"]).exits(1);
    assert!(product.path(CONTENTS).is_file());
    product.fixgate(&["run", "--defect", "GR-1", "--candidate", "RTM"]).exits(1);
    let [first, second] = product.runs().try_into().unwrap();
    let [first, second] = [first, second].map(|run| product.journal(&run)[0].clone());
    for key in ["plan", "planned", "complete", "test-product"] {
        assert!(!first[key].is_null(), "{key}");
        assert_eq!(first[key], second[key], "{key}");
    }
}

#[test]
fn what_changed_is_read_and_told_as_a_whole() {
    let product = product();
    let filtered = ["list", "suite/greeting"];
    product.fixgate(&filtered).exits(0);
    product.put("testcases/regression/gr-1.toml", "nonsense = true\n");
    product.fixgate(&filtered).exits(2).mentions(&["testcases/regression/gr-1.toml:1:1"]);
    product.put("testcases/regression/gr-1.toml", GREETING);
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"one\"}\n");
    product.fixgate(&filtered).exits(2).mentions(&["the scenario id `suite/table#one` appears twice"]);
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n").put("testcases/suite/new.toml", GREETING);
    product.fixgate(&["list", "suite/new"]).exits(0);
}

#[test]
fn a_table_of_contents_that_is_damaged_or_of_another_program_is_none() {
    let product = product();
    let filtered = ["list", "--defect", "GR-1"];
    let expected = product.fixgate(&filtered).exits(0).stdout;
    let good = product.read(CONTENTS);
    let program = good.split("\"program\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let other = good.replace(&program, &format!("sha256:{}", "0".repeat(64)));
    // Without the pair's names, and with those of a case that is gone.
    let poorer = other.replace("{\"defects\":[\"GR-1\"]", "{\"defects\":[]");
    for damaged in ["", "{", "[]", &good[..good.len() / 2], &poorer] {
        product.put(CONTENTS, damaged);
        assert_eq!(product.fixgate(&filtered).exits(0).stdout, expected, "{damaged}");
        assert_eq!(product.read(CONTENTS), good);
    }
}
