//! Whether the build that a run tested is still the one at hand.

use camino::Utf8PathBuf;
use fixgate_core::ledger::Ledger;
use fixgate_core::record::{NamedBuild, RunRecord};

use super::digest_of;
use crate::fault::Fault;
use crate::tree::Tree;

/// What was found of a build where it was when it was tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtHand {
    /// The build that was tested.
    Tested,
    /// Nothing; the run may be of another machine.
    Nothing(Utf8PathBuf),
    /// The record is older than requests are recorded, and does not say where the build was.
    Unrecorded,
}

/// Digests the build that a run tested again.
///
/// # Errors
/// When another build is in its place, or it cannot be read.
pub fn at_hand(tree: &Tree, ledger: &Ledger, record: &RunRecord) -> Result<AtHand, Fault> {
    let tested = &record.header.candidate;
    let place = match record.header.request.as_ref().and_then(|request| request.candidate.as_ref()) {
        Some(NamedBuild::Path(path)) => tree.root().join(path),
        Some(NamedBuild::Release(name)) => tree.builds().join(name.as_str()).path(),
        None if ledger.train.releases().iter().any(|release| release.name.as_str() == tested.name) => {
            tree.builds().join(&tested.name).path()
        }
        None => return Ok(AtHand::Unrecorded),
    };
    let unseen = |reason| Fault::system(format!("{place}, the build that was tested, cannot be looked at: {reason}"), &reason);
    if !place.as_std_path().try_exists().map_err(unseen)? {
        return Ok(AtHand::Nothing(place));
    }
    let now = digest_of(&place)?;
    if now == tested.digest {
        return Ok(AtHand::Tested);
    }
    let message = format!(
        "{place} is another build than the run `{}` tested: it is {now}, and the run was of {}",
        record.header.run, tested.digest
    );
    Err(Fault::harness(message).help("put the build back that was tested, or sign off the one that is to ship"))
}
