//! Which commit the records are of, and whether they are what it holds: decided from bytes, by the names of its objects.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::thread::{self, JoinHandle};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use fixgate_core::id::Digest;
use fixgate_core::ledger::Ledger;
use fixgate_core::record::{Departure, Differing, DifferingFile, Outdated, TestProduct, decides_the_same};
use rayon::prelude::*;
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::content::content;
use crate::fault::{Fault, FaultKind};
use crate::git::{Entry, Git, ObjectId, ObjectKind, RecordsOf, controlled};
use crate::load;
use crate::tree::{LATER_PATHS, Tree};

/// A question to git that is being answered.
#[derive(Debug)]
pub struct Asked {
    digest: Digest,
    answer: JoinHandle<Result<TestProduct, Fault>>,
}

impl Asked {
    /// Waits for the answer.
    ///
    /// # Errors
    /// When git fails: that is no answer.
    pub fn answer(self) -> Result<TestProduct, Fault> {
        self.answer.join().map_err(|_| Fault::harness("git could not be asked for the commit".to_owned()))?
    }

    /// As [`Self::answer`], for a run that nothing is decided by: a failure is told, and the record says that the commit is unknown.
    pub fn answer_or_unknown(self, tell: impl FnOnce(&Fault)) -> TestProduct {
        let digest = self.digest;
        self.answer().unwrap_or_else(|fault| {
            tell(&fault);
            TestProduct { unknown: Some(fault.message), changed: true, ..uncontrolled(digest) }
        })
    }
}

/// Asks for the commit of records that were read; builds can be found meanwhile.
pub fn ask(tree: &Tree, ledger: &Ledger) -> Asked {
    let (tree, digest) = (tree.clone(), ledger.digest);
    let files: Vec<_> = ledger.files.iter().map(|file| (file.path.clone(), file.digest)).collect();
    Asked { digest, answer: thread::spawn(move || test_product(&tree, digest, &files)) }
}

/// Nothing but that no repository is found upwards means that the records are under no version control.
fn test_product(tree: &Tree, digest: Digest, files: &[(Utf8PathBuf, Digest)]) -> Result<TestProduct, Fault> {
    let Some(top) = controlled(tree.root())? else { return Ok(uncontrolled(digest)) };
    let head = head(top)?;
    let unknown = || {
        Fault::harness(format!("the repository of {top} does not have its own commit {head}"))
            .help("see what `git fsck` says there")
    };
    let mut records = RecordsOf::commit(tree, top, head)?.ok_or_else(unknown)?;
    let mut differing: Vec<DifferingFile> = differing(tree, &mut records, files)?;
    differing.extend(records.absent.iter().map(|path| departed(path, Departure::Submodule)));
    Ok(TestProduct {
        commit: Some(head.to_string()),
        committed: records.commit.day,
        changed: !differing.is_empty(),
        differing: Differing::of(differing),
        ..uncontrolled(digest)
    })
}

/// Adds the files that are not those of the commit to what a record says of it.
///
/// # Errors
/// When git fails.
pub(crate) fn add_differing(
    tree: &Tree,
    records: &mut RecordsOf,
    files: &[(Utf8PathBuf, Digest)],
    product: &mut TestProduct,
) -> Result<(), Fault> {
    let others = differing(tree, records, files)?;
    product.changed |= !others.is_empty();
    product.differing = Differing::with(product.differing.take(), others);
    Ok(())
}

fn uncontrolled(digest: Digest) -> TestProduct {
    TestProduct { commit: None, committed: None, changed: true, differing: None, unknown: None, digest }
}

/// The commit that is checked out.
pub(crate) fn head(top: &Utf8Path) -> Result<ObjectId, Fault> {
    let git = Git::at(top)?;
    // The newest commit of any branch: where there is none, `HEAD` is not at fault.
    let asked = git.ask(&["rev-parse", "--verify", "--end-of-options", "HEAD^{commit}"]);
    let answer = asked.or_else(|refused| match git.ask(&["for-each-ref", "--count=1"])?.is_empty() {
        true => {
            let message = format!("the repository of {top} has no commit yet");
            Err(Fault::harness(message).detail(refused.message).help("commit the records: git add --all && git commit"))
        }
        false => Err(refused),
    })?;
    let named = ObjectId::parse(answer.trim_end());
    named.ok_or_else(|| Fault::harness(format!("git names a commit of {top} by no object's name: {answer:?}")))
}

/// The records of a commit, with the statements of today, which come after it.
///
/// # Errors
/// Why they cannot be read, in one line: the commit is not here, or git fails.
pub fn records_of(tree: &Tree, commit: &str) -> Result<Ledger, Fault> {
    load::load(&checked_out(tree, commit)?.tree)
}

