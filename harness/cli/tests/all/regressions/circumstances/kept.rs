//! A kept result was used again though its programs could have seen something else.

use std::fs;
use std::io::{Read, Write};
use std::process::Command;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::common::{Product, Said, runs};

const AS_BASELINE: &str = "title = \"as before\"\n[[step]]\nrun = [\"${product}\"]\nexpect = \"baseline\"\n";

/// RTM prints what `seen` prints, and RU1 always `before`, which is what RTM printed at first.
fn product(seen: &str) -> Product {
    let product = Product::that_runs(&[("RTM", seen), ("RU1", "echo before")]);
    product.put("testcases/suite/greeting.toml", AS_BASELINE);
    product
}

const RUN: [&str; 6] = ["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet"];

/// Both builds print the same until `change` was made.
#[track_caller]
fn is_seen(product: &Product, change: impl FnOnce(&Product)) {
    product.fixgate(&RUN).exits(0);
    product.fixgate(&RUN).exits(0);
    change(product);
    product.fixgate(&RUN).exits(1).mentions(&["1 unexplained"]);
}

#[test]
fn outputs_of_a_baseline_were_used_again_though_more_was_granted() {
    let product = product("");
    let data = product.put("data", "after\n").path("data");
    product.put("programs/RTM", &format!("#!/bin/sh\n{}", runs(&format!("cat {data:?} 2>/dev/null || echo before\n"))));
    is_seen(&product, |product| {
        product.edit("fixgate.toml", "[run]\n", &format!("[run]\ngrants = {{ read = [{data:?}] }}\n")).own();
    });
}

#[test]
fn outputs_of_a_baseline_were_used_again_though_a_limit_was_changed() {
    is_seen(&product("test $(ulimit -f) = 8388608 && echo before"), |product| {
        product.edit("fixgate.toml", "[run]\n", "[run]\nlimits = { file-size = \"1MiB\" }\n");
    });
}

#[test]
fn outputs_of_a_baseline_were_used_again_though_isolation_was_changed() {
    is_seen(&product("if (echo >../outside) 2>/dev/null; then echo after; else echo before; fi"), |product| {
        product.unconfined();
    });
}

#[test]
fn outputs_of_a_baseline_were_used_again_on_another_file_system() {
    let product = product("case $(stat -f -c %T .) in tmpfs) echo before ;; *) echo after ;; esac");
    product.fixgate(&RUN).exits(0);
    let elsewhere = |directory: &str| product.said(&product.command(&RUN).env("TMPDIR", directory).output().unwrap());
    let kind = Command::new("stat").args(["-f", "-c", "%T", "/tmp"]).output().unwrap().stdout;
    elsewhere("/tmp").exits(if kind == b"tmpfs\n" { 0 } else { 1 });
}

/// A copied tree has other paths, which programs are told.
#[test]
fn outputs_of_a_baseline_were_used_again_in_another_place() {
    let product = product("");
    let root = product.path("");
    let program = runs(&format!("case $0 in {}*) echo before ;; *) echo after ;; esac\n", root.display()));
    product.put("programs/RTM", &format!("#!/bin/sh\n{program}"));
    product.fixgate(&RUN).exits(0);
    product.copy().fixgate(&RUN).exits(1).mentions(&["1 unexplained"]);
}

/// How often the baseline was run, by a product that counts.
struct Counted(Product);

impl Counted {
    fn new() -> Self {
        let product = product("");
        product.unconfined();
        let count = product.path("count");
        product.put("programs/RTM", &format!("#!/bin/sh\n{}", runs(&format!("echo run >>{count:?}; echo before\n"))));
        Self(product)
    }

    /// Runs once for the case and once for the canary.
    #[track_caller]
    fn has_run(&self, times: usize) {
        assert_eq!(self.0.read("count").lines().count(), 2 * times);
    }
}

#[test]
fn outputs_of_a_baseline_were_used_again_by_another_harness_of_the_same_version() {
    let counted = Counted::new();
    counted.0.fixgate(&RUN).exits(0);
    counted.0.fixgate(&RUN).exits(0);
    counted.has_run(1);
    let other = counted.0.path("other-fixgate");
    fs::copy(env!("CARGO_BIN_EXE_fixgate"), &other).unwrap();
    fs::OpenOptions::new().append(true).open(&other).unwrap().write_all(b"another").unwrap();
    let output = Command::new(&other).args(RUN).current_dir(counted.0.path("")).env("HOME", counted.0.home("")).output().unwrap();
    counted.0.said(&output).exits(0);
    counted.has_run(2);
}

