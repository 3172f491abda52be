//! The records of a commit: from its name down to each file's, through the commits of submodules.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Git, ObjectId, ObjectKind, Objects};
use crate::fault::Fault;
use crate::tree::{RECORD_PATHS, Tree};

/// What a commit has at the places of records and cases.
#[derive(Debug)]
pub(crate) struct RecordsOf {
    /// That of the records, then those of submodules.
    repositories: Vec<Objects>,
    pub(crate) commit: Committed,
    /// By the path below the root.
    pub(crate) files: BTreeMap<Utf8PathBuf, Entry>,
    /// The submodules whose commit is not here.
    pub(crate) absent: Vec<Utf8PathBuf>,
}

/// A file of a commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) id: ObjectId,
    pub(crate) is_link: bool,
    pub(crate) is_executable: bool,
    repository: usize,
}

/// What a commit says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committed {
    tree: ObjectId,
    /// The day, in UTC.
    pub(crate) day: Option<Date>,
}

impl Committed {
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let line = |word: &str| text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(word));
        let seconds = line("committer ").and_then(|person| person.rsplit(' ').nth(1)?.parse().ok());
        let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Some(Self { tree: ObjectId::parse(line("tree ")?)?, day: time.map(|time| time.to_zoned(TimeZone::UTC).date()) })
    }
}

/// A line of a tree object.
pub(super) struct Line<'t> {
    pub(super) mode: &'t [u8],
    pub(super) name: String,
    pub(super) id: ObjectId,
}

impl RecordsOf {
    /// Those of a commit of the repository at `top`; nothing where it does not have the commit.
    ///
    /// # Errors
    /// When git fails, or lacks a part of the commit.
    pub(crate) fn commit(tree: &Tree, top: &Utf8Path, commit: ObjectId) -> Result<Option<Self>, Fault> {
        Self::below(tree, top, commit, &RECORD_PATHS)
    }

    /// As [`Self::commit`], of these files and folders below the root.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub(crate) fn below(tree: &Tree, top: &Utf8Path, commit: ObjectId, paths: &[&str]) -> Result<Option<Self>, Fault> {
        let mut repository = Objects::of(&Git::at(top)?)?;
        let Some(bytes) = repository.read(ObjectKind::Commit, commit)? else { return Ok(None) };
        let committed = Committed::read(&bytes).ok_or_else(|| unreadable(top, commit))?;
        let mut records = Self { repositories: vec![repository], commit: committed, files: BTreeMap::new(), absent: Vec::new() };
        let mut directory = Some(committed.tree);
        for part in tree.root().strip_prefix(top).into_iter().flat_map(Utf8Path::components) {
            let Some(id) = directory else { break };
            let bytes = records.needed(0, ObjectKind::Tree, id)?;
            let lines = lines(&bytes, id).ok_or_else(|| unreadable(top, id))?;
            directory = lines.iter().find(|line| line.name == part.as_str() && line.mode == b"40000").map(|line| line.id);
        }
        if let Some(id) = directory {
            records.walk(tree, id, paths)?;
        }
        Ok(Some(records))
    }

    fn walk(&mut self, tree: &Tree, root: ObjectId, paths: &[&str]) -> Result<(), Fault> {
        let mut directories = vec![(0, Utf8PathBuf::new(), root)];
        while let Some((repository, directory, id)) = directories.pop() {
            let bytes = self.needed(repository, ObjectKind::Tree, id)?;
            let place = self.repositories[repository].directory();
            let is_root = directory.as_str().is_empty();
            for Line { mode, name, id } in lines(&bytes, id).ok_or_else(|| unreadable(place, id))? {
                if is_root && !paths.contains(&name.as_str()) {
                    continue;
                }
                let path = directory.join(name);
                match mode {
                    b"40000" => directories.push((repository, path, id)),
                    b"160000" => match self.submodule(&tree.root().join(&path), id)? {
                        Some(root) => directories.push((self.repositories.len() - 1, path, root)),
                        None => self.absent.push(path),
                    },
                    _ => {
                        let (is_link, is_executable) = (mode == b"120000", mode == b"100755");
                        self.files.insert(path, Entry { id, is_link, is_executable, repository });
                    }
                }
            }
        }
        self.absent.sort();
        Ok(())
    }

    /// The tree of a submodule's commit, if that is here; its repository is the newest then.
    fn submodule(&mut self, directory: &Utf8Path, commit: ObjectId) -> Result<Option<ObjectId>, Fault> {
        if directory.join(".git").symlink_metadata().is_err() {
            return Ok(None);
        }
        let mut repository = Objects::of(&Git::at(directory)?)?;
        let Some(bytes) = repository.read(ObjectKind::Commit, commit)? else { return Ok(None) };
        self.repositories.push(repository);
        Ok(Some(Committed::read(&bytes).ok_or_else(|| unreadable(directory, commit))?.tree))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// When git fails, or does not have them.
    pub(crate) fn blob(&mut self, entry: Entry) -> Result<Vec<u8>, Fault> {
        self.needed(entry.repository, ObjectKind::Blob, entry.id)
    }

    fn needed(&mut self, repository: usize, kind: ObjectKind, id: ObjectId) -> Result<Vec<u8>, Fault> {
        self.repositories[repository].needed(kind, id, "its commit")
    }
}

/// The lines of a tree object: `MODE NAME`, a zero, and the name of what it is in as many bytes as that of the tree.
pub(super) fn lines(mut bytes: &[u8], of: ObjectId) -> Option<Vec<Line<'_>>> {
    let mut lines = Vec::new();
    while !bytes.is_empty() {
        let zero = bytes.iter().position(|byte| *byte == 0)?;
        let (head, rest) = (&bytes[..zero], &bytes[zero + 1..]);
        let space = head.iter().position(|byte| *byte == b' ')?;
        let (id, rest) = rest.split_at_checked(of.size())?;
        let name = String::from_utf8_lossy(&head[space + 1..]).into_owned();
        lines.push(Line { mode: &head[..space], name, id: ObjectId::from_bytes(id)? });
        bytes = rest;
    }
    Some(lines)
}

pub(super) fn unreadable(directory: &Utf8Path, id: ObjectId) -> Fault {
    Fault::harness(format!("the repository of {directory} has {id} in a form that cannot be read"))
        .help("see what `git fsck` says there")
}
