//! [DSSE](https://github.com/secure-systems-lab/dsse/blob/master/envelope.md) envelopes with one Ed25519 signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use signature::Verifier;
use ssh_key::{Algorithm, HashAlg, PublicKey, Signature};

/// The type of what our envelopes hold.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A statement with the signature of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The bytes that are signed, and the bytes that are read.
    pub payload: Vec<u8>,
    /// The fingerprint of the key.
    pub key: String,
    signature: Vec<u8>,
}

/// The envelope as it is written.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct WrittenEnvelope {
    payload: String,
    payload_type: String,
    signatures: [WrittenSignature; 1],
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct WrittenSignature {
    keyid: String,
    sig: String,
}

impl Envelope {
    /// Puts a payload into an envelope; `sign` gives the raw signature over what is to be signed.
    ///
    /// # Errors
    /// Why it cannot be signed.
    pub fn seal<E>(payload: &str, key: &PublicKey, sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>) -> Result<Self, E> {
        let signature = sign(&signed_bytes(payload.as_bytes()))?;
        Ok(Self { payload: payload.as_bytes().to_vec(), key: fingerprint(key), signature })
    }

    /// The text of the envelope's file.
    pub fn to_json(&self) -> String {
        let written = WrittenEnvelope {
            payload: STANDARD.encode(&self.payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: [WrittenSignature { keyid: self.key.clone(), sig: STANDARD.encode(&self.signature) }],
        };
        // An envelope holds text only, which JSON can always say.
        serde_json::to_string_pretty(&written).map(|text| text + "\n").unwrap_or_default()
    }

    /// Reads an envelope. Nothing in it is to be believed before [`Self::is_by`] held.
    ///
    /// # Errors
    /// Why it is none of ours.
    pub fn read(text: &str) -> Result<Self, String> {
        let written: WrittenEnvelope = serde_json::from_str(text).map_err(|reason| format!("it is no envelope: {reason}"))?;
        if written.payload_type != PAYLOAD_TYPE {
            return Err(format!("its payload is of the type {:?}, not {PAYLOAD_TYPE:?}", written.payload_type));
        }
        let decode = |text: &str| STANDARD.decode(text).map_err(|reason| format!("it is no envelope: {reason}"));
        let [WrittenSignature { keyid, sig }] = written.signatures;
        Ok(Self { payload: decode(&written.payload)?, key: keyid, signature: decode(&sig)? })
    }

    /// Whether this key signed these bytes.
    pub fn is_by(&self, key: &PublicKey) -> bool {
        let signature = Signature::new(Algorithm::Ed25519, self.signature.as_slice());
        signature.is_ok_and(|signature| key.key_data().verify(&signed_bytes(&self.payload), &signature).is_ok())
    }
}

/// The key's fingerprint, by which an envelope names it.
fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// DSSE's pre-authentication encoding: type and payload, each with its length before it.
fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// An Ed25519 key as `SubjectPublicKeyInfo` in PEM (RFC 8410), which OpenSSH cannot write; `None` for other keys.
pub fn public_key_pem(key: &PublicKey) -> Option<String> {
    /// SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }, up to the key itself.
    const START: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let key = key.key_data().ed25519()?;
    let encoded = STANDARD.encode([START.as_slice(), key.as_ref()].concat());
    Some(format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signed_bytes_are_those_of_the_specification() {
        let bytes = signed_bytes("héllo".as_bytes());
        assert_eq!(bytes, "DSSEv1 28 application/vnd.in-toto+json 6 héllo".as_bytes());
    }

    #[test]
    fn a_key_is_written_as_openssl_writes_it() {
        // The public key of RFC 8410, section 10.1.
        let key = ssh_key::public::Ed25519PublicKey(
            STANDARD.decode("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=").unwrap().try_into().unwrap(),
        );
        let pem = public_key_pem(&PublicKey::from(key)).unwrap();
        assert_eq!(pem.lines().nth(1), Some("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="));
    }

    #[test]
    fn an_envelope_reads_back_and_nothing_else_does() {
        let key = PublicKey::from(ssh_key::public::Ed25519PublicKey([7; 32]));
        let sealed = Envelope::seal("{}", &key, |_| Ok::<_, ()>(vec![1; 64])).unwrap();
        assert_eq!(Envelope::read(&sealed.to_json()), Ok(sealed.clone()));
        assert!(!sealed.is_by(&key));
        for (old, new) in [("\"sig\"", "\"sih\""), ("in-toto+json", "in-toto"), ("e30=", "e30"), ("\"payload\"", "\"load\"")] {
            assert!(Envelope::read(&sealed.to_json().replace(old, new)).is_err(), "{old}");
        }
        let twice = sealed.to_json().replace("    }\n  ]", "    },\n    { \"keyid\": \"\", \"sig\": \"\" }\n  ]");
        assert!(Envelope::read(&twice).is_err());
    }
}
