//! Runs, processes and reports.

use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};

use crate::common::{GREETING, Product, Said, wait_until};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rustix::process::{Pid, Signal, kill_process};

/// Where work directories are made is often memory: what killed runs leave there would fill it.
#[test]
fn a_killed_run_left_its_work_directories_for_ever() {
    let product = Product::of(&[("RTM", "echo $$ >\"$HOME/../../../started\"; exec sleep 60")]);
    product.unconfined();
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

/// Starts a run whose one scenario says its process id and sleeps; gives the run and that id.
fn sleeping(product: &Product) -> (std::process::Child, String) {
    product.fixgate(&["build", "RTM"]).exits(0);
    let mut command = product.command(&["run", "suite/**", "--candidate", "RTM", "--quiet", "--jobs", "1"]);
    let run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the product runs", || product.path("started").exists() && product.read("started").ends_with('\n'));
    (run, product.read("started"))
}

/// A product that writes what `$$` is into its tree, and sleeps for ever unless it is asked by a canary.
fn sleeper() -> Product {
    let product = Product::new();
    product.unconfined();
    let started = product.path("started").to_str().unwrap().to_owned();
    let program = format!("[ -e {started} ] && exit 1\nsleep 1000 &\necho $$ $! >{started}; wait");
    product.release("RTM", None, &program);
    product.edit("fixgate.toml", "timeout = \"10s\"", "timeout = \"1000s\"");
    product
}

#[test]
fn a_killed_harness_left_its_products_running() {
    let product = sleeper();
    let (mut run, processes) = sleeping(&product);
    run.kill().unwrap();
    run.wait().unwrap();
    wait_until("the product and its child end", || !processes.split_whitespace().any(crate::common::is_alive));
}

#[test]
fn an_interrupted_run_waited_for_its_scenarios() {
    let product = sleeper();
    let (mut run, processes) = sleeping(&product);
    kill_process(Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130), "one signal is enough");
    assert!(!processes.split_whitespace().any(crate::common::is_alive));
}

/// The second scenario looks for the daemon of the first.
#[test]
fn a_daemon_lived_on_through_the_scenarios_that_followed() {
    let product = Product::new();
    product.unconfined();
    let daemon = product.path("daemon").to_str().unwrap().to_owned();
    let start =
        format!("mkfifo ready; setsid sh -c 'echo $$ >{daemon}; echo >ready; exec sleep 1000' & read line <ready; exit 1");
    let program = format!("if [ -e {daemon} ]; then kill -0 $(cat {daemon}) || echo hello; else {start}; fi");
    product.release("RTM", None, &program);
    let said = product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--quiet", "--jobs", "1"]);
    said.exits(0).mentions(&["2 passed"]);
}

/// A program whose child, after `vfork`, says that it has begun, and stops: the kernel holds the parent until the child goes on.
const VFORKER: &str = r#"#include <signal.h>
#include <unistd.h>
int main(void) {
    if (vfork() == 0) { write(1, "\n", 1); raise(SIGSTOP); _exit(0); }
    return 0;
}
"#;

#[test]
fn a_daemon_that_waited_for_its_vforked_child_could_not_be_ended() {
    let product = Product::new();
    product.unconfined();
    product.put("vforker.c", VFORKER);
    let vforker = product.path("vforker");
    let compiler = Command::new("cc").arg("-o").arg(&vforker).arg(product.path("vforker.c")).status();
    assert!(compiler.expect("cc, of Debian's gcc: apt-get install gcc libc6-dev").success());
    let program = format!("mkfifo ready; setsid {} >ready & read line <ready; echo hello", vforker.to_str().unwrap());
    product.release("RTM", None, &program);
    product.fixgate(&["run", "suite/**", "--candidate", "RTM", "--quiet"]).exits(0);
}

