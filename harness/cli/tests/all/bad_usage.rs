//! What cannot be done is said before anything is run, with the way out; what failed on the way is shown.

use std::fs;
use std::process::{Command, Stdio};

use crate::common::{GREETER, Product, release};

#[test]
fn a_filter_that_matches_nothing_is_an_error_before_any_build_is_obtained() {
    let product = Product::new();
    let nothing = "error: the filter `suite/nothing/**` matches no scenario\n";
    product.fixgate(&["list", "suite/nothing/**"]).exits(2).complains(nothing);
    product.fixgate(&["run", "suite/nothing/**", "--candidate", "RTM"]).exits(2).complains(nothing);
    product.fixgate(&["run", "suite/**", "suite/nothing/**", "--candidate", "RTM"]).exits(2).complains(nothing);
    for (flag, value, reason) in [
        ("--tag", "nothing", "error: no scenario has the tag `nothing`\n"),
        ("--defect", "GR-1", "error: no scenario is paired with `GR-1`\n"),
        ("--component", "nothing", "error: no defect is of the component `nothing`\n"),
    ] {
        product.fixgate(&["list", flag, value]).exits(2).complains(reason);
        product.fixgate(&["run", "--candidate", "RTM", flag, value]).exits(2).complains(reason);
    }
    assert!(!product.path(".fixgate/builds").exists() && product.runs().is_empty());
}

#[test]
fn a_build_path_that_does_not_exist_or_cannot_be_executed_is_an_error() {
    let product = Product::new();
    product.put("plain", "").put("build/other", "").put("bare/bin/greeter", "");
    let help = "help: a build is a release's name, a directory, or the program itself\n";
    for (path, reason) in [
        ("./nowhere", "cannot find the build `./nowhere`: No such file or directory (os error 2)"),
        ("./plain", "`ROOT/plain` is not an executable file"),
        ("./bare", "`ROOT/bare/bin/greeter` is not an executable file"),
        ("./build", "the build `ROOT/build` has no program `bin/greeter`; `program` in fixgate.toml says where in a build it is"),
    ] {
        let expected = format!("error: `{path}` is no build: {reason}\n{help}");
        product.fixgate(&["run", "--candidate", path]).exits(2).complains(&expected);
        product.fixgate(&["identify", path]).exits(2).complains(&expected);
    }
    assert!(product.runs().is_empty());
}

#[test]
fn a_misspelt_release_is_answered_with_the_nearest() {
    let product = Product::new();
    let expected = "error: `RTN` is neither a release nor a path to a build\nhelp: did you mean `RTM`?\n";
    product.fixgate(&["run", "--candidate", "RTN"]).exits(2).complains(expected);
    // Where a path would not do, none is asked for.
    let expected = "error: there is no release `RTN`\nhelp: did you mean `RTM`?\n";
    for command in [&["build", "RTN"][..], &["signoff", "RTN"], &["run", "--candidate", "RTM", "--as", "RTN"]] {
        product.fixgate(command).exits(2).complains(expected);
    }
    let far = "error: `NIGHTLY` is neither a release nor a path to a build\nhelp: the releases are RTM\n";
    product.fixgate(&["run", "--candidate", "NIGHTLY"]).exits(2).complains(far);
}

#[test]
fn a_decision_over_what_is_not_there_is_refused() {
    let product = Product::of(&[("RTM", GREETER), ("RU1", GREETER)]);
    product.fixgate(&["signoff", "RU1", "--quiet"]);
    let run = product.runs().pop().unwrap();
    let no_run = format!(
        "error: there is no run `20260101T000000Z-none` under reports/runs/\n\
         help: the last one is {run}; they are the directories under reports/runs/\n"
    );
    let no_release = "error: there is no release `RU7`\nhelp: did you mean `RU1`?\n";
    let another = format!("error: the run `{run}` was not made to sign off RTM\nhelp: make one: fixgate signoff RTM\n");
    for (command, complaint) in [
        (&["gate", "20260101T000000Z-none", "--release", "RU1"][..], &*no_run),
        (&["gate", &run, "--release", "RU7"], no_release),
        (&["gate", &run, "--release", "RTM"], &another),
        (&["attest", "release-manager", "RU7", "--run", &run], no_release),
        (&["sign", "RU7"], no_release),
        (&["accept", "GR-7"], "error: there is no defect `GR-7`\n"),
    ] {
        let said = product.fixgate(command).exits(2).complains(complaint);
        assert_eq!(said.stdout, "", "{command:?}");
    }
}

#[test]
fn a_misspelt_defect_is_answered_with_the_nearest() {
    let product = Product::new();
    product.put("defects/GR-12.toml", &crate::common::defect("status = \"open\""));
    let expected = "error: there is no defect `GR-21`\nhelp: did you mean `GR-12`?\n";
    product.fixgate(&["prove", "GR-21"]).exits(2).complains(expected);
    product.fixgate(&["accept", "GR-21"]).exits(2).complains(expected);
}

