//! Cases that are well formed: what scenarios they yield, in which order, under which ids.

use std::sync::Arc;

use crate::common::{assert_problems, read, read_with};
use camino::Utf8Path;
use fixgate_core::case::{FileContent, Places, Scenario, StatusExpectation, StreamExpectation};

const STEP: &str = "[[step]]\nrun = [\"${product}\"]\n";
const PLACES: Places<'_> =
    Places { product: "/b/bin/p", build: "/b", work_directory: "/w", case_directory: "/t/suite", root: "/t", pack: "" };

fn ids(scenarios: &[Scenario]) -> Vec<&str> {
    scenarios.iter().map(|scenario| scenario.id.as_str()).collect()
}

fn arguments(scenario: &Scenario) -> Vec<String> {
    scenario.steps[0].run.iter().map(|template| template.fill(&PLACES)).collect()
}

fn file<'s>(scenario: &'s Scenario, path: &str) -> &'s FileContent {
    &scenario.files.iter().find(|entry| entry.path == path).unwrap_or_else(|| panic!("no {path}")).content
}

fn bytes(content: &FileContent) -> &[u8] {
    match content {
        FileContent::File(bytes) | FileContent::Program(bytes) => bytes,
        FileContent::Link(_) | FileContent::Directory => panic!("no file"),
    }
}

#[test]
fn a_case_without_a_matrix_is_one_scenario_of_its_own_id() {
    let scenarios = read(&format!("title = \"t\"\n{STEP}")).unwrap();
    assert_eq!(ids(&scenarios), ["suite/case"]);
    assert_eq!(scenarios[0].line, 1);
    assert_eq!(scenarios[0].steps[0].expect.status, StatusExpectation::Exit(0));
    assert_eq!(arguments(&scenarios[0]), ["/b/bin/p"]);
}

#[test]
fn a_matrix_yields_every_combination_with_its_axes_sorted_by_name_and_the_last_turning_fastest() {
    let text = "title = \"t\"\n[matrix]\nz = [\"1\", \"2\"]\na = { y = \"why\", x = \"ex\" }\n[[step]]\nrun = [\"${product}\", \"${a}${z}\"]\n";
    let scenarios = read(text).unwrap();
    assert_eq!(
        ids(&scenarios),
        ["suite/case@a=y,z=1", "suite/case@a=y,z=2", "suite/case@a=x,z=1", "suite/case@a=x,z=2"],
        "labels stay in the order in which they are written"
    );
    assert_eq!(arguments(&scenarios[2])[1], "ex1");
}

#[test]
fn exclude_drops_what_has_all_of_its_labels() {
    let text =
        "title = \"t\"\n[matrix]\na = [\"1\", \"2\"]\nb = [\"1\", \"2\"]\nexclude = [{ a = \"1\", b = \"2\" }, { b = \"1\" }]\n";
    let step = "[[step]]\nrun = [\"${a}\", \"${b}\"]\n";
    assert_eq!(ids(&read(&format!("{text}{step}")).unwrap()), ["suite/case@a=2,b=2"]);
}

#[test]
fn a_list_is_spliced_in_as_arguments_even_if_it_is_empty() {
    let text = "title = \"t\"\n[matrix]\nmode = { plain = [], context = [\"-C\", \"1\"] }\n[[step]]\nrun = [\"${product}\", \"${mode}\", \"x\"]\n";
    let scenarios = read(text).unwrap();
    assert_eq!(arguments(&scenarios[0]), ["/b/bin/p", "x"]);
    assert_eq!(arguments(&scenarios[1]), ["/b/bin/p", "-C", "1", "x"]);
}

#[test]
fn what_a_list_splices_in_is_not_read_as_a_template_again() {
    let text =
        "title = \"t\"\n[matrix]\nmode = { m = [\"${nothing}\", \"$$\"] }\n[[step]]\nrun = [\"${product}\", \"${mode}\"]\n";
    assert_eq!(arguments(&read(text).unwrap()[0])[1..], ["${nothing}", "$$"]);
}

