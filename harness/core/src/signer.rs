//! Who may sign what: the keys that `allowed_signers` gives to principals, and what a signature by one of them is worth.
//!
//! `allowed_signers` is OpenSSH's file (ssh-keygen(1), "ALLOWED SIGNERS"), so that `ssh-keygen -Y verify` reads the same one.
//! It is read more strictly than OpenSSH does: a line names one principal without patterns, times are in UTC, and keys are
//! Ed25519, in a file or in hardware.

mod line;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ssh_key::{PublicKey, SshSig};
use strum::{IntoStaticStr, VariantArray};

use crate::document::decode_words;
use crate::id::Principal;
use crate::problem::{Place, Problem, Source};

/// The namespace of every signature that Fixgate makes or accepts, so that none made for another purpose counts.
pub const NAMESPACE: &str = "signoff@fixgate";

/// What a principal may attest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, VariantArray, strum::Display,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// A fix does what it should.
    Tester,
    /// A fix is what was asked for.
    Customer,
    /// A manual case was carried out.
    Manual,
    /// A build was in use.
    Deployment,
    /// A suite was run elsewhere, and its results are those of the build.
    Ci,
    /// A release may ship.
    ReleaseManager,
}
decode_words!(Role, "role");

impl Role {
    /// Every role, in the order of reports.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The role's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One line of `allowed_signers`: a key, whose it is, and what and when it is for.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Whose key it is.
    pub principal: Principal,
    /// The key.
    pub key: PublicKey,
    /// The namespaces that it is for; all of them where none is named.
    pub namespaces: Option<Vec<String>>,
    /// The first moment at which it counts.
    pub valid_after: Option<Timestamp>,
    /// The last moment at which it counts.
    pub valid_before: Option<Timestamp>,
    /// Its line.
    pub place: Place,
}

impl Signer {
    /// The key's fingerprint as `ssh-keygen -l` shows it: `SHA256:` and base64.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(ssh_key::HashAlg::Sha256).to_string()
    }

    /// What and when the key is for, in words.
    pub fn bounds(&self) -> String {
        let names = self.namespaces.as_ref().map_or("any namespace".to_owned(), |names| names.join(", "));
        let after = self.valid_after.map(|time| format!(", from {time}")).unwrap_or_default();
        let before = self.valid_before.map(|time| format!(", until {time}")).unwrap_or_default();
        format!("{names}{after}{before}")
    }

    /// Whether the key counts for Fixgate at this time.
    ///
    /// # Errors
    /// Why it does not.
    pub fn is_valid(&self, at: Timestamp) -> Result<(), Refusal> {
        if self.namespaces.as_ref().is_some_and(|names| !names.iter().any(|name| name == NAMESPACE)) {
            return Err(Refusal::OtherPurpose(self.principal.clone()));
        }
        match (self.valid_after, self.valid_before) {
            (Some(first), _) if at < first => Err(Refusal::NotYetValid(self.principal.clone(), first)),
            (_, Some(last)) if last < at => Err(Refusal::Expired(self.principal.clone(), last)),
            (_, _) => Ok(()),
        }
    }
}

/// The keys of `allowed_signers`, in the order of its lines.
#[derive(Debug, Clone, Default)]
pub struct AllowedSigners(Vec<Signer>);

