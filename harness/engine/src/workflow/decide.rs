//! The decision over a record, with everything in the tree that it is held against.

use std::collections::BTreeSet;

use fixgate_core::attestation::Attestation;
use fixgate_core::gate::{Evidence, SignedOff, Signoff, bears_on, decide_on};
use fixgate_core::id::{ReleaseName, RunName};
use fixgate_core::ledger::Ledger;
use fixgate_core::record::RunRecord;
use fixgate_core::residual::{Analysis, analyse};
use fixgate_core::rules::Reference;
use jiff::civil::Date;

use crate::builds::unknown_release;
use crate::fault::Fault;
use crate::tree::Tree;
use crate::{attest, reports, signoffs};

/// A decision, and the one analysis that it and its reports are made from.
#[derive(Debug)]
pub struct Decided<'r> {
    /// The decision.
    pub signoff: Signoff,
    /// What is left over of the run by itself.
    pub analysis: Analysis<'r>,
    /// What the run is compared with.
    reference: Option<Reference>,
    /// The sign-offs of earlier releases, in the order of the train.
    pub(super) earlier: Vec<SignedOff>,
}

impl<'r> Decided<'r> {
    /// What is left over, with what is missing since the last sign-off.
    pub fn analysis_since(&self, ledger: &'r Ledger, record: &'r RunRecord) -> Analysis<'r> {
        let plan = self.reference.as_ref().map(Reference::plan);
        self.analysis.since(ledger, record, plan.as_ref())
    }
}

/// The decision over a record as of today.
///
/// # Errors
/// When the release is unknown, or an earlier sign-off can't be read.
pub fn decide<'r>(
    tree: &Tree,
    ledger: &'r Ledger,
    record: &'r RunRecord,
    release: &ReleaseName,
    today: Date,
) -> Result<Decided<'r>, Fault> {
    decide_over(tree, ledger, record, release, &all_attestations(tree, ledger)?, today)
}

/// The decision by what the stated one rests on: without the attestations that came after it, and how many those are.
///
/// # Errors
/// As for [`decide`].
pub fn decide_as_of<'r>(
    stated: &Signoff,
    tree: &Tree,
    ledger: &'r Ledger,
    record: &'r RunRecord,
    release: &ReleaseName,
    today: Date,
) -> Result<(Decided<'r>, usize), Fault> {
    let build = record.header.candidate.digest;
    let is_stated = |word: &Attestation| stated.attestations.iter().any(|known| known.digest == word.digest);
    let is_new = |word: &Attestation| bears_on(ledger, release, build, word) && !is_stated(word);
    let (new, then): (Vec<_>, Vec<_>) = all_attestations(tree, ledger)?.into_iter().partition(is_new);
    Ok((decide_over(tree, ledger, record, release, &then, today)?, new.len()))
}

/// What people attested, and what they attested against a build and was deleted.
fn all_attestations(tree: &Tree, ledger: &Ledger) -> Result<Vec<Attestation>, Fault> {
    let deleted = attest::deleted(tree, ledger)?;
    Ok(ledger.attestations.iter().cloned().chain(deleted).collect())
}

fn decide_over<'r>(
    tree: &Tree,
    ledger: &'r Ledger,
    record: &'r RunRecord,
    release: &ReleaseName,
    attestations: &[Attestation],
    today: Date,
) -> Result<Decided<'r>, Fault> {
    let release = ledger.train.release(release).ok_or_else(|| unknown_release(ledger, release))?;
    let compared = signoffs::compared(tree, ledger, record, &release.name)?;
    // Waivers are judged where they are applied, and only those for this release.
    let gaps = ledger.gaps(None);
    let analysis = analyse(ledger, record, None);
    let evidence = Evidence {
        ledger,
        gaps: &gaps,
        release,
        record,
        last: compared.reference.as_ref(),
        signoffs: Some(compared.digest),
        earlier: &compared.earlier,
        attestations,
        today,
    };
    let signoff = decide_on(&evidence, &analysis);
    Ok(Decided { signoff, analysis, reference: compared.reference, earlier: compared.earlier })
}

/// Holds if a run was made to sign this release off, and it is one.
///
/// # Errors
/// When it was not, or there is no such release.
pub fn made_for(ledger: &Ledger, record: &RunRecord, release: &ReleaseName) -> Result<(), Fault> {
    ledger.train.release(release).ok_or_else(|| unknown_release(ledger, release))?;
    if let Some(imported) = &record.header.imported {
        let producers: BTreeSet<&str> = imported.files.iter().map(|file| file.producer.as_str()).collect();
        let producers = producers.into_iter().collect::<Vec<_>>().join(", ");
        let run = &record.header.run;
        let message = format!("the run `{run}` was imported from {producers}, and a sign-off rests on a run of Fixgate");
        return Err(Fault::usage(message).help(format!(
            "sign off what Fixgate runs itself: fixgate signoff {release}; imported results count beside it once they are attested: \
             fixgate attest ci SUITE --run {run}"
        )));
    }
    if record.header.release.as_ref() == Some(release) {
        return Ok(());
    }
    let message = format!("the run `{}` was not made to sign off {release}", record.header.run);
    Err(Fault::usage(message).help(format!("make one: fixgate signoff {release}")))
}

/// The run that a release's reports rest on.
///
/// # Errors
/// When there is no sign-off, or it can't be read.
pub fn run_of_reports(tree: &Tree, release: &ReleaseName) -> Result<RunName, Fault> {
    let none = || {
        let message = format!("reports/{release}/ holds no sign-off");
        Fault::usage(message).help(format!("make it first: fixgate signoff {release}"))
    };
    reports::decision(tree, release)?.map(|signoff| signoff.run).ok_or_else(none)
}
