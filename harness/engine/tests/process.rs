//! What `process::run` promises, tried with real programs, the hostile ones above all.
//!
//! Deadlines here are only upper bounds: a test that passes never waits for one. These tests have a process of their own, as the
//! system counts a program's peak of memory from before it replaces its parent's program.

#![allow(clippy::expect_used, reason = "a helper of a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use fixgate_engine::process::{Command, Ending, PeakMemory, ProgramOutcome, StartError, Stream, run};

const PLENTY: Duration = Duration::from_secs(120);

/// A command but for its script; a test states what it is about and takes the rest from `SHELL`.
struct Shell<'a> {
    environment: &'a [(String, String)],
    directory: &'a str,
    input: Option<&'a [u8]>,
    timeout: Duration,
    output_limit: u64,
}

/// `/bin/sh` adds a default `PATH` of its own to this environment.
const SHELL: Shell = Shell { environment: &[], directory: "/", input: None, timeout: PLENTY, output_limit: 8 << 20 };

impl Shell<'_> {
    fn run(&self, script: &str) -> ProgramOutcome {
        let command = Command {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            environment: self.environment.to_owned(),
            directory: self.directory.into(),
            timeout: self.timeout,
            output_limit: self.output_limit,
        };
        run(&command, self.input).expect("/bin/sh starts")
    }
}

fn shell(script: &str) -> ProgramOutcome {
    SHELL.run(script)
}

/// Runs `script`, which never ends by itself, and lets it time out as soon as that can be meant seriously.
fn shell_timing_out(script: &str) -> ProgramOutcome {
    let timeout = Duration::from_secs(1);
    Shell { timeout, ..SHELL }.run(script)
}

/// Nothing but the program itself.
fn bare(program: &Path, directory: &Path) -> Command {
    let text = |path: &Path| Utf8Path::from_path(path).expect("a text path").to_owned();
    Command {
        program: text(program),
        arguments: Vec::new(),
        environment: Vec::new(),
        directory: text(directory),
        timeout: PLENTY,
        output_limit: 0,
    }
}

fn start_error(program: &Path, directory: &Path) -> StartError {
    run(&bare(program, directory), None).expect_err("this can't be started")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the scripts print text")
}

/// The process ids that a script printed, a line each.
fn printed_ids(outcome: &ProgramOutcome) -> Vec<u32> {
    let lines = text(&outcome.stdout).lines();
    lines.map(|line| line.parse().expect("a process id")).collect()
}

/// A killed process is gone, or a zombie that only waits for its new parent.
fn runs(id: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else {
        return false;
    };
    !stat.rsplit(')').next().unwrap_or_default().starts_with(" Z")
}

fn assert_all_end(ids: &[u32]) {
    let begun = Instant::now();
    for id in ids {
        while runs(*id) {
            assert!(begun.elapsed() < PLENTY, "process {id} is left behind");
            thread::yield_now();
        }
    }
}

#[test]
fn a_program_gives_its_exit_code_and_both_streams() {
    let outcome = shell("echo out; echo err >&2; exit 7");
    assert_eq!(outcome.ending, Ending::Exited(7));
    assert_eq!(text(&outcome.stdout), "out\n");
    assert_eq!(text(&outcome.stderr), "err\n");
    assert!(outcome.elapsed > Duration::ZERO);
}

#[test]
fn a_program_that_dies_of_a_signal_names_it() {
    assert_eq!(shell("kill -SEGV $$").ending, Ending::Signalled(11));
    assert_eq!(shell("kill -KILL $$").ending, Ending::Signalled(9));
}

