//! Lists of paths into Landlock's rules.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use landlock::{
    Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, PathFdError, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, RulesetError, Scope,
};

use super::{Allowed, FILES, is_shortage};

/// Where systems keep what programs of every kind read and run. `/dev` is not among them: it holds disks and shared memory.
pub(crate) const SYSTEM: [&str; 13] =
    ["/bin", "/etc", "/gnu", "/lib", "/lib32", "/lib64", "/nix", "/opt", "/proc", "/run/current-system", "/sbin", "/sys", "/usr"];

/// Devices that can keep nothing and reach no other process.
pub(crate) const DEVICES: [&str; 6] = ["/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"];

/// Where terminals are made. Those of the user are there as well, so that a program gets them by a grant alone.
pub(crate) const TERMINALS: [&str; 2] = ["/dev/ptmx", "/dev/pts"];

/// An [`Allowed`] whose files have been opened once for many domains.
#[derive(Debug)]
pub(super) struct Opened {
    rules: Vec<(PathFd, BitFlags<AccessFs>)>,
    hidden: Vec<PathBuf>,
}

impl Opened {
    /// Opens what is there; what is not there needs no rule.
    ///
    /// # Errors
    /// When too much is open.
    pub(super) fn open(allowed: &Allowed) -> io::Result<Self> {
        // What cannot be resolved is hidden by the path that it has: it may be there all the same.
        let hidden: Vec<PathBuf> =
            paths(&allowed.hidden).map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned())).collect();
        let read = outermost(paths(&allowed.read), &hidden);
        let read = rules(read.iter().map(PathBuf::as_path), AccessFs::from_read(FILES));
        let written = rules(paths(&allowed.write), AccessFs::from_all(FILES));
        Ok(Self { rules: read.chain(written).collect::<io::Result<_>>()?, hidden })
    }

    /// A domain in which this may be reached, these paths be read, and files be made and removed in a directory.
    pub(super) fn domain(&self, readable: &[Utf8PathBuf], directory: Option<&Utf8Path>) -> io::Result<OwnedFd> {
        let domain = self.ruleset(readable, directory)?;
        Option::from(domain).ok_or_else(|| io::Error::other("this system has no Landlock"))
    }

    fn ruleset(&self, readable: &[Utf8PathBuf], directory: Option<&Utf8Path>) -> io::Result<RulesetCreated> {
        let mut ruleset = empty().map_err(io::Error::other)?;
        for (path, access) in &self.rules {
            ruleset = ruleset.add_rule(PathBeneath::new(path, *access)).map_err(io::Error::other)?;
        }
        let read = outermost(paths(readable), &self.hidden);
        let read = rules(read.iter().map(PathBuf::as_path), AccessFs::from_read(FILES));
        // Where there is no such directory the program cannot be started, and that will be told.
        let written = rules(directory.map(Utf8Path::as_std_path), AccessFs::from_all(FILES));
        for opened in read.chain(written) {
            let (path, access) = opened?;
            ruleset = ruleset.add_rule(PathBeneath::new(path, access)).map_err(io::Error::other)?;
        }
        Ok(ruleset)
    }
}

/// Rules that allow nothing yet.
fn empty() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(FILES))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()
}

/// A rule on each path; none where nothing is there, or it is out of reach by itself. Too much being open is an error: without the rule,
/// a program would lack what it may reach.
pub(super) fn rules<'p>(
    paths: impl IntoIterator<Item = &'p Path>,
    access: BitFlags<AccessFs>,
) -> impl Iterator<Item = io::Result<(PathFd, BitFlags<AccessFs>)>> {
    paths.into_iter().filter_map(move |path| match PathFd::new(path) {
        Ok(opened) => Some(Ok((opened, if path.is_dir() { access } else { access & AccessFs::from_file(FILES) }))),
        Err(PathFdError::OpenCall { source, .. }) if is_shortage(&source) => Some(Err(source)),
        Err(_) => None,
    })
}

/// Those that are there, not inside another, and around nothing hidden. The system copies every rule for every program.
fn outermost<'p>(paths: impl Iterator<Item = &'p Path>, hidden: &[PathBuf]) -> Vec<PathBuf> {
    let mut around = BTreeSet::new();
    for path in paths.filter_map(|path| path.canonicalize().ok()) {
        add_around(path, hidden, &mut around);
    }
    let mut outermost: Vec<PathBuf> = Vec::new();
    // A path comes right after what it is inside of, but for others that are inside as well.
    for path in around {
        if !outermost.last().is_some_and(|outer| path.starts_with(outer)) {
            outermost.push(path);
        }
    }
    outermost
}

/// Adds a path, or where something hidden is inside of it, what is beside that: a rule on a directory is one on all that it holds.
fn add_around(path: PathBuf, hidden: &[PathBuf], added: &mut BTreeSet<PathBuf>) {
    let is_around = |hidden: &PathBuf| hidden != &path && hidden.starts_with(&path);
    if !hidden.iter().any(is_around) {
        added.insert(path);
        return;
    }
    for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
        let Ok(inside) = entry.path().canonicalize() else { continue };
        if !hidden.iter().any(|hidden| inside.starts_with(hidden)) && inside.starts_with(&path) {
            add_around(inside, hidden, added);
        }
    }
}

pub(super) fn paths(paths: &[Utf8PathBuf]) -> impl Iterator<Item = &Path> {
    paths.iter().map(|path| path.as_std_path())
}
