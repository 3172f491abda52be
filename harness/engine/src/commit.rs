//! Which commit the records are of.

use std::process::Command;

use fixgate_core::id::Digest;
use fixgate_core::record::TestProduct;

use crate::tree::{RECORD_PATHS, Tree};

/// Asks git for the commit, and whether records or cases differ from it; files that git ignores count as differing.
pub fn test_product(tree: &Tree, digest: Digest) -> TestProduct {
    let commit = git(tree, &["rev-parse", "HEAD"]).map(|commit| commit.trim().to_owned());
    let status = ["status", "--porcelain", "--untracked-files=all", "--ignored=matching", "--"];
    let existing = RECORD_PATHS.into_iter().filter(|path| tree.root().join(path).exists());
    let arguments: Vec<&str> = status.into_iter().chain(existing).collect();
    let changed = git(tree, &arguments).is_none_or(|changes| !changes.is_empty());
    TestProduct { commit, changed, digest }
}

fn git(tree: &Tree, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(tree.root()).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
