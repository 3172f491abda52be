//! What the machine had not enough of, and the product was blamed for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::{Product, Said};

/// A product that writes a file before it greets.
const WRITER: &str = "echo hello >file && cat file\n";

/// The entry of a scenario in the only run.
fn entry(product: &Product, scenario: &str) -> Value {
    let journal = product.journal(&product.runs()[0]);
    let mut entries = journal.iter().map(|line| &line["scenario"]);
    entries.rfind(|entry| entry["scenario"] == scenario).unwrap().clone()
}

/// Runs the command with work directories on a disk of 1 MiB, on which another process leaves so many bytes and files free.
fn on_a_full_disk(product: &Product, free: usize, files: usize, arguments: &[&str]) -> Said {
    let script = format!(
        "mount -t tmpfs -o size=1M,nr_inodes={files} tmpfs \"$1\"; export TMPDIR=\"$1\"; shift
         head -c $(($(df --output=avail -B1 \"$TMPDIR\" | tail -1) - {free})) /dev/zero >\"$TMPDIR/filler\"; exec \"$@\""
    );
    let place = tempfile::tempdir().unwrap();
    let fixgate = product.command(arguments);
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--mount", "sh", "-ec", &script, "sh"]).arg(place.path());
    inside.arg(fixgate.get_program()).args(fixgate.get_args()).current_dir(product.path("")).env("NO_COLOR", "1");
    let output = inside.output();
    product.said(&output.unwrap_or_else(|reason| panic!("{reason}: unshare is of util-linux: apt-get install util-linux")))
}

#[test]
fn a_program_failed_because_another_process_had_filled_the_disk() {
    let mut explained = 0;
    for (free, files) in (0..6).map(|pages| (pages * 4096, 100)).chain((4..12).map(|files| (1 << 19, files))) {
        let product = Product::of(&[("RTM", WRITER)]);
        let said = on_a_full_disk(&product, free, files, &["run", "--candidate", "RTM", "--quiet", "--jobs", "1"]);
        if said.code == Some(0) || product.runs().is_empty() {
            continue;
        }
        said.exits(3);
        let entry = entry(&product, "suite/greeting");
        assert_ne!(entry["verdict"], "failed", "with {free} bytes and {files} files left: {entry}");
        let reason = entry["reason"].as_str().unwrap_or_default();
        explained += usize::from(reason.starts_with("the machine has no ") && reason.ends_with("TMPDIR says"));
    }
    assert!(explained > 1, "only {explained} were explained");
}

/// When it has ended there is room again, though not much.
#[test]
fn a_program_that_cleaned_up_after_it_found_no_room_was_blamed() {
    let cleans = "for name in 1 2 3 4; do true 2>/dev/null >$name || { rm -f 1 2 3 4; exit 3; }; done; echo hello";
    let mut explained = 0;
    for files in 4..14 {
        let product = Product::of(&[("RTM", cleans)]);
        let said = on_a_full_disk(&product, 1 << 19, files, &["run", "--candidate", "RTM", "--quiet", "--jobs", "1"]);
        if said.code == Some(0) || product.runs().is_empty() {
            continue;
        }
        said.exits(3);
        let entry = entry(&product, "suite/greeting");
        assert_ne!(entry["verdict"], "failed", "with {files} files left: {entry}");
        explained += usize::from(entry["reason"].as_str().unwrap_or_default().contains("room for only a few more files"));
    }
    assert!(explained > 0, "it never cleaned up");
}

#[test]
fn a_baseline_on_a_full_disk_was_kept_as_what_it_prints() {
    let mut void = 0;
    for pages in 0..6 {
        let program = format!("[ \"$1\" = greet ] && {{ echo hello; exit; }}\n{WRITER}");
        let product = Product::of(&[("RTM", &program), ("RU1", &program)]);
        product.put("testcases/suite/same.toml", "title = \"t\"\n[[step]]\nrun = [\"${product}\"]\nexpect = \"baseline\"\n");
        fs::remove_file(product.path("testcases/canary/blind.toml")).unwrap();
        let run = ["run", "--candidate", "RU1", "--baseline", "RTM", "--quiet", "--jobs", "1"];
        let said = on_a_full_disk(&product, pages * 4096, 100, &run);
        match said.code {
            Some(3) => {
                void += usize::from(
                    said.stderr.contains("the baseline cannot be judged") && said.stderr.contains("no space left in "),
                )
            }
            code => assert_eq!((code, entry(&product, "suite/same")["verdict"].as_str()), (Some(0), Some("passed"))),
        }
        product.fixgate(&run).exits(0);
    }
    assert!(void > 0, "the disk was never full");
}

/// A control group with this controller, in the one of this process, that is removed at the end.
struct Group(PathBuf);

impl Group {
    fn new(controller: &str, name: &str) -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap();
        let line =
            own.lines().find(|line| line.split(':').nth(1).is_some_and(|names| names.split(',').any(|name| name == controller)));
        let path = line.map(|line| format!("/sys/fs/cgroup/{controller}{}", line.rsplit(':').next().unwrap()));
        let unified = || format!("/sys/fs/cgroup{}", own.lines().find_map(|line| line.strip_prefix("0::")).unwrap());
        let path = Path::new(&path.unwrap_or_else(unified)).join(format!("fixgate-{name}-{}", std::process::id()));
        let needs =
            "this test makes a control group: run it where it may, such as by `systemd-run --user --scope -p Delegate=yes`";
        fs::create_dir(&path).unwrap_or_else(|reason| panic!("{}: {reason}; {needs}", path.display()));
        Self(path)
    }

    /// Sets a limit by the name that it has in either version.
    fn limit(&self, names: &[&str], value: &str) {
        let set = |name: &&str| self.0.join(name).exists() && fs::write(self.0.join(name), value).is_ok();
        assert!(names.iter().any(set), "{} has no {names:?} to be set; enable the controller there", self.0.display());
    }

    /// Runs the command in it.
    fn run(&self, product: &Product, arguments: &[&str]) -> Said {
        let fixgate = product.command(arguments);
        let mut inside = Command::new("sh");
        inside.args(["-ec", "echo $$ >\"$1/cgroup.procs\"; shift; exec \"$@\"", "sh"]).arg(&self.0);
        inside.arg(fixgate.get_program()).args(fixgate.get_args()).current_dir(product.path("")).env("NO_COLOR", "1");
        product.said(&inside.output().unwrap())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It can be removed once the last process is gone from it.
        crate::common::wait_until("the control group can be removed", || fs::remove_dir(&self.0).is_ok());
    }
}

#[test]
fn a_program_crashed_as_memory_ran_out() {
    let product = Product::of(&[("RTM", "[ \"$1\" = greet ] || exec tail /dev/zero; echo hello\n")]);
    let case = "title = \"t\"\ntimeout = \"1min\"\n[[step]]\nrun = [\"${product}\", \"eat\"]\n";
    product.put("testcases/suite/eat.toml", case);
    product.put("testcases/suite/expected.toml", &format!("{case}expect = {{ signal = 9 }}\n"));
    let group = Group::new("memory", "memory");
    group.limit(&["memory.max", "memory.limit_in_bytes"], "134217728");
    group.run(&product, &["run", "--candidate", "RTM", "--quiet", "--jobs", "1"]).exits(3);
    let found = entry(&product, "suite/eat");
    assert_eq!(found["verdict"], "error", "{found}");
    assert!(found["reason"].as_str().unwrap().starts_with("the machine ran out of memory"), "{found}");
    assert_eq!(entry(&product, "suite/expected")["verdict"], "passed", "it was expected");
    assert_eq!(entry(&product, "suite/greeting")["verdict"], "passed");
}

#[test]
fn a_program_failed_as_it_was_refused_processes() {
    let product = Product::of(&[("RTM", "[ \"$1\" = greet ] || for i in $(seq 60); do sleep 9 & done; echo hello\n")]);
    let case = "title = \"t\"\n[[step]]\nrun = [\"${product}\", \"start\"]\nexpect.stdout = \"hello\\n\"\n";
    product.put("testcases/suite/start.toml", case);
    let group = Group::new("pids", "pids");
    group.limit(&["pids.max"], "40");
    group.run(&product, &["run", "--candidate", "RTM", "--quiet", "--jobs", "1"]).exits(3);
    let found = entry(&product, "suite/start");
    assert_eq!(found["verdict"], "error", "{found}");
    assert!(found["reason"].as_str().unwrap().starts_with("the machine refused to start a process"), "{found}");
}

/// The scenario that is refused a process passes, and so does what comes after it, but for what fails by itself.
#[test]
fn every_failure_after_a_refused_process_was_an_error() {
    let forks = "(for i in $(seq 60); do sleep 9 & done) 2>/dev/null; echo hello";
    let product = Product::of(&[("RTM", &format!("case \"$1\" in greet) echo hello ;; fork) {forks} ;; *) echo wrong ;; esac"))]);
    let case = |argument: &str| {
        format!("title = \"t\"\n[[step]]\nrun = [\"${{product}}\", \"{argument}\"]\nexpect.stdout = \"hello\\n\"\n")
    };
    product.put("testcases/suite/a-forks.toml", &case("fork"));
    for name in ["b", "c", "d"] {
        product.put(&format!("testcases/suite/{name}-fails.toml"), &case(name));
    }
    let group = Group::new("pids", "later");
    group.limit(&["pids.max"], "40");
    group.run(&product, &["run", "--candidate", "RTM", "--quiet", "--jobs", "1"]);
    for name in ["b", "c", "d"] {
        let found = entry(&product, &format!("suite/{name}-fails"));
        assert_eq!(found["verdict"], "failed", "{found}");
    }
}
