//! What the product's own git repository says of fixes and releases. Nothing here uses a network: the repository is a directory.

use std::collections::BTreeMap;

use camino::Utf8Path;
use fixgate_core::ancestry::{Ancestry, Presence};
use fixgate_core::id::Commit;
use fixgate_core::ledger::Ledger;
use fixgate_core::release::Position;

use crate::fault::Fault;
use crate::git::{Git, ObjectId, ObjectKind, Objects, controlled};
use crate::tree::Tree;

/// Which fixes and releases up to a place are in the history of the commit that a release is made of; nothing where
/// `fixgate.toml` names no repository.
///
/// # Errors
/// When there is no such repository, it has only a part of the history, it does not know the commit, or git fails.
pub fn ask(tree: &Tree, ledger: &Ledger, place: Position, commit: Option<&Commit>) -> Result<Option<Ancestry>, Fault> {
    let Some(repository) = &ledger.project.repository else { return Ok(None) };
    let Some(commit) = commit else {
        return Ok(Some(Ancestry {
            commit: None,
            fixes: Default::default(),
            releases: Default::default(),
            authors: Default::default(),
        }));
    };
    let repository = Repository::open(tree, repository)?;
    if !repository.knows(commit)? {
        let directory = repository.0.directory();
        let message = format!("the commit {commit} is not in the product's repository {directory}");
        return Err(Fault::usage(message).help("fetch it there, or correct the release's `commit`"));
    }
    let fixes = ledger.defects.values().filter(|defect| ledger.has_fix(&defect.id, place));
    let fixes: Vec<_> = fixes.filter_map(|defect| Some((defect.id.clone(), &defect.fix.as_ref()?.commit))).collect();
    let mut objects = Objects::of(&repository.0)?;
    let mut authors = BTreeMap::new();
    for (id, commit) in &fixes {
        if let Some(author) = repository.author(&mut objects, commit)? {
            authors.insert(id.clone(), author);
        }
    }
    let before = |release: &&fixgate_core::release::Release| ledger.train.position(&release.name) < Some(place);
    let releases = ledger.train.releases().iter().filter(before);
    let releases = releases.filter_map(|release| Some((release.name.clone(), release.commit.as_ref()?)));
    Ok(Some(Ancestry {
        commit: Some(commit.clone()),
        fixes: fixes.into_iter().map(|(id, fix)| Ok((id, repository.presence(fix, commit)?))).collect::<Result<_, Fault>>()?,
        releases: releases
            .map(|(name, earlier)| Ok((name, repository.presence(earlier, commit)?)))
            .collect::<Result<_, Fault>>()?,
        authors,
    }))
}

/// A repository that is whole.
pub(crate) struct Repository(Git);

impl Repository {
    pub(crate) fn open(tree: &Tree, path: &Utf8Path) -> Result<Self, Fault> {
        let root = tree.root().join(path);
        let broken = |why: &str, help: &str| Fault::usage(format!("the product's repository {root} {why}")).help(help);
        let help = "`repository` under [product] in fixgate.toml is a directory on this machine; clone it there, whole";
        let root = root.canonicalize_utf8().map_err(|reason| broken(&format!("cannot be entered: {reason}"), help))?;
        let is_bare = ["HEAD", "objects", "refs"].iter().all(|name| root.join(name).exists());
        let git = match controlled(&root)? {
            Some(top) if top == root => Git::at(&root)?,
            Some(_) | None if is_bare => Git::bare(&root)?,
            // A directory inside another repository would answer for that one.
            Some(_) | None => return Err(broken("is no git repository", help)),
        };
        if git.is_shallow() {
            return Err(broken("has only a part of the history", "fetch the rest: git fetch --unshallow"));
        }
        Ok(Self(git))
    }

    /// Whether it has the commit. Git's answer has a form for programs: `NAME commit SIZE`, or what is wrong with the name.
    fn knows(&self, commit: &Commit) -> Result<bool, Fault> {
        let answer = self.0.ask_of(&["cat-file", "--batch-check=%(objecttype)"], &format!("{commit}^{{commit}}\n"))?;
        Ok(answer.trim_end() == "commit")
    }

    /// The author of a commit, with name and address, if it has the commit.
    fn author(&self, objects: &mut Objects, commit: &Commit) -> Result<Option<String>, Fault> {
        let name = self.0.ask_of(&["cat-file", "--batch-check=%(objectname)"], &format!("{commit}^{{commit}}\n"))?;
        let Some(id) = ObjectId::parse(name.trim_end()) else { return Ok(None) };
        let Some(bytes) = objects.read(ObjectKind::Commit, id)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        let author = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix("author "));
        // What follows the address is a time.
        Ok(author.and_then(|author| author.rsplit_once('>')).map(|(person, _)| format!("{person}>")))
    }

    /// Whether `commit` is in the history of `of`.
    fn presence(&self, commit: &Commit, of: &Commit) -> Result<Presence, Fault> {
        if !self.knows(commit)? {
            return Ok(Presence::Unknown);
        }
        // What can be reached from the one and not from the other: nothing, if it is an ancestor.
        let beyond = self.0.ask(&["rev-list", "--max-count=1", commit.as_str(), &format!("^{of}")])?;
        Ok(if beyond.trim().is_empty() { Presence::Present } else { Presence::Absent })
    }

    /// The commits that the second has and the first does not, the oldest first, along first parents.
    pub(crate) fn between(&self, good: &Commit, bad: &Commit) -> Result<String, Fault> {
        self.0.ask(&["rev-list", "--first-parent", "--reverse", "--end-of-options", &format!("{good}..{bad}")])
    }
}
