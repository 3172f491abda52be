//! What the product's own git repository says of fixes and releases. Nothing here uses a network: the repository is a directory.

use camino::{Utf8Path, Utf8PathBuf};
use fixgate_core::ancestry::{Ancestry, Presence};
use fixgate_core::id::Commit;
use fixgate_core::ledger::Ledger;
use fixgate_core::release::Position;

use crate::commit::git;
use crate::fault::Fault;
use crate::tree::Tree;

/// Which fixes and releases up to a place are in the history of the commit that a release is made of; nothing where
/// `fixgate.toml` names no repository.
///
/// # Errors
/// When there is no such repository, it has only a part of the history, or it does not know the commit.
pub fn ask(tree: &Tree, ledger: &Ledger, place: Position, commit: Option<&Commit>) -> Result<Option<Ancestry>, Fault> {
    let Some(repository) = &ledger.project.repository else { return Ok(None) };
    let Some(commit) = commit else {
        return Ok(Some(Ancestry { commit: None, fixes: Default::default(), releases: Default::default() }));
    };
    let repository = Repository::open(tree, repository)?;
    if !repository.knows(commit) {
        let message = format!("the commit {commit} is not in the product's repository {}", repository.0);
        return Err(Fault::usage(message).help("fetch it there, or correct the release's `commit`"));
    }
    let fixes = ledger.defects.values().filter(|defect| ledger.has_fix(&defect.id, place));
    let fixes = fixes.filter_map(|defect| Some((defect.id.clone(), &defect.fix.as_ref()?.commit)));
    let before = |release: &&fixgate_core::release::Release| ledger.train.position(&release.name) < Some(place);
    let releases = ledger.train.releases().iter().filter(before);
    let releases = releases.filter_map(|release| Some((release.name.clone(), release.commit.as_ref()?)));
    Ok(Some(Ancestry {
        commit: Some(commit.clone()),
        fixes: fixes.map(|(id, fix)| (id, repository.presence(fix, commit))).collect(),
        releases: releases.map(|(name, earlier)| (name, repository.presence(earlier, commit))).collect(),
    }))
}

/// A repository that is whole.
struct Repository(Utf8PathBuf);

impl Repository {
    fn open(tree: &Tree, path: &Utf8Path) -> Result<Self, Fault> {
        let root = tree.root().join(path);
        let broken = |why: &str, help: &str| Fault::usage(format!("the product's repository {root} {why}")).help(help);
        let help = "`repository` under [product] in fixgate.toml is a directory on this machine; clone it there, whole";
        let root = root.canonicalize_utf8().map_err(|reason| broken(&format!("cannot be entered: {reason}"), help))?;
        // A directory inside another repository would answer for that one.
        let own = |text: Option<String>| text.is_some_and(|top| Utf8Path::new(top.trim_end()) == root);
        let bare = git(&root, &["rev-parse", "--is-bare-repository"]);
        let is_bare = bare.is_some_and(|text| text.trim() == "true") && own(git(&root, &["rev-parse", "--absolute-git-dir"]));
        if !is_bare && !own(git(&root, &["rev-parse", "--show-toplevel"])) {
            return Err(broken("is no git repository", help));
        }
        if git(&root, &["rev-parse", "--is-shallow-repository"]).is_none_or(|text| text.trim() != "false") {
            return Err(broken("has only a part of the history", "fetch the rest: git fetch --unshallow"));
        }
        Ok(Self(root))
    }

    fn knows(&self, commit: &Commit) -> bool {
        git(&self.0, &["rev-parse", "--verify", "--quiet", &format!("{commit}^{{commit}}")]).is_some()
    }

    /// Whether `commit` is in the history of `of`.
    fn presence(&self, commit: &Commit, of: &Commit) -> Presence {
        if !self.knows(commit) {
            return Presence::Unknown;
        }
        // What can be reached from the one and not from the other: nothing, if it is an ancestor.
        let beyond = git(&self.0, &["rev-list", "--max-count=1", commit.as_str(), &format!("^{of}")]);
        if beyond.is_some_and(|text| text.trim().is_empty()) { Presence::Present } else { Presence::Absent }
    }
}