#[test]
fn nothing_is_inherited_but_what_the_command_says() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path().canonicalize().expect("it exists");
    let environment = [("ONLY".to_owned(), "this".to_owned())];
    let outcome =
        Shell { environment: &environment, directory: place.to_str().expect("a text path"), ..SHELL }.run("/usr/bin/env; pwd -P");
    let lines: Vec<&str> = text(&outcome.stdout).lines().collect();
    assert!(lines.contains(&"ONLY=this"), "{lines:?}");
    // A shell sets a few variables of its own; none of this process's come through.
    assert!(!lines.iter().any(|line| line.starts_with("CARGO")), "{lines:?}");
    assert!(lines.contains(&place.to_str().expect("a text path")), "{lines:?}");
}

#[test]
fn no_input_is_the_null_device_and_empty_input_is_a_pipe() {
    let script = "readlink /proc/self/fd/0; cat";
    assert_eq!(text(&shell(script).stdout), "/dev/null\n");
    let outcome = Shell { input: Some(b""), ..SHELL }.run(script);
    assert!(text(&outcome.stdout).starts_with("pipe:"));
    assert_eq!(outcome.ending, Ending::Exited(0));
}

#[test]
fn input_beyond_a_pipe_passes_through_while_output_comes_back() {
    let input: Vec<u8> = (0..10_000_000_u32).map(|n| (n % 251) as u8).collect();
    let outcome = Shell { input: Some(&input), output_limit: input.len() as u64, ..SHELL }.run("cat");
    assert_eq!(outcome.ending, Ending::Exited(0));
    assert!(outcome.stdout == input, "{} bytes came back", outcome.stdout.len());
}

#[test]
fn a_program_that_does_not_read_its_input_ends_all_the_same() {
    let input = vec![b'x'; 10 << 20];
    let outcome = Shell { input: Some(&input), ..SHELL }.run("echo done");
    assert_eq!(outcome.ending, Ending::Exited(0));
    assert_eq!(text(&outcome.stdout), "done\n");
    // Closed while the program lives on: the write end breaks, this process does not.
    let outcome = Shell { input: Some(&input), ..SHELL }.run("exec <&-; echo closed; exec sleep 0.01");
    assert_eq!(outcome.ending, Ending::Exited(0));
}

#[test]
fn floods_on_both_streams_at_once_are_captured_whole() {
    let script = "head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait";
    let outcome = shell(script);
    assert_eq!(outcome.ending, Ending::Exited(0));
    assert_eq!((outcome.stdout.len(), outcome.stderr.len()), (3_000_000, 3_000_000));
}

#[test]
fn output_up_to_the_limit_is_fine_and_one_byte_more_is_not() {
    let outcome = Shell { output_limit: 8, ..SHELL }.run("printf 12345678");
    assert_eq!(outcome.ending, Ending::Exited(0));
    let outcome = Shell { output_limit: 8, ..SHELL }.run("printf 123456789");
    assert_eq!(outcome.ending, Ending::OutputExceeded(Stream::Stdout));
    assert_eq!(text(&outcome.stdout), "12345678");
    let outcome = Shell { output_limit: 100_000, ..SHELL }.run("echo $$; exec cat /dev/zero >&2");
    assert_eq!(outcome.ending, Ending::OutputExceeded(Stream::Stderr));
    assert_eq!(outcome.stderr.len(), 100_000);
    assert_all_end(&printed_ids(&outcome));
}

#[test]
fn a_program_that_ignores_sigterm_is_ended_at_its_timeout() {
    let outcome = shell_timing_out("trap '' TERM INT HUP; echo $$; while :; do sleep 1000; done");
    assert_eq!(outcome.ending, Ending::TimedOut);
    assert_all_end(&printed_ids(&outcome));
}

#[test]
fn a_program_that_closed_its_streams_is_still_watched() {
    let outcome = shell_timing_out("echo $$; exec >&- 2>&- <&-; exec sleep 1000");
    assert_eq!(outcome.ending, Ending::TimedOut);
    assert_all_end(&printed_ids(&outcome));
    assert_eq!(shell("exec >&- 2>&-; sleep 0.01; exit 3").ending, Ending::Exited(3));
}

