//! Proofs on record whose builds are not the releases that they name, as those of proofs that are made by hand are not.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AgainResult, Evidence};
use crate::id::{DefectId, Digest, ReleaseName};
use crate::proof::{BuildIdentity, Proof};

/// A proof that a reviewer should know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoubtfulProof {
    /// The fix.
    pub defect: DefectId,
    /// What is to be said of it.
    pub doubts: Vec<Doubt>,
}

/// What is to be said of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// One of its builds is no release.
    NoRelease(String),
    /// One of its builds is not that which was signed off, or is pinned, as the release.
    OtherBuild(ReleaseName),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::NoRelease(name) => write!(f, "{name} is no release"),
            Doubt::OtherBuild(release) => write!(f, "its build of {release} is not the one that is known as {release}"),
        }
    }
}

/// Those of earlier fixes that this run did not prove again.
pub(super) fn proofs(evidence: &Evidence<'_>, again: &[AgainResult]) -> Vec<DoubtfulProof> {
    let header = &evidence.record.header;
    let is_proved = |defect: &DefectId| again.iter().any(|again| again.defect == *defect && again.proof.proved);
    let older = super::older_fixes(evidence.ledger, header.place).into_iter().filter(|defect| !is_proved(&defect.id));
    let doubtful = older.filter_map(|defect| {
        let Proof { base, fixed, .. } = evidence.ledger.proofs.get(&defect.id)?;
        let doubts: Vec<Doubt> = [base, fixed].into_iter().filter_map(|build| doubt(evidence, build)).collect();
        (!doubts.is_empty()).then(|| DoubtfulProof { defect: defect.id.clone(), doubts })
    });
    doubtful.collect()
}

fn doubt(evidence: &Evidence<'_>, build: &BuildIdentity) -> Option<Doubt> {
    let release = build.name.parse::<ReleaseName>().ok().and_then(|name| evidence.ledger.train.release(&name));
    let Some(release) = release else { return Some(Doubt::NoRelease(build.name.clone())) };
    let known = known(evidence, &release.name).or(release.digest)?;
    (known != build.digest).then(|| Doubt::OtherBuild(release.name.clone()))
}

/// The build that is known as a release: of this run, or of the release's own sign-off.
fn known(evidence: &Evidence<'_>, release: &ReleaseName) -> Option<Digest> {
    let header = &evidence.record.header;
    let baseline = header.baseline.iter().map(|baseline| &baseline.build).find(|build| build.name == release.as_str());
    let signed = evidence.earlier.iter().find(|signed| signed.release == *release).map(|signed| signed.candidate);
    signed.or_else(|| baseline.map(|build| build.digest))
}
