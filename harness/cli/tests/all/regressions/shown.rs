//! What people see.

mod kept;
mod refused;
mod whole;

use crate::common::{GREETING, Product, Said, defect};

/// A product whose program is this, and what running its suite says.
fn run_of(program: &str, expect: &str) -> (Product, Said) {
    let product = Product::of(&[("RTM", program)]);
    product.edit("testcases/suite/greeting.toml", "expect = { stdout = \"hello\\n\" }", expect);
    let said = product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--quiet"]).exits(1);
    (product, said)
}

#[test]
fn the_first_lines_of_standard_error_hid_the_last() {
    let (_, said) = run_of("for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo loading part $i >&2; done; echo FATAL >&2; exit 3", "");
    said.mentions(&["stderr: … 3 lines left out\n", "stderr: loading part 4\n", "stderr: FATAL\n"])
        .says_nothing_of(&["part 3\n"]);
}

#[test]
fn a_wrong_exit_code_showed_one_stream_alone() {
    let (_, said) = run_of("echo the disk is full; exit 3", "");
    said.mentions(&["step 1: exit 3, expected exit 0", "stdout: the disk is full\n"]);
    let (_, said) = run_of("exit 3", "");
    said.mentions(&["(nothing was printed)\n"]);
}

#[test]
fn what_is_in_a_stream_and_must_not_be_was_not_shown() {
    let program = "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; [ $i = 150 ] && echo SECRET; done; true";
    let (_, said) = run_of(program, "expect = { stdout = { not-contains = \"SECRET\" } }");
    said.mentions(&["… 140 lines left out\n", "    line 150\n    SECRET\n    line 151\n"]);
}

#[test]
fn the_end_of_a_long_stream_that_lacks_something_was_not_shown() {
    let program = "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; echo FATAL";
    let (_, said) = run_of(program, "expect = { stdout = { contains = \"done\" } }");
    said.mentions(&["… 161 lines left out\n", "    FATAL\n"]);
}

#[test]
fn lines_that_look_alike_were_shown_as_the_same_line_twice() {
    for (printed, expected, told) in [
        ("hello  \\n", "hello\\n", "? column 6: - has nothing, + has 2 × U+0020 (space)\n"),
        ("a\\tb\\n", "a b\\n", "? column 2: - has U+0020 (space), + has U+0009 (tab)\n"),
        ("1\\302\\240000\\n", "1 000\\n", "? column 2: - has U+0020 (space), + has U+00A0 (no-break space)\n"),
        ("cafe\\314\\201\\n", "caf\u{E9}\\n", "? column 4: - has U+00E9, + has U+0065 (e) U+0301 (combining mark)\n"),
        ("p\\320\\260ss\\n", "pass\\n", "? column 2: - has U+0061 (a), + has U+0430 (Cyrillic letter)\n"),
        ("l0\\n", "10\\n", "? column 1: - has U+0031 (1), + has U+006C (l)\n"),
        ("hello", "hello\\n", "\\ No newline at end of file\n"),
    ] {
        let (_, said) = run_of(&format!("printf '{printed}'"), &format!("expect = {{ stdout = \"{expected}\" }}"));
        said.mentions(&[told]);
    }
}

