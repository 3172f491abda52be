//! What the product's repository has against a release: commits that its own is not built on.

use super::{Evidence, Fact};
use crate::ancestry::{Ancestry, Presence};
use crate::id::Commit;

/// What the repository was asked about this release.
fn asked<'r>(evidence: &Evidence<'r>) -> Option<(&'r Ancestry, &'r Commit)> {
    let ancestry = evidence.record.header.ancestry.as_ref()?;
    Some((ancestry, ancestry.commit.as_ref()?))
}

/// The fixes whose commit the release does not have.
pub(super) fn fixes(evidence: &Evidence<'_>) -> Vec<Fact> {
    let Some((ancestry, commit)) = asked(evidence) else { return Vec::new() };
    let (commit, release) = (commit.clone(), evidence.release.name.clone());
    let absent = ancestry.fixes.iter().filter(|(_, presence)| **presence != Presence::Present);
    absent
        .map(|(defect, presence)| Fact::FixNotInCommit {
            defect: defect.clone(),
            presence: *presence,
            commit: commit.clone(),
            release: release.clone(),
        })
        .collect()
}

/// The earlier releases whose commit the release does not have.
pub(super) fn earlier_releases(evidence: &Evidence<'_>) -> Vec<Fact> {
    let Some((ancestry, commit)) = asked(evidence) else { return Vec::new() };
    let (commit, release) = (commit.clone(), evidence.release.name.clone());
    let absent = ancestry.releases.iter().filter(|(_, presence)| **presence != Presence::Present);
    absent
        .map(|(earlier, presence)| Fact::ReleaseNotInCommit {
            earlier: earlier.clone(),
            presence: *presence,
            commit: commit.clone(),
            release: release.clone(),
        })
        .collect()
}

/// By what it is known that nothing was lost.
pub(super) fn summary(evidence: &Evidence<'_>) -> String {
    match (&evidence.record.header.ancestry, asked(evidence)) {
        (None, _) => "by behaviour alone: no repository of the product is named".to_owned(),
        (Some(_), None) => format!("by behaviour alone: {} names no commit", evidence.release.name),
        (Some(_), Some((ancestry, commit))) => {
            let present = ancestry.fixes.values().filter(|presence| **presence == Presence::Present).count();
            format!("by behaviour, and {present} of {} that name a commit are in {commit}", ancestry.fixes.len())
        }
    }
}