#[test]
fn letters_that_an_id_cannot_have_are_percent_encoded_in_labels() {
    let text = "title = \"t\"\n[matrix]\np = [\"a b\", \"ü\", \"50%\", \"-i\", \"x#y@z\"]\n[[step]]\nrun = [\"${p}\"]\n";
    let expected = ["p=a%20b", "p=%C3%BC", "p=50%25", "p=-i", "p=x%23y%40z"].map(|label| format!("suite/case@{label}"));
    assert_eq!(ids(&read(text).unwrap()), expected);
}

#[test]
fn a_row_stands_over_the_case() {
    let text = format!(
        "title = \"t\"\ndefects = [\"RG-1\"]\ntags = [\"slow\"]\ntimeout = \"5s\"\ntable = \"rows.jsonl\"\nfiles = {{ a = \"old\", b = \"kept\" }}\n{STEP}stdin = \"in\"\nenv = {{ A = \"1\", B = \"2\" }}\nexpect = {{ exit = 1 }}\n"
    );
    let row = r#"{"id":"all","args":["-x","${workdir}"],"stdin":"new","files":{"a":"new"},"env":{"B":"3"},"expect":{"exit":2},"defects":["RG-2"],"tags":["quick"],"timeout":"7s"}"#;
    let rows = format!("{{\"id\":\"plain\"}}\n\n{row}\n");
    let scenarios = read_with(&text, &[("rows.jsonl", &rows)]).unwrap();
    assert_eq!(ids(&scenarios), ["suite/case#plain", "suite/case#all"]);
    assert_eq!(scenarios.iter().map(|scenario| scenario.line).collect::<Vec<_>>(), [1, 3], "lines of the table");
    let [plain, all] = &scenarios[..] else { panic!() };
    assert_eq!((arguments(plain), arguments(all)), (vec!["/b/bin/p".into()], ["/b/bin/p", "-x", "/w"].map(String::from).into()));
    let seen = |scenario: &Scenario| {
        let step = &scenario.steps[0];
        let environment: Vec<String> =
            step.environment.iter().map(|(key, value)| format!("{key}={}", value.fill(&PLACES))).collect();
        let files = ["a", "b"].map(|path| String::from_utf8_lossy(bytes(file(scenario, path))).into_owned()).join(" ");
        let seconds = scenario.timeout.unwrap().as_secs();
        let input = String::from_utf8_lossy(step.input.as_deref().unwrap()).into_owned();
        (scenario.defects[0].to_string(), scenario.tags[0].to_string(), seconds, files, input, environment.join(" "))
    };
    assert_eq!(seen(plain), ("RG-1".into(), "slow".into(), 5, "old kept".into(), "in".into(), "A=1 B=2".into()));
    assert_eq!(seen(all), ("RG-2".into(), "quick".into(), 7, "new kept".into(), "new".into(), "A=1 B=3".into()));
    assert_eq!(plain.steps[0].expect.status, StatusExpectation::Exit(1));
    assert_eq!(all.steps[0].expect.status, StatusExpectation::Exit(2));
}

#[test]
fn a_row_can_take_the_defects_away() {
    let text = format!("title = \"t\"\ndefects = [\"RG-1\"]\ntable = \"r.jsonl\"\n{STEP}");
    let scenarios = read_with(&text, &[("r.jsonl", "{\"id\":\"none\",\"defects\":[]}")]).unwrap();
    assert!(scenarios[0].defects.is_empty());
}