#[test]
fn a_text_in_letters_that_look_alike_was_said_not_to_be_there() {
    let (_, said) = run_of("printf 'st\\303\\240te: p\\320\\260ss\\n'", "expect = { stdout = { contains = \": pass\" } }");
    said.mentions(&[r#"? line 1 has ": p\u{430}ss", expected is ": pass""#]);
}

#[test]
fn a_difference_far_along_a_line_was_cut_off() {
    let (_, said) = run_of("printf '%0900d' 1; echo X", "expect = { stdout = { lines = [\"Y\"] } }");
    said.mentions(&["-Y\n"]);
    let long = "0".repeat(899);
    let (_, said) = run_of("printf '%0900d' 1; echo X", &format!("expect = {{ stdout = \"{long}1Y\\n\" }}"));
    said.mentions(&["01Y\n", "01X\n"]);
}

#[test]
fn a_timeout_did_not_say_which_limit_it_was() {
    let product = Product::of(&[("RTM", "sleep 60")]);
    product.edit("fixgate.toml", "timeout = \"10s\"", "timeout = \"100ms\"");
    let of_case = GREETING.replace("tags", "timeout = \"200ms\"\ntags");
    product.put("testcases/suite/of-case.toml", &of_case);
    let said = product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--quiet", "--junit", "report.xml"]).exits(1);
    let of_case = "timed out after 200 ms, the limit of the case's `timeout`; expected exit 0";
    let of_project = "timed out after 100 ms, the limit of `timeout` in fixgate.toml; expected exit 0";
    said.mentions(&[of_project]);
    let junit = product.read("report.xml");
    assert!(junit.contains(of_case) && junit.contains(of_project), "{junit}");
}

#[test]
fn too_much_output_did_not_say_how_much_there_may_be() {
    let product = Product::of(&[("RTM", "head -c 10000 /dev/zero")]);
    product.edit("fixgate.toml", "[run]\n", "[run]\noutput-limit = \"4KiB\"\n");
    let said = product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--quiet"]).exits(1);
    said.mentions(&["printed more than 4 KiB, the limit of `output-limit` in fixgate.toml; expected exit 0"]);
}

#[test]
fn one_was_counted_as_several() {
    let product = Product::new();
    let said = product.fixgate(&["signoff", "RTM"]);
    let mut pages =
        vec![said.stdout, said.stderr, product.read("reports/RTM/signoff.md"), product.read("reports/RTM/signoff.json")];
    pages.push(product.fixgate(&["run", "suite/**", "--candidate", "RTM"]).stdout);
    pages.push(product.fixgate(&["nightly", "--candidate", "RTM"]).stdout);
    pages.push(product.fixgate(&[]).stdout);
    let nouns = "scenario fixe difference claim record run line failure canarie criteria change day pack defect build test";
    for page in pages {
        for noun in nouns.split(' ') {
            let plural = if noun == "criteria" { "1 criteria".to_owned() } else { format!("1 {noun}s") };
            let wrong =
                page.match_indices(&plural).find(|(at, _)| !page[..*at].ends_with(|letter: char| letter.is_ascii_digit()));
            assert!(wrong.is_none(), "{plural} in\n{page}");
        }
    }
}

#[test]
fn a_waiver_without_a_reason_was_called_a_problem_in_a_record() {
    let product = Product::new();
    let waive = |owner, reason| {
        let meant = ["waive", "--criterion", "proved", "--defect", "GR-1", "--release", "RTM", "--expires", "2999-12-31"];
        product.fixgate(&[&meant[..], &["--owner", owner, "--reason", reason]].concat()).exits(2)
    };
    for empty in ["", " ", "\u{200B}"] {
        waive("Ada", empty).mentions(&["'--reason <TEXT>'"]).says_nothing_of(&["in the records"]);
        waive(empty, "known").mentions(&["'--owner <PERSON>'"]).says_nothing_of(&["in the records"]);
    }
    waive("Ada", "").mentions(&["it is empty: people who read the record must learn something from it"]);
}

/// A product of which RTM fails, and what its sign-off says.
fn held() -> Product {
    let product = Product::that_runs(&[("RTM", "exit 3")]);
    product.fixgate(&["signoff", "RTM"]).exits(1);
    product
}

#[test]
fn a_release_that_shipped_over_a_hold_left_nothing_to_do() {
    let product = held();
    product.edit("releases/RTM.toml", "version", "shipped = 2020-01-01\nversion");
    let said = product.fixgate(&[]).exits(0);
    said.mentions(&["RTM has shipped, and its sign-off holds it by clean", "read reports/RTM/signoff.md"])
        .says_nothing_of(&["  nothing\n"]);
}

#[test]
fn a_word_was_asked_for_though_the_records_had_changed_since_the_run() {
    let product = Product::new();
    product.edit("fixgate.toml", "\"packs\"]", "\"packs\", \"signed\"]");
    product.fixgate(&["signoff", "RTM"]).exits(1);
    product.fixgate(&[]).exits(0).mentions(&["fixgate attest release-manager RTM"]);
    product.edit("testcases/suite/greeting.toml", "the product greets", "the product says hello");
    let said = product.fixgate(&[]).exits(0).says_nothing_of(&["fixgate attest"]);
    said.mentions(&["records or cases changed since RTM was signed off", "fixgate signoff RTM"]);
}

#[test]
fn verdicts_differences_and_the_decision_had_no_colour() {
    let product = Product::new();
    product.edit("testcases/suite/greeting.toml", "hello", "good day");
    let run = product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--color", "always"]).exits(1);
    run.mentions(&["\u{1b}[31m1 scenario failed", "\u{1b}[31m-good day\u{1b}[0m", "\u{1b}[32m+hello\u{1b}[0m"]);
    product.fixgate(&["signoff", "RTM", "--color", "always"]).exits(1).mentions(&["\u{1b}[1m\u{1b}[31mHOLD\u{1b}[0m: greeter"]);
    product.release("RU1", Some("RTM"), "echo hello; # once more");
    product.put("defects/GR-1.toml", &defect("status = \"open\""));
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags", "defects = [\"GR-1\"]\ntags"));
    let validate = ["validate", "GR-1", "--candidate", "RU1", "--base", "RTM", "--color", "always"];
    product.fixgate(&validate).exits(3).mentions(&["\u{1b}[1m\u{1b}[31mNO ANSWER\u{1b}[0m: greeter"]);
    product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--color", "auto"]).exits(1).says_nothing_of(&["\u{1b}"]);
    let json = product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--color", "always", "--format", "json"]).exits(1);
    assert!(!json.stdout.contains('\u{1b}'), "{json:?}");
}

#[test]
fn a_line_of_output_was_a_command_to_the_log_that_shows_it() {
    let product = Product::of(&[("RTM", "echo '::stop-commands::x'; echo '##vso[task.complete result=Succeeded;]'")]);
    product.edit("testcases/suite/greeting.toml", "\"hello\\n\"", "{ contains = \"hello\" }");
    let said = product.fixgate(&["run", "suite/**", "--candidate", "RTM"]).exits(1);
    said.mentions(&["\\u{3a}:stop-commands::x", "\\u{23}#vso["]).says_nothing_of(&["    ::", "##vso["]);
}

#[test]
fn a_line_of_output_was_a_command_to_the_log_into_which_a_report_is_printed() {
    let commands = "echo '##[group]x'; echo '##teamcity[x]'; echo '::error::x'; echo '##vso[task.complete result=Succeeded;]'";
    let product = Product::of(&[("RTM", commands)]);
    product.edit("testcases/suite/greeting.toml", "\"hello\\n\"", "\"hello\\n##vso[x]\\n::error::x\\n\"");
    let said = product.fixgate(&["nightly", "--candidate", "RTM", "--format", "markdown"]).exits(1);
    said.says_nothing_of(&["##[", "##vso[", "##teamcity["]);
    let run = product.runs().remove(0);
    let commands = |line: &&str| {
        line.trim_start().starts_with("::") || ["##[", "##vso[", "##teamcity["].iter().any(|command| line.contains(command))
    };
    for format in ["markdown", "tap", "ctrf"] {
        let said = product.fixgate(&["report", &run, "--format", format]).exits(0);
        assert_eq!(said.stdout.lines().find(commands), None, "{format}");
        said.mentions(&["#[group]x", "#vso[task.complete"]);
    }
    let said = product.fixgate(&["explain", &run, "suite/greeting"]).exits(0);
    assert_eq!(said.stdout.lines().find(commands), None, "explain");
}

#[test]
fn a_line_of_a_base_was_a_command_to_the_log_that_shows_its_proof() {
    let product = Product::that_runs(&[("RTM", "echo '##vso[task.complete result=Succeeded;]'"), ("RU1", "echo hello")]);
    product.put("defects/GR-1.toml", &defect("status = \"fixed\"\nfixed-in = \"RU1\""));
    product.put("testcases/regression/gr-1.toml", &GREETING.replace("tags = [\"smoke\"]", "defects = [\"GR-1\"]"));
    let said = product.fixgate(&["prove", "GR-1"]).exits(0);
    said.mentions(&["RTM: ", "\\u{23}#vso["]).says_nothing_of(&["##vso["]);
}