impl AllowedSigners {
    /// Reads the file.
    ///
    /// # Errors
    /// Every line that is wrong, and every key that is given to two principals.
    pub fn read(source: &Arc<Source>) -> Result<Self, Vec<Problem>> {
        let (mut signers, mut problems) = (Vec::<Signer>::new(), Vec::new());
        for span in source.lines().filter(|span| !matches!(source.text[span.clone()].trim().as_bytes(), [] | [b'#', ..])) {
            let place = Place { source: Arc::clone(source), span };
            match line::read(&place) {
                Ok(signer) => match signers.iter().find(|other| is_shared(&signer, other)) {
                    Some(other) => problems.push(shared(&signer, other)),
                    None => signers.push(signer),
                },
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(Self(signers)) } else { Err(problems) }
    }

    /// Every key with its principal.
    pub fn iter(&self) -> impl Iterator<Item = &Signer> {
        self.0.iter()
    }

    /// The principals' keys.
    pub fn of<'s>(&'s self, principal: &Principal) -> impl Iterator<Item = &'s Signer> {
        self.0.iter().filter(move |signer| signer.principal == *principal)
    }

    /// Whose key this is.
    pub fn holder(&self, key: &ssh_key::public::KeyData) -> Option<&Principal> {
        self.0.iter().find(|signer| signer.key.key_data() == key).map(|signer| &signer.principal)
    }

    /// A key that `principal` may sign with at this time, if `key` is one.
    ///
    /// # Errors
    /// Why it is none.
    pub fn accept(&self, principal: &Principal, key: &ssh_key::public::KeyData, at: Timestamp) -> Result<&Signer, Refusal> {
        if self.of(principal).next().is_none() {
            return Err(Refusal::UnknownSigner(principal.clone()));
        }
        // The same key may stand on several lines, each for a time.
        let mut refusal = Refusal::OtherKey(principal.clone());
        for signer in self.of(principal).filter(|signer| signer.key.key_data() == key) {
            match signer.is_valid(at) {
                Ok(()) => return Ok(signer),
                Err(reason) => refusal = reason,
            }
        }
        Err(refusal)
    }

    /// The signer, if this is an SSH signature over these very bytes by a key of `principal` that counts at this time.
    ///
    /// # Errors
    /// Why it is not.
    pub fn verify(&self, principal: &Principal, at: Timestamp, bytes: &[u8], signature: &str) -> Result<&Signer, Refusal> {
        let parsed = SshSig::from_pem(signature).map_err(|reason| Refusal::NoSignature(reason.to_string()))?;
        let signer = self.accept(principal, parsed.public_key(), at)?;
        if parsed.namespace() != NAMESPACE {
            return Err(Refusal::OtherNamespace(parsed.namespace().to_owned()));
        }
        signer.key.verify(NAMESPACE, bytes, &parsed).map_err(|_| Refusal::Edited)?;
        Ok(signer)
    }
}

fn is_shared(one: &Signer, other: &Signer) -> bool {
    let same_key = one.key.key_data() == other.key.key_data();
    let (one, other) = (one.principal.as_str(), other.principal.as_str());
    one != other && (same_key || one.eq_ignore_ascii_case(other))
}

fn shared(signer: &Signer, other: &Signer) -> Problem {
    let (one, two) = (&signer.principal, &other.principal);
    let message = if one.as_str().eq_ignore_ascii_case(two.as_str()) {
        format!("`{one}` and `{two}` differ in case alone")
    } else {
        format!("the key of `{one}` is also that of `{two}`")
    };
    Problem::at(signer.place.clone(), message).help("a signature must tell who signed: one key, one principal")
}

/// Why a signed statement does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing is signed.
    #[error("it is not signed")]
    Unsigned,
    /// What should be a signature is none.
    #[error("its signature cannot be read: {0}")]
    NoSignature(String),
    /// The principal has no key in `allowed_signers`.
    #[error("{0} is no signer that allowed_signers knows")]
    UnknownSigner(Principal),
    /// It is signed by a key that is not the principal's.
    #[error("it is not signed by a key of {0}")]
    OtherKey(Principal),
    /// The principal's key is not for signing off.
    #[error("the key of {0} is not for the namespace {NAMESPACE}", NAMESPACE = NAMESPACE)]
    OtherPurpose(Principal),
    /// The key did not count yet.
    #[error("the key of {0} does not count before {1}")]
    NotYetValid(Principal, Timestamp),
    /// The key did not count any more.
    #[error("the key of {0} expired at {1}")]
    Expired(Principal, Timestamp),
    /// The signature was made for another purpose.
    #[error("it is signed for {0:?}, not for {NAMESPACE}", NAMESPACE = NAMESPACE)]
    OtherNamespace(String),
    /// What is signed is not what is there.
    #[error("it is not as it was signed")]
    Edited,
    /// The principal may not attest this.
    #[error("{0} does not hold the role {1}")]
    WithoutRole(Principal, Role),
    /// It is dated after the day on which it is looked at.
    #[error("it is dated {0}, which is yet to come")]
    YetToCome(Timestamp),
}
