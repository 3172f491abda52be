//! What a failure is known by once a waiver's rules have taken out what varies.

use serde::{Deserialize, Serialize};

use super::Entry;
use crate::id::Digest;
use crate::normalize::Masking;

/// What was seen of a failure under some waiver's `normalize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Masked {
    /// The digest of the rules.
    pub normalize: Digest,
    /// What was seen after them.
    pub seen: Digest,
}

impl Entry {
    /// What the failure is known by: exactly what was seen, or what is left of it under these rules. Rules that the run did not apply
    /// leave nothing.
    pub fn seen_under(&self, masking: Option<&Masking>) -> Option<Digest> {
        let Some(masking) = masking else { return self.seen };
        self.masked.iter().find(|masked| masked.normalize == masking.digest()).map(|masked| masked.seen)
    }
}
