//! Whether strict isolation explains why a program failed, and what would allow it to do what it did not.
//!
//! It is asked after a failure only, and what it says is for people: no verdict and no identity depends on it.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::case::Network;
use fixgate_core::observation::{Ending, Observation};
use fixgate_core::project::Grants;
use rustix::fs::{Access, access};
use rustix::process::geteuid;

use super::{Needs, granted};
use crate::confine::{DEVICES, SYSTEM, TERMINALS};

/// How programs say that something was refused, in small letters.
const REFUSED: [&str; 4] = ["permission denied", "eacces", READ_ONLY[0], READ_ONLY[1]];
/// How they say that it was refused since it would have written.
const READ_ONLY: [&str; 2] = ["read-only file system", "erofs"];
/// How they say that it takes a privilege.
const UNPRIVILEGED: [&str; 2] = ["operation not permitted", "eperm"];
/// What they name when that was the network.
const NETWORK: [&str; 5] = ["connect", "socket", "bind", "/dev/tcp/", "/dev/udp/"];
/// The signal that ends a program of another architecture.
const SIGSYS: i32 = 31;
/// The exit code by which a shell says that its program ended so.
const SHELL_SAYS_SIGSYS: i32 = 128 + SIGSYS;
/// What grants every one of them.
const UNIX_SOCKETS: &str = "unix-sockets = true";
/// How they say that the system lacks something, in small letters.
const ABSENT: [&str; 2] = ["function not implemented", "enosys"];
/// What they name when that was a terminal.
const TERMINAL: [&str; 3] = ["pseudo-terminal", "pseudoterminal", "pty"];
/// What they name when that was memory, or a lock in it, that processes find by its name.
const SHARED: [&str; 4] = ["semlock", "sem_open", "shm_open", "shared_memory"];
/// How many lines before one of them say what was done.
const LINES_BEFORE: usize = 2;
/// The most lines that are looked at.
const LINES: usize = 1000;
/// The first bytes of a program, in which it names its interpreter.
const HEAD: u64 = 4096;

/// What would have to be granted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Read(Utf8PathBuf),
    Write(Utf8PathBuf),
    Terminals,
    /// It is among what decides, and no grant is advised.
    Record(Utf8PathBuf),
}

/// What programs may reach.
pub(super) struct Reach<'t> {
    pub(super) grants: &'t Grants,
    /// Those of the program that failed.
    pub(super) needs: &'t Needs,
    /// The root of the tree.
    pub(super) tree: &'t Utf8Path,
    /// Where the work directories of the run are, none of which is ever granted.
    pub(super) root: &'t Path,
}

