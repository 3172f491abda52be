//! What people see.

use crate::common::{GREETING, Product, Said};

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
fn what_stands_in_a_stream_and_must_not_was_not_shown() {
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
