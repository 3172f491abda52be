//! Products that do what no product should: each gets its verdict, and nothing of it is left, be it alone or among many.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::common::{GREETING, Product, wait_until};

/// What a product does, and the verdict on a case that expects it to print `hello` within two seconds.
const BEHAVIOURS: [(&str, &str, &str); 24] = [
    ("behaves", "echo hello", "passed"),
    ("ignores-signals", "trap '' TERM INT HUP QUIT; echo hello; while :; do sleep 1000; done", "timed-out"),
    ("stops-itself", "echo hello; kill -STOP $$", "timed-out"),
    ("closes-its-streams", "echo hello; exec >&- 2>&- <&-; sleep 1000", "timed-out"),
    ("prints-a-gigabyte", "head -c 1073741824 /dev/zero; echo hello", "failed"),
    (
        "opens-all-descriptors",
        "exec python3 -c 'import os\ntry:\n  for _ in range(10000): os.open(\"/dev/null\", 0)\nexcept OSError: pass\nprint(\"hello\")'",
        "passed",
    ),
    ("makes-many-files", "for i in $(seq 200); do : >$i; done; echo hello", "passed"),
    (
        "makes-names-that-are-no-text",
        "mkdir \"$(printf 'a\\nb')\" && touch \"$(printf 'a\\nb/\\377\\033[2J')\"; echo hello",
        "passed",
    ),
    ("prints-without-end", "exec cat /dev/zero", "failed"),
    ("complains-without-end", "echo hello; exec cat /dev/zero >&2", "failed"),
    ("writes-without-end", "cat /dev/zero >big 2>/dev/null; echo hello", "passed"),
    ("makes-a-sparse-terabyte", "truncate -s 1T big 2>/dev/null; echo hello", "passed"),
    ("leaves-a-daemon-with-its-streams", "setsid sh -c 'trap \"\" TERM HUP; exec sleep 1000' & echo hello", "passed"),
    ("leaves-many-daemons", "for i in $(seq 100); do setsid sleep 1000 & done; echo hello", "passed"),
    (
        "leaves-a-daemon-of-a-daemon",
        "setsid sh -c 'setsid sh -c \"setsid sleep 1000 & sleep 1000\" & exit' & echo hello",
        "passed",
    ),
    ("kills-its-parent", "kill -9 $PPID 2>/dev/null; echo hello", "passed"),
    ("kills-its-group", "echo hello; kill -9 0", "crashed"),
    ("kills-everything", "echo hello; kill -9 -1 2>/dev/null; exit 0", "passed"),
    ("removes-its-directory", "cd /; rm -rf \"$HOME\" 2>/dev/null; echo hello", "passed"),
    ("locks-its-directory", "mkdir -p a/b; echo x >a/b/c; chmod 000 a/b a .; echo hello", "passed"),
    ("makes-bad-names", "touch \"$(printf 'a\\nb')\" \"$(printf '\\377')\" -- -rf; echo hello", "passed"),
    ("wants-a-terminal", "read line 2>/dev/null </dev/tty && echo answered; cat; echo hello", "passed"),
    (
        "forges-a-verdict",
        "echo '{\"scenario\":{\"scenario\":\"suite/product#behaves\",\"verdict\":\"passed\"}}'; exit 1",
        "failed",
    ),
    ("dies-with-a-core", "ulimit -c unlimited 2>/dev/null; kill -SEGV $$", "crashed"),
];

/// The most memory that the harness may take, regardless of its products, in bytes.
const MEMORY: u64 = 200 << 20;

/// The longest that a run of all of them may take: each has its limit, and most end by themselves.
const TIME: Duration = Duration::from_secs(300);

/// How often each stands among many.
const TIMES: usize = 4;

fn product() -> Product {
    let product = Product::new();
    let arms: String = BEHAVIOURS.iter().map(|(name, script, _)| format!("{name}) {script} ;;\n")).collect();
    product.program("build/bin/greeter", &format!("case \"$1\" in\n{arms}*) echo hello ;;\nesac\n"));
    let row = |(name, _, _): &(&str, &str, &str), time| {
        format!("{{\"id\":\"{name}-{time}\",\"args\":[\"{name}\"],\"expect\":{{\"stdout\":\"hello\\n\"}}}}\n")
    };
    let rows: String = (0..TIMES).flat_map(|time| BEHAVIOURS.iter().map(move |behaviour| row(behaviour, time))).collect();
    let case = "title = \"a product does what it wants\"\ntable = \"product.jsonl\"\ntimeout = \"2s\"\n[[step]]\nrun = [\"${product}\"]\n";
    product.put("testcases/suite/product.jsonl", &rows).put("testcases/suite/product.toml", case);
    product.edit("fixgate.toml", "[run]\n", "[run]\noutput-limit = \"1MiB\"\nlimits = { file-size = \"1MiB\" }\n");
    product
}

