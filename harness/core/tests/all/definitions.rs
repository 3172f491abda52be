//! A scenario's digest changes with everything that decides its outcome, and with nothing else.

use crate::common::{read, read_with};
use fixgate_core::id::Digest;

const BASE: &str = "title = \"t\"\ndefects = [\"RG-1\"]\ntags = [\"quick\"]\ntimeout = \"5s\"\nnormalize = [\"ansi\"]\nfiles = { a = \"1\" }\n[[step]]\nrun = [\"${product}\", \"x\"]\nstdin = \"in\"\nenv = { A = \"1\" }\nexpect = { exit = 1, stdout = \"out\" }\n[symptom]\nexit = 2\n";

fn digest(text: &str) -> Digest {
    read(text).unwrap_or_else(|problems| panic!("{text}\n{}", crate::common::list(&problems)))[0].digest()
}

/// The base with one piece of its text replaced.
fn with(old: &str, new: &str) -> Digest {
    assert!(BASE.contains(old), "{old}");
    digest(&BASE.replacen(old, new, 1))
}

#[test]
fn a_digest_is_the_same_for_the_same_text() {
    assert_eq!(digest(BASE), digest(BASE));
}

#[test]
fn what_decides_an_outcome_changes_the_digest() {
    let changes = [
        ("\"x\"]", "\"y\"]"),
        ("\"x\"]", "\"x\", \"y\"]"),
        ("\"${product}\"", "\"$${product}\""),
        ("stdin = \"in\"\n", ""),
        ("stdin = \"in\"", "stdin = \"\""),
        ("A = \"1\"", "A = \"2\""),
        ("A = \"1\"", "B = \"1\""),
        ("files = { a = \"1\" }", "files = { a = \"2\" }"),
        ("files = { a = \"1\" }", "files = { b = \"1\" }"),
        ("files = { a = \"1\" }", "files = { a = { text = \"1\", executable = true } }"),
        ("files = { a = \"1\" }", "files = { a = { link = \"1\" } }"),
        ("files = { a = \"1\" }\n", ""),
        ("exit = 1", "exit = { not = 1 }"),
        ("exit = 1", "exit = \"any\""),
        ("exit = 1", "signal = 1"),
        ("stdout = \"out\"", "stderr = \"out\""),
        ("stdout = \"out\"", "stdout = { contains = \"out\" }"),
        ("stdout = \"out\"", "stdout = { not-contains = \"out\" }"),
        ("stdout = \"out\"", "stdout = { regex = \"out\" }"),
        ("stdout = \"out\"", "stdout = { lines = [\"out\"] }"),
        ("stdout = \"out\"", "stdout = \"out\", max-time = \"1s\""),
        ("stdout = \"out\"", "stdout = \"out\", max-rss = \"1MiB\""),
        ("stdout = \"out\"", "stdout = \"out\", files = { a = { absent = true } }"),
        ("stdout = \"out\"", "stdout = \"baseline\""),
        ("\"ansi\"", "\"newlines\""),
        ("\"ansi\"", "\"ansi\", { regex = \"a\", with = \"b\" }"),
        ("[\"ansi\"]", "[]"),
        ("\"5s\"", "\"6s\""),
        ("timeout = \"5s\"\n", ""),
        ("exit = 2", "exit = 3"),
        ("[symptom]\nexit = 2\n", ""),
        ("[symptom]\n", "[[step]]\nrun = [\"${product}\"]\n[symptom]\n"),
    ];
    let mut seen = vec![("", "", digest(BASE))];
    for (old, new) in changes {
        let digest = with(old, new);
        let twin = seen.iter().find(|(_, _, known)| *known == digest);
        assert_eq!(twin.map(|(old, new, _)| (old, new)), None, "{old} -> {new} has the same digest");
        seen.push((old, new, digest));
    }
}

#[test]
fn what_decides_no_outcome_leaves_the_digest() {
    for (old, new) in [
        ("title = \"t\"", "title = \"another\""),
        ("[\"RG-1\"]", "[\"RG-1\", \"RG-2\"]"),
        ("defects = [\"RG-1\"]\n", ""),
        ("[\"quick\"]", "[\"slow\"]"),
        ("title = \"t\"\n", "# a remark\ntitle = \"t\"\n\n"),
        ("title = \"t\"\n", "title = \"t\"\napplies = { from = \"RU1\" }\n"),
        ("timeout = \"5s\"", "timeout = \"5000ms\""),
        ("stdout = \"out\"", "stdout = { base64 = \"b3V0\" }"),
        ("a = \"1\"", "a = { text = \"1\" }"),
    ] {
        assert_eq!(with(old, new), digest(BASE), "{old} -> {new}");
    }
}

#[test]
fn a_file_that_a_case_names_is_part_of_its_definition() {
    let text = "title = \"t\"\nfiles = { a = { copy = \"big\" } }\n[[step]]\nrun = [\"p\"]\n";
    let digest = |content: &str| read_with(text, &[("big", content)]).unwrap()[0].digest();
    assert_ne!(digest("one"), digest("two"));
    let expected = "title = \"t\"\n[[step]]\nrun = [\"p\"]\nexpect = { stdout = { file = \"out\" } }\n";
    let digest = |content: &str| read_with(expected, &[("out", content)]).unwrap()[0].digest();
    assert_ne!(digest("one"), digest("two"));
}

#[test]
fn text_that_looks_like_base64_in_a_definition_is_not_taken_for_bytes() {
    let case = |content: &str| digest(&format!("title = \"t\"\nfiles = {{ a = {content} }}\n[[step]]\nrun = [\"p\"]\n"));
    assert_ne!(case("{ base64 = \"/w==\" }"), case("\"/w==\""));
    assert_eq!(case("{ base64 = \"YQ==\" }"), case("\"a\""));
}

#[test]
fn rows_and_combinations_differ_only_by_what_they_run() {
    let text = "title = \"t\"\ntable = \"r.jsonl\"\n[[step]]\nrun = [\"p\"]\n";
    let rows = "{\"id\":\"a\",\"args\":[\"1\"]}\n{\"id\":\"b\",\"args\":[\"1\"]}\n{\"id\":\"c\",\"args\":[\"2\"]}\n";
    let scenarios = read_with(text, &[("r.jsonl", rows)]).unwrap();
    assert_eq!(scenarios[0].digest(), scenarios[1].digest());
    assert_ne!(scenarios[0].digest(), scenarios[2].digest());
}
