//! Cases whose expectations cannot fail or cannot be met, which `check` found nothing wrong with.

use crate::common::Product;

/// What `check` says of a case with these lines before its step, and this expectation.
fn checked(lines: &str, expect: &str, message: &str) {
    let product = Product::new();
    let case = format!("title = \"t\"\n{lines}[[step]]\nrun = [\"${{product}}\", \"greet\"]\nexpect = {expect}\n");
    product.put("testcases/suite/case.toml", &case);
    product.fixgate(&["check"]).exits(2).mentions(&["testcases/suite/case.toml:", message]);
}

#[test]
fn an_exit_code_that_no_program_can_give_was_expected() {
    for expect in ["{ exit = 300 }", "{ exit = { not = 300 } }"] {
        checked("", expect, "no program ends with 300");
    }
    checked("", "{ exit = -1 }", "no program ends with -1");
    checked("", "{ exit = 256 }", "help: exit codes are 0 to 255: the system keeps the last eight bits");
    checked("", "{ signal = 0 }", "no program ends with 0");
    checked("", "{ signal = 65 }", "help: signals are 1 to 64");
    checked("[symptom]\nexit = 300\n", "{}", "no program ends with 300");
    let product = Product::new();
    let case = "title = \"t\"\ntable = \"t.jsonl\"\n[[step]]\nrun = [\"${product}\", \"greet\"]\n";
    product.put("testcases/suite/case.toml", case).put("testcases/suite/t.jsonl", "{\"id\":\"a\",\"expect\":{\"exit\":300}}\n");
    product.fixgate(&["check"]).exits(2).mentions(&["testcases/suite/t.jsonl:1:", "no program ends with 300"]);
}

#[test]
fn an_axis_that_nothing_uses_made_the_same_scenario_many_times() {
    checked("[matrix]\nflag = [\"-i\", \"-v\"]\n", "{ exit = 0 }", "nothing uses the axis `flag`");
    checked(
        "[matrix]\nflag = [\"-i\"]\n",
        "{ stdout = \"$${flag}\" }",
        "help: write `${flag}` in `run` or in the text that differs",
    );
    let product = Product::new();
    let case = |step: &str| format!("title = \"t\"\n[matrix]\nflag = [\"a\", \"b\"]\n[[step]]\n{step}\n");
    for step in [
        "run = [\"${product}\", \"greet\", \"${flag}\"]",
        "run = [\"${product}\", \"greet\"]\nstdin = \"${flag}\"",
        "run = [\"${product}\", \"greet\"]\nenv = { F = \"x${flag}\" }",
        "run = [\"${product}\", \"greet\"]\nexpect = { stdout = { not-contains = \"${flag}z\" } }",
        "run = [\"${product}\", \"greet\"]\n[files]\n\"${flag}\" = \"\"",
        "run = [\"${product}\", \"greet\"]\n[symptom]\nstdout = { contains = \"${flag}\" }",
    ] {
        product.put("testcases/suite/case.toml", &case(step));
        product.fixgate(&["check"]).exits(0);
    }
    let by_row = case("run = [\"${product}\", \"greet\"]").replace("[matrix]", "table = \"t.jsonl\"\n[matrix]");
    product.put("testcases/suite/case.toml", &by_row).put("testcases/suite/t.jsonl", "{\"id\":\"a\",\"args\":[\"${flag}\"]}\n");
    product.fixgate(&["check"]).exits(0);
}

#[test]
fn an_expectation_that_holds_of_any_text_was_none() {
    let empty = "the empty text is contained in everything";
    checked("", "{ stdout = { contains = \"\" } }", empty);
    checked("", "{ stderr = { not-contains = \"\" } }", empty);
    checked("[matrix]\nm = { none = \"\", one = \"x\" }\n", "{ stdout = { contains = \"${m}\" } }", empty);
    for pattern in ["", "a*", "^", "(x|)", ".*$"] {
        checked("", &format!("{{ stdout = {{ regex = '{pattern}' }} }}"), "the regular expression matches everything");
    }
    checked("", "{ files = { out = { regex = 'x?' } } }", "the regular expression matches everything");
}

#[test]
fn an_expectation_that_no_text_can_meet_was_kept() {
    checked("", "{ stdout = { regex = '[a&&b]' } }", "the regular expression matches nothing");
    checked(
        "",
        "{ stdout = { contains = \"hello\", not-contains = \"ell\" } }",
        "it cannot hold: \"ell\" is part of what must be contained",
    );
    checked("", "{ stdout = { json = { a = [nan] } } }", "JSON has no infinity and no NaN");
    for above in ["{ absent = true }", "\"x\""] {
        let files = format!("{{ files = {{ a = {above}, \"a/b/c\" = \"y\" }} }}");
        checked("", &files, "it cannot hold: a file is expected below `a`, which is then a directory");
    }
}

#[test]
fn a_limit_of_time_that_nothing_can_exceed_was_kept() {
    let product = Product::new();
    let case = |lines: &str, most: &str| {
        format!("title = \"t\"\n{lines}[[step]]\nrun = [\"${{product}}\", \"greet\"]\nexpect = {{ max-time = \"{most}\" }}\n")
    };
    product.put("testcases/suite/case.toml", &case("", "11s"));
    let default = "`max-time` = 11 s is above `timeout` in fixgate.toml, 10 s: nothing can fail it";
    product.fixgate(&["check"]).exits(1).mentions(&["testcases/suite/case.toml:1:", default]);
    product.put("testcases/suite/case.toml", &case("timeout = \"2s\"\n", "3s"));
    product.fixgate(&["check"]).exits(1).mentions(&["`max-time` = 3 s is above `timeout` of the case, 2 s"]);
    product.put("testcases/suite/case.toml", &case("timeout = \"20s\"\n", "11s"));
    product.fixgate(&["check"]).exits(0);
    let by_row = case("table = \"t.jsonl\"\n", "9s");
    product.put("testcases/suite/case.toml", &by_row).put("testcases/suite/t.jsonl", "{\"id\":\"a\",\"timeout\":\"5s\"}\n");
    product.fixgate(&["check"]).exits(1).mentions(&["`max-time` = 9 s is above `timeout` of the case, 5 s"]);
}

#[test]
fn limits_of_nothing_are_refused() {
    checked("timeout = \"0s\"\n", "{}", "\"0s\" is not within 1ms to 24h");
    checked("", "{ max-time = \"0s\" }", "\"0s\" is not within 1ms to 24h");
    checked("", "{ max-rss = \"0B\" }", "\"0B\" is not a size");
}
