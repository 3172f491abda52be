//! A few lines that ask for more than any machine has: each is refused, at its place, before it is made.

use std::fmt::Write as _;

use fixgate_core::case::{SCENARIO_LIMIT, read_case};
use fixgate_core::document::{parse_json, parse_toml};
use fixgate_core::problem::Source;

use crate::common::{Memory, shown};

const STEP: &str = "[[step]]\nrun = [\"p\"]\n";
const TOO_MUCH: &str = "with its matrix, table and files the case comes to more than 512 MiB";

/// What is wrong with this case, a table `t.jsonl` of these rows beside it.
fn problems(text: &str, rows: &str) -> Vec<String> {
    let source = Source::new("testcases/suite/case.toml", format!("title = \"t\"\n{text}"));
    let files = Memory::with(&[("testcases/suite/t.jsonl", rows), ("testcases/suite/big", &"x".repeat(64 << 20))]);
    shown(&read_case("suite/case".parse().unwrap(), &source, &files).expect_err("the case asks for too much"))
}

fn labels(axis: &str, count: usize) -> String {
    let labels: Vec<String> = (0..count).map(|label| format!("\"{label}\"")).collect();
    format!("{axis} = [{}]\n", labels.join(", "))
}

#[test]
fn a_table_over_a_matrix_is_bounded() {
    let matrix = format!("[matrix]\n{}{}", labels("a", 100), labels("b", 100));
    let rows: String = (0..1000).map(|row| format!("{{\"id\":\"{row}\"}}\n")).collect();
    let found = problems(&format!("table = \"t.jsonl\"\n{matrix}[[step]]\nrun = [\"${{a}}\", \"${{b}}\"]\n"), &rows);
    let message = "2:9: the table has 1,000 rows and the matrix 10,000 combinations; a case may have 2,000,000 scenarios";
    assert_eq!(found, [message]);
}

#[test]
fn a_table_is_bounded() {
    let found = problems(&format!("table = \"t.jsonl\"\n{STEP}"), &"{}\n".repeat(SCENARIO_LIMIT + 1));
    assert_eq!(found, ["2:9: the table has 2,000,001 rows; a case may have 2,000,000 scenarios"]);
}

#[test]
fn repeated_text_is_bounded_in_all() {
    let files: String = (0..9).map(|file| format!("f{file} = {{ repeat = \"1234567890\", times = 10000000 }}\n")).collect();
    let found = problems(&format!("[files]\n{files}{STEP}"), "");
    assert_eq!(found[0], format!("8:39: {TOO_MUCH}"));
}

#[test]
fn files_that_are_read_are_bounded_in_all() {
    let files: String = (0..9).map(|file| format!("f{file} = {{ copy = \"big\" }}\n")).collect();
    let found = problems(&format!("[files]\n{files}{STEP}"), "");
    assert_eq!(found[0], format!("11:15: {TOO_MUCH}"));
}

#[test]
fn values_of_a_matrix_are_bounded_in_all_texts_and_in_one() {
    let long = "x".repeat(1 << 20);
    let matrix = format!("[matrix]\nlong = {{ l = \"{long}\" }}\n");
    let one = problems(&format!("{matrix}[[step]]\nrun = [\"{}\"]\n", "${long}".repeat(65)), "");
    assert_eq!(one, ["5:8: the text, with the values that the matrix inserts, is longer than 64 MiB"]);
    let stdin = problems(&format!("{matrix}[[step]]\nrun = [\"p\"]\nstdin = \"{}\"\n", "${long}".repeat(65)), "");
    assert_eq!(stdin, ["6:9: the text, with the values that the matrix inserts, is longer than 64 MiB"]);
    let variables: String = (0..600).fold(String::new(), |mut text, variable| {
        write!(text, "V{variable} = \"${{long}}\", ").unwrap();
        text
    });
    let many = problems(&format!("{matrix}[[step]]\nrun = [\"p\"]\nenv = {{ {variables} }}\n"), "");
    assert!(many[0].starts_with("6:") && many[0].ends_with(TOO_MUCH), "{many:?}");
}

#[test]
fn what_combinations_and_rows_copy_of_their_case_is_bounded() {
    let run = format!("[[step]]\nrun = [\"{}\"]\n", "x".repeat(1 << 20));
    let combinations = problems(&format!("[matrix]\n{}{run}stdin = \"${{a}}\"\n", labels("a", 600)), "");
    assert!(combinations[0].ends_with(TOO_MUCH), "{combinations:?}");
    let rows: String = (0..600).map(|row| format!("{{\"id\":\"{row}\"}}\n")).collect();
    let found = problems(&format!("table = \"t.jsonl\"\n{run}"), &rows);
    assert_eq!(found, [format!("511:1: {TOO_MUCH}")], "it is said once");
}

#[test]
fn a_long_unknown_key_is_not_compared_with_the_known_ones() {
    let key = "k".repeat(16 << 20);
    let found = problems(&format!("{key} = 1\n{STEP}"), "");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("; the keys of a case are "));
}

/// Where looking through the keys before took a quarter of an hour.
#[test]
fn a_row_of_very_many_keys_is_read_in_a_moment() {
    let keys = |last: &str| {
        let keys: Vec<String> = (0..300_000).map(|key| format!("\"k{key}\":0")).collect();
        Source::new("t.jsonl", format!("{{{},\"{last}\":0}}", keys.join(",")))
    };
    let (good, twice) = (keys("k"), keys("k7"));
    assert!(parse_json(&good, 0..good.text.len()).is_ok());
    let problem = parse_json(&twice, 0..twice.text.len()).unwrap_err();
    assert_eq!(problem.message, "the row is not JSON: the key `k7` appears twice");
}

#[test]
fn a_document_of_very_many_tables_is_read_in_a_moment() {
    let source = Source::new("a.toml", (0..100_000).fold(String::new(), |text, key| text + &format!("[a.k{key}]\n")));
    assert!(parse_toml(&source).is_ok());
    let axes: String = (0..50_000).fold(String::new(), |text, axis| text + &format!("a{axis} = [\"x\"]\n"));
    let found = problems(&format!("[matrix]\n{axes}{STEP}"), "");
    assert_eq!(found, ["2:1: the matrix has 50000 axes; 100 are allowed"]);
}
