//! What is wrong with a case: each message, and the line and column it points at.

use crate::common::{assert_problems, read, read_with, show};
use fixgate_core::problem::Source;

const STEP: &str = "[[step]]\nrun = [\"p\"]\n";

/// The only problem of a case with this text between its title and its step.
#[track_caller]
fn one(middle: &str, expected: &str) {
    assert_problems(read(&format!("title = \"t\"\n{middle}\n{STEP}")), &[expected]);
}

/// The only problem of a case whose step has this expectation, at line 4.
#[track_caller]
fn expecting(expect: &str, expected: &str) {
    assert_problems(read(&format!("title = \"t\"\n{STEP}expect = {expect}\n")), &[expected]);
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest() {
    one("titel = \"x\"", "2:1: unknown key `titel` in a case; did you mean `title`?");
    one(
        "colour = 1",
        "2:1: unknown key `colour` in a case; the keys of a case are applies, defects, files, matrix, network, normalize, step, superseded-by, symptom, table, tags, timeout, title, uses",
    );
    expecting("{ stdot = \"\" }", "4:12: unknown key `stdot` in an expectation; did you mean `stdout`?");
    expecting(
        "{ stdout = { contain = \"\", lines = [] } }",
        "4:23: unknown key `contain` in what must hold of a stream; did you mean `contains`?",
    );
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_what_is_wanted() {
    one("defects = \"RG-1\"", "2:11: expected an array, found a string");
    one("tags = [1]", "2:9: expected a tag, found an integer");
    one("timeout = 5", "2:11: expected a time limit such as \"5s\", found an integer");
    one("timeout = \"5\"", "2:11: \"5\" is not a time limit; write a whole number and ms, s, min or h");
    one("applies = \"RU1\"", "2:11: expected bounds: { from, until }, found a string");
    one("files = []", "2:9: expected a table of paths and contents, found an array");
    one(
        "files = { a = 1 }",
        "2:15: expected a file: text, or { base64 | copy | text | repeat, times | link | directory }, found an integer",
    );
    one("normalize = [\"ansy\"]", "2:14: unknown rule `ansy`; did you mean `ansi`?");
    one("defects = [\"no id\"]", "2:12: \"no id\" is not a defect id: letters, digits, `.`, `_` and `-`");
    expecting("\"success\"", "4:10: `expect` is a table, or \"baseline\"");
    let codes = "exit codes are 0 to 255: the system keeps the last eight bits of what a program ends with";
    expecting("{ exit = 99999999999 }", &format!("4:19: no program ends with 99999999999; {codes}"));
    expecting("{ signal = 0 }", "4:21: no program ends with 0; signals are 1 to 64");
    expecting("{ max-rss = \"64MB\" }", "4:22: \"64MB\" is not a size; write a whole number and B, KiB, MiB or GiB");
}

#[test]
fn a_case_that_runs_nothing_is_refused() {
    let runs_nothing = "1:1: the case runs nothing; add a [[step]] with `run = [\"${product}\", …]`";
    assert_problems(read("title = \"t\"\n"), &[runs_nothing]);
    assert_problems(read("title = \"t\"\nstep = []\n"), &[runs_nothing]);
    assert_problems(
        read("title = \"t\"\n[step]\nrun = [\"p\"]\n"),
        &["2:1: expected an array of tables: [[step]], found a table"],
    );
    assert_problems(read("title = \"t\"\n[[step]]\nstdin = \"\"\n"), &["3:1: `run` is missing in a step"]);
    let no_program = "`run` is an array: the program, then its arguments";
    assert_problems(read("title = \"t\"\n[[step]]\nrun = []\n"), &[&format!("3:7: {no_program}")]);
    assert_problems(read("title = \"t\"\n[[step]]\nrun = \"p\"\n"), &[&format!("3:7: {no_program}")]);
}

#[test]
fn a_list_of_no_arguments_cannot_stand_for_the_program() {
    let text = "title = \"t\"\n[matrix]\nm = { none = [] }\n[[step]]\nrun = [\"${m}\"]\n";
    assert_problems(read(text), &["5:8: `run` names no program where the matrix leaves it empty"]);
}

#[test]
fn a_title_is_one_line_of_text() {
    let text = |title: &str| format!("title = {title}\n{STEP}");
    assert_problems(read(&text("\" \"")), &["1:9: a title is one line of text"]);
    assert_problems(read(&text("\"a\\nb\"")), &["1:9: a title is one line of text"]);
    assert_problems(read(STEP), &["1:3: `title` is missing in a case"]);
}

#[test]
fn a_path_stays_inside_the_work_directory() {
    for bad in ["../a", "/etc/passwd", "a/../../b", "", "a//b", "./a"] {
        let expected = format!("2:11: the path {bad:?} leaves the tree or is not plain; write it relative, without `..`");
        one(&format!("files = {{ {bad:?} = \"\" }}"), &expected);
    }
    let leaves = "the path \"../x\" leaves the tree or is not plain; write it relative, without `..`";
    one("files = { a = { copy = \"../x\" } }", &format!("2:24: {leaves}"));
    expecting("{ stdout = { file = \"../x\" } }", &format!("4:30: {leaves}"));
    expecting("{ files = { \"../x\" = \"\" } }", &format!("4:22: {leaves}"));
    one("files = { a = { copy = \"gone\" } }", "2:24: there is no file gone");
}

#[test]
fn a_link_stays_inside_the_work_directory() {
    for bad in ["../x", "/etc", "a/../../x"] {
        one(&format!("files = {{ l = {{ link = {bad:?} }} }}"), &format!("2:24: the link to {bad:?} leaves the work directory"));
    }
    assert!(read(&format!("title = \"t\"\nfiles = {{ \"d/l\" = {{ link = \"../x\" }} }}\n{STEP}")).is_ok());
    one("files = { l = { link = \"\" } }", "2:24: the link to \"\" leads nowhere");
}

#[test]
fn a_file_has_exactly_one_content() {
    let expected = "2:15: a file has exactly one of base64, copy, text, repeat (with times), link, directory = true";
    for bad in [
        "{}",
        "{ text = \"\", base64 = \"\" }",
        "{ repeat = \"a\" }",
        "{ directory = false }",
        "{ link = \"x\", text = \"y\" }",
        "{ link = \"x\", executable = true }",
    ] {
        one(&format!("files = {{ a = {bad} }}"), expected);
    }
    one("files = { a = \"\", \"a/b\" = \"\" }", "2:9: `a` cannot be both a file and a directory");
    one("files = { a = { repeat = \"ab\", times = 200000000 } }", "2:40: a repeated text may have 256 MiB at most");
    one("files = { a = { base64 = \"!\" } }", "2:26: not base64: Invalid symbol 33, offset 0.");
}

#[test]
fn input_is_text_or_base64() {
    assert_problems(read(&format!("title = \"t\"\n{STEP}stdin = {{}}\n")), &["4:9: expected text, or { base64 = \"…\" }"]);
    assert_problems(read(&format!("title = \"t\"\n{STEP}stdin = 1\n")), &["4:9: expected text, or { base64 }, found an integer"]);
    assert_problems(
        read(&format!("title = \"t\"\n{STEP}env = [\"A=1\"]\n")),
        &["4:7: expected a table of variables, found an array"],
    );
    assert_problems(
        read(&format!("title = \"t\"\n{STEP}env = {{ \"A=1\" = \"\" }}\n")),
        &["4:9: \"A=1\" is not the name of a variable"],
    );
}

#[test]
fn an_expectation_that_expects_nothing_is_refused() {
    expecting("{ stdout = { contains = \"\" } }", "4:34: the empty text is contained in everything");
    expecting("{ stdout = { not-contains = [\"a\", \"\"] } }", "4:44: the empty text is contained in everything");
    expecting("{ stdout = {} }", "4:21: an empty table expects nothing");
    expecting("{ stdout = { contains = [] } }", "4:21: an empty table expects nothing");
    expecting("{ stdout = { baseline = false } }", "4:21: an empty table expects nothing");
    expecting("{ files = { a = { baseline = true } } }", "4:26: a file is not compared with the baseline: state its content");
    let symptom = "2:11: a symptom states how the defect looks: an exit, a signal, or something of a stream";
    for blind in ["{}", "{ exit = \"any\" }", "{ stdout = \"baseline\" }", "{ max-time = \"1s\" }"] {
        one(&format!("symptom = {blind}"), symptom);
    }
}

#[test]
fn a_program_ends_in_one_way() {
    expecting("{ exit = 0, signal = 6 }", "4:31: a program ends with an exit code or by a signal, not both");
    expecting("{ exit = \"none\" }", "4:19: expected an exit: a code, { not }, \"any\" or \"baseline\", found a string");
    expecting("{ exit = {} }", "4:19: `not` is missing in an exit: a code, { not }, \"any\" or \"baseline\"");
}

#[test]
fn a_regular_expression_is_valid_and_bounded() {
    let problems = read(&format!("title = \"t\"\n{STEP}expect = {{ stdout = {{ regex = \"a(\" }} }}\n")).unwrap_err();
    assert!(show(&problems[0]).starts_with("4:31: not a regular expression: "), "{}", show(&problems[0]));
    expecting(
        "{ stdout = { regex = '\\w{1000}{1000}' } }",
        "4:31: not a regular expression: Compiled regex exceeds size limit of 1048576 bytes.",
    );
}

#[test]
fn a_matrix_is_neither_empty_nor_a_million() {
    let axis =
        |name: char| format!("{name} = [{}]\n", (0..10).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(","));
    let million: String = "abcdef".chars().map(axis).collect();
    one(&format!("[matrix]\n{million}"), "2:1: the matrix has 1000000 combinations; 1 to 10000 are allowed");
    one("[matrix]\na = []", "2:1: the matrix has 0 combinations; 1 to 10000 are allowed");
    one("matrix = [\"a\"]", "2:10: expected a matrix: a table of axes, found an array");
    let excluded = "title = \"t\"\n[matrix]\na = [\"1\"]\nexclude = [{ a = \"1\" }]\n[[step]]\nrun = [\"${a}\"]\n";
    assert_problems(read(excluded), &["1:1: `exclude` drops every combination of the matrix"]);
    let help = "write `${a}` in `run` or in the text that differs, or remove the axis";
    one("[matrix]\na = [\"1\"]", &format!("3:1: nothing uses the axis `a`; {help}"));
}

#[test]
fn an_axis_has_a_name_labels_and_text() {
    one("[matrix]\n\"a b\" = [\"1\"]", "3:1: \"a b\" is not an axis name: letters, digits, `-` and `_`");
    one("[matrix]\n\"\" = [\"1\"]", "3:1: \"\" is not an axis name: letters, digits, `-` and `_`");
    one("[matrix]\na = { \"x y\" = \"1\" }", "3:7: \"x y\" is not a label: letters, digits and ._-+/:~^!");
    one("[matrix]\na = \"x\"", "3:5: expected an axis: an array of values, or a table of labels and values, found a string");
    one("[matrix]\na = [1]", "3:6: expected a string, or an array of arguments, found an integer");
    one(
        "[matrix]\na = [\"word\"]\nexclude = [{ a = \"ward\" }]",
        "4:18: `exclude` names no label of an axis: a = ward; did you mean `word`?",
    );
    one(
        "[matrix]\na = [\"word\"]\nexclude = [{ a = \"x\" }]",
        "4:18: `exclude` names no label of an axis: a = x; name an axis and one of its labels",
    );
    one(
        "[matrix]\nmode = [\"1\"]\nexclude = [{ mod = \"1\" }]",
        "4:20: `exclude` names no label of an axis: mod = 1; did you mean `mode`?",
    );
    one("[matrix]\na = [\"1\"]\nexclude = [{}]", "4:12: an empty exclusion would drop everything");
}

#[test]
fn a_name_that_nothing_stands_for_is_refused() {
    let run = |argument: &str| read(&format!("title = \"t\"\n[[step]]\nrun = [\"p\", {argument:?}]\n"));
    assert_problems(run("${prodct}"), &["3:13: unknown name `${prodct}`; did you mean `product`? (`$$` is a dollar)"]);
    assert_problems(
        run("${HOME}"),
        &["3:13: unknown name `${HOME}`; known are product, build, workdir, case-dir, root, pack (`$$` is a dollar)"],
    );
    assert_problems(run("${root"), &["3:13: `${` without `}` in \"${root\"; write `$$` for a dollar"]);
    let list = "title = \"t\"\n[matrix]\nm = { a = [\"1\"] }\n[[step]]\nrun = [\"p\", \"-${m}\"]\n";
    assert_problems(read(list), &["5:13: the value of `m` is a list: it can only stand as a whole argument, \"${m}\" in `run`"]);
}

#[test]
fn every_bad_row_of_a_table_is_reported_at_its_line_and_column() {
    let case = format!("title = \"t\"\ntable = \"r.jsonl\"\n{STEP}");
    let rows = "{\"id\":\"ok\"}\n{\"id\":\"ü\" \"x\"}\nnull\n{\"id\":\"a\",\"id\":\"b\"}\n{\"id\":\"c\",\"arg\":[]}\n{\"args\":[]}\n{\"id\":\"a b\"}\n";
    let problems = read_with(&case, &[("r.jsonl", rows)]).unwrap_err();
    assert!(problems.iter().all(|problem| problem.place.as_ref().unwrap().source.path == "testcases/suite/r.jsonl"));
    assert_eq!(
        crate::common::shown(&problems),
        [
            "2:11: the row is not JSON: expected `,` or `}`",
            "3:1: expected a row, found null",
            "4:14: the row is not JSON: the key `id` appears twice",
            "5:11: unknown key `arg` in a row; did you mean `args`?",
            "6:2: `id` is missing in a row",
            "7:1: \"a b\" is not a row's id: letters, digits and ._-+/:~^!%",
        ]
    );
}

#[test]
fn a_table_that_cannot_be_used_is_refused() {
    let case = format!("title = \"t\"\ntable = \"r.jsonl\"\n{STEP}");
    assert_problems(read_with(&case, &[]), &["2:9: there is no file r.jsonl"]);
    assert_problems(read_with(&case, &[("r.jsonl", "\n \n")]), &["2:9: the table r.jsonl has no row"]);
    assert_problems(
        read_with(&format!("{case}{STEP}"), &[("r.jsonl", "{\"id\":\"a\"}")]),
        &["2:9: a case with a table has exactly one step"],
    );
    one("table = 1", "2:9: expected a relative path, found an integer");
}

#[test]
fn a_row_whose_scenario_id_would_be_too_long_is_refused() {
    let case = format!("title = \"t\"\ntable = \"r.jsonl\"\n{STEP}");
    let row = format!("{{\"id\":\"{}\"}}", "a".repeat(492));
    let problems = read_with(&case, &[("r.jsonl", &row)]).expect_err("an id of 503 letters");
    assert!(show(&problems[0]).ends_with("is not a scenario id"), "{}", show(&problems[0]));
}

#[test]
fn a_case_is_in_one_of_the_folders() {
    let source = Source::new("testcases/other/case.toml", format!("title = \"t\"\n{STEP}"));
    for id in ["other/case", "suite", "packs/plugin"] {
        let read = fixgate_core::case::read_case(id.parse().unwrap(), &source, &crate::common::Memory::default());
        let expected = format!(
            "1:1: `{id}` is in none of the folders of testcases/; cases are in regression/, suite/, canary/ or packs/NAME/"
        );
        assert_problems(read, &[&expected]);
    }
}

#[test]
fn text_that_is_not_toml_is_reported_with_every_error() {
    let problems = read("title = \nfoo = [1\n").unwrap_err();
    assert!(problems.iter().all(|problem| problem.message.starts_with("not valid TOML: ")));
    let lines: Vec<usize> = problems.iter().map(|problem| problem.place.as_ref().unwrap().position().0).collect();
    assert!(lines.contains(&1) && lines.contains(&2), "{lines:?}");
}

#[test]
fn all_problems_of_a_case_are_reported_in_one_pass() {
    let text = "titel = \"t\"\ntimeout = \"5\"\nfiles = { \"../a\" = \"\", b = 1 }\n[[step]]\nrun = [\"${a}\", \"${b}\"]\nstdin = 1\nexpect = { exit = \"x\" }\n[[step]]\nrun = [1]\n[symptom]\n";
    let lines: Vec<usize> = read(&text.replace("titel", "title").replace("\"5\"", "\"5s\""))
        .unwrap_err()
        .iter()
        .map(|problem| problem.place.as_ref().unwrap().position().0)
        .collect();
    for line in [3, 5, 6, 7, 9, 10] {
        assert!(lines.contains(&line), "line {line} of {lines:?}");
    }
    assert_eq!(lines.iter().filter(|line| **line == 5).count(), 2);
    let low = read(text).unwrap_err();
    assert_eq!(low.len(), 3, "{}", crate::common::list(&low));
}

#[test]
fn a_command_that_holds_a_nul_is_refused() {
    let refused = "holds a NUL, which no program can be given";
    assert_problems(read("title = \"t\"\n[[step]]\nrun = [\"p\", \"a\\u0000b\"]\n"), &[&format!("3:13: \"a\\0b\" {refused}")]);
    assert_problems(read(&format!("title = \"t\"\n{STEP}env = {{ A = \"\\u0000\" }}\n")), &[&format!("4:13: \"\\0\" {refused}")]);
}
