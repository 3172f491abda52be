//! What no grant gives a program: what decides about it, and the files of programs beside it.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::project::Grants;

use crate::confine;
use crate::fault::Fault;
use crate::tree::{self, Tree};

/// What programs never see, even inside what is allowed: the tree, or where that holds the system itself its records.
pub(super) fn hidden(tree: &Tree) -> Vec<Utf8PathBuf> {
    let holds_system = confine::SYSTEM.iter().any(|path| Utf8Path::new(path).starts_with(tree.root()));
    if holds_system { records(tree.root()).collect() } else { vec![tree.root().to_owned()] }
}

/// Everything that a decision rests on, by the root of its tree.
pub(super) fn records(root: &Utf8Path) -> impl Iterator<Item = Utf8PathBuf> {
    let kept = ["reports", ".fixgate", ".git"].into_iter();
    kept.chain(tree::RECORD_PATHS).chain(tree::LATER_PATHS).map(|path| root.join(path))
}

/// # Errors
/// When a program could write in records, or in the work directory of another one, which are below `work`: it could make what it
/// likes of a verdict.
pub(super) fn check(tree: &Tree, grants: &Grants, work: &Path) -> Result<(), Fault> {
    let real = |path: &Utf8PathBuf| path.canonicalize_utf8().unwrap_or_else(|_| path.clone());
    let written: Vec<(&Utf8PathBuf, Utf8PathBuf)> = grants.write.iter().map(|path| (path, real(path))).collect();
    let around = |kept: &Path| written.iter().find(|(_, granted)| kept.starts_with(granted)).map(|(path, _)| *path);
    let meets = |record: &Utf8Path| {
        let inside = || written.iter().find(|(_, granted)| granted.starts_with(record)).map(|(path, _)| *path);
        around(record.as_std_path()).or_else(inside)
    };
    if let Some((record, path)) = records(tree.root()).find_map(|record| meets(&record).map(|path| (record, path))) {
        let message = format!("`grants` lets programs write in {path}, and so in {record}, by which they are judged");
        return Err(Fault::usage(message).help("grant a directory that holds no records of this tree"));
    }
    if let Some(path) = around(work) {
        let message = format!("`grants` lets programs write in {path}, where the work directories of all programs are");
        return Err(Fault::usage(message).help("set TMPDIR to another directory, or grant one in which they are not"));
    }
    Ok(())
}