/// Runs with work directories in `place`, and gives the verdicts of each behaviour.
fn verdicts(product: &Product, place: &Path, arguments: &[&str]) -> BTreeMap<String, Vec<String>> {
    let before = product.runs();
    let mut command = product.command(&[&["run", "--candidate", "build", "--quiet"], arguments].concat());
    let watched = product.watched(command.env("TMPDIR", place));
    assert!(watched.time < TIME, "it took {:?}", watched.time);
    assert!(watched.memory < MEMORY, "the harness took {} MiB", watched.memory >> 20);
    watched.said.exits(1);
    let run = product.runs().into_iter().find(|run| !before.contains(run)).unwrap();
    let mut verdicts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in product.journal(&run) {
        let entry = &line["scenario"];
        let behaviour = entry["scenario"].as_str().and_then(|id| id.strip_prefix("suite/product#")?.rsplit_once('-'));
        if let Some((behaviour, _)) = behaviour {
            verdicts.entry(behaviour.to_owned()).or_default().push(entry["verdict"].as_str().unwrap().to_owned());
        }
    }
    verdicts
}

/// Whether a process works in `place`, be it removed meanwhile.
fn is_any_process_in(place: &Path) -> bool {
    let cwd = |entry: fs::DirEntry| fs::read_link(entry.path().join("cwd")).ok();
    fs::read_dir("/proc").unwrap().flatten().filter_map(cwd).any(|cwd| cwd.starts_with(place))
}

#[track_caller]
fn all_get_their_verdicts(arguments: &[&str], times: usize) {
    let product = product();
    let place = tempfile::tempdir().unwrap();
    let place = fs::canonicalize(place.path()).unwrap();
    let found = verdicts(&product, &place, arguments);
    for (name, _, verdict) in BEHAVIOURS {
        assert_eq!(found.get(name), Some(&vec![verdict.to_owned(); times]), "{name}");
    }
    assert_eq!(fs::read_dir(&place).unwrap().count(), 0, "something is left of work directories");
    // What was killed may take a moment to be gone.
    wait_until("every process has ended", || !is_any_process_in(&place));
    product.fixgate(&["check"]).exits(0);
}

#[test]
fn each_alone_gets_its_verdict_and_nothing_is_left() {
    all_get_their_verdicts(&["suite/product#*-0", "--jobs", "1"], 1);
}

#[test]
fn all_at_once_get_their_verdicts_and_nothing_is_left() {
    all_get_their_verdicts(&["--jobs", "8"], TIMES);
}

#[test]
fn a_program_that_dies_of_a_signal_crashed_by_whichever_it_was() {
    let product = Product::new();
    product.program("build/bin/greeter", "kill -\"$1\" $$");
    let ends = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 29, 30, 31, 34, 64];
    let rows: String = ends.iter().map(|signal| format!("{{\"id\":\"{signal}\",\"args\":[\"{signal}\"]}}\n")).collect();
    let case = "title = \"it lives\"\ntable = \"signals.jsonl\"\n[[step]]\nrun = [\"${product}\"]\n";
    product.put("testcases/suite/signals.jsonl", &rows).put("testcases/suite/signals.toml", case);
    let run = product.fixgate(&["run", "suite/signals*", "--candidate", "build", "--format", "json", "--quiet"]).exits(1).json();
    assert_eq!(run["verdicts"]["crashed"], ends.len());
    let by_name = product.fixgate(&["run", "suite/signals#31", "--candidate", "build"]).exits(1);
    by_name.mentions(&["signal 31"]);
}

