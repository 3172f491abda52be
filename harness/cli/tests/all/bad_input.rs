//! Bad records: each is told with its file, line and column, the line itself and what to do, and nothing is run.

use std::fmt::Write as _;
use std::os::unix::fs::symlink;

use crate::common::{GREETING, Product, Said, defect};

const CASE: &str = "testcases/suite/greeting.toml";

/// What `check` says after `old` has become `new` in the file at `path`.
fn checked(path: &str, old: &str, new: &str) -> Said {
    Product::new().edit(path, old, new).fixgate(&["check"])
}

/// What `check` says of a product that also has this file.
fn with(path: &str, text: &str) -> Said {
    Product::new().put(path, text).fixgate(&["check"])
}

#[test]
fn an_unknown_key_is_shown_in_its_line_with_the_nearest_known_one() {
    checked(CASE, "tags", "tagz").exits(2).complains(
        r#"
error: unknown key `tagz` in a case
 --> testcases/suite/greeting.toml:2:1
  |
2 | tagz = ["smoke"]
  | ^^^^
  |
  = help: did you mean `tags`?

error: 1 problem in the records; nothing was run
"#,
    );
}

#[test]
fn a_value_of_the_wrong_type_is_shown_with_what_was_expected() {
    checked(CASE, r#"["smoke"]"#, r#""smoke""#).exits(2).complains(
        r#"
error: expected an array, found a string
 --> testcases/suite/greeting.toml:2:8
  |
2 | tags = "smoke"
  |        ^^^^^^^

error: 1 problem in the records; nothing was run
"#,
    );
}

#[test]
fn a_duplicate_scenario_id_is_shown_at_its_second_place() {
    let product = Product::new();
    product.edit(CASE, "[[step]]", "table = \"rows.jsonl\"\n[[step]]");
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"two\"}\n{\"id\":\"one\"}\n");
    product.fixgate(&["check"]).exits(2).complains(
        r#"
error: the scenario id `suite/greeting#one` appears twice
 --> testcases/suite/rows.jsonl:3:1
  |
3 | {"id":"one"}
  | ^^^^^^^^^^^^
  |
  = help: its first place is testcases/suite/rows.jsonl:1; ids are unique

error: 1 problem in the records; nothing was run
"#,
    );
}

#[test]
fn a_defect_marked_fixed_with_no_case_is_a_gap() {
    let said = with("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RTM\""));
    assert!(said.stdout.starts_with("1 release, 1 defect (1 fixed, 0 proved), 2 cases, 2 scenarios: 1 gap"), "{said:?}");
    said.exits(1).complains(
        r#"
error: GR-1 is fixed but no case names it
 --> defects/GR-1.toml:1:1
  |
1 | title = "it does not"
  | ^^^^^
  |
  = help: write a case with `defects = ["GR-1"]`: fixgate new case regression/gr-1

"#,
    );
}

#[test]
fn a_case_that_names_no_known_defect_is_shown_with_the_nearest_one() {
    let product = Product::new();
    product.put("defects/GR-12.toml", &defect("status = \"open\""));
    product.edit(CASE, "tags", "defects = [\"GR-12\", \"GR-21\"]\ntags").fixgate(&["check"]).exits(2).complains(
        r#"
error: `defects` names `GR-21`, which is no defect
 --> testcases/suite/greeting.toml:2:21
  |
2 | defects = ["GR-12", "GR-21"]
  |                     ^^^^^^^
  |
  = help: did you mean `GR-12`?

error: 1 problem in the records; nothing was run
"#,
    );
}

/// A pair of one scenario: it fails on RTM and passes on RU1.
fn proved_product() -> Product {
    let named = |rest: &str| format!("case \"$1\" in name) echo greeter ;; *) {rest} ;; esac");
    let product = Product::of(&[("RTM", &named("echo hello >&2")), ("RU1", &named("echo hello"))]);
    product.put("testcases/suite/name.toml", &GREETING.replace("greet\"", "name\"").replace("hello", "greeter"));
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
    product.fixgate(&["prove", "--quiet"]).exits(0);
    product.fixgate(&["check"]).exits(0).complains("");
    product
}

