//! What the product's repository has against a release: commits that its own is not built on.

use super::Evidence;
use crate::ancestry::{Ancestry, Presence};
use crate::id::{Commit, DefectId};

/// What the repository was asked about this release.
fn asked<'r>(evidence: &Evidence<'r>) -> Option<(&'r Ancestry, &'r Commit)> {
    let ancestry = evidence.record.header.ancestry.as_ref()?;
    Some((ancestry, ancestry.commit.as_ref()?))
}

/// The fixes whose commit the release does not have, a line for each.
pub(super) fn fixes(evidence: &Evidence<'_>) -> Vec<(DefectId, String)> {
    let Some((ancestry, commit)) = asked(evidence) else { return Vec::new() };
    let line = |(id, presence): (&DefectId, &Presence)| match presence {
        Presence::Present => None,
        Presence::Absent | Presence::Unknown => Some((
            id.clone(),
            format!("{id}: its commit {} {commit}, of which {} is made", presence.words(), evidence.release.name),
        )),
    };
    ancestry.fixes.iter().filter_map(line).collect()
}

/// The earlier releases whose commit the release does not have.
pub(super) fn earlier_releases(evidence: &Evidence<'_>) -> Vec<String> {
    let Some((ancestry, commit)) = asked(evidence) else { return Vec::new() };
    let absent = ancestry.releases.iter().filter(|(_, presence)| **presence != Presence::Present);
    let name = &evidence.release.name;
    absent
        .map(|(earlier, presence)| format!("the commit of {earlier} {} {commit}, of which {name} is made", presence.words()))
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
