//! A failure under the rules of a waiver, which take out what varies.

use super::{Finding, seen};
use crate::case::Bytes;
use crate::id::Digest;
use crate::normalize::Masking;
use crate::observation::{Left, Observation};

/// What is left of what was seen, and the digest that it is known by.
///
/// # Errors
/// At which step and stream a failure could not be known by what is left, and why.
pub fn masked(masking: &Masking, seen: &Observation, findings: &[Finding]) -> Result<(Observation, Digest), String> {
    let mut left = seen.clone();
    for (step, left) in (1..).zip(&mut left.steps) {
        let apply = |what: &str, bytes: &mut Bytes| {
            let masked = masking.apply(bytes).map_err(|reason| format!("`normalize` of {what} of step {step}: {reason}"))?;
            *bytes = Bytes::from(masked);
            Ok::<(), String>(())
        };
        apply("stdout", &mut left.stdout)?;
        apply("stderr", &mut left.stderr)?;
        for (path, file) in &mut left.files {
            if let Left::File(content) = file {
                apply(&format!("the file {path}"), content)?;
            }
        }
    }
    let digest = seen::digest(&left, findings);
    Ok((left, digest))
}
