//! Strict isolation, where it is not available or stops a program.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::{Product, Said};

const RUN: [&str; 5] = ["run", "suite/**", "--candidate", "build", "--quiet"];

fn trying(script: &str) -> Product {
    let product = Product::new();
    product.program("build/bin/greeter", script);
    product
}

/// The line for `fixgate.toml` that a failure names.
#[track_caller]
fn advised(said: &Said) -> String {
    let text = format!("{}{}", said.stdout, said.stderr);
    let (_, rest) = text.split_once("`grants = ").unwrap_or_else(|| panic!("no grants are named:\n{text}"));
    format!("grants = {}", rest.split_once('`').unwrap().0)
}

/// The product fails, and does not with the line that the failure names.
#[track_caller]
fn is_allowed_by_what_is_advised(product: &Product, code: i32, path: &str) {
    let said = product.fixgate(&RUN).exits(code).mentions(&["strict isolation keeps it from", "would allow it"]);
    let line = advised(&said);
    assert!(line.contains(path), "{line}");
    let root = product.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    let before = product.read("fixgate.toml");
    let kept: Vec<&str> = before.lines().filter(|line| !line.starts_with("grants = ")).collect();
    product.put("fixgate.toml", &kept.join("\n").replace("[run]", &format!("[run]\n{}", line.replace("ROOT", &root)))).own();
    product.fixgate(&RUN).exits(0);
}

#[test]
fn a_program_that_isolation_kept_from_a_file_was_not_said_to_be() {
    let product = trying("");
    product.put("home/data/in", "hello\n");
    let path = product.path("home/data/in");
    product.program("build/bin/greeter", &format!("exec cat {path:?}"));
    is_allowed_by_what_is_advised(&product, 1, "read = [\"ROOT/home/data/in\"]");
    let out = product.put("home/out/old", "").path("home/out/new");
    product.program("build/bin/greeter", &format!("cat {path:?} >{out:?} && cat {path:?}"));
    is_allowed_by_what_is_advised(&product, 1, "read = [\"ROOT/home/data/in\"], write = [\"ROOT/home/out\"]");
}

#[test]
fn an_interpreter_outside_of_the_system_was_said_to_be_denied_and_not_why() {
    let product = trying("");
    let shell = product.put("home/tool/lib/x", "").put("home/tool/bin/x", "").path("home/tool/bin/shell");
    fs::copy("/bin/sh", &shell).unwrap();
    product.program("build/bin/greeter", "");
    product.put("build/bin/greeter", &format!("#!{}\necho hello\n", shell.display()));
    is_allowed_by_what_is_advised(&product, 3, "read = [\"ROOT/home/tool\"]");
}

#[test]
fn what_a_case_runs_outside_of_the_system_was_said_to_be_denied_and_not_why() {
    let product = trying("echo hello");
    let tool = product.program("home/tool", "echo hello").path("home/tool");
    product.edit("testcases/suite/greeting.toml", "\"${product}\", \"greet\"", &format!("{:?}", tool.to_str().unwrap()));
    is_allowed_by_what_is_advised(&product, 3, "read = [\"ROOT/home/tool\"]");
}

#[test]
fn a_program_without_network_was_not_said_to_be() {
    let product = trying("exec 2>&1; exec /bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/1'");
    product.fixgate(&RUN).exits(1).mentions(&["strict isolation leaves it no network: `network = true` in the case"]);
}

#[test]
fn isolation_is_not_named_where_it_is_not_the_reason() {
    for script in ["echo 'cat: /etc/passwd: Permission denied' >&2; exit 1", "cat /no/such; exit 1", "echo other"] {
        trying(script).fixgate(&RUN).exits(1).says_nothing_of(&["strict isolation", "grants"]);
    }
    let product = trying("");
    let data = product.put("data", "hello\n").path("data");
    product.program("build/bin/greeter", &format!("echo '{}: Permission denied' >&2; exit 1", data.display()));
    product.unconfined();
    product.fixgate(&RUN).exits(1).says_nothing_of(&["strict isolation", "grants"]);
}