#[test]
fn outputs_of_a_baseline_were_used_again_though_a_time_or_output_limit_was_changed() {
    let counted = Counted::new();
    counted.0.fixgate(&RUN).exits(0);
    counted.0.edit("fixgate.toml", "timeout = \"10s\"", "timeout = \"11s\"").fixgate(&RUN).exits(0);
    counted.has_run(2);
    counted.0.edit("fixgate.toml", "[run]\n", "[run]\noutput-limit = \"1KiB\"\n").fixgate(&RUN).exits(0);
    counted.has_run(3);
}

/// A file of an earlier version says nothing of surroundings.
#[test]
fn outputs_of_a_baseline_that_an_earlier_version_kept_are_not_read() {
    let counted = Counted::new();
    counted.0.fixgate(&RUN).exits(0);
    let kept = fs::read_dir(counted.0.path(".fixgate/baselines")).unwrap().next().unwrap().unwrap().path();
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(&kept).unwrap()).read_to_string(&mut text).unwrap();
    let (subject, rest) = text.split_once('\n').unwrap();
    let (before, _) = subject.split_once(",\"surroundings\"").expect("it says for which surroundings it is");
    let mut older = GzEncoder::new(Vec::new(), Compression::fast());
    older.write_all(format!("{before}}}}}\n{rest}").as_bytes()).unwrap();
    fs::write(&kept, older.finish().unwrap()).unwrap();
    counted.0.fixgate(&RUN).exits(0);
    counted.has_run(2);
}

/// What a case copies is part of its definition, and so of the plan.
#[test]
fn what_a_case_copies_decides_which_outputs_are_kept() {
    let product = product("cat data");
    let case = AS_BASELINE.replace("[[step]]", "[files]\ndata = { copy = \"data\" }\n[[step]]");
    product.put("testcases/suite/greeting.toml", &case).put("testcases/suite/data", "before\n");
    is_seen(&product, |product| {
        product.put("testcases/suite/data", "after\n");
    });
}

/// A run that was cut off after its header.
fn cut_off(product: &Product) -> (String, String) {
    product.fixgate(&["run", "--candidate", "RTM", "--quiet"]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let header = product.read(&path).lines().next().unwrap().to_owned() + "\n";
    product.put(&path, &header);
    (run, path)
}

fn resumed_by(product: &Product, run: &str, wrapper: &[&str]) -> Said {
    let fixgate = product.command(&["run", "--candidate", "RTM", "--quiet", "--resume", run]);
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(fixgate.get_program()).args(fixgate.get_args()).current_dir(product.path(""));
    product.said(&command.output().unwrap())
}

#[test]
fn a_run_was_resumed_under_other_circumstances() {
    let product = Product::new();
    let (run, path) = cut_off(&product);
    let refused = |what: &str| format!("error: the run `{run}` had {what}: it cannot be resumed with these\n");
    let processors = std::thread::available_parallelism().unwrap().get();
    if processors > 1 {
        let said = resumed_by(&product, &run, &["taskset", "-c", "0"]);
        said.exits(2).mentions(&[&refused("another number of processors")]);
    }
    let header = product.read(&path);
    for (recorded, other, words) in [
        ("\"user\":", "\"user\":1", "another user"),
        ("\"kernel\":\"", "\"kernel\":\"Another ", "another kernel"),
        ("\"work-place\":\"", "\"work-place\":\"another ", "another kind of file system for work directories"),
        ("\"file_size\":", "\"file_size\":1", "other limits"),
        ("\"tool\":\"", "\"tool\":\"an older ", "another version of Fixgate"),
        ("\"host\":\"", "\"host\":\"another-", "another system"),
    ] {
        assert!(header.contains(recorded), "{header}");
        product.put(&path, &header.replacen(recorded, other, 1));
        resumed_by(&product, &run, &["env"]).exits(2).mentions(&[&refused(words)]);
    }
    product.put(&path, &header);
    resumed_by(&product, &run, &["env"]).exits(0);
}

#[test]
fn a_record_without_circumstances_can_be_read_and_not_be_gone_on_with() {
    let product = Product::new();
    let (run, path) = cut_off(&product);
    let header = product.read(&path);
    let start = header.find("\"circumstances\":").unwrap();
    let end = start + header[start..].find("\"candidate\":").unwrap();
    product.put(&path, &format!("{}{}", &header[..start], &header[end..]));
    resumed_by(&product, &run, &["env"]).exits(2).mentions(&["had unrecorded circumstances: it cannot be resumed"]);
    product.fixgate(&["report", &run, "--format", "json"]).exits(0).mentions(&["the run did not end"]);
}
