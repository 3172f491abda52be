//! Small test products in temporary directories, and the real command run in them.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails by panicking")]

mod consent;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) mod broken;
pub(crate) mod keys;

/// Every criterion but `committed`, which few products here are under version control for.
pub(crate) const CRITERIA: &str =
    r#"["ledger", "proved", "cumulative", "complete", "clean", "explained", "canary", "flaky", "packs"]"#;

/// A suite case that any product passes which greets.
pub(crate) const GREETING: &str = r#"title = "the product greets"
tags = ["smoke"]
[[step]]
run = ["${product}", "greet"]
expect = { stdout = "hello\n" }
"#;

/// A canary: nothing says this.
pub(crate) const CANARY: &str = r#"title = "the product says what nothing says"
[[step]]
run = ["${product}", "greet"]
expect = { stdout = "never\n" }
"#;

/// A case that a product passes, too, which greets wrongly: it shows that such a build runs.
pub(crate) const RUNS: &str = r#"title = "the product says something"
[[step]]
run = ["${product}", "greet"]
expect = { exit = "any", stdout = { regex = "^h" } }
"#;

/// A program that also shows that it runs, with the case of [`Product::that_runs`].
pub(crate) fn runs(program: &str) -> String {
    format!("[ \"$1\" != runs ] || {{ echo runs; exit; }}\n{program}")
}

/// A product that greets, and nothing else.
pub(crate) const GREETER: &str = "case \"$1\" in greet) echo hello ;; *) echo unknown >&2; exit 2 ;; esac\n";

/// A directory with a test product in it.
pub(crate) struct Product {
    directory: TempDir,
    /// The home of the user who works with it; copies share it.
    home: Arc<TempDir>,
    /// Whether it is one that its user has only cloned.
    is_strangers: bool,
    /// Whether its user was asked to take it for their own.
    is_asked: AtomicBool,
}

