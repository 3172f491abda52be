//! A candidate that is the very build of its baseline: whether the release's record says so.

use super::{Evidence, Fact};

/// What counts against it, and what people are told of a build that is meant to be the same.
pub(super) fn unchanged(evidence: &Evidence<'_>) -> (Option<Fact>, String) {
    let (header, release) = (&evidence.record.header, evidence.release);
    let Some(known) = &header.baseline else { return (None, String::new()) };
    let baseline = known.build.name.clone();
    // The record is about the release before, even if a run is compared with another build.
    let train = &evidence.ledger.train;
    let is_before = train.before(&release.name).and_then(|before| train.position(&before.name)) == Some(known.place);
    match (header.same_build(), &release.unchanged) {
        (Some(_), None) => (Some(Fact::SameBuild { baseline }), String::new()),
        (Some(_), Some(reason)) => (None, format!("; unchanged since {baseline}: {reason}")),
        (None, Some(_)) if is_before => (Some(Fact::NotUnchanged { baseline }), String::new()),
        (None, Some(_) | None) => (None, String::new()),
    }
}
