//! Products that do what no product should: each gets its verdict, and nothing of it is left, be it alone or among many.
#![allow(clippy::unwrap_used, reason = "a test may stop where the code under test may not")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Product, wait_until};

/// What a product does, and the verdict on a case that expects it to print `hello` within a second.
const BEHAVIOURS: [(&str, &str, &str); 20] = [
    ("behaves", "echo hello", "passed"),
    ("ignores-signals", "trap '' TERM INT HUP QUIT; echo hello; while :; do sleep 1000; done", "timed-out"),
    ("stops-itself", "echo hello; kill -STOP $$", "timed-out"),
    ("closes-its-streams", "echo hello; exec >&- 2>&- <&-; sleep 1000", "timed-out"),
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
    let case = "title = \"a product does what it wants\"\ntable = \"product.jsonl\"\ntimeout = \"1s\"\n[[step]]\nrun = [\"${product}\"]\n";
    product.put("testcases/suite/product.jsonl", &rows).put("testcases/suite/product.toml", case);
    product.edit("fixgate.toml", "[run]\n", "[run]\noutput-limit = \"1MiB\"\nlimits = { file-size = \"1MiB\" }\n");
    product
}

/// Runs with work directories in `place`, and gives the verdicts of each behaviour.
fn verdicts(product: &Product, place: &Path, arguments: &[&str]) -> BTreeMap<String, Vec<String>> {
    let before = product.runs();
    let mut command = product.command(&[&["run", "--candidate", "build", "--quiet"], arguments].concat());
    product.said(&command.env("TMPDIR", place).output().unwrap()).exits(1);
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
fn is_anybody_in(place: &Path) -> bool {
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
    wait_until("every process has ended", || !is_anybody_in(&place));
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
