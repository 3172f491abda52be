//! What a commit goes back to: the commits of its history, and every version of some files. All of it is told from objects.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::ancestry::Presence;

use super::walk::{lines, unreadable};
use super::{Git, ObjectId, ObjectKind, Objects};
use crate::fault::Fault;
use crate::tree::Tree;

/// The history of a commit.
#[derive(Debug)]
pub(crate) struct History {
    objects: Objects,
    commits: BTreeSet<ObjectId>,
    /// By the path below the root of the records, those that newer commits have first.
    versions: BTreeMap<Utf8PathBuf, Vec<Version>>,
    /// The folders that were looked into, as they stood.
    walked: BTreeSet<(Utf8PathBuf, ObjectId)>,
}

/// One content that a file has had.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version {
    pub(crate) blob: ObjectId,
    /// A commit that has it.
    pub(crate) commit: ObjectId,
}

impl History {
    /// That of a commit, with the versions of one folder of the records.
    ///
    /// # Errors
    /// When git fails, an object cannot be read, or only a part of the history is here.
    pub(crate) fn of(tree: &Tree, top: &Utf8Path, head: ObjectId, folder: &str) -> Result<Self, Fault> {
        let (commits, versions, walked) = (BTreeSet::from([head]), BTreeMap::new(), BTreeSet::new());
        let mut history = Self { objects: Objects::of(&Git::at(top)?)?, commits, versions, walked };
        let prefix = tree.root().strip_prefix(top).unwrap_or(Utf8Path::new("")).join(folder);
        let mut queue = VecDeque::from([head]);
        while let Some(id) = queue.pop_front() {
            let Some(bytes) = history.objects.read(ObjectKind::Commit, id)? else {
                let message = format!("the repository of {top} has only a part of the history: it lacks the commit {id}");
                return Err(Fault::usage(format!("{message}, and what was deleted before may be in it"))
                    .help("fetch the rest: git fetch --unshallow"));
            };
            let (root, parents) = links(&bytes).ok_or_else(|| unreadable(top, id))?;
            queue.extend(parents.into_iter().filter(|parent| history.commits.insert(*parent)));
            history.look(top, id, root, &prefix, folder)?;
        }
        Ok(history)
    }

    /// Looks into the folder as a commit has it, where no other commit had the same.
    fn look(&mut self, top: &Utf8Path, commit: ObjectId, root: ObjectId, prefix: &Utf8Path, folder: &str) -> Result<(), Fault> {
        let mut at = root;
        for part in prefix.components() {
            let inside = self.listed(top, at)?.into_iter().find(|line| line.1 == part.as_str() && line.0);
            let Some((_, _, id)) = inside else { return Ok(()) };
            at = id;
        }
        let mut folders = vec![(Utf8PathBuf::from(folder), at)];
        while let Some((path, id)) = folders.pop() {
            if !self.walked.insert((path.clone(), id)) {
                continue;
            }
            for (is_folder, name, id) in self.listed(top, id)? {
                let path = path.join(name);
                if is_folder {
                    folders.push((path, id));
                    continue;
                }
                let versions = self.versions.entry(path).or_default();
                if versions.iter().all(|version| version.blob != id) {
                    versions.push(Version { blob: id, commit });
                }
            }
        }
        Ok(())
    }

    /// What a folder holds: whether it is a folder, its name and its object.
    fn listed(&mut self, top: &Utf8Path, id: ObjectId) -> Result<Vec<(bool, String, ObjectId)>, Fault> {
        let bytes = self.objects.read(ObjectKind::Tree, id)?.ok_or_else(|| unreadable(top, id))?;
        let lines = lines(&bytes, id).ok_or_else(|| unreadable(top, id))?;
        Ok(lines.into_iter().map(|line| (line.mode == b"40000", line.name, line.id)).collect())
    }

    /// Whether a commit is in it.
    pub(crate) fn presence(&self, commit: Option<&str>) -> Presence {
        match commit.and_then(ObjectId::parse) {
            Some(id) if self.commits.contains(&id) => Presence::Present,
            Some(_) => Presence::Absent,
            None => Presence::Unknown,
        }
    }

    /// Every path that a commit of it has.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (&Utf8PathBuf, &Vec<Version>)> {
        self.versions.iter()
    }

    /// The bytes of a version.
    ///
    /// # Errors
    /// When git fails, or does not have them.
    pub(crate) fn bytes(&mut self, version: Version) -> Result<Vec<u8>, Fault> {
        self.objects.needed(ObjectKind::Blob, version.blob, &format!("its commit {}", version.commit))
    }
}

/// The tree of a commit, and the commits before it.
fn links(bytes: &[u8]) -> Option<(ObjectId, Vec<ObjectId>)> {
    let text = String::from_utf8_lossy(bytes);
    let head = || text.lines().take_while(|line| !line.is_empty());
    let tree = ObjectId::parse(head().find_map(|line| line.strip_prefix("tree "))?)?;
    let parents = head().filter_map(|line| line.strip_prefix("parent ")).map(ObjectId::parse).collect::<Option<_>>()?;
    Some((tree, parents))
}
