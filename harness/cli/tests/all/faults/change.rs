//! What changes under a run: the clock of the day, and the candidate.

use std::fs;
use std::process::Stdio;

use crate::common::{GREETING, Product, timeless, wait_until};
use crate::faults::product::product;
use crate::faults::spoil::compiled;

#[test]
fn a_clock_that_jumps_changes_nothing_but_dates() {
    let product = product();
    product.fixgate(&["signoff", "RU1"]).exits(1);
    let expected = timeless(product.journal(&product.runs().remove(0)));
    fs::remove_dir_all(product.path("reports")).unwrap();
    let mut command = product.command(&["signoff", "RU1", "--format", "json"]);
    let said = product.said(&command.env("LD_PRELOAD", compiled("clock.c")).output().unwrap()).exits(1);
    assert_eq!(said.json()["verdicts"]["timed-out"], 0);
    let run = product.runs().remove(0);
    let journal = product.journal(&run);
    let seconds = journal.last().unwrap()["footer"]["seconds"].as_f64().unwrap();
    assert!((0.0..3600.0).contains(&seconds), "{seconds}");
    assert_eq!(timeless(journal), expected);
    // The clock is set right before the next run, which is earlier or later than the one before.
    product.fixgate(&["run", "--candidate", "RU1", "--baseline", "RTM"]).exits(1);
    product.fixgate(&["history"]).exits(0).mentions(&[&run]);
    assert_eq!(product.runs().len(), 2);
}

/// A candidate whose one scenario waits until it is let go on, run until it does.
fn halted() -> (Product, std::process::Child) {
    let product = Product::new();
    product.unconfined();
    let root = product.path("");
    let wait = "echo >@/started; read line <@/go; echo hello".replace('@', root.to_str().unwrap());
    product.program("build/bin/greeter", &format!("case $1 in greet) {wait} ;; *) echo no ;; esac"));
    product.edit("testcases/canary/blind.toml", "greet", "other");
    product.put("testcases/suite/greeting.toml", GREETING);
    assert!(std::process::Command::new("mkfifo").arg(product.path("go")).status().unwrap().success());
    let mut command = product.command(&["run", "--candidate", "build", "--jobs", "1"]);
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the product runs", || product.path("started").exists());
    (product, run)
}

#[test]
fn a_candidate_that_is_replaced_by_another_during_the_run_makes_it_void() {
    let (product, run) = halted();
    product.program("next/bin/greeter", "echo hello");
    fs::rename(product.path("build"), product.path("previous")).unwrap();
    fs::rename(product.path("next"), product.path("build")).unwrap();
    fs::write(product.path("go"), "\n").unwrap();
    let said = product.said(&run.wait_with_output().unwrap()).exits(3);
    said.mentions(&["VOID, there is no answer: the candidate changed during the run\n"]);
}

#[test]
fn a_candidate_that_is_gone_at_the_end_makes_the_run_void_until_it_is_back() {
    let (product, run) = halted();
    fs::rename(product.path("build"), product.path("previous")).unwrap();
    fs::write(product.path("go"), "\n").unwrap();
    let said = product.said(&run.wait_with_output().unwrap()).exits(3);
    let name = product.runs().remove(0);
    let (gone, resume) = ("void: ROOT/build cannot be digested: ", format!("go on with the same command and --resume {name}\n"));
    said.mentions(&[gone, "No such file or directory", &resume]);
    product.program("build/bin/greeter", "echo hello");
    let other = product.fixgate(&["run", "--candidate", "build", "--resume", &name]).exits(2);
    other.mentions(&["had another candidate: it cannot be resumed with these"]);
    fs::remove_dir_all(product.path("build")).unwrap();
    fs::rename(product.path("previous"), product.path("build")).unwrap();
    // What was run meanwhile is not known.
    let touched = product.fixgate(&["run", "--candidate", "build", "--resume", &name]).exits(2);
    touched.mentions(&["had builds that have been touched since: it cannot be resumed with these"]);
}