impl Product {
    /// An empty directory.
    pub(crate) fn nothing() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            home: Arc::new(tempfile::tempdir().unwrap()),
            is_strangers: false,
            is_asked: AtomicBool::new(false),
        }
    }

    /// A product with one release that greets, a case and a canary.
    pub(crate) fn new() -> Self {
        Self::of(&[("RTM", GREETER)])
    }

    /// A product with these releases, each by the text of its program, which is a shell script.
    pub(crate) fn of(releases: &[(&str, &str)]) -> Self {
        let product = Self::nothing();
        product.put("fixgate.toml", &project(CRITERIA));
        let mut before = None;
        for (name, program) in releases {
            product.release(name, before, program);
            before = Some(*name);
        }
        product.put("testcases/suite/greeting.toml", GREETING).put("testcases/canary/blind.toml", CANARY);
        product
    }

    /// The same product once more, with all that was made of it so far.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self { home: Arc::clone(&self.home), is_strangers: self.is_strangers, ..Self::nothing() };
        let output = Command::new("cp").arg("-a").arg(self.path(".")).arg(copy.path("")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if copy.path(".fixgate/own").exists() {
            copy.own();
        }
        copy
    }

    /// Writes a release's record and its program.
    pub(crate) fn release(&self, name: &str, follows: Option<&str>, program: &str) -> &Self {
        self.put(&format!("programs/{name}"), &format!("#!/bin/sh\n{program}"));
        self.put(&format!("releases/{name}.toml"), &release(name, follows))
    }

    /// Writes a file, its folders made if need be.
    pub(crate) fn put(&self, path: &str, text: &str) -> &Self {
        let full = self.path(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
        self
    }

    /// As [`Product::of`], with a case that shows that each of the builds runs.
    pub(crate) fn that_runs(releases: &[(&str, &str)]) -> Self {
        let programs: Vec<(&str, String)> = releases.iter().map(|(name, program)| (*name, runs(program))).collect();
        let product = Self::of(&programs.iter().map(|(name, program)| (*name, program.as_str())).collect::<Vec<_>>());
        product.put("testcases/suite/runs.toml", &GREETING.replace("greet\"", "runs\"").replace("hello", "runs"));
        product
    }

    /// Writes a program that may be executed.
    pub(crate) fn program(&self, path: &str, text: &str) -> &Self {
        self.put(path, &format!("#!/bin/sh\n{text}"));
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// A file's text.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|reason| panic!("{path}: {reason}"))
    }

    /// Puts `new` in the place of `old`, which must be there.
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(old), "{path} has no {old:?}:\n{text}");
        self.put(path, &text.replace(old, new))
    }

    /// The absolute path of something in the product.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.directory.path()).unwrap().join(path)
    }

    /// The names of the runs recorded so far, in their order; one that was killed at its very beginning has none.
    pub(crate) fn runs(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("reports/runs")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names
    }

    /// The lines of a run's journal, as JSON.
    pub(crate) fn journal(&self, run: &str) -> Vec<Value> {
        let text = self.read(&format!("reports/runs/{run}/journal.jsonl"));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The command, still to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.consent_where_nothing_is_strict();
        self.of_program(env!("CARGO_BIN_EXE_fixgate"), arguments)
    }

    fn of_program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .env("NO_COLOR", "1")
            .env("HOME", self.home.path());
        command
    }

    /// The command as a user who has few rights: of the superuser it takes all of them, and everybody else is one already.
    pub(crate) fn command_of(&self, user: &str, arguments: &[&str]) -> Command {
        if !rustix::process::geteuid().is_root() {
            return self.command(arguments);
        }
        fs::copy(env!("CARGO_BIN_EXE_fixgate"), self.path("fixgate")).unwrap();
        let output = Command::new("chown").args(["-R", user]).args([self.path(""), self.home("")]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let rights = ["--reuid", user, "--regid", user, "--clear-groups", "./fixgate"];
        self.of_program("setpriv", &[&rights, arguments].concat())
    }

    /// The absolute path of something in the home of the user who works with it.
    pub(crate) fn home(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    /// Runs the command to its end.
    pub(crate) fn fixgate(&self, arguments: &[&str]) -> Said {
        self.said(&self.command(arguments).output().unwrap())
    }

    /// What a finished command said, with the product's directory shown as `ROOT`.
    pub(crate) fn said(&self, output: &Output) -> Said {
        let root = self.path("");
        let root = root.to_str().unwrap().trim_end_matches('/');
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().replace(root, "ROOT");
        Said { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Puts everything under version control and commits it.
    pub(crate) fn commit(&self) -> &Self {
        self.put(".gitignore", "/.fixgate\n/reports/runs\n");
        if !self.path(".git").exists() {
            self.git(&["init", "--quiet"]);
        }
        self.git(&["add", "--all"]).git(&["commit", "--quiet", "--message", "a state of the test product"])
    }

    /// Runs git here.
    pub(crate) fn git(&self, arguments: &[&str]) -> &Self {
        self.git_at("", arguments)
    }

    /// Runs git here at a stated time; an empty one is now.
    pub(crate) fn git_at(&self, time: &str, arguments: &[&str]) -> &Self {
        const PERSON: [&str; 4] = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org"];
        let mut command = Command::new("git");
        command.args(PERSON).args(arguments).current_dir(self.directory.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        if !time.is_empty() {
            command.env("GIT_COMMITTER_DATE", time);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        self
    }
}

/// A `fixgate.toml` with these criteria.
pub(crate) fn project(criteria: &str) -> String {
    format!(
        "[product]\nname = \"greeter\"\nprogram = \"bin/greeter\"\n\n[run]\ntimeout = \"10s\"\n\n\
         [gate]\ncriteria = {criteria}\nmin-scenarios = 1\n"
    )
}

/// A release's record, whose recipe takes its program from `programs/`.
pub(crate) fn release(name: &str, follows: Option<&str>) -> String {
    let follows = follows.map(|before| format!("follows = \"{before}\"\n")).unwrap_or_default();
    format!(
        "version = \"{name}.0\"\n{follows}[build]\n\
         recipe = [\"install\", \"-D\", \"programs/{name}\", \"${{out}}/bin/greeter\"]\n"
    )
}

/// A defect's record that says `status`, which is a line or more.
pub(crate) fn defect(status: &str) -> String {
    format!("title = \"it does not\"\nseverity = \"major\"\ncomponent = \"core\"\n{status}\n")
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// The exit code; none after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Said {
    /// Holds if the command ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Holds if standard error is exactly this; a first newline makes it easy to write.
    #[track_caller]
    pub(crate) fn complains(self, expected: &str) -> Self {
        let expected = expected.strip_prefix('\n').unwrap_or(expected);
        assert_eq!(self.stderr, expected, "\nstandard error was:\n{}\nexpected:\n{expected}", self.stderr);
        self
    }

    /// Holds if either stream has each of these.
    #[track_caller]
    pub(crate) fn mentions(self, texts: &[&str]) -> Self {
        for text in texts {
            let found = self.stdout.contains(text) || self.stderr.contains(text);
            assert!(found, "{text:?} is nowhere in\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        }
        self
    }

    /// Holds if neither stream has any of these.
    #[track_caller]
    pub(crate) fn says_nothing_of(self, texts: &[&str]) -> Self {
        for text in texts {
            let found = self.stdout.contains(text) || self.stderr.contains(text);
            assert!(!found, "{text:?} is in\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        }
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|reason| panic!("{reason}:\n{}\n{}", self.stdout, self.stderr))
    }
}

/// A record without its times, its name, and the digest that covers them.
pub(crate) fn timeless(mut journal: Vec<Value>) -> Vec<Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(entries) => {
                ["seconds", "started", "run", "date", "journal", "found"].iter().for_each(|key| drop(entries.remove(*key)));
                entries.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    journal.iter_mut().for_each(strip);
    // Verdicts and proofs are in the order in which they came.
    let name = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    journal.sort_by_key(|line| (name(&line["scenario"]["scenario"]), name(&line["pair"]["scenario"])));
    journal
}

/// The state of a criterion in a sign-off.
#[track_caller]
pub(crate) fn criterion<'s>(signoff: &'s Value, id: &str) -> &'s Value {
    let criteria = signoff["criteria"].as_array().unwrap();
    criteria.iter().find(|criterion| criterion["id"] == id).unwrap_or_else(|| panic!("there is no criterion {id}"))
}

/// Whether a process is there and no zombie.
pub(crate) fn is_alive(process: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(process.trim()).join("stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, state)| !state.trim_start().starts_with('Z'))
}

/// Waits for something that is sure to come; a minute only bounds a broken test.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut has_come: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !has_come() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A command that was watched to its end.
pub(crate) struct Watched {
    pub(crate) said: Said,
    /// The most memory that the harness, without its worker processes, had resident, in bytes.
    pub(crate) memory: u64,
    /// How long it took.
    pub(crate) time: Duration,
}

impl Product {
    /// Runs a command to its end and looks at its memory meanwhile: a peak stays to be seen until the process is gone.
    pub(crate) fn watched(&self, command: &mut Command) -> Watched {
        let begun = Instant::now();
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let harness = child.id();
        let (ended, watch) = std::sync::mpsc::channel::<()>();
        let watcher = thread::spawn(move || {
            let mut peak = 0;
            let has_ended = || watch.recv_timeout(Duration::from_millis(3)) != Err(std::sync::mpsc::RecvTimeoutError::Timeout);
            while !has_ended() {
                peak = peak_memory(harness).unwrap_or(peak);
            }
            peak
        });
        let output = child.wait_with_output().unwrap();
        drop(ended);
        Watched { said: self.said(&output), memory: watcher.join().unwrap(), time: begun.elapsed() }
    }
}

/// The most memory that a process has had resident, in bytes; none once it is gone.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10)
}
