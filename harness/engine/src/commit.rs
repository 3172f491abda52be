//! Which commit the records are of.

use std::process::Command;
use std::thread::{self, JoinHandle};

use camino::Utf8Path;
use fixgate_core::id::Digest;
use fixgate_core::record::TestProduct;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::fault::Fault;
use crate::tree::{RECORD_PATHS, Tree};

/// A question to git that is being answered.
#[derive(Debug)]
pub struct Asked(JoinHandle<TestProduct>);

impl Asked {
    /// Waits for the answer.
    ///
    /// # Errors
    /// When it could not be asked at all.
    pub fn answer(self) -> Result<TestProduct, Fault> {
        self.0.join().map_err(|_| Fault::harness("git could not be asked for the commit".to_owned()))
    }
}

/// Asks for the commit of records that were read and have this digest; builds can be found meanwhile.
pub fn ask(tree: &Tree, digest: Digest) -> Asked {
    let tree = tree.clone();
    Asked(thread::spawn(move || test_product(&tree, digest)))
}

/// Asks git for the commit, and whether records or cases differ from it; files that git ignores, and files that it was told
/// not to look at, count as differing.
fn test_product(tree: &Tree, digest: Digest) -> TestProduct {
    let status = status(tree).unwrap_or_default();
    let (headers, changes): (Vec<&str>, Vec<&str>) = status.lines().partition(|line| line.starts_with("# "));
    let commit = headers.iter().find_map(|line| line.strip_prefix("# branch.oid ")).filter(|commit| *commit != "(initial)");
    // A file marked `assume-unchanged` has a small letter there, one that is to be skipped an S.
    let listed = git(tree.root(), &["ls-files", "-v", "--", "."]);
    let overlooked = |line: &str| line.starts_with(|mark: char| mark.is_ascii_lowercase() || mark == 'S');
    let looked_at = listed.is_some_and(|files| !files.lines().any(overlooked));
    let changed = headers.is_empty() || !changes.is_empty() || !looked_at;
    let seconds = git(tree.root(), &["show", "--no-patch", "--format=%ct", "HEAD"]).and_then(|time| time.trim().parse().ok());
    let committed = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let committed = committed.map(|time| time.to_zoned(TimeZone::UTC).date());
    TestProduct { commit: commit.map(str::to_owned), committed, changed, digest }
}

/// What git says of the records and cases: headers that begin with `# `, then a line for each difference.
fn status(tree: &Tree) -> Option<String> {
    let arguments =
        ["status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=all", "--ignored=matching", "--"];
    let existing = RECORD_PATHS.into_iter().filter(|path| tree.root().join(path).exists());
    git(tree.root(), &arguments.into_iter().chain(existing).collect::<Vec<_>>())
}

/// What git says of the repository that a directory lies in. Nothing but where programs and its own settings are comes from the
/// environment: variables such as `GIT_DIR` would have it speak of another repository, and a file-system monitor of what it
/// chooses to have seen.
pub(crate) fn git(directory: &Utf8Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.env_clear().envs(["PATH", "HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.args(["-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"]);
    let output = command.arg("-C").arg(directory).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