/// What is said for people tells no two failures apart.
#[test]
fn the_advice_is_in_no_identity_of_a_failure() {
    let product = trying("");
    let data = product.put("data", "hello\n").path("data");
    product.program("build/bin/greeter", &format!("echo '{}: Permission denied' >&2; exit 1", data.display()));
    product.fixgate(&RUN).exits(1).mentions(&["strict isolation"]);
    product.unconfined();
    product.fixgate(&RUN).exits(1).says_nothing_of(&["strict isolation"]);
    let failure = |run: &String| {
        let mut entry = product.journal(run).into_iter().find(|line| line["scenario"]["verdict"] == "failed").unwrap();
        let entry = entry["scenario"].as_object_mut().unwrap();
        ["seconds", "reason"].iter().for_each(|key| drop(entry.remove(*key)));
        Value::from(entry.clone())
    };
    let runs = product.runs();
    assert_eq!(failure(&runs[0]), failure(&runs[1]));
}

/// Starts the command inside of so many Landlock domains, of which the system allows sixteen.
const LAYERS: &str = "
import ctypes, os, sys
system = ctypes.CDLL(None, use_errno=True)
system.prctl(38, 1, 0, 0, 0)
rules = ctypes.c_uint64(1 << 11)
for layer in range(int(sys.argv[1])):
    domain = system.syscall(444, ctypes.byref(rules), ctypes.c_size_t(8), 0)
    assert domain >= 0 and system.syscall(446, domain, 0) == 0, os.strerror(ctypes.get_errno())
    os.close(domain)
os.execv(sys.argv[2], sys.argv[2:])
";

#[test]
fn isolation_that_no_child_could_enter_was_offered_all_the_same() {
    let product = trying("echo hello");
    let within = |layers: &str| {
        let fixgate = product.command(&RUN);
        let mut command = Command::new("python3");
        command.args(["-c", LAYERS, layers]).arg(fixgate.get_program()).args(fixgate.get_args());
        product.said(&command.current_dir(product.path("")).env("HOME", product.home("")).output().unwrap())
    };
    product.own();
    let recorded = || product.journal(product.runs().last().unwrap())[0]["isolation"].as_str().unwrap().to_owned();
    within("14").exits(0).complains("");
    assert_eq!(recorded(), "strict");
    for layers in ["15", "16"] {
        within(layers).exits(0).mentions(&["warning: this system does not offer strict isolation"]);
        assert_eq!(recorded(), "process");
    }
    product.edit("fixgate.toml", "[run]\n", "[run]\nisolation = \"strict\"\n");
    within("14").exits(0);
    for layers in ["15", "16"] {
        within(layers).exits(3).mentions(&["void: fixgate.toml demands strict isolation, which this system does not offer: "]);
    }
}

/// Runs a command with this limit on open files, and no right to raise it.
const LIMITED: &str = "
import ctypes, os, resource, sys
PR_CAPBSET_DROP, CAP_SYS_RESOURCE = 24, 24
ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0)
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, int(sys.argv[1])))
os.execv(sys.argv[2], sys.argv[2:])
";

/// Where something hidden is inside of a grant, each entry beside it is opened, and there may be more of them than open files.
#[test]
fn a_grant_of_many_entries_switched_isolation_off() {
    let product = trying("");
    let around = product.home("around");
    fs::create_dir(&around).unwrap();
    (0..1100).for_each(|number| fs::write(around.join(number.to_string()), "hello\n").unwrap());
    product.program("build/bin/greeter", &format!("test \"$(ulimit -Sn)\" = 1024 && cat {:?}", around.join("1099")));
    product.edit("fixgate.toml", "[run]\n", &format!("[run]\ngrants = {{ read = [{around:?}] }}\n")).own();
    let with_at_most = |files: &str| {
        let fixgate = product.command(&RUN);
        let mut command = Command::new("python3");
        command.args(["-c", LIMITED, files]).arg(fixgate.get_program()).args(fixgate.get_args());
        command.current_dir(product.path("")).env("HOME", product.home("")).env("TMPDIR", &around);
        product.said(&command.output().unwrap())
    };
    with_at_most("4096").exits(0);
    assert_eq!(product.journal(product.runs().last().unwrap())[0]["isolation"], "strict");
    with_at_most("1100").exits(3).mentions(&["strict isolation is not available", "(os error 24)", "grant narrower paths"]);
}
