//! A sealed sign-off: in-toto statements about evidence and decision in signed envelopes, and what makes them hold.
//!
//! `fixgate sign` writes `evidence.intoto.json`, `signoff.intoto.json` and `signer.pub` beside the reports that they are about.

mod check;
mod envelope;
mod statement;

use std::collections::BTreeMap;

use crate::id::Digest;

pub use self::check::{Sealed, Verified};
pub use self::envelope::{Envelope, PAYLOAD_TYPE, public_key_pem};
pub use self::statement::{decision, evidence, time_verified};
#[cfg(test)]
pub(crate) use self::{
    envelope::WrittenEnvelope,
    statement::{Statement, Summary, TestResult},
};

/// What was tested, with what, and what came of it.
pub const EVIDENCE: &str = "evidence.intoto.json";
/// The decision over it.
pub const DECISION: &str = "signoff.intoto.json";
/// The key that signed both, for verifiers that know nothing of SSH.
pub const SIGNER: &str = "signer.pub";
/// Everything that a signature adds to the reports; what was signed over other reports says nothing of new ones.
pub const SEALS: [&str; 3] = [EVIDENCE, DECISION, SIGNER];

/// The digests of files by their names.
pub type FileDigests = BTreeMap<String, Digest>;
