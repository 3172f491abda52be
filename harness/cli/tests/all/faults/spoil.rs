//! The command, run so that the n-th change that it makes to the product's files is spoilt.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::common::{Product, Said};

/// What becomes of the n-th change; `fault.c` says it in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Count,
    /// From then on there is no room.
    Full,
    /// From then on nothing can be changed.
    ReadOnly,
    /// It fails, and no other.
    Broken,
    /// It is half done, if it is a write, and no other.
    Short,
    /// The harness is killed before it.
    Kill,
    /// The harness is killed when it is half done.
    Torn,
}

impl Kind {
    /// Each that spoils something.
    pub(crate) const SPOILING: [Self; 6] = [Self::Full, Self::ReadOnly, Self::Broken, Self::Short, Self::Kill, Self::Torn];

    fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Broken => "broken",
            Self::Short => "short",
            Self::Kill => "kill",
            Self::Torn => "torn",
        }
    }
}

/// A command that has ended.
pub(crate) struct Spoilt {
    pub(crate) said: Said,
    /// The changes that it made or tried: the call, and the file below the product's directory.
    pub(crate) changes: Vec<(String, String)>,
}

/// Runs the command with the change of this number, counted from 1, spoilt.
pub(crate) fn spoilt(product: &Product, kind: Kind, number: usize, arguments: &[&str]) -> Spoilt {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("log");
    let root = product.path("");
    let root = root.to_str().unwrap().trim_end_matches('/').to_owned();
    let fixgate = product.command(arguments);
    let mut command = Command::new(compiled("fault.c"));
    command.args([&root, kind.word(), &number.to_string()]).arg(&log).arg(fixgate.get_program()).args(fixgate.get_args());
    let output = command
        .current_dir(fixgate.get_current_dir().unwrap())
        .env("NO_COLOR", "1")
        .env("HOME", product.home(""))
        .output()
        .unwrap();
    let said = product.said(&output);
    assert_ne!(said.code, Some(125), "{}", said.stderr);
    let change = |line: &str| {
        let (call, path) = line.split_once(' ').unwrap();
        (call.to_owned(), path.strip_prefix(&root).unwrap().trim_start_matches('/').to_owned())
    };
    Spoilt { said, changes: fs::read_to_string(&log).unwrap().lines().map(change).collect() }
}

/// The program that a C file beside this one makes, or the library, if it is `clock.c`.
pub(crate) fn compiled(name: &str) -> &'static Path {
    static FAULT: LazyLock<PathBuf> = LazyLock::new(|| compile("fault.c", &[]));
    static CLOCK: LazyLock<PathBuf> = LazyLock::new(|| compile("clock.c", &["-shared", "-fPIC"]));
    match name {
        "fault.c" => &FAULT,
        "clock.c" => &CLOCK,
        name => panic!("there is no {name}"),
    }
}

fn compile(name: &str, options: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/faults").join(name);
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{}", std::process::id()));
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-Wall", "-Wextra", "-Werror"]).args(options).arg("-o").arg(&made).arg(&source).arg("-ldl");
    let output = compiler.output().expect("cc, of Debian's gcc: apt-get install gcc libc6-dev");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    made
}