/// Runs on RTM by a shell that makes of the command and its arguments what `script` says.
fn run_by_shell(product: &Product, script: &str) -> Said {
    let fixgate = product.command(&["run", "--candidate", "RTM", "--quiet"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(fixgate.get_program()).args(fixgate.get_args());
    product.said(&shell.current_dir(fixgate.get_current_dir().unwrap()).output().unwrap())
}

#[test]
fn what_the_harness_had_open_was_open_in_products() {
    let product = Product::new();
    product.release("RTM", None, "if [ -e /proc/self/fd/9 ]; then echo open; else echo hello; fi");
    run_by_shell(&product, "exec \"$0\" \"$@\" 9</dev/null").exits(0);
}

/// In a shell's background and under `nohup` some signals are ignored, and a program that is started inherits that.
#[test]
fn signals_that_the_harness_ignored_were_ignored_by_products() {
    let product = Product::new();
    product.release("RTM", None, "[ $1 = greet ] && grep -q '^SigIgn:[[:space:]]*0*$' /proc/self/status && echo hello");
    run_by_shell(&product, "trap '' HUP QUIT; exec \"$0\" \"$@\"").exits(0);
}

/// The system counts a child's peak from that of the process that starts it.
#[test]
fn a_memory_limit_below_what_the_harness_used_could_not_be_told() {
    let product = Product::new();
    let case = GREETING.replace("stdout =", "max-rss = \"32MiB\", stdout =");
    product.put("testcases/suite/greeting.toml", &case);
    let long = "x".repeat(12 << 20);
    let rows: String = ["one", "two"].map(|id| format!("{{\"id\":\"{id}\",\"args\":[\"{long}\"]}}\n")).concat();
    product
        .put("testcases/suite/long.toml", &format!("table = \"long.jsonl\"\n{GREETING}"))
        .put("testcases/suite/long.jsonl", &rows);
    product.fixgate(&["run", "suite/greeting", "--candidate", "RTM", "--quiet"]).exits(0);
}

/// The end of a line is no part of it that could be underlined.
#[test]
fn a_problem_at_the_end_of_a_line_that_windows_ends_was_a_panic() {
    let product = Product::new();
    product.put("waivers/w.toml", "kind = \r\nowner = \"Ada\"\r\n");
    product.fixgate(&["check"]).exits(2).mentions(&["waivers/w.toml:1:"]).says_nothing_of(&["panicked"]);
    product.put("waivers/w.toml", "kind = \"accepted\r\n");
    product.fixgate(&["check"]).exits(2).mentions(&["waivers/w.toml:1:"]).says_nothing_of(&["panicked"]);
}

#[test]
fn outputs_of_baselines_in_an_older_form_were_kept_for_ever() {
    let product = Product::new();
    product.put(".fixgate/baselines/0123-4567.jsonl", "{}\n");
    product.fixgate(&["run", "--candidate", "RTM", "--baseline", "RTM", "--quiet"]).exits(0);
    let kept: Vec<_> = fs::read_dir(product.path(".fixgate/baselines")).unwrap().map(|kept| kept.unwrap().file_name()).collect();
    assert!(kept.len() == 1 && kept[0].to_str().unwrap().ends_with(".jsonl.gz"), "{kept:?}");
}

#[test]
fn a_run_with_another_isolation_was_refused_without_naming_it() {
    let product = Product::new();
    product.fixgate(&["run", "--candidate", "RTM", "--quiet"]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let header = product.read(&path).lines().next().unwrap().replace("\"strict\"", "\"process\"") + "\n";
    product.put(&path, &header);
    let refused = format!("error: the run `{run}` had another isolation: it cannot be resumed with these\n");
    product.fixgate(&["run", "--candidate", "RTM", "--resume", &run]).exits(2).mentions(&[&refused]);
}

/// A library, loaded into the harness before any other, by which the system seems to know no Landlock.
const NO_LANDLOCK: &str = r#"#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
long syscall(long number, ...) {
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"), given[6];
    va_list list;
    va_start(list, number);
    for (int index = 0; index < 6; index++) given[index] = va_arg(list, long);
    va_end(list);
    if (number == 444) { errno = ENOSYS; return -1; }
    return next(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}
"#;

#[test]
fn less_isolation_than_elsewhere_was_told_only_in_the_record() {
    let product = Product::new();
    product.put("without.c", NO_LANDLOCK);
    let library = product.path("without.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(product.path("without.c")).arg("-ldl");
    assert!(compiler.status().expect("cc, of Debian's gcc: apt-get install gcc libc6-dev").success());
    product.own();
    // Where nothing confines a recipe, none is run.
    product.fixgate(&["build", "RTM"]).exits(0);
    let run = || {
        let mut command = product.command(&["run", "--candidate", "RTM", "--quiet"]);
        product.said(&command.env("LD_PRELOAD", &library).output().unwrap())
    };
    let warning = "warning: this system does not offer strict isolation: programs may write wherever this user may, and the record says so\n";
    run().exits(0).complains(warning);
    product.unconfined();
    run().exits(0).complains("");
    product.edit("fixgate.toml", "\"process\"", "\"strict\"");
    run().exits(3).mentions(&["fixgate.toml demands strict isolation, which this system does not offer"]);
}

#[test]
fn a_run_that_did_not_say_when_it_started_was_of_1970() {
    let product = Product::new();
    product.fixgate(&["run", "--candidate", "RTM", "--quiet"]).exits(0);
    let run = product.runs().remove(0);
    let path = format!("reports/runs/{run}/journal.jsonl");
    let whole = product.read(&path);
    let started = whole.split_once("\"started\":\"").unwrap().1.split_once('"').unwrap().0;
    product.put(&path, &whole.replacen(started, "some time ago", 1));
    let said = product.fixgate(&["report", &run, "--format", "junit"]).exits(3);
    said.mentions(&[&format!("void: ROOT/{path}:1: this line is no record of a journal: ")]);
}

/// Where it is still yesterday or tomorrow already, a waiver was held to another day than by the gate.
#[test]
fn what_day_it_is_depended_on_where_the_command_ran() {
    let product = Product::of(&[("RTM", "echo hello"), ("RU1", "echo hullo")]);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let run = product.runs().remove(0);
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let waive = |zone: &str, until: Date, name: &str| {
        let until = until.to_string();
        let what = ["waive", "suite/greeting", "--run", &run, "--owner", "A. Person", "--reason", "a misspelling"];
        let mut command = product.command(&what);
        let output = command.args(["--expires", &until, "--name", name]).env("TZ", zone).output().unwrap();
        product.said(&output)
    };
    // The first is twelve hours behind UTC, the second fourteen ahead: at any hour it is another day in one of them.
    for (zone, name) in [("Etc/GMT+12", "behind"), ("Etc/GMT-14", "ahead")] {
        let passed = format!("error: {} has passed: a waiver is for the days to come\n", today.yesterday().unwrap());
        waive(zone, today.yesterday().unwrap(), name).exits(2).complains(&passed);
        waive(zone, today, name).exits(0);
    }
}

/// What a failure of the suite is waived by was told of the packs as well, which have failures and waivers of their own.
#[test]
fn a_waived_criterion_named_waivers_that_have_nothing_to_do_with_it() {
    let product = Product::that_runs(&[("RTM", "echo hello"), ("RU1", "echo hullo")]);
    let pack = "owner = \"B. Partner\"\ncontact = \"partner@example.org\"\nproduct = \"Acme\"\nrequired = true\n";
    product.put("testcases/packs/acme/pack.toml", pack).put("testcases/packs/acme/greets.toml", GREETING);
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(1);
    let run = product.runs().remove(0);
    for (scenario, reason) in [("suite/greeting", "ours"), ("packs/acme/greets", "theirs")] {
        let who = ["--run", &run, "--owner", "A. Person", "--reason", reason, "--expires", "9999-12-31"];
        product.fixgate(&[&["waive", scenario], &who[..]].concat()).exits(0);
    }
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    let junit = product.read("reports/RU1/junit.xml");
    let message = |criterion: &str| {
        let case = junit.split_once(&format!("<testcase name=\"{criterion}\"")).unwrap().1;
        case.split_once("message=\"").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(message("packs"), "WAIVED: A. Person, theirs, until 9999-12-31");
    assert_eq!(message("clean"), "WAIVED: A. Person, ours, until 9999-12-31; A. Person, theirs, until 9999-12-31");
}

/// What a product printed was shown with the letters that turn the text around them, on the terminal and in pages.
#[test]
fn invisible_letters_were_printed_as_they_came() {
    let product = Product::of(&[("RTM", "printf '\\342\\200\\256olleh\\357\\277\\276\\n'")]);
    let said = product.fixgate(&["run", "--candidate", "RTM"]).exits(1).mentions(&["+\\u{202e}olleh\\u{fffe}\n"]);
    let page = product.fixgate(&["report", &product.runs()[0], "--format", "markdown"]).exits(0).stdout;
    assert!(![said.stdout, page].concat().contains(['\u{202E}', '\u{FFFE}']));
    let title = GREETING.replace("title = \"", "title = \"\\u202E");
    product.put("testcases/suite/greeting.toml", &title);
    product.fixgate(&["check"]).exits(2).mentions(&["holds invisible characters"]);
}

/// The sign-off shipped, and a reader of its JUnit saw a failure: that of a pack which only informs.
#[test]
fn what_only_informs_failed_the_junit_of_what_ships() {
    let product = Product::of(&[("RTM", "echo hello"), ("RU1", "if [ -e \"$MARK\" ]; then echo hello; else : >\"$MARK\"; fi")]);
    product.unconfined().edit("fixgate.toml", "[run]\n", "[run]\nretries = 1\n");
    let pack = "owner = \"B. Partner\"\ncontact = \"partner@example.org\"\nproduct = \"Acme\"\nrequired = false\n";
    let mark = |place: &str| format!("env = {{ MARK = \"{}\" }}\nexpect", product.path(place).display());
    product.put("testcases/packs/acme/pack.toml", pack);
    product.put("testcases/packs/acme/wrong.toml", &GREETING.replace("hello", "bye").replace("expect", &mark("wrong")));
    product.put("testcases/packs/acme/flaky.toml", &GREETING.replace("expect", &mark("flaky")));
    product.put("wrong", "").put("testcases/suite/greeting.toml", &GREETING.replace("expect", &mark("wrong")));
    product.fixgate(&["signoff", "RU1", "--quiet"]).exits(0);
    let (shown, raw) = (product.read("reports/RU1/junit.xml"), product.read("reports/RU1/junit-raw.xml"));
    let why = "message=\"INFORMS: the pack acme does not gate, ask B. Partner (partner@example.org): step 1: stdout";
    assert!(shown.contains(why) && !shown.contains("<failure"), "{shown}");
    assert!(raw.contains("<failure") && !raw.contains("INFORMS"), "{raw}");
    std::fs::remove_file(product.path("flaky")).unwrap();
    product.fixgate(&["run", "--candidate", "RU1", "--junit", "junit.xml", "--quiet"]).exits(1);
    assert!(product.read("junit.xml").contains("0 flaky, at most 0 allowed"), "{}", product.read("junit.xml"));
}

#[test]
fn a_file_could_not_be_moved_between_directories_under_strict_isolation() {
    let product = Product::new();
    // A link needs the same right as a move, and no program goes on with a copy instead.
    product.program("build/bin/greeter", "mkdir a b && echo hello >a/x && ln a/x b/x && cat b/x");
    product.fixgate(&["run", "suite/**", "--candidate", "build", "--quiet", "--jobs", "1"]).exits(0);
}