#[test]
fn a_table_under_a_matrix_yields_every_row_for_every_combination() {
    let text = format!("title = \"t\"\ntable = \"r.jsonl\"\n[matrix]\nm = [\"1\", \"2\"]\n{STEP}stdin = \"${{m}}\"\n");
    let scenarios = read_with(&text, &[("r.jsonl", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n")]).unwrap();
    assert_eq!(ids(&scenarios), ["suite/case@m=1#a", "suite/case@m=1#b", "suite/case@m=2#a", "suite/case@m=2#b"]);
}

#[test]
fn rows_share_over_a_matrix_only_what_does_not_name_it() {
    let text = format!("title = \"t\"\ntable = \"r.jsonl\"\n[matrix]\nm = [\"1\", \"2\"]\n{STEP}");
    let rows = concat!(
        r#"{"id":"same","files":{"a":"x"},"expect":{"stdout":"x"},"tags":["quick"]}"#,
        "\n\n",
        r#"{"id":"other","files":{"a":"${m}"},"expect":{"stdout":"${m}"}}"#,
    );
    let scenarios = read_with(&text, &[("r.jsonl", rows)]).unwrap();
    let seen = |scenario: &Scenario| {
        let StreamExpectation::Exact(stdout) = &scenario.steps[0].expect.stdout[0] else { panic!() };
        (String::from_utf8_lossy(bytes(file(scenario, "a"))).into_owned(), String::from_utf8_lossy(stdout).into_owned())
    };
    let seen: Vec<(String, String)> = scenarios.iter().map(seen).collect();
    assert_eq!(seen, ["x", "1", "x", "2"].map(|text| (text.to_owned(), text.to_owned())));
    assert!(Arc::ptr_eq(&scenarios[0].shared, &scenarios[2].shared));
    assert_eq!((scenarios[2].tags.len(), scenarios[3].tags.len(), scenarios[3].line), (1, 0, 3));
    assert_eq!(scenarios[0].digest(), scenarios[2].digest());
}

#[test]
fn every_form_of_a_file_is_read_and_files_are_sorted_by_path() {
    let text = format!(
        "title = \"t\"\n{STEP}[files]\n\"z.txt\" = \"text\\n\"\n\"raw\" = {{ base64 = \"/wA=\" }}\n\"copy\" = {{ copy = \"fixtures/big\" }}\n\"run.sh\" = {{ text = \"#!/bin/sh\", executable = true }}\n\"l\" = {{ link = \"d/x\" }}\n\"d\" = {{ directory = true }}\n\"d/x\" = \"below a directory\"\n\"many\" = {{ repeat = \"ab\", times = 3 }}\n"
    );
    let scenarios = read_with(&text, &[("fixtures/big", "copied")]).unwrap();
    let scenario = &scenarios[0];
    let paths: Vec<&str> = scenario.files.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["copy", "d", "d/x", "l", "many", "raw", "run.sh", "z.txt"]);
    assert_eq!(bytes(file(scenario, "raw")), b"\xff\0");
    assert_eq!(bytes(file(scenario, "copy")), b"copied");
    assert_eq!(bytes(file(scenario, "many")), b"ababab");
    assert!(matches!(file(scenario, "run.sh"), FileContent::Program(_)));
    assert_eq!(*file(scenario, "l"), FileContent::Link("d/x".into()));
    assert_eq!(*file(scenario, "d"), FileContent::Directory);
}

#[test]
fn without_a_matrix_no_text_but_commands_is_changed() {
    let text = "title = \"t\"\nuses = [\"a\"]\nfiles = { \"a${x}\" = \"$$ ${product}\" }\n[[step]]\nrun = [\"${product}\", \"$$ $1 ${root}/testcases/suite/a\"]\nstdin = \"$$${x}\"\nenv = { D = \"${case-dir}/a:${build}\" }\nexpect = { stdout = \"${y}$$\" }\n";
    let scenario = &read_with(text, &[("a", "used")]).unwrap()[0];
    assert_eq!(bytes(file(scenario, "a${x}")), b"$$ ${product}");
    assert_eq!(arguments(scenario)[1], "$ $1 /t/testcases/suite/a");
    assert_eq!(scenario.steps[0].input.as_deref(), Some(&b"$$${x}"[..]));
    assert_eq!(scenario.steps[0].environment["D"].fill(&PLACES), "/t/suite/a:/b");
    assert!(matches!(&scenario.steps[0].expect.stdout[..], [StreamExpectation::Exact(text)] if **text == *b"${y}$$"));
}

#[test]
fn with_a_matrix_its_names_are_replaced_in_all_text_and_a_doubled_dollar_is_one() {
    let text = "title = \"t\"\nfiles = { \"${m}.txt\" = \"$$ $5 ${m}\" }\n[matrix]\nm = [\"one\"]\n[[step]]\nrun = [\"${product}\"]\nstdin = \"<${m}>\"\nexpect = { stdout = \"$${m} ${m}\", files = { \"${m}\" = \"${m}\" } }\n";
    let scenario = &read(text).unwrap()[0];
    assert_eq!(bytes(file(scenario, "one.txt")), b"$ $5 one");
    assert_eq!(scenario.steps[0].input.as_deref(), Some(&b"<one>"[..]));
    let expect = &scenario.steps[0].expect;
    assert!(matches!(&expect.stdout[..], [StreamExpectation::Exact(text)] if **text == *b"${m} one"));
    assert!(expect.files.contains_key(Utf8Path::new("one")));
}

#[test]
fn outside_commands_a_matrix_case_knows_only_its_own_names() {
    let text =
        "title = \"t\"\n[matrix]\nmode = [\"one\"]\n[[step]]\nrun = [\"${product}\", \"${mode}\"]\nstdin = \"${product}\"\n";
    assert_problems(read(text), &["6:9: unknown name `${product}`; known are mode (`$$` is a dollar)"]);
}

#[test]
fn the_path_of_a_copy_is_filled_once() {
    let text = format!("title = \"t\"\nfiles = {{ f = {{ copy = \"$$${{m}}\" }} }}\n[matrix]\nm = [\"{{m}}\"]\n{STEP}");
    let scenarios =
        read_with(&text, &[("${m}", "found")]).unwrap_or_else(|problems| panic!("{}", crate::common::list(&problems)));
    assert_eq!(bytes(file(&scenarios[0], "f")), b"found");
}

#[test]
fn every_expectation_of_a_stream_is_read() {
    let text = "title = \"t\"\n[[step]]\nrun = [\"p\"]\n[step.expect]\nexit = { not = 0 }\nmax-time = \"2s\"\nmax-rss = \"64MiB\"\nstderr = \"baseline\"\n[step.expect.stdout]\ncontains = [\"a\", \"b\"]\nnot-contains = \"c\"\nregex = \"^d\"\nlines = [\"e\"]\njson = { f = [1, true] }\nfile = \"out\"\nbaseline = true\n[step.expect.files]\ngone = { absent = true }\nkept = { contains = \"k\" }\n";
    let scenarios =
        read_with(text, &[("out", "content")]).unwrap_or_else(|problems| panic!("{}", crate::common::list(&problems)));
    let expect = &scenarios[0].steps[0].expect;
    assert_eq!(expect.status, StatusExpectation::NotExit(0));
    assert_eq!(expect.stdout.len(), 8);
    assert!(matches!(expect.stderr[..], [StreamExpectation::Baseline]));
    assert_eq!((expect.max_time.unwrap().as_secs(), expect.max_rss), (2, Some(64 << 20)));
    assert!(scenarios[0].needs_baseline() && scenarios[0].states_result());
}

#[test]
fn the_word_baseline_alone_expects_all_of_it_and_states_no_result() {
    let scenarios = read("title = \"t\"\n[[step]]\nrun = [\"p\"]\nexpect = \"baseline\"\n").unwrap();
    let expect = &scenarios[0].steps[0].expect;
    assert_eq!((expect.status, expect.stdout.len(), expect.stderr.len()), (StatusExpectation::Baseline, 1, 1));
    assert!(scenarios[0].needs_baseline() && !scenarios[0].states_result());
}

#[test]
fn the_word_baseline_is_plain_content_for_a_file() {
    let text = "title = \"t\"\n[[step]]\nrun = [\"p\"]\nexpect = { files = { out = \"baseline\" } }\n";
    let scenarios = read(text).unwrap();
    assert!(!scenarios[0].needs_baseline());
    let written = format!("{:?}", scenarios[0].steps[0].expect.files);
    assert!(written.contains("Exact"), "{written}");
}

#[test]
fn a_symptom_implies_nothing() {
    let text = format!("title = \"t\"\n{STEP}[symptom]\nstderr = {{ contains = \"panicked\" }}\n");
    let scenarios = read(&text).unwrap();
    assert_eq!(scenarios[0].symptom.as_ref().unwrap().0.status, StatusExpectation::Any);
}
