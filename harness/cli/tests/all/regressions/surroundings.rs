//! What surrounds a command: the files that it is to write, the lock of the tree, parts of a run, and runs to go on with.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::{Command, Stdio};
use std::thread;

use crate::common::{GREETER, GREETING, Product, defect, wait_until};

const RUN: [&str; 4] = ["run", "--candidate", "RTM", "--quiet"];

fn run_with(product: &Product, arguments: &[&str], code: i32) -> crate::common::Said {
    product.fixgate(&[&RUN, arguments].concat()).exits(code)
}

#[test]
fn a_report_is_written_through_a_link_which_stays() {
    let product = Product::new();
    product.put("kept/real.xml", "the report of yesterday");
    for (target, link) in [("kept/real.xml", "link.xml"), ("kept/made.xml", "dangling.xml")] {
        symlink(product.path(target), product.path(link)).unwrap();
        run_with(&product, &["--junit", link], 0);
        assert!(fs::symlink_metadata(product.path(link)).unwrap().is_symlink(), "{link}");
        assert!(product.read(target).contains("<testsuites"), "{target}");
    }
}

#[test]
fn a_report_is_written_into_a_pipe_which_stays() {
    let product = Product::new();
    let pipe = product.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    run_with(&product, &["--junit", "pipe"], 0);
    assert!(reader.join().unwrap().contains("<testsuites"));
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_report_that_a_device_does_not_take_is_no_report() {
    let product = Product::new();
    symlink("/dev/full", product.path("full")).unwrap();
    run_with(&product, &["--junit", "full"], 3).mentions(&["full cannot be written: No space left on device", "make room there"]);
    assert!(fs::symlink_metadata(product.path("full")).unwrap().is_symlink());
    assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[test]
fn standard_output_is_for_one_document() {
    let product = Product::new();
    symlink("/proc/self/fd/1", product.path("stdout")).unwrap();
    for place in ["-", "stdout"] {
        let said = product.fixgate(&["run", "--candidate", "RTM", "--junit", place]).exits(0);
        assert!(said.stdout.starts_with("<?xml") && said.stdout.trim_end().ends_with("</testsuites>"), "{}", said.stdout);
        said.mentions(&["2 passed"]);
    }
    // So is a file that it was sent to.
    let command = product.command(&["run", "--candidate", "RTM", "--junit", "stdout"]);
    let (mut command, out) = (command, product.path("out.xml"));
    assert!(command.stdout(File::create(&out).unwrap()).stderr(Stdio::null()).status().unwrap().success());
    assert!(product.read("out.xml").trim_end().ends_with("</testsuites>"));
    run_with(&product, &["--junit", "-", "--format", "json"], 2)
        .mentions(&["--junit and --format would all be written to standard output"]);
    assert!(!product.path("-").exists());
}

#[test]
fn a_report_of_yesterday_is_gone_before_anything_can_go_wrong() {
    let product = Product::new();
    let commands: [&[&str]; 3] = [
        &["run", "nothing", "--candidate", "RTM", "--junit", "junit.xml"],
        &["nightly", "--candidate", "nothing", "--junit", "junit.xml"],
        &["validate", "GR-1", "--candidate", "RTM", "--junit", "junit.xml", "--markdown", "page.md"],
    ];
    for command in commands {
        product.put("junit.xml", "<testsuites/>").put("page.md", "passed");
        product.fixgate(command).exits(2);
        assert!(!product.path("junit.xml").exists(), "{command:?}");
    }
    assert!(!product.path("page.md").exists());
    run_with(&product, &["--junit", "missing/junit.xml"], 3).mentions(&["missing/junit.xml cannot be written: No such file"]);
    assert_eq!(product.runs(), Vec::<String>::new());
}

#[test]
fn a_killed_sign_off_leaves_no_junit_report_of_the_one_before() {
    let product = Product::new();
    product.fixgate(&["signoff", "RTM", "--quiet"]).exits(0);
    product.put("testcases/suite/endless.toml", &GREETING.replace("greet\"", "endless\""));
    fs::remove_dir_all(product.path(".fixgate/builds")).unwrap();
    product.put("programs/RTM", &format!("#!/bin/sh\n[ \"$1\" = endless ] && exec sleep 60\n{GREETER}"));
    let mut signoff = product.command(&["signoff", "RTM", "--quiet"]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the run has begun", || product.runs().len() == 2);
    signoff.kill().unwrap();
    signoff.wait().unwrap();
    for (report, is_there) in [("junit.xml", false), ("junit-raw.xml", false), ("signoff.json", true), ("signoff.md", true)] {
        assert_eq!(product.path(&format!("reports/RTM/{report}")).exists(), is_there, "{report}");
    }
}

#[test]
fn a_part_without_scenarios_is_said_and_is_no_failure() {
    let product = Product::new();
    let said = "shard 9/9 has no scenario: there are fewer than shards";
    product.fixgate(&["run", "--candidate", "RTM", "--shard", "9/9"]).exits(0).mentions(&[said, "nothing was run"]);
    product
        .fixgate(&["run", "suite/**", "--candidate", "RTM", "--shard", "2/2"])
        .exits(0)
        .mentions(&["shard 2/2 has no scenario"]);
    let json = product.fixgate(&["run", "--candidate", "RTM", "--shard", "9/9", "--format", "json"]).exits(0).json();
    assert_eq!(json, serde_json::json!({ "run": null, "planned": 0, "shard": "9/9" }));
    let listed = product.fixgate(&["list", "--shard", "9/9"]).exits(0).mentions(&[said]);
    assert_eq!(listed.stdout, "");
    // A part of nothing is nothing, and a part whose scenarios do not apply here is empty only if others have some.
    product.fixgate(&["run", "suite/nothing", "--candidate", "RTM", "--shard", "1/2"]).exits(2);
    product.fixgate(&["run", "canary/**", "--candidate", "RTM", "--shard", "1/2"]).exits(2);
}

#[test]
fn a_lock_that_a_dead_process_still_holds_is_waited_for() {
    let product = Product::new();
    fs::create_dir(product.path(".fixgate")).unwrap();
    let mut dead = Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    let mut lock = OpenOptions::new().write(true).create(true).truncate(true).open(product.path(".fixgate/.lock")).unwrap();
    lock.lock().unwrap();
    writeln!(lock, "{}", dead.id()).unwrap();
    let mut run = product.command(&["run", "--candidate", "RTM"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(run.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with(&format!("process {} has ended, and a child of it still holds ", dead.id())), "{line}");
    drop(lock);
    stderr.read_to_string(&mut line).unwrap();
    assert!(run.wait().unwrap().success(), "{line}");
}

/// A product with a run that was cut off after its first verdict, and the run's name.
fn cut_off(product: &Product, arguments: &[&str]) -> String {
    // Runs of one second are not named in their order.
    let before = product.runs();
    product.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let run = product.runs().into_iter().find(|run| !before.contains(run)).unwrap();
    let path = format!("reports/runs/{run}/journal.jsonl");
    let lines: Vec<String> = product.read(&path).split_inclusive('\n').take(2).map(str::to_owned).collect();
    product.put(&path, &lines.concat());
    run
}

#[test]
fn a_run_is_resumed_by_its_name_alone() {
    let product = Product::of(&[("RTM", GREETER), ("RU1", &format!("{GREETER}# Another build.\n"))]);
    product.put("testcases/suite/other.toml", GREETING).program("builds/own/bin/greeter", GREETER);
    product.put("defects/GR-1.toml", &defect("status = \"open\""));
    let asked = ["run", "suite/**", "--candidate", "builds/own", "--as", "RU1", "--baseline", "RTM", "--shard", "1/2"];
    let run = cut_off(&product, &asked);
    // From anywhere in the tree: a path means what it meant.
    let mut resumed = product.command(&["run", "--resume", &run, "--quiet", "--format", "json"]);
    let resumed = product.said(&resumed.current_dir(product.path("testcases/suite")).output().unwrap()).exits(0).json();
    assert_eq!((&resumed["run"], &resumed["planned"]), (&run.clone().into(), &2.into()));
    for command in [&["signoff", "RU1", "--quiet"][..], &["nightly", "--candidate", "RU1", "--quiet"]] {
        let run = cut_off(&product, command);
        product.fixgate(&[command[0], "--resume", &run, "--quiet"]).exits(0);
        product.fixgate(&["report", &run, "--format", "json"]).exits(0).says_nothing_of(&["did not end"]);
    }
}

#[test]
fn what_is_typed_beside_a_run_to_resume_must_be_what_it_was_asked_for() {
    let product = Product::of(&[("RTM", GREETER), ("RU1", GREETER)]);
    let run = cut_off(&product, &["run", "suite/**", "--candidate", "RTM"]);
    let refused = |arguments: &[&str], why: &str| {
        let said = product.fixgate(&[&["run", "--resume", &run], arguments].concat()).exits(2);
        said.mentions(&[
            &format!("error: the run `{run}` cannot be resumed with these: {why}\n"),
            "go on with it: fixgate run --resume ",
        ]);
    };
    refused(&["--candidate", "RU1"], "the candidate RU1 instead of RTM");
    refused(
        &["--baseline", "RTM", "--as", "RU1"],
        "the baseline RTM, and it was begun without; --as RU1, and it was begun without",
    );
    refused(&["canary/**", "--tag", "smoke"], "the filter canary/** instead of suite/**; --tag smoke, and it was begun without");
    product.fixgate(&["nightly", "--resume", &run]).exits(2).mentions(&["`fixgate run` began it"]);
    product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--resume", &run]).exits(0);
}

#[test]
fn a_run_of_an_older_form_is_resumed_with_its_arguments() {
    let product = Product::new();
    let run = cut_off(&product, &["run", "suite/**", "--candidate", "RTM"]);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let journal = product.read(&path);
    let (header, verdicts) = journal.split_once('\n').unwrap();
    let mut header: serde_json::Value = serde_json::from_str(header).unwrap();
    header.as_object_mut().unwrap().remove("request").unwrap();
    product.put(&path, &format!("{header}\n{verdicts}"));
    let unknown = "error: the run was recorded by an older fixgate, and does not say what it was asked for\n";
    product.fixgate(&["run", "--resume", &run]).exits(2).mentions(&[unknown, "go on with the same arguments and --resume"]);
    product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--resume", &run]).exits(0);
}