#[test]
fn a_stopped_program_is_ended_at_its_timeout() {
    let outcome = shell_timing_out("echo $$; kill -STOP $$");
    assert_eq!(outcome.ending, Ending::TimedOut);
    assert_all_end(&printed_ids(&outcome));
}

#[test]
fn children_that_hold_the_streams_end_with_the_program() {
    let outcome = shell("sleep 1000 & echo $!; (trap '' TERM; sleep 1000) & echo $!; exit 5");
    assert_eq!(outcome.ending, Ending::Exited(5));
    let children = printed_ids(&outcome);
    assert_eq!(children.len(), 2);
    assert_all_end(&children);
}

#[test]
fn children_of_a_program_that_times_out_end_with_it() {
    let outcome = shell_timing_out("echo $$; sleep 1000 & echo $!; wait");
    assert_eq!(outcome.ending, Ending::TimedOut);
    let processes = printed_ids(&outcome);
    assert_eq!(processes.len(), 2);
    assert_all_end(&processes);
}

#[test]
fn a_daemon_that_left_the_group_is_not_waited_for() {
    // The daemon says its id once it has left; the program ends only after that.
    let script = "mkfifo ready; setsid sh -c 'echo $$; echo >ready; exec sleep 1000' & read line <ready";
    let directory = tempfile::tempdir().expect("a temporary directory");
    let outcome = Shell { directory: directory.path().to_str().expect("a text path"), ..SHELL }.run(script);
    assert_eq!(outcome.ending, Ending::Exited(0));
    let daemon = printed_ids(&outcome);
    assert_eq!(daemon.len(), 1);
    assert!(runs(daemon[0]), "else this tests nothing");
    shell(&format!("kill -KILL {}", daemon[0]));
    assert_all_end(&daemon);
}

#[test]
fn peak_memory_covers_a_large_program() {
    let outcome = shell("exec dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null");
    let PeakMemory::Exactly(bytes) = outcome.peak_memory else {
        panic!("{:?}", outcome.peak_memory);
    };
    assert!((200 << 20..300 << 20).contains(&bytes), "{bytes}");
}

#[test]
fn many_at_once_do_not_mix_their_output() {
    thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || {
                for turn in 0..50 {
                    let outcome = shell(&format!("echo {worker} {turn}"));
                    assert_eq!(text(&outcome.stdout), format!("{worker} {turn}\n"));
                }
            });
        }
    });
}

#[test]
fn a_file_just_written_by_another_thread_can_be_started() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let worker = |name: usize| {
        let path = directory.path().join(format!("program-{name}"));
        for _ in 0..50 {
            fs::write(&path, "#!/bin/sh\nexit 0\n").expect("a writable directory");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
            let command = bare(&path, directory.path());
            assert_eq!(run(&command, None).expect("it starts").ending, Ending::Exited(0));
            fs::remove_file(&path).expect("our own file");
        }
    };
    thread::scope(|scope| {
        for name in 0..4 {
            scope.spawn(move || worker(name));
        }
    });
}

#[test]
fn what_cannot_be_started_says_why() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let place = directory.path();
    let plain = place.join("plain");
    fs::write(&plain, "text").expect("a writable directory");
    let orphan = place.join("orphan");
    fs::write(&orphan, "#!/no/such/interpreter\n").expect("a writable directory");
    fs::set_permissions(&orphan, fs::Permissions::from_mode(0o755)).expect("our own file");

    let message = |program: &Path, directory: &Path| start_error(program, directory).to_string();
    let missing = message(&place.join("missing"), place);
    assert!(missing.contains("missing") && missing.contains("No such file"), "{missing}");
    assert!(message(&plain, place).contains("Permission denied"));
    assert!(message(&orphan, place).contains("interpreter"));
    let nowhere = message(Path::new("/bin/sh"), &place.join("nowhere"));
    assert!(nowhere.contains("no such directory"), "{nowhere}");
}
