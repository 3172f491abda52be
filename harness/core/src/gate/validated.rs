//! The criterion `validated`: a new fix that customers had as a private fix has the words of tester and customer, each on the
//! very build that the customer got.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Evidence, Fact, new_fixes};
use crate::attestation::{Attestation, unvalidated};
use crate::defect::{Defect, Status};
use crate::id::{DefectId, Digest, ReleaseName};
use crate::ledger::Ledger;
use crate::private_fix::PrivateFix;
use crate::signer::Role;

/// The private fixes of what is new in this release, with the defect; one of several defects is listed once for each.
pub(super) fn private_fixes<'r>(evidence: &Evidence<'r>) -> impl Iterator<Item = (&'r Defect, &'r PrivateFix)> {
    new_private_fixes(evidence.ledger, &evidence.release.name)
}

fn new_private_fixes<'l>(ledger: &'l Ledger, release: &'l ReleaseName) -> impl Iterator<Item = (&'l Defect, &'l PrivateFix)> {
    let of = |defect: &'l Defect| {
        ledger.private_fixes.iter().filter(|fix| fix.defects.contains(&defect.id)).map(move |fix| (defect, fix))
    };
    new_fixes(ledger, release).flat_map(of)
}

/// What is open about each new fix that was a private one. Where a customer got several builds, one that satisfied is enough.
pub(super) fn against(evidence: &Evidence<'_>) -> Vec<Fact> {
    let best = best_builds(evidence.ledger, &evidence.release.name, evidence.attestations, evidence.today);
    let lacking = |(defect, _, lacking): (&DefectId, Digest, Vec<String>)| {
        let defect = defect.clone();
        lacking.into_iter().map(move |why| Fact::Unvalidated { defect: defect.clone(), why })
    };
    best.into_iter().flat_map(lacking).chain(unrecorded(evidence)).collect()
}

/// Each new fix with the build of each of its customers that lacks least, and what it lacks.
pub(super) fn best_builds<'l>(
    ledger: &'l Ledger,
    release: &'l ReleaseName,
    attestations: &[Attestation],
    today: Date,
) -> Vec<(&'l DefectId, Digest, Vec<String>)> {
    let mut by_customer: BTreeMap<(&DefectId, &str), (Digest, Vec<String>)> = BTreeMap::new();
    for (defect, fix) in new_private_fixes(ledger, release) {
        let lacking = (fix.digest, unvalidated(attestations, &defect.id, fix.digest, today));
        let best = by_customer.entry((&defect.id, &fix.customer)).or_insert_with(|| lacking.clone());
        if lacking.1.len() < best.1.len() {
            *best = lacking;
        }
    }
    by_customer.into_iter().map(|((defect, _), (build, lines))| (defect, build, lines)).collect()
}

/// New fixes that were private ones at the last sign-off, and of which no private fix is on record.
fn unrecorded(evidence: &Evidence<'_>) -> Vec<Fact> {
    let Some(last) = evidence.last else { return Vec::new() };
    let is_unrecorded = |defect: &&Defect| !private_fixes(evidence).any(|(known, _)| known.id == defect.id);
    let gone = |defect: &Defect| {
        let signed_off = last.stood(&defect.id, |status| *status == Status::PrivateFix)?.clone();
        Some(Fact::PrivateFixGone { defect: defect.id.clone(), signed_off })
    };
    new_fixes(evidence.ledger, &evidence.release.name).filter(is_unrecorded).filter_map(gone).collect()
}

/// Whether an attestation bears on a sign-off of this release and build: it is about the build, or the word of a tester or a
/// customer on a private fix of what is new in the release.
pub fn bears_on(ledger: &Ledger, release: &ReleaseName, build: Digest, attestation: &Attestation) -> bool {
    let word = [Role::Tester, Role::Customer].into_iter().find_map(|role| attestation.fix_word(role));
    let is_of_private_fix = || {
        let word = word?;
        new_private_fixes(ledger, release).find(|(defect, fix)| defect.id == word.defect && attestation.is_about(fix.digest))
    };
    attestation.is_about(build) || is_of_private_fix().is_some()
}