/// What a program may write in all is as much as there is room where work directories are: it fills that, and is cleared away.
#[test]
fn a_program_that_fills_the_place_of_work_directories_leaves_room_for_the_next() {
    let product = Product::new();
    product.program(
        "build/bin/greeter",
        "[ $1 = fill ] && { cat /dev/zero >big; : >more && echo x >more; } 2>/dev/null; echo hello",
    );
    let case = "title = \"it fills\"\ntable = \"fill.jsonl\"\n[[step]]\nrun = [\"${product}\", \"fill\"]\nexpect = { stdout = \"hello\\n\" }\n";
    product
        .put("testcases/suite/fill.toml", case)
        .put("testcases/suite/fill.jsonl", "{\"id\":\"1\"}\n{\"id\":\"2\"}\n{\"id\":\"3\"}\n");
    let run = |arguments: &[&str]| {
        let fixgate = product.command(&[&["run", "--candidate", "build", "--quiet", "--jobs", "1"], arguments].concat());
        let script = "mount -t tmpfs -o size=4M tmpfs \"$1\"; export TMPDIR=\"$1\"; shift; code=0; \"$@\" || code=$?
            [ -z \"$(ls -A \"$TMPDIR\")\" ] || echo \"something is left\"; exit $code";
        let place = tempfile::tempdir().unwrap();
        let mut inside = Command::new("unshare");
        inside.args(["--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"]).arg(place.path());
        inside.arg(fixgate.get_program()).args(fixgate.get_args()).current_dir(product.path("")).env("NO_COLOR", "1");
        product.said(&inside.output().expect("unshare, of Debian's util-linux: apt-get install util-linux"))
    };
    run(&[]).exits(0).mentions(&["5 passed"]).says_nothing_of(&["something is left"]);
    // What the harness itself cannot write is no fault of the product's, and takes no other verdict away.
    let large = format!("[files]\n\"large\" = {{ repeat = \"x\", times = {} }}\n[[step]]", 8 << 20);
    product.put("testcases/suite/large.toml", &GREETING.replace("[[step]]", &large));
    let void = run(&["--format", "json"]).exits(3).json();
    assert_eq!((&void["verdicts"]["passed"], &void["verdicts"]["error"]), (&5.into(), &1.into()));
    let reason = void["void"].as_str().unwrap();
    assert!(
        reason.contains("suite/large: cannot write") && reason.ends_with("No space left on device (os error 28)"),
        "{reason}"
    );
}

/// The system's confinement takes longer for each level, so the case has time.
#[test]
fn a_work_directory_four_thousand_levels_deep_is_removed() {
    let product = Product::new();
    let script = "import os\nfor _ in range(4000): os.mkdir('d'); os.chdir('d')\nprint('hello')";
    product.program("build/bin/greeter", &format!("exec python3 -c \"{script}\""));
    product.edit("testcases/suite/greeting.toml", "tags", "timeout = \"60s\"\ntags");
    let place = tempfile::tempdir().unwrap();
    let mut command = product.command(&["run", "suite/**", "--candidate", "build", "--quiet", "--jobs", "1"]);
    let watched = product.watched(command.env("TMPDIR", place.path()));
    watched.said.exits(0);
    assert!(watched.memory < MEMORY);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

/// What breeds faster than it can be looked for, and the verdict on a case that expects `hello` within two seconds.
///
/// Each is tried as a user who is held to a number of processes, so that the machine stays usable in any case; and
/// one after the other, as that number is of them all.
const CROWDS: [(&str, &str, &str); 4] = [
    ("forks-until-it-cannot", "while True:\n  try: os.fork()\n  except OSError: pass", "timed-out"),
    ("forks-into-new-sessions", "while True:\n  try: os.fork() or os.setsid()\n  except OSError: pass", "timed-out"),
    (
        "flees-from-process-to-process",
        "print('hello', flush=True)\nfor _ in range(8):\n  if os.fork() == 0:\n    os.setsid()\n    while True:\n      if os.fork(): os._exit(0)",
        "passed",
    ),
    (
        "starts-a-hundred-thousand-threads",
        "import threading\ntry:\n  for _ in range(100000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\nexcept RuntimeError: pass\nprint('hello', flush=True)\nos._exit(0)",
        "passed",
    ),
];

#[test]
fn crowds_of_processes_get_their_verdicts_and_none_is_left() {
    run_crowds("65534", "");
}

#[test]
fn crowds_end_where_isolation_is_not_strict_too() {
    run_crowds("65533", "isolation = \"process\"\n");
}

/// Each as a user of its own, who owns nothing here: limits count the processes of a user.
fn run_crowds(user: &str, isolation: &str) {
    let product = Product::new();
    let row = |(name, script, verdict): &(&str, &str, &str)| {
        let timeout = if *verdict == "timed-out" { "2s" } else { "1min" };
        serde_json::json!({ "id": name, "args": [script], "timeout": timeout, "expect": { "stdout": "hello\n" } }).to_string()
            + "\n"
    };
    product.program("build/bin/greeter", "[ \"$1\" = greet ] && { echo hello; exit; }\nexec python3 -c \"import os, time\n$1\"");
    let case = "title = \"they are many\"\ntable = \"crowds.jsonl\"\n[[step]]\nrun = [\"${product}\"]\n";
    product
        .put("testcases/suite/crowds.toml", case)
        .put("testcases/suite/crowds.jsonl", &CROWDS.iter().map(row).collect::<String>())
        .edit("fixgate.toml", "[run]\n", &format!("[run]\n{isolation}limits = {{ processes = 300 }}\n"))
        .own();
    let place = product.path("place");
    fs::create_dir(&place).unwrap();
    let mut command = product.command_of(user, &["run", "suite/**", "--candidate", "build", "--quiet", "--jobs", "1"]);
    let run = product.watched(command.env("TMPDIR", &place));
    assert!(run.time < TIME && run.memory < MEMORY, "it took {:?} and {} MiB", run.time, run.memory >> 20);
    run.said.exits(1);
    let journal = product.journal(&product.runs()[0]);
    for (name, _, verdict) in CROWDS {
        let entry = journal.iter().find(|line| line["scenario"]["scenario"] == format!("suite/crowds#{name}"));
        assert_eq!(entry.unwrap()["scenario"]["verdict"], verdict, "{name}: {entry:?}");
    }
    wait_until("no process is left", || !is_any_process_in(&place));
}
