//! The plan of the last sign-off, as that keeps it: on each line a scenario's id and its definition's digest.

use std::collections::BTreeMap;

use crate::id::{Digest, DigestStart, ScenarioId};

/// What a sign-off keeps of a definition.
#[derive(Debug, Clone, Copy)]
pub enum Kept {
    /// Its digest.
    Whole(Digest),
    /// The first twelve digits of it, as earlier versions did.
    Start(DigestStart),
}

impl Kept {
    /// Whether it is this definition, as far as that can be told.
    pub fn is_of(&self, digest: &Digest) -> bool {
        match self {
            Kept::Whole(kept) => kept == digest,
            Kept::Start(start) => start.may_be(digest),
        }
    }
}

/// The plan of the last sign-off.
pub type LastPlan = BTreeMap<ScenarioId, Kept>;

/// Reads the text of `plan.txt`.
///
/// # Errors
/// What is wrong with it.
pub fn read_last_plan(text: &str) -> Result<LastPlan, String> {
    let line = |line: &str| {
        let (scenario, digest) = line.split_once(' ').ok_or_else(|| format!("plan.txt.gz: {line:?} has no digest"))?;
        let kept = if digest.starts_with("sha256:") { digest.parse().map(Kept::Whole) } else { digest.parse().map(Kept::Start) };
        Ok((scenario.parse()?, kept?))
    };
    text.lines().map(line).collect()
}
