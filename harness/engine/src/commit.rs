//! Which commit the records are of.

use std::process::Command;

use fixgate_core::id::Digest;
use fixgate_core::record::TestProduct;

use crate::tree::{RECORD_PATHS, Tree};

/// Asks git for the commit, and whether records or cases differ from it; files that git ignores count as differing.
pub fn test_product(tree: &Tree, digest: Digest) -> TestProduct {
    let status = status(tree).unwrap_or_default();
    let (headers, changes): (Vec<&str>, Vec<&str>) = status.lines().partition(|line| line.starts_with("# "));
    let commit = headers.iter().find_map(|line| line.strip_prefix("# branch.oid ")).filter(|commit| *commit != "(initial)");
    TestProduct { commit: commit.map(str::to_owned), changed: headers.is_empty() || !changes.is_empty(), digest }
}

/// What git says of the records and cases: headers that begin with `# `, then a line for each difference.
fn status(tree: &Tree) -> Option<String> {
    let arguments = ["status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--untracked-files=all", "--ignored=matching"];
    let existing = RECORD_PATHS.into_iter().filter(|path| tree.root().join(path).exists());
    let output = Command::new("git").arg("-C").arg(tree.root()).args(arguments).arg("--").args(existing).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
