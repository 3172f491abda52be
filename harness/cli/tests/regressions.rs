//! Bugs that Fixgate had: each test is named by what went wrong, and failed before the fix.
#![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};

use common::{Product, wait_until};
use rustix::process::{Pid, Signal, kill_process};

/// Where work directories are made is often memory: what killed runs leave there would fill it.
#[test]
fn a_killed_run_left_its_work_directories_for_ever() {
    let product = Product::of(&[("RTM", "echo $$ >\"$HOME/../../started\"; exec sleep 60")]);
    product.fixgate(&["build", "RTM"]).exits(0);
    fs::create_dir(product.path("tmp")).unwrap();
    let tmp = product.path("tmp");
    let roots = || fs::read_dir(&tmp).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    let mut killed = product.command(&["run", "--candidate", "RTM", "--quiet"]);
    let mut killed = killed.env("TMPDIR", &tmp).stdout(Stdio::null()).spawn().unwrap();
    wait_until("the product runs", || fs::read_to_string(tmp.join("started")).is_ok_and(|text| text.ends_with('\n')));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let process: i32 = product.read("tmp/started").trim().parse().unwrap();
    let _ = kill_process(Pid::from_raw(process).unwrap(), Signal::KILL);
    assert_eq!(roots(), 1, "a killed run cannot clear up");

    product.program("build/bin/greeter", "echo hello");
    product.said(&product.command(&["run", "--candidate", "build"]).env("TMPDIR", &tmp).output().unwrap()).exits(0);
    assert_eq!(roots(), 0, "the next run does");
}

/// In a container the harness's own session may have begun outside, where its id can't be seen: it reads as 0.
#[test]
fn a_session_that_began_outside_the_pid_namespace_was_a_panic() {
    let product = Product::new();
    let namespace = |program: &OsStr| {
        let mut inside = Command::new("unshare");
        inside.args(["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]).arg(program);
        inside
    };
    let fixgate = product.command(&["run", "--candidate", "RTM", "--quiet"]);
    // Where no namespace may be made, a container is around us already, and it is the one to be tested in.
    let allowed = namespace(OsStr::new("true")).output().expect("unshare, of Debian's util-linux").status.success();
    let mut inside = if allowed { namespace(fixgate.get_program()) } else { Command::new(fixgate.get_program()) };
    let output = inside.args(fixgate.get_args()).current_dir(fixgate.get_current_dir().unwrap()).output().unwrap();
    product.said(&output).exits(0).complains("");
}