/// How the records differ from those that a run was made with.
#[derive(Debug)]
pub enum Since {
    /// They do not.
    Same,
    /// In nothing that can decide: these are the run's own.
    Described(Box<Ledger>),
    /// In something that can decide, or it cannot be told in what.
    Changed(Outdated),
}

/// Compares today's records with those of a run.
///
/// # Errors
/// When the system or git fails: that tells nothing of the records.
pub fn since(tree: &Tree, today: &Ledger, run: &TestProduct) -> Result<Since, Fault> {
    if today.digest == run.digest {
        return Ok(Since::Same);
    }
    Ok(match own_records(tree, run)? {
        None => Since::Changed(Outdated { commit: None, files: Vec::new() }),
        Some((aside, then)) => {
            let files = decided_otherwise((&aside.tree, &then), (tree, today));
            if files.is_empty() {
                Since::Described(Box::new(then))
            } else {
                Since::Changed(Outdated { commit: run.commit.clone(), files })
            }
        }
    })
}

/// The records that a run was made with: those of its commit, if they are here and have the digest that the run states.
fn own_records(tree: &Tree, run: &TestProduct) -> Result<Option<(CheckedOut, Ledger)>, Fault> {
    let Some(commit) = run.commit.as_ref().filter(|_| !run.changed) else { return Ok(None) };
    let read = || {
        let aside = checked_out(tree, commit)?;
        let then = load::load(&aside.tree)?;
        Ok((aside, then))
    };
    match read() {
        Ok((aside, then)) => Ok(Some((aside, then)).filter(|(_, then)| then.digest == run.digest)),
        // The commit is not here, or its records are no longer read.
        Err(Fault { kind: FaultKind::Usage, .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The files that decide otherwise now than they did then, and those that only one of the two has.
fn decided_otherwise((at, then): (&Tree, &Ledger), (tree, today): (&Tree, &Ledger)) -> Vec<Utf8PathBuf> {
    fn digests(ledger: &Ledger) -> BTreeMap<&Utf8PathBuf, Digest> {
        ledger.files.iter().map(|file| (&file.path, file.digest)).collect()
    }
    let (then, now) = (digests(then), digests(today));
    let paths: BTreeSet<&Utf8PathBuf> = then.keys().chain(now.keys()).copied().collect();
    let is_other = |path: &Utf8PathBuf| match (load::read_bytes(at, path), load::read_bytes(tree, path)) {
        (Ok(then), Ok(now)) => !decides_the_same(path, &then, &now),
        (Ok(_) | Err(_), _) => true,
    };
    let differ = paths.into_iter().filter(|path| then.get(*path) != now.get(*path));
    differ.filter(|path| is_other(path)).cloned().collect()
}

/// A tree in a temporary directory.
struct CheckedOut {
    tree: Tree,
    /// The directory is deleted with it.
    _directory: TempDir,
}

/// The records of a commit, with the statements of today.
fn checked_out(tree: &Tree, commit: &str) -> Result<CheckedOut, Fault> {
    let top = controlled(tree.root())?.ok_or_else(|| Fault::usage("the records are under no version control"))?;
    let fetch = || Fault::usage("the commit is not in this clone").help(format!("git -C {top} fetch origin {commit}"));
    let id = ObjectId::parse(commit).ok_or_else(|| Fault::usage(format!("{commit:?} is no commit's name")))?;
    let mut records = RecordsOf::commit(tree, top, id)?.ok_or_else(fetch)?;
    if let Some(path) = records.absent.first() {
        let fault = Fault::usage(format!("{path} is a submodule, and its commit is not here"));
        return Err(fault.help(format!("git -C {top} submodule update --init --recursive")));
    }
    let aside = tempfile::tempdir().map_err(|reason| Fault::system(format!("no directory can be made: {reason}"), &reason))?;
    let root = Utf8Path::from_path(aside.path()).ok_or_else(|| Fault::harness("the temporary directory's name is not UTF-8"))?;
    for (path, entry) in records.files.clone() {
        // Git itself writes no such path either.
        if entry.is_link || !path.components().all(|part| matches!(part, Utf8Component::Normal(_))) {
            return Err(Fault::usage(format!("{path} is no plain file there")));
        }
        put(&root.join(&path), &records.blob(entry)?)?;
        if entry.is_executable {
            // Of a file that a case uses, this is part of the definition.
            let refused = |reason: std::io::Error| Fault::system(format!("{path} cannot be made executable: {reason}"), &reason);
            std::fs::set_permissions(root.join(&path), Permissions::from_mode(0o755)).map_err(refused)?;
        }
    }
    for entry in LATER_PATHS.iter().flat_map(|later| WalkDir::new(tree.root().join(later)).follow_root_links(false)) {
        let entry = match entry {
            // A test product need not have them.
            Err(reason) if reason.depth() == 0 && is_absent(&reason) => continue,
            entry => entry.map_err(|reason| Fault::harness(format!("the records cannot be listed: {reason}")))?,
        };
        let path = Utf8Path::from_path(entry.path()).filter(|_| entry.file_type().is_file());
        if let Some((path, below)) = path.and_then(|path| Some((path, path.strip_prefix(tree.root()).ok()?))) {
            let bytes = load::read_bytes(tree, below);
            put(&root.join(below), &bytes.map_err(|reason| Fault::system(format!("{path} cannot be read: {reason}"), &reason))?)?;
        }
    }
    Ok(CheckedOut { tree: Tree::find(root)?, _directory: aside })
}

/// Whether nothing is where the walk looked.
pub(crate) fn is_absent(reason: &walkdir::Error) -> bool {
    reason.io_error().is_some_and(|reason| reason.kind() == std::io::ErrorKind::NotFound)
}

fn put(path: &Utf8Path, bytes: &[u8]) -> Result<(), Fault> {
    let refused = |reason: std::io::Error| Fault::system(format!("{path} cannot be written: {reason}"), &reason);
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(refused)?;
    std::fs::write(path, bytes).map_err(refused)
}

/// The files whose bytes, as they were read, are not those of the commit, and those that only one of the two has.
fn differing(tree: &Tree, records: &mut RecordsOf, files: &[(Utf8PathBuf, Digest)]) -> Result<Vec<DifferingFile>, Fault> {
    let look = |(path, digest): &(Utf8PathBuf, Digest)| match records.files.get(path) {
        None => Look::Departed(departed(path, Departure::NotInCommit)),
        Some(entry) if !is_same(tree, path, *digest, *entry) => Look::Other(path.clone(), *digest, *entry),
        Some(entry) if is_executable(tree, path) == Some(entry.is_executable) => Look::Same,
        Some(_) => Look::Departed(departed(path, Departure::Executable)),
    };
    let looks: Vec<Look> = files.par_iter().map(look).collect();
    let here: BTreeSet<&Utf8PathBuf> = files.iter().map(|(path, _)| path).collect();
    let missing = records.files.keys().filter(|path| !here.contains(path));
    let mut found: Vec<DifferingFile> = missing.map(|path| departed(path, Departure::Missing)).collect();
    for look in looks {
        match look {
            Look::Same => {}
            Look::Departed(file) => found.push(file),
            Look::Other(path, digest, entry) if entry.is_link || !is_content(&path, records.blob(entry)?, digest) => {
                found.push(departed(&path, Departure::Changed));
            }
            Look::Other(path, _, entry) if is_executable(tree, &path) != Some(entry.is_executable) => {
                found.push(departed(&path, Departure::Executable));
            }
            Look::Other(..) => {}
        }
    }
    Ok(found)
}

/// What comparing one file gave.
enum Look {
    Same,
    Departed(DifferingFile),
    /// The commit's file has other bytes, which may be these in another form.
    Other(Utf8PathBuf, Digest, Entry),
}

/// Whether a file is still as it was read, and has the commit's bytes.
fn is_same(tree: &Tree, path: &Utf8Path, digest: Digest, entry: Entry) -> bool {
    let bytes = load::read_bytes(tree, path);
    bytes.is_ok_and(|bytes| Digest::of(&bytes) == digest && !entry.is_link && entry.id.names(ObjectKind::Blob, &bytes))
}

/// Whether the commit's bytes are, or name, content with this digest.
fn is_content(path: &Utf8Path, bytes: Vec<u8>, digest: Digest) -> bool {
    names_content(&bytes, digest) || Digest::of(&content(path, bytes)) == digest
}

/// Whether a file's owner may execute it, which is all that git keeps of a mode; a setting of git's may ignore even that.
fn is_executable(tree: &Tree, path: &Utf8Path) -> Option<bool> {
    tree.root().join(path).symlink_metadata().ok().map(|metadata| metadata.mode() & 0o100 != 0)
}

/// Whether the commit's bytes are a [pointer of Git LFS](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md) to content with
/// this digest, by which it is named as surely as by a file of the commit.
fn names_content(bytes: &[u8], digest: Digest) -> bool {
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid {digest}\nsize ");
    bytes.strip_prefix(pointer.as_bytes()).is_some_and(|size| size.len() < 32)
}

fn departed(path: &Utf8Path, how: Departure) -> DifferingFile {
    DifferingFile { path: path.to_string(), how }
}
