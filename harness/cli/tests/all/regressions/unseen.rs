//! Failures that were shown without evidence: both sides read the same, or neither was shown.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::common::{CANARY, GREETING, Product, criterion, wait_until};

/// What a run of RU1 against RTM says on the terminal, in Markdown and as JUnit, where the suite expects what RTM gives.
fn shown(before: &str, after: &str, expect: &str) -> [String; 3] {
    let product = Product::of(&[("RTM", before), ("RU1", after)]);
    product.edit("testcases/suite/greeting.toml", "expect = { stdout = \"hello\\n\" }", expect);
    let run = ["run", "suite/**", "--candidate", "RU1", "--baseline", "RTM", "--quiet", "--junit", "report.xml"];
    let said = product.fixgate(&run).exits(1);
    let markdown = product.fixgate(&["report", &product.runs()[0], "--format", "markdown"]).exits(0);
    [said.stdout, markdown.stdout, product.read("report.xml")]
}

/// The first line that begins with a sign, below the heading of a difference.
fn side(page: &str, sign: char) -> String {
    let lines = page.lines().map(str::trim_start).skip_while(|line| !line.starts_with("@@"));
    lines.filter_map(|line| line.strip_prefix(sign)).next().unwrap_or_default().to_owned()
}

#[test]
fn an_escape_that_the_product_printed_read_like_the_character_itself() {
    for (before, after) in [("a\\\\r\\n", "a\\r\\n"), ("\\\\u{1b}\\n", "\\033\\n"), ("\\\\xff\\n", "\\377\\n")] {
        for page in shown(&format!("printf '{before}'"), &format!("printf '{after}'"), "expect = \"baseline\"") {
            let (old, new) = (side(&page, '-'), side(&page, '+'));
            assert!(!old.is_empty() && !new.is_empty() && old != new, "{old:?} and {new:?} in\n{page}");
        }
    }
}

#[test]
fn a_carriage_return_before_a_line_end_was_left_out_of_the_output() {
    let [_, _, junit] = shown("printf 'a\\n'", "printf 'a\\r\\n'", "expect = \"baseline\"");
    assert!(junit.contains("<system-out><![CDATA[a\\r\n]]></system-out>"), "{junit}");
}

#[test]
fn colours_that_one_build_alone_prints_were_left_out_of_the_output_and_had_two_notations() {
    let [_, _, junit] = shown("echo a", "printf '\\033[1ma\\377\\n'", "expect = \"baseline\"");
    assert!(junit.contains("+\\u{1b}[1ma\\xff\n") && junit.contains("<![CDATA[\\u{1b}[1ma\\xff\n]]>"), "{junit}");
}

#[test]
fn two_differences_did_not_say_of_which_stream_they_are() {
    for page in shown("echo a; echo b >&2", "echo c; echo d >&2", "expect = \"baseline\"") {
        for heading in ["stdout of the baseline", "stdout of this build", "stderr of the baseline", "stderr of this build"] {
            assert!(page.contains(heading), "{heading} in\n{page}");
        }
    }
}

#[test]
fn a_difference_behind_bytes_that_are_shown_as_escapes_was_cut_off() {
    let zeros = |last: &str| {
        format!("head -c 300 /dev/zero; printf '%s' aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{last}; printf '%01000d' 0")
    };
    for page in shown(&zeros("OLD"), &zeros("NEW"), "expect = \"baseline\"") {
        let has = |what: &str, bytes: &str| page.contains(what) || page.contains(bytes);
        assert!(has("OLD", "4f 4c 44") && has("NEW", "4e 45 57"), "{page}");
    }
}

#[test]
fn blanks_at_the_end_of_a_line_were_invisible() {
    for page in shown("printf 'a\\nb\\n'", "printf 'a \\t\\nc\\nd\\n'", "expect = \"baseline\"") {
        assert!(page.contains("+a\\x20\\t\n"), "{page}");
    }
}

/// Both fail for the same reason in words, and what they print at it differs.
#[test]
fn a_failure_that_is_another_than_the_baselines_did_not_say_what_is_other() {
    let expect = "expect = { stdout = { contains = \"x\" }, stderr = \"baseline\" }";
    for page in shown("echo one; echo old >&2", "echo two; echo new >&2", expect) {
        assert!(page.contains("the baseline fails, too, and not in the same way:\n"), "{page}");
        assert!(page.contains("-one\n") && page.contains("+two\n") && page.contains("-old\n"), "{page}");
    }
}

#[test]
fn a_line_that_holds_a_line_end_was_never_met_and_showed_no_difference() {
    let product = Product::new();
    product.put("testcases/suite/greeting.toml", &GREETING.replace("\"hello\\n\" }", "{ lines = [\"a\\nb\"] } }"));
    let said = product.fixgate(&["check"]).exits(2);
    said.mentions(&["no line is 'a\\nb', as a line end ends it: make each line an item of its own"]);
}

#[test]
fn a_flake_did_not_say_how_often_it_failed() {
    let product = Product::new();
    product.unconfined();
    let mark = product.path("mark");
    let flaky = format!("[ \"$1\" != flaky ] || [ -e {mark:?} ] || {{ : >{mark:?}; exit 3; }}; echo hello");
    product.release("RTM", None, &flaky);
    product.put("testcases/suite/flaky.toml", &GREETING.replace("greet\"", "flaky\""));
    product.edit("fixgate.toml", "[run]\n", "[run]\nretries = 2\n");
    let said = product.fixgate(&["run", "suite/flaky", "--candidate", "RTM", "--quiet"]);
    said.mentions(&["1 scenario flaky: failed 1 of 2 attempts; step 1: exit 3, expected exit 0"]);
}