impl Reach<'_> {
    /// What explains an observed failure.
    pub(super) fn of_failure(&self, seen: &Observation) -> Option<String> {
        let last = seen.steps.last()?;
        if [Ending::Signalled(SIGSYS), Ending::Exited(SHELL_SAYS_SIGSYS)].contains(&last.ending) {
            let reason = "strict isolation ends what calls the system as a program of another architecture does: \
                          `isolation = \"process\"` in [run] of fixgate.toml would allow it";
            return Some(reason.to_owned());
        }
        let texts = [&last.stderr, &last.stdout].map(|stream| String::from_utf8_lossy(stream).into_owned());
        let lines: Vec<&str> = texts.iter().flat_map(|text| text.lines()).take(LINES).collect();
        let refused = lines.iter().copied().filter(|line| has_any(line, &REFUSED));
        let mut wanted = refused.filter_map(|line| {
            let named = line.split(is_beside_a_path).map(|word| word.trim_end_matches([':', '.']));
            let would_write = has_any(line, &READ_ONLY);
            named.filter(|word| word.starts_with('/')).find_map(|path| self.wanted(Path::new(path), would_write))
        });
        if let Some(wanted) = wanted.next() {
            return Some(self.advice(&wanted));
        }
        // Some say what they did in the lines before the one that says what came of it.
        let told: Vec<&str> = (0..lines.len())
            .filter(|end| has_any(lines[*end], &REFUSED))
            .flat_map(|end| &lines[end.saturating_sub(LINES_BEFORE)..=end])
            .copied()
            .collect();
        let names = |words: &[&str]| told.iter().any(|line| has_any(line, words));
        if names(&TERMINAL) {
            return Some(self.advice(&Wanted::Terminals));
        }
        if names(&NETWORK) && !(self.needs.network == Network::Open && self.grants.unix_sockets) {
            let network = match self.needs.network {
                Network::Closed => "no network: `network = true` in the case would allow it, and to Unix sockets ",
                Network::Open => "no Unix sockets: ",
            };
            return Some(format!(
                "strict isolation leaves it {network}`{UNIX_SOCKETS}` among the `grants` of fixgate.toml opens the way"
            ));
        }
        let is_absent = names(&SHARED) || lines.iter().any(|line| has_any(line, &ABSENT));
        is_absent.then(|| {
            "strict isolation leaves it no message queues, no shared memory or semaphores by name, no keys and no io_uring: \
             `isolation = \"process\"` in [run] of fixgate.toml would allow it"
                .to_owned()
        })
    }

    /// What explains that a program could not be started.
    pub(super) fn of_start(&self, program: &Utf8Path) -> Option<String> {
        let interpreter = interpreter(program.as_std_path());
        let wanted = |path: &Path| self.wanted(path, false).map(|wanted| self.advice(&around(wanted)));
        wanted(program.as_std_path()).or_else(|| wanted(&interpreter?))
    }

    /// What is refused at a path by isolation alone: what the harness itself may do there is no matter of the system's permissions.
    fn wanted(&self, path: &Path, would_write: bool) -> Option<Wanted> {
        let (real, is_there) = match path.canonicalize() {
            Ok(real) => (real, true),
            Err(_) => (path.parent()?.canonicalize().ok()?, false),
        };
        let (grants, readable) = (self.grants, &self.needs.readable);
        if is_in(&real, TERMINALS.into_iter().map(Path::new)) && !is_in(&real, paths(&grants.write)) {
            return Some(Wanted::Terminals);
        }
        let allowed = || paths(readable).chain(paths(&grants.read)).chain(paths(&grants.write));
        let is_record = granted::records(self.tree).any(|record| is_in(&real, [record.as_std_path()].into_iter()));
        if is_record && !is_in(&real, allowed()) {
            return Utf8PathBuf::from_path_buf(real).ok().map(Wanted::Record);
        }
        let system = SYSTEM.into_iter().chain(DEVICES).map(Path::new);
        // Nor may a program change its build or its case's files, which others use as well.
        if is_in(&real, system.chain([self.root]).chain(paths(readable)).chain(paths(&grants.write))) {
            return None;
        }
        let is_readable = is_in(&real, paths(&grants.read));
        let utf8 = Utf8PathBuf::from_path_buf(real.clone()).ok()?;
        if is_there && !is_readable && !would_write {
            return access(&real, Access::READ_OK).is_ok().then_some(Wanted::Read(utf8));
        }
        access(&real, Access::WRITE_OK).is_ok().then_some(Wanted::Write(utf8))
    }

    /// The line of `fixgate.toml` that grants what is wanted besides what is granted.
    fn advice(&self, wanted: &Wanted) -> String {
        let Grants { mut read, mut write, unix_sockets } = self.grants.clone();
        let (doing, path) = match wanted {
            Wanted::Read(path) => {
                read.push(path.clone());
                ("reading", path.as_str())
            }
            Wanted::Write(path) => {
                write.push(path.clone());
                ("writing", path.as_str())
            }
            Wanted::Terminals => {
                write.extend(TERMINALS.map(Utf8PathBuf::from));
                ("making", "terminals, among which are those of its user")
            }
            Wanted::Record(path) => {
                return format!(
                    "strict isolation keeps it from {path}: of this tree a program sees its own build, and what its case states \
                     in `uses`, or has by `copy`"
                );
            }
        };
        let list = |name: &str, paths: &[Utf8PathBuf]| {
            let paths: Vec<String> = paths.iter().map(|path| format!("{:?}", path.as_str())).collect();
            (!paths.is_empty()).then(|| format!("{name} = [{}]", paths.join(", ")))
        };
        let sockets = unix_sockets.then(|| UNIX_SOCKETS.to_owned());
        let lists: Vec<String> = [list("read", &read), list("write", &write), sockets].into_iter().flatten().collect();
        let grants = lists.join(", ");
        format!(
            "strict isolation keeps it from {doing} {path}: `grants = {{ {grants} }}` in [run] of fixgate.toml would allow it"
        )
    }
}

