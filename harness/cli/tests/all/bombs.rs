//! Small files that ask for more than any machine has: each is refused with its place, in bounded memory.

use std::fs::{self, File};
use std::process::Command;

use crate::common::{Product, Watched, defect};

const CASE: &str = "testcases/suite/greeting.toml";
/// What a command may take that was given a bomb, in bytes: less than the gigabyte that the smallest bomb unpacks to, and three
/// times the limit of a file. A buffer is copied when it grows, and the allocator gives the old ones back after a while.
const MEMORY: u64 = 960 << 20;

/// What `check` says, without taking too much memory for it.
#[track_caller]
fn refused(product: &Product, texts: &[&str]) -> Watched {
    let watched = product.watched(&mut product.command(&["check"]));
    assert!(watched.memory < MEMORY, "it took {} MiB", watched.memory >> 20);
    let said = watched.said.exits(2).mentions(texts).says_nothing_of(&["panicked"]);
    Watched { said, ..watched }
}

/// A gigabyte of zeros, packed into a megabyte.
fn pack_zeros(product: &Product, path: &str) {
    product.put(path, "");
    let pack = "head -c 1073741824 /dev/zero | gzip -1 >\"$0\"";
    assert!(Command::new("sh").args(["-c", pack]).arg(product.path(path)).status().unwrap().success());
    assert!(fs::metadata(product.path(path)).unwrap().len() < 5 << 20);
}

#[test]
fn a_packed_table_of_a_gigabyte_of_zeros() {
    let product = Product::new();
    pack_zeros(&product, "testcases/suite/rows.jsonl.gz");
    product.edit(CASE, "[[step]]", "table = \"rows.jsonl.gz\"\n[[step]]");
    let message =
        "error: testcases/suite/rows.jsonl.gz cannot be read: it is larger than 256 MiB\n --> testcases/suite/greeting.toml:3:9";
    refused(&product, &[message]);
}

#[test]
fn a_kept_plan_of_a_gigabyte_of_zeros() {
    let product = Product::new();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    pack_zeros(&product, "reports/RTM/plan.txt.gz");
    product.release("RU1", Some("RTM"), "");
    let watched = product.watched(&mut product.command(&["signoff", "RU1"]));
    assert!(watched.memory < MEMORY, "it took {} MiB", watched.memory >> 20);
    let message = "error: reports/RTM/ is not as it was written: plan.txt.gz: it is larger than 256 MiB\n\
                   help: restore it from version control, or sign RTM off again\n";
    watched.said.exits(2).complains(message);
}

#[test]
fn records_of_a_terabyte() {
    let product = Product::new();
    product.put("defects/GR-1.toml", "").put("defects/GR-1.accepted.jsonl", "");
    for path in ["defects/GR-1.toml", "defects/GR-1.accepted.jsonl"] {
        File::create(product.path(path)).unwrap().set_len(1 << 40).unwrap();
    }
    let messages = [
        "error: defects/GR-1.toml cannot be read: it is larger than 16 MiB\n",
        "error: defects/GR-1.accepted.jsonl cannot be read: it is larger than 256 MiB\n",
    ];
    refused(&product, &messages);
}

#[test]
fn records_that_nest_a_hundred_thousand_deep() {
    let product = Product::new();
    let record = defect("status = \"open\"");
    for (number, nested) in [
        "[".repeat(100_000),
        "{a=".repeat(100_000),
        "a.".repeat(100_000) + "a",
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
    ]
    .iter()
    .enumerate()
    {
        product.put(&format!("defects/GR-{number}.toml"), &format!("{record}changes = {nested}\n"));
    }
    product.put("defects/GR-5.toml", &format!("{record}{}a = 1\n", "a.".repeat(100_000)));
    product.put("defects/GR-6.toml", &format!("{record}[{}a]\n", "a.".repeat(100_000)));
    product.put("defects/GR-1.proof.json", &"[{\"a\":".repeat(100_000));
    product.edit(CASE, "[[step]]", "table = \"rows.jsonl\"\n[[step]]");
    product.put("testcases/suite/rows.jsonl", &"{\"a\":[".repeat(100_000));
    let messages = ["not valid TOML: recursion limit", "not a proof: ", "the row is not JSON: recursion limit exceeded"];
    refused(&product, &messages);
}

#[test]
fn patterns_and_globs_that_grow() {
    let product = Product::new();
    product.edit(CASE, "stdout = \"hello\\n\"", "stdout = { regex = '(a{1000}){1000}{1000}' }");
    product.put(
        "defects/GR-1.toml",
        &format!("{}changes = [\"{}\"]\n", defect("status = \"open\""), "{".repeat(300) + "a" + &"}".repeat(300)),
    );
    refused(
        &product,
        &[
            "error: not a regular expression: ",
            " --> testcases/suite/greeting.toml:5:31",
            "is not a glob: it is too long, or nests too deep\n --> defects/GR-1.toml:5:12",
        ],
    );
    let filter = "{".repeat(300) + "a" + &"}".repeat(300);
    product.fixgate(&["list", &filter]).exits(2).mentions(&["is not a glob: it is too long, or nests too deep"]);
}

#[test]
fn a_table_of_nothing_but_problems() {
    let product = Product::new();
    product.edit(CASE, "[[step]]", "table = \"rows.jsonl\"\n[[step]]");
    product.put("testcases/suite/rows.jsonl", &"{\"idd\":\"a\"}\n".repeat(100_000));
    let said = refused(
        &product,
        &["error: unknown key `idd` in a row", "… and 199,000 more problems\n\nerror: 200,000 problems in the records"],
    )
    .said;
    assert_eq!(said.stderr.matches("--> ").count(), 1_000);
}