#[test]
fn a_report_did_not_tell_a_timeout_from_a_difference_or_which_builds_it_is_about() {
    let product = Product::of(&[("RTM", "echo hello"), ("RU1", "exec sleep 60")]);
    product.edit("fixgate.toml", "timeout = \"10s\"", "timeout = \"300ms\"");
    product.fixgate(&["run", "suite/greeting", "--candidate", "RU1", "--baseline", "RTM", "--junit", "report.xml"]);
    let (junit, header) = (product.read("report.xml"), product.journal(&product.runs()[0]).remove(0));
    assert!(junit.contains("<failure type=\"fixgate.Regressed.TimedOut\""), "{junit}");
    for (name, value) in [
        ("verdict", "timed-out"),
        ("class", "regressed"),
        ("run", &product.runs()[0]),
        ("candidate", "RU1"),
        ("candidate.digest", header["candidate"]["digest"].as_str().unwrap()),
        ("baseline.digest", header["baseline"]["digest"].as_str().unwrap()),
        ("plan.digest", header["plan"].as_str().unwrap()),
    ] {
        assert!(junit.contains(&format!("<property name=\"{name}\" value=\"{value}\"/>")), "{name} {value} in\n{junit}");
    }
}

#[test]
fn an_interrupted_run_left_no_report() {
    let product = Product::new();
    product.unconfined();
    let (started, report) = (product.path("started"), product.path("report.xml"));
    product.release("RTM", None, &format!("[ \"$1\" != greet ] || {{ : >{started:?}; exec sleep 60; }}; echo hello"));
    product.put("testcases/canary/blind.toml", &CANARY.replace("greet", "other"));
    let mut run = product.command(&["run", "--candidate", "RTM", "--quiet", "--junit", report.to_str().unwrap()]);
    let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the product runs", || started.exists());
    kill_process(Pid::from_child(&run), Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    let junit = product.read("report.xml");
    assert!(junit.contains("fixgate.NotRun") && junit.contains("name=\"plan-complete\""), "{junit}");
    assert!(junit.contains("<failure type=\"fixgate.Void\"") && junit.ends_with("</testsuites>\n"), "{junit}");
}

#[test]
fn a_hundred_lines_of_evidence_and_one_that_counts_the_rest_were_a_hundred_and_one() {
    let rows: String = (0..150).map(|row| format!("{{\"id\":\"{row}\"}}\n")).collect();
    let product = Product::new();
    product.put("testcases/suite/rows.jsonl", &rows);
    product.put("testcases/suite/greeting.toml", &format!("table = \"rows.jsonl\"\n{}", GREETING.replace("hello", "good day")));
    let signoff = product.fixgate(&["signoff", "RTM", "--format", "json"]).exits(1).json();
    let clean = criterion(&signoff, "clean");
    assert_eq!((clean["evidence"].as_array().unwrap().len(), clean["evidence-left-out"].as_u64()), (100, Some(50)));
    assert!(product.read("reports/RTM/signoff.md").contains("clean: 150 scenarios, shown under the residuals"));
    assert!(product.read("reports/RTM/junit.xml").contains("\n… and 50 more\n"));
}

#[test]
fn an_id_that_readers_cut_was_not_warned_of() {
    let product = Product::new();
    let folder = "long".repeat(25);
    product.put(&format!("testcases/suite/{folder}/{folder}/greeting.toml"), GREETING);
    product.fixgate(&["check"]).exits(0).mentions(&["warning: an id has 216 characters, and readers of JUnit reports cut names"]);
}

#[test]
fn no_report_passed_the_schemas_of_jenkins_and_surefire() {
    let product = Product::new();
    product.edit("testcases/suite/greeting.toml", "hello", "good day");
    product.fixgate(&["run", "suite/**", "--candidate", "RTM"]).exits(1);
    let said = product.fixgate(&["report", &product.runs()[0], "--junit-plain", "plain"]).exits(0);
    said.mentions(&["3 files in plain/\n"]);
    let xml = product.read("plain/TEST-suite.xml");
    assert!(xml.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuite name=\"suite\" tests=\"1\""), "{xml}");
    for forbidden in ["timestamp=", "hostname=", "package=", "id=", " file=", " line=", "testsuites"] {
        assert!(!xml.contains(forbidden), "{forbidden} in\n{xml}");
    }
}

#[test]
fn the_decision_came_hundreds_of_lines_down_the_terminal() {
    let product = Product::of(&[("RTM", "case \"$1\" in !*) echo \"$1\" ;; *) echo hello ;; esac")]);
    let rows = (1..=40).map(|row| format!("{{\"id\":\"{row}\",\"args\":[\"{}\"]}}\n", "!".repeat(row)));
    product.put("testcases/suite/rows.jsonl", &rows.collect::<String>());
    product.put("testcases/suite/rows.toml", &format!("table = \"rows.jsonl\"\n{}", GREETING.replace(", \"greet\"", "")));
    let short = product.fixgate(&["signoff", "RTM", "--quiet"]).exits(1);
    let lines: Vec<&str> = short.stdout.lines().collect();
    assert!(lines.len() <= 60, "{} lines:\n{}", lines.len(), short.stdout);
    assert!(lines[lines.len() - 1].starts_with("next: fixgate run "), "{}", short.stdout);
    let run = &product.runs()[0];
    short.mentions(&["more clusters: --all, or fixgate report", run, "HOLD: greeter RTM", "reports/RTM/\n"]);
    let all = product.fixgate(&["signoff", "RTM", "--quiet", "--all"]).exits(1).stdout;
    assert!(all.lines().count() > 300 && all.contains("+!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n"), "{all}");
}