#[test]
fn a_recipe_that_fails_is_void_and_its_output_is_shown() {
    let product = Product::new();
    let record = release("RU1", Some("RTM"));
    let (head, _) = record.split_once("recipe").unwrap();
    let recipe = |recipe: &str| product.put("releases/RU1.toml", &format!("{head}recipe = {recipe}\n"));
    recipe(r#"["sh", "-c", "echo making ${out}.; echo no compiler >&2; exit 3"]"#);
    let failed = "\
building RU1 …
void: the recipe of build `RU1` failed (exit status: 3); its output is in `ROOT/.fixgate/builds/RU1.log` and ends with
making ROOT/.fixgate/builds/RU1.
no compiler
";
    product.fixgate(&["build", "RU1"]).exits(3).complains(failed);
    product.fixgate(&["run", "--candidate", "RU1"]).exits(3).complains(failed);

    recipe(r#"["no-such-program", "${out}"]"#);
    let missing = "cannot start `no-such-program`, the recipe of build `RU1`: No such file or directory (os error 2)\n";
    product.fixgate(&["build", "RU1"]).exits(3).mentions(&[missing]);

    recipe(r#"["true", "${out}"]"#);
    product.fixgate(&["build", "RU1"]).exits(3).mentions(&["ended well but left `${out}` empty"]);
    assert!(!product.path(".fixgate/builds/RU1").exists() && product.runs().is_empty());
}

#[test]
fn a_build_that_is_not_the_pinned_one_is_void() {
    let product = Product::new();
    let pinned = format!("sha256:{}", "0".repeat(64));
    product.put("releases/RTM.toml", &format!("{}digest = \"{pinned}\"\n", release("RTM", None)));
    let said = product.fixgate(&["run", "--candidate", "RTM"]).exits(3);
    said.mentions(&["void: the build of RTM is sha256:", &format!(", but its record pins {pinned}"), "help: "]);
}

#[test]
fn a_journal_cut_off_mid_line_is_resumed_and_a_damaged_one_is_refused() {
    let product = Product::new();
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let whole = product.read(&path);
    let second_line = whole.find('\n').unwrap() + 1;

    let cut_off = &whole[..second_line + 20];
    product.put(&path, cut_off);
    product.fixgate(&["report", &run, "--format", "json"]).exits(0).mentions(&["the run did not end: resume it"]);
    product.fixgate(&["run", "--candidate", "RTM", "--resume", &run]).exits(0);
    assert_eq!(product.journal(&run).len(), 5, "a header, two verdicts, what shows that the candidate runs, and a footer");
    let finished = product.read(&path);
    product.fixgate(&["run", "--candidate", "RTM", "--resume", &run]).exits(0).mentions(&["2 passed", &run]);
    assert_eq!(product.read(&path), finished, "there was nothing left to do");

    product.put(&path, &whole[..second_line - 5]);
    let empty = format!("void: `ROOT/{path}` ends before its header does, so it says nothing; start the run again\n");
    product.fixgate(&["run", "--candidate", "RTM", "--resume", &run]).exits(3).complains(&empty);

    product.put(&path, &whole.replacen("\"verdict\"", "\"verdikt\"", 1));
    let damaged = format!("void: ROOT/{path}:2: this line is no record of a journal: ");
    product.fixgate(&["report", &run, "--format", "json"]).exits(3).mentions(&[&damaged]);
}

#[test]
fn a_run_is_not_resumed_with_another_plan_candidate_or_release() {
    let product = Product::new();
    product.fixgate(&["run", "--candidate", "RTM"]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let header = product.read(&path).lines().next().unwrap().to_owned() + "\n";
    product.release("RU1", Some("RTM"), "").put(&path, &header).program("build/bin/greeter", "echo hello");
    let other = |what: &str| format!("error: the run `{run}` had {what}: it cannot be resumed with these\n");
    let not_asked = |why: &str| format!("error: the run `{run}` cannot be resumed with these: {why}\n");
    for (command, why) in [
        (&["run", "--candidate", "./build", "--resume", &run][..], "the candidate build instead of RTM"),
        (&["run", "--candidate", "RTM", "--baseline", "RTM", "--resume", &run], "the baseline RTM, and it was begun without"),
        (&["run", "--candidate", "RTM", "--as", "RU1", "--resume", &run], "--as RU1, and it was begun without"),
        (&["signoff", "RTM", "--resume", &run], "`fixgate run` began it"),
    ] {
        product.fixgate(command).exits(2).mentions(&[&not_asked(why)]);
    }
    product.edit("testcases/suite/greeting.toml", "hello", "hullo");
    product.fixgate(&["run", "--candidate", "RTM", "--resume", &run]).exits(2).mentions(&[&other("another plan, other records")]);
    product.fixgate(&["run", "--candidate", "RTM", "--resume", "nothing"]).exits(2).mentions(&["there is no run `nothing`"]);
}

#[test]
fn the_second_of_two_runs_in_one_directory_is_refused() {
    let product = Product::of(&[("RTM", "echo started >>\"$LOG\"; read line <\"$GO\"; echo hello")]);
    product.unconfined();
    let (log, go) = (product.path("log"), product.path("go"));
    let case = product.read("testcases/suite/greeting.toml");
    let environment = format!("env = {{ LOG = {log:?}, GO = {go:?} }}\nexpect");
    product.put("testcases/suite/greeting.toml", &case.replace("expect", &environment));
    fs::remove_dir_all(product.path("testcases/canary")).unwrap();
    assert!(Command::new("mkfifo").arg(&go).status().unwrap().success());

    let first = product.command(&["run", "--candidate", "RTM", "--quiet"]).stdout(Stdio::null()).spawn().unwrap();
    crate::common::wait_until("the first run has started the product", || log.exists());
    let refused = format!("error: process {} is already at work in `ROOT/.fixgate`; wait for it to end, or end it\n", first.id());
    for command in [
        &["run", "--candidate", "RTM", "--quiet"][..],
        &["signoff", "RTM", "--quiet"],
        &["prove", "--quiet"],
        &["accept", "GR-1"],
    ] {
        product.fixgate(command).exits(2).complains(&refused);
    }
    fs::write(&go, "\n").unwrap();
    assert!(first.wait_with_output().unwrap().status.success(), "the first is not disturbed");
    assert_eq!(product.runs().len(), 1);
}

#[test]
fn an_unknown_command_or_flag_is_bad_usage_with_a_tip() {
    let product = Product::new();
    product.fixgate(&["sign-off", "RTM"]).exits(2).mentions(&["unrecognized subcommand 'sign-off'", "'signoff'"]);
    product.fixgate(&["list", "--tags", "smoke"]).exits(2).mentions(&["unexpected argument '--tags'", "'--tag'"]);
    product.fixgate(&["list", "--format", "yaml"]).exits(2).mentions(&["possible values: text, json"]);
    product.fixgate(&["list", "--shard", "5/4"]).exits(2).mentions(&["is not a shard; write K/N, such as 1/4"]);
    product.fixgate(&["list", "[a"]).exits(2).mentions(&["is not a glob"]);
    product.fixgate(&["run", "--candidate", "RTM", "--jobs", "0"]).exits(2).mentions(&["0 is not in 1..=4096"]);
    product.fixgate(&["report", "../../etc", "--format", "json"]).exits(2).mentions(&["../../etc"]);
    product.fixgate(&["rollup"]).exits(2).mentions(&["Usage: fixgate rollup"]);
}

/// Each as it would be in order inside a test product.
const EVERY_COMMAND: [&str; 31] = [
    "status",
    "new defect GR-1",
    "check",
    "list",
    "build RTM",
    "run --candidate RTM",
    "merge RUN",
    "explain RUN suite/greeting",
    "show suite/greeting",
    "site pages",
    "prove",
    "accept GR-1",
    "trust",
    "nightly --candidate RTM",
    "signoff RTM",
    "attest release-manager RTM",
    "gate RUN --release RTM",
    "sign RTM --key key",
    "verify reports/RTM",
    "rollup status",
    "rollup cut RU1 --version 2",
    "rollup notes RTM",
    "waive suite/greeting --run RUN --owner A --reason B --expires 2026-01-31",
    "report RUN --format markdown",
    "history",
    "attribute",
    "validate GR-1 --candidate RTM",
    "private-fix list",
    "private-fix advance PF-1 --to delivered",
    "identify build",
    "import junit results.xml --candidate RTM",
];

#[test]
fn outside_a_test_product_every_command_says_how_to_get_into_one() {
    let nowhere = Product::nothing();
    let expected = "\
error: there is no fixgate.toml in ROOT or above it
help: change into a test product, give its directory with -C, or start one with `fixgate init`
";
    for command in EVERY_COMMAND {
        let words: Vec<&str> = command.split(' ').collect();
        nowhere.fixgate(&words).exits(2).complains(expected);
    }
    let help = nowhere.fixgate(&["--help"]).exits(0).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // `init` starts one; two tell of the command line alone.
    let free = ["init", "completions", "man"];
    for name in listed.filter_map(|line| line.split_whitespace().next()).filter(|name| !free.contains(name)) {
        assert!(EVERY_COMMAND.iter().any(|command| command.split(' ').next() == Some(name)), "{name} is not tried");
    }
    nowhere
        .fixgate(&["-C", "missing", "check"])
        .exits(2)
        .complains("error: missing cannot be entered: No such file or directory (os error 2)\nhelp: put what is missing there, or correct the path\n");
    assert_eq!(fs::read_dir(nowhere.path("")).unwrap().count(), 0, "nothing was left behind");
}

#[test]
fn a_directory_that_cannot_be_written_to_is_void_and_no_success() {
    let product = Product::new();
    product.fixgate(&["build", "RTM"]).exits(0);
    // A file where a directory is wanted stops every user, root too.
    product.put("reports", "");
    product.fixgate(&["run", "--candidate", "RTM"]).exits(3).mentions(&["void: ", "reports/runs cannot be made"]);
}