/// What explains a failure where programs are kept from nothing but privileges: only the superuser would have had them.
pub(super) fn of_privileges(seen: &Observation) -> Option<String> {
    let last = seen.steps.last().filter(|_| geteuid().is_root())?;
    let lacks = |stream: &[u8]| String::from_utf8_lossy(stream).lines().take(LINES).any(|line| has_any(line, &UNPRIVILEGED));
    (lacks(&last.stderr) || lacks(&last.stdout)).then(|| {
        "a program has no privileges, although root runs it: no isolation gives it any, and docs/isolation.md says what it goes without"
            .to_owned()
    })
}

/// A program in a `bin` beside its `lib` needs that as well.
fn around(wanted: Wanted) -> Wanted {
    match wanted {
        Wanted::Read(path) => {
            let prefix = path.parent().filter(|parent| parent.ends_with("bin")).and_then(Utf8Path::parent);
            let prefix = prefix.filter(|prefix| prefix.join("lib").is_dir()).map(Utf8Path::to_owned);
            Wanted::Read(prefix.unwrap_or(path))
        }
        Wanted::Write(_) | Wanted::Terminals | Wanted::Record(_) => wanted,
    }
}

fn is_in<'p>(real: &Path, mut places: impl Iterator<Item = &'p Path>) -> bool {
    places.any(|place| place.canonicalize().is_ok_and(|place| real.starts_with(place)))
}

fn paths(paths: &[Utf8PathBuf]) -> impl Iterator<Item = &Path> {
    paths.iter().map(|path| path.as_std_path())
}

fn has_any(line: &str, words: &[&str]) -> bool {
    let line = line.to_lowercase();
    words.iter().any(|word| line.contains(word))
}

fn is_beside_a_path(letter: char) -> bool {
    letter.is_whitespace() || "'\"`()[]<>,;‘’“”".contains(letter)
}

/// What a program has the system start in its place: the interpreter of a script, or the loader of a linked program.
fn interpreter(program: &Path) -> Option<PathBuf> {
    let mut head = Vec::new();
    File::open(program).and_then(|file| file.take(HEAD).read_to_end(&mut head)).ok()?;
    let name = match head.strip_prefix(b"#!") {
        Some(line) => line.trim_ascii_start().split(u8::is_ascii_whitespace).next()?,
        None => loader(&head)?,
    };
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(name)))
}

/// The segment `PT_INTERP` of a 64-bit little-endian program, if it is at its beginning.
fn loader(head: &[u8]) -> Option<&[u8]> {
    const INTERPRETER: u64 = 3;
    let number = |at: usize, size: usize| {
        let bytes = head.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let at = |at: usize, size: usize| usize::try_from(number(at, size)?).ok();
    head.starts_with(b"\x7fELF\x02\x01").then_some(())?;
    let (first, size, count) = (at(32, 8)?, at(54, 2)?, at(56, 2)?);
    let segments = (0..count).filter_map(|index| first.checked_add(index * size));
    let segment = segments.into_iter().find(|segment| number(*segment, 4) == Some(INTERPRETER))?;
    let (start, length) = (at(segment + 8, 8)?, at(segment + 32, 8)?);
    head.get(start..start.checked_add(length)?)?.split(|byte| *byte == 0).next()
}