#[test]
fn a_proof_is_stale_once_its_test_was_weakened_renamed_or_deleted() {
    let product = proved_product();
    let stale = |reason: &str| {
        format!(
            "error: the proof of GR-1 is stale: {reason}
 --> defects/GR-1.toml:1:1
  |
1 | title = \"it does not\"
  | ^^^^^
  |
  = help: run: fixgate prove GR-1

"
        )
    };
    let case = product.read("testcases/regression/gr-1.toml");
    product.edit("testcases/regression/gr-1.toml", r#"expect = { stdout = "hello\n" }"#, "expect = { exit = 0 }");
    let changed = stale("regression/gr-1 was changed after it was proved");
    product.fixgate(&["check"]).exits(1).complains(&changed);

    std::fs::remove_file(product.path("testcases/regression/gr-1.toml")).unwrap();
    product.put("testcases/regression/other.toml", &case);
    let moved = stale("regression/other is not in the proof") + &stale("regression/gr-1 was proved and is gone from the pair");
    product.fixgate(&["check"]).exits(1).complains(&moved);
}

#[test]
fn a_release_chain_with_a_fork_is_shown_at_the_second_branch() {
    let product = Product::new();
    product.release("RU1", Some("RTM"), "").release("RU2", Some("RTM"), "");
    product.fixgate(&["check"]).exits(2).complains(
        r#"
error: the train forks: both RU1 and RU2 follow RTM
 --> releases/RU2.toml:2:11
  |
2 | follows = "RTM"
  |           ^^^^^
  |
  = help: a train is one chain: every release but the first follows another, and no two the same

error: 1 problem in the records; nothing was run
"#,
    );
}

#[test]
fn a_release_chain_with_a_ring_is_shown_at_each_of_its_releases() {
    let product = Product::new();
    product.release("RU1", Some("RU2"), "").release("RU2", Some("RU1"), "");
    product.fixgate(&["check"]).exits(2).complains(
        r#"
error: RU1 is in a ring: following `follows` never ends at a first release
 --> releases/RU1.toml:2:11
  |
2 | follows = "RU2"
  |           ^^^^^
  |
  = help: exactly one release, the first, has no `follows`

error: RU2 is in a ring: following `follows` never ends at a first release
 --> releases/RU2.toml:2:11
  |
2 | follows = "RU1"
  |           ^^^^^
  |
  = help: exactly one release, the first, has no `follows`

error: 2 problems in the records; nothing was run
"#,
    );
}

#[test]
fn a_path_that_leaves_the_tree_is_refused_wherever_a_case_may_give_one() {
    let leaves = |path: &str| format!("the path {path:?} leaves the tree or is not plain; write it relative, without `..`");
    let refused = |lines: &str, message: &str| {
        let said = checked(CASE, "[[step]]", &format!("{lines}\n[[step]]")).exits(2);
        let first = said.stderr.lines().next().unwrap();
        assert_eq!(first, format!("error: {message}"), "{lines}");
        assert!(said.stderr.contains(" --> testcases/suite/greeting.toml:3:") || said.stderr.contains("greeting.toml:4:"));
    };
    for path in ["../outside", "a/../../outside", "/etc/passwd"] {
        refused(&format!("[files]\n{path:?} = \"text\""), &leaves(path));
        refused(&format!("[files]\na = {{ copy = {path:?} }}"), &leaves(path));
        refused(&format!("table = {path:?}"), &leaves(path));
    }
    for target in ["../outside", "/etc/passwd"] {
        refused(&format!("[files]\na = {{ link = {target:?} }}"), &format!("the link to {target:?} leaves the work directory"));
    }
    let expected = r#"expect = { files = { "../outside" = "" } }"#;
    checked(CASE, r#"expect = { stdout = "hello\n" }"#, expected).exits(2).mentions(&[&leaves("../outside")]);
}

#[test]
fn a_symbolic_link_among_the_records_is_refused_and_not_followed() {
    let product = Product::new();
    symlink("/etc/passwd", product.path("testcases/suite/outside")).unwrap();
    product.edit(CASE, "[[step]]", "[files]\na = { copy = \"outside\" }\n[[step]]");
    product.fixgate(&["check"]).exits(2).complains(
        r#"
error: testcases/suite/outside is a link or a special file; records and cases are plain files
 |
 = help: a link could leave the tree: copy the file instead

error: testcases/suite/outside cannot be read: ROOT/testcases/suite/outside is a symbolic link, which could lead out of the test product
 --> testcases/suite/greeting.toml:4:14
  |
4 | a = { copy = "outside" }
  |              ^^^^^^^^^

error: 2 problems in the records; nothing was run
"#,
    );
}

#[test]
fn a_folder_of_records_that_is_a_link_is_refused_and_not_followed() {
    let (product, elsewhere) = (Product::new(), Product::new());
    std::fs::remove_dir_all(product.path("testcases")).unwrap();
    symlink(elsewhere.path("testcases"), product.path("testcases")).unwrap();
    let refused = "testcases is a link or a special file; records and cases are plain files";
    product.fixgate(&["check"]).exits(2).mentions(&[refused]);
}

#[test]
fn every_row_of_a_table_that_is_not_json_is_shown() {
    let product = Product::new();
    product.edit(CASE, "[[step]]", "table = \"rows.jsonl\"\n[[step]]");
    product.put("testcases/suite/rows.jsonl", "{\"id\":\"one\"}\n{\"id\":\"two\",}\nROW\n");
    product.fixgate(&["check"]).exits(2).complains(
        r#"
error: the row is not JSON: trailing comma
 --> testcases/suite/rows.jsonl:2:13
  |
2 | {"id":"two",}
  |             ^

error: the row is not JSON: expected value
 --> testcases/suite/rows.jsonl:3:1
  |
3 | ROW
  | ^^^

error: 2 problems in the records; nothing was run
"#,
    );
}

#[test]
fn a_matrix_of_a_million_is_refused_before_it_is_expanded() {
    let mut matrix = "[matrix]\n".to_owned();
    for axis in ["a", "b", "c", "d", "e", "f"] {
        writeln!(matrix, "{axis} = [\"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\"]").unwrap();
    }
    checked(CASE, "[[step]]", &format!("{matrix}[[step]]")).exits(2).complains(
        r#"
error: the matrix has 1000000 combinations; 1 to 10000 are allowed
 --> testcases/suite/greeting.toml:3:1
  |
3 | [matrix]
  | ^^^^^^^^

error: 1 problem in the records; nothing was run
"#,
    );
}

#[test]
fn an_empty_suite_is_refused() {
    let product = Product::new();
    std::fs::remove_dir_all(product.path("testcases")).unwrap();
    for command in [&["check"][..], &["list"], &["run", "--candidate", "RTM"], &["signoff", "RTM"]] {
        product.fixgate(command).exits(2).complains(
            r#"
error: testcases/ holds no case
 |
 = help: start one: fixgate new case suite/NAME

error: 1 problem in the records; nothing was run
"#,
        );
    }
}

#[test]
fn a_suite_of_nothing_but_canaries_is_refused() {
    let product = Product::new();
    std::fs::remove_file(product.path(CASE)).unwrap();
    for command in [&["run", "--candidate", "RTM", "--quiet"][..], &["signoff", "RTM", "--quiet"]] {
        product.fixgate(command).exits(2).complains("error: there is nothing to judge but canaries\n");
    }
}

#[test]
fn all_problems_of_all_files_are_reported_in_one_pass() {
    let product = Product::new();
    product.edit(CASE, "tags", "tagz").edit(CASE, "title", "titel").edit("releases/RTM.toml", "version", "verison");
    product.put("waivers/w.toml", "owner = 1\n").put("defects/notes.txt", "");
    let said = product.fixgate(&["check"]).exits(2).mentions(&[
        "error: unknown key `tagz` in a case",
        "error: unknown key `titel` in a case",
        "error: `title` is missing in a case",
        "error: unknown key `verison` in a release",
        "error: `version` is missing in a release",
        "waivers/w.toml:1:9",
        "error: `expires` is missing in a waiver",
        "error: defects/notes.txt is no record; its folder holds NAME.toml and what belongs to it",
    ]);
    let shown = said.stderr.matches("error: ").count() - 1;
    said.mentions(&[&format!("error: {shown} problems in the records; nothing was run")]);
}

/// A case that cannot be read may be any defect's pair, and a defect that cannot be read is one all the same.
#[test]
fn what_cannot_be_read_hides_nothing_else_and_is_no_reason_for_more() {
    let product = Product::new();
    let case =
        |defect: &str, more: &str| format!("{}{more}\n", GREETING.replace("tags", &format!("defects = [\"{defect}\"]\ntags")));
    for id in ["GR-1", "GR-2"] {
        product.put(&format!("defects/{id}.toml"), &defect("status = \"fixed\"\nfixed-in = \"RTM\""));
    }
    product.put("defects/GR-3.toml", &defect("status = \"open\"\ncolour = 2"));
    product.put("testcases/regression/unreadable.toml", &case("GR-1", "colour = 1"));
    product.put("testcases/regression/of-the-unreadable.toml", &case("GR-3", ""));
    product.put("testcases/regression/of-nothing.toml", &case("GR-7", ""));
    let said = product.fixgate(&["check"]).exits(2);
    let found: Vec<&str> = said.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(
        found,
        [
            "error: GR-2 is fixed but no case names it",
            "error: unknown key `colour` in a defect",
            "error: `defects` names `GR-7`, which is no defect",
            "error: unknown key `colour` in a step",
            "error: 4 problems in the records; nothing was run",
        ]
    );
    // Without a train nothing can be said of its releases.
    product.edit("releases/RTM.toml", "version", "verison");
    let without = product.fixgate(&["check"]).exits(2);
    assert!(!without.stderr.contains("GR-2"), "{without:?}");
}
