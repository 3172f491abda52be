//! What findings say in detail, as data; their words are in [`words`](super::words), too.

use serde::{Deserialize, Serialize};

use crate::id::{AttestationName, Digest, Principal, ReleaseName};
use crate::imported::{Producer, ReadCounts};

/// Why the results of a suite do not vouch for a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "lack", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum SuiteLack {
    /// No system has attested them.
    NotAttested {
        /// The newest statement about another build, and that build.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elsewhere: Option<(AttestationName, Digest)>,
    },
    /// A statement does not count.
    Refused {
        /// The statement.
        attestation: AttestationName,
        /// Why.
        why: String,
    },
    /// They are those of another program.
    OtherProducer {
        /// The statement.
        attestation: AttestationName,
        /// The program that wrote them.
        found: Producer,
        /// The program that the suite is run by.
        wanted: Producer,
    },
    /// They are not green.
    NotGreen {
        /// The statement.
        attestation: AttestationName,
        /// Whether it was deleted since.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        gone: bool,
        /// Who states it.
        by: Principal,
        /// The tests.
        read: ReadCounts,
        /// Whether `fixgate.toml` asks for the suite no more.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dropped: bool,
    },
    /// Too few tests passed.
    TooFew {
        /// The statement.
        attestation: AttestationName,
        /// How many passed.
        passed: u64,
        /// How many must.
        required: u64,
    },
}

/// Which release lost a fix: the first in which it is known to be red, after the last in which it is known to be green.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Loss {
    /// The last release in which it is known to be green.
    pub green_in: ReleaseName,
    /// What says so.
    pub green_by: LossSource,
    /// The release after that, which is the first that can have lost it.
    pub first: ReleaseName,
    /// The first in which it is known not to be green.
    pub red_in: ReleaseName,
    /// What says so.
    pub red_by: LossSource,
}

/// What says how a fix stood in a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LossSource {
    /// The release's own sign-off.
    Signoff,
    /// The baseline of this run.
    Baseline,
    /// The defect's record, by which it was fixed there.
    Record,
    /// This run.
    Here,
}
