//! The gate: a pure function of records. The same records give the same decision, byte for byte; it never reads a file.

mod again;
mod alone;
mod ancestry;
mod attested;
mod complete;
mod criteria;
mod decided;
mod doubtful;
mod finding;
mod found;
mod fixes;
mod imported;
mod lost;
mod missing;
mod packs;
mod reasons;
mod signed;
mod unchanged;
mod validated;
mod words;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

pub use self::again::{AgainResult, older_fixes, older_pair, proved_again, turn};
pub use self::attested::AttestationResult;
pub use self::decided::{CriterionResult, CriterionState};
pub use self::doubtful::{Doubt, DoubtfulProof};
pub use self::finding::{Acceptance, Fact, Finding};
pub use self::fixes::new_fixes;
pub use self::missing::{Missing, Statement};
pub(crate) use self::packs::is_flaky;
pub use self::packs::{PackFailure, PackResult};
pub use self::reasons::{Loss, LossSource, SuiteLack};
pub use self::signed::SignedOff;
pub use self::validated::bears_on;
use crate::attestation::Attestation;
use crate::cause::Causes;
use crate::circumstances::Circumstances;
use crate::claim::ActiveClaim;
use crate::document::read_stored;
use crate::id::{DefectId, Digest, ReleaseName, RunName};
use crate::ledger::Ledger;
use crate::problem::Problem;
use crate::project::Isolation;
use crate::proof::BuildIdentity;
use crate::record::{BaselineIdentity, LessConfined, RunRecord, ShardRun, TestProduct};
use crate::release::Release;
use crate::residual::{Analysis, ClassCounts, Cluster, Residual, analyse, clusters};
use crate::rules::{AppliedRules, Reference};
use crate::verdict::VerdictCounts;

/// The version of `signoff.json`.
pub const SCHEMA: &str = "fixgate-signoff-1";

/// Everything that a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'r> {
    /// The records of today's tree.
    pub ledger: &'r Ledger,
    /// What [`Ledger::gaps`] found in them, waivers aside.
    pub gaps: &'r [Problem],
    /// The release that is to be signed off.
    pub release: &'r Release,
    /// The run.
    pub record: &'r RunRecord,
    /// What it is compared with, if there is an earlier sign-off.
    pub last: Option<&'r Reference>,
    /// The digest of the sign-offs of other releases, where it is known.
    pub signoffs: Option<Digest>,
    /// What people attested, about this build and others.
    pub attestations: &'r [Attestation],
    /// The day on which it is looked at, in UTC: no attestation is of a later one.
    pub today: Date,
    /// Every sign-off of a release before this one, in the order of the train.
    pub earlier: &'r [SignedOff],
}

/// Ship or hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Decision {
    /// Every criterion holds.
    Ship,
    /// Something does not.
    Hold,
}

impl Decision {
    /// The decision's word.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A fix that is new in this rollup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FixResult {
    /// The defect.
    pub defect: DefectId,
    /// Its title.
    pub title: String,
    /// Where it was reported.
    pub source: Option<String>,
    /// Its proof in this run.
    pub proof: FixProof,
}

/// What this run showed of a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FixProof {
    /// Whether every scenario was red before and green here.
    pub proved: bool,
    /// How many scenarios the pair has.
    pub scenarios: u64,
    /// How often each was run on each build.
    pub runs: u32,
    /// Why it is not proved; empty if it is.
    pub refusals: Vec<String>,
}

/// A waiver for this release, and whether it was needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct WaiverResult {
    /// The file's stem.
    pub name: String,
    /// What it waives.
    pub waives: String,
    /// Whether it matched anything and is in date.
    pub in_force: bool,
    /// Who accepts it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Its last day.
    pub expires: String,
}

/// What a claim explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClaimResult {
    /// The fix that claims it.
    pub defect: DefectId,
    /// The claim's glob.
    pub scenarios: String,
    /// Whether a person reviewed the outputs and pinned them.
    pub pinned: bool,
    /// How many planned scenarios its glob is about.
    pub planned: u64,
    /// How many of them it explained.
    pub explained: u64,
}

/// `signoff.json`: the decision with all that it rests on. Every reader of that file uses this type; fields that came later have
/// a default, so that the sign-offs of the past stay readable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct Signoff {
    /// [`SCHEMA`].
    pub schema: String,
    /// The product.
    pub product: String,
    /// The release.
    pub release: ReleaseName,
    /// Its version.
    pub version: String,
    /// The decision.
    pub decision: Decision,
    /// The reason why there is no answer, if there is none.
    pub void: Option<String>,
    /// The run it rests on.
    pub run: RunName,
    /// The stated date.
    pub date: String,
    /// The build that was tested.
    pub candidate: BuildIdentity,
    /// The build it was compared with.
    pub baseline: Option<BaselineIdentity>,
    /// The digest of the plan.
    pub plan: Digest,
    /// The digest of the journal that the decision rests on.
    pub journal: Option<Digest>,
    /// The runs that its verdicts were taken from, where it was joined from shards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<ShardRun>,
    /// How many scenarios were planned.
    pub planned: u64,
    /// How many have each verdict.
    pub verdicts: VerdictCounts,
    /// How many are in each class.
    pub classes: ClassCounts,
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// How programs under test were kept apart.
    pub isolation: Isolation,
    /// The builds whose recipes were confined less than they can be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub less_confined: Vec<LessConfined>,
    /// What else they could see that can decide what they do; absent where the run did not record it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub circumstances: Option<Circumstances>,
    /// The tree of records and cases.
    pub test_product: TestProduct,
    /// The rules that were applied, and what changed in them.
    pub rules: AppliedRules,
    /// The criteria, in the order of `fixgate.toml`.
    pub criteria: Vec<CriterionResult>,
    /// The fixes that are new in this rollup.
    pub fixes: Vec<FixResult>,
    /// The fixes of earlier releases that were proved again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proved_again: Vec<AgainResult>,
    /// The proofs that rest on something else than releases as they were signed off, and were not run again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubtful_proofs: Vec<DoubtfulProof>,
    /// The waivers for this release.
    pub waivers: Vec<WaiverResult>,
    /// What the scenarios that need a reader share; nothing is decided by it.
    #[serde(default, skip_serializing_if = "Causes::is_empty")]
    pub causes: Causes,
    /// What is left over, in clusters.
    pub residuals: Vec<Cluster>,
    /// What each claim that counts explained.
    pub claims: Vec<ClaimResult>,
    /// The packs of third parties, each for its own owner.
    #[serde(default)]
    pub packs: Vec<PackResult>,
    /// What people attested about this build, and about the private fixes of what is new in the release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attestations: Vec<AttestationResult>,
    /// The digests of the reports that are made of it, by their names; none in older sign-offs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Digest>,
}

impl Signoff {
    /// Reads the text of a `signoff.json`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        read_stored("signoff.json", text, SCHEMA)
    }

    /// Whether it was written before findings, and the digests of its reports, were kept.
    pub fn is_of_older_form(&self) -> bool {
        self.files.is_empty() || self.criteria.iter().any(|criterion| criterion.findings.is_none())
    }

    /// The bytes of `signoff.json`.
    pub fn to_json(&self) -> String {
        // A sign-off holds names, numbers and text only, which JSON can always say.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

/// Results that Fixgate did not get itself decide nothing.
fn imported(evidence: &Evidence<'_>) -> Option<String> {
    let release = &evidence.release.name;
    let words = || format!("the run was imported, and {release} is signed off by what Fixgate runs itself");
    evidence.record.header.imported.as_ref().map(|_| words())
}

/// Decides.
pub fn decide(evidence: &Evidence<'_>) -> Signoff {
    decide_on(evidence, &analyse(evidence.ledger, evidence.record, None))
}

/// As [`decide`], where it is known what is left over of the run by itself.
pub fn decide_on(evidence: &Evidence<'_>, alone: &Analysis<'_>) -> Signoff {
    let Evidence { ledger, release, record, last, .. } = *evidence;
    let mut analysis = alone.since(ledger, record, last.map(Reference::plan).as_ref());
    let (fixes, proved_again) = (fixes::results(ledger, release, record), proved_again(ledger, record));
    // What a criterion holds against a defect is known only here.
    analysis.idle_waivers.extend(criteria::idle_waivers(evidence, (&fixes, &proved_again)));
    let claims = claims(&analysis);
    let packs = packs::packs(evidence, &analysis);
    let decider =
        criteria::Decider { evidence, analysis: &analysis, fixes: &fixes, again: &proved_again, claims: &claims, packs: &packs };
    let criteria: Vec<_> = ledger.project.gate.criteria.iter().map(|criterion| decider.decide(*criterion)).collect();
    let void: Vec<String> = record.void.iter().cloned().chain(contradictions(evidence)).chain(imported(evidence)).collect();
    let void = (!void.is_empty()).then(|| void.join("; "));
    let holds = void.is_none() && criteria.iter().all(|criterion| criterion.state != CriterionState::Unsatisfied);
    let header = &record.header;
    Signoff {
        schema: SCHEMA.to_owned(),
        product: ledger.project.product.clone(),
        release: release.name.clone(),
        version: release.version.clone(),
        decision: if holds { Decision::Ship } else { Decision::Hold },
        void,
        run: header.run.clone(),
        date: header.date.to_string(),
        candidate: header.candidate.clone(),
        baseline: header.baseline.clone(),
        plan: header.plan,
        journal: record.footer.as_ref().map(|footer| footer.journal),
        planned: header.planned,
        verdicts: record.verdicts(),
        classes: analysis.counts,
        seconds: record.footer.as_ref().map_or(0.0, |footer| footer.seconds),
        isolation: header.isolation,
        shards: header.shards.clone(),
        less_confined: header.found.iter().filter_map(LessConfined::of).collect(),
        circumstances: header.circumstances.clone(),
        test_product: header.test_product.clone(),
        rules: AppliedRules::new(ledger, release, record, last),
        criteria,
        fixes,
        doubtful_proofs: doubtful::proofs(evidence, &proved_again),
        proved_again,
        waivers: waivers(ledger, release, &analysis),
        causes: Causes::of(&analysis.residuals),
        residuals: clusters(&record.header, &analysis.residuals),
        claims,
        packs,
        attestations: attested::results(evidence),
        files: BTreeMap::new(),
    }
}

/// What is wrong with the record as a whole, whichever criteria are asked for: it is of other records, or of another day.
fn contradictions(evidence: &Evidence<'_>) -> Vec<String> {
    let header = &evidence.record.header;
    let mut found = Vec::new();
    if header.test_product.digest != evidence.ledger.digest {
        found.push("records or cases were changed after the run".to_owned());
    }
    if header.past.as_ref().is_some_and(|past| evidence.signoffs.is_some_and(|now| now != past.digest)) {
        found.push("the sign-offs of other releases were changed after the run".to_owned());
    }
    found.extend(fixes::unrecorded(evidence.record));
    let date = header.date;
    let commit = header.test_product.committed.map(|day| (day, "the commit of its records".to_owned()));
    let signoffs = evidence.last.into_iter().flat_map(Reference::all);
    let signoffs = signoffs.map(|last| (last.rules.date, format!("the sign-off of {}", last.rules.release)));
    let later = commit.into_iter().chain(signoffs).filter(|(day, _)| date < *day);
    found.extend(later.map(|(day, what)| format!("the run is dated {date}, before {what} on {day}: the clock is wrong")));
    found
}

fn claims(analysis: &Analysis<'_>) -> Vec<ClaimResult> {
    let claimed = |residual: &Residual<'_>| Some((residual.entry.scenario.clone(), residual.claimed()?));
    let explained: Vec<_> = analysis.residuals.iter().filter_map(claimed).collect();
    let result = |active: &ActiveClaim<'_>| ClaimResult {
        defect: active.defect.clone(),
        scenarios: active.claim.scenarios.as_str().to_owned(),
        pinned: active.claim.accepted.is_some(),
        planned: analysis.residuals.iter().filter(|residual| active.claim.scenarios.matches(&residual.entry.scenario)).count()
            as u64,
        explained: explained.iter().filter(|(scenario, outputs)| active.explains(scenario, *outputs)).count() as u64,
    };
    analysis.claims.iter().map(result).collect()
}

fn waivers(ledger: &Ledger, release: &Release, analysis: &Analysis<'_>) -> Vec<WaiverResult> {
    let for_this = ledger.waivers.iter().filter(|waiver| waiver.release == release.name);
    for_this
        .map(|waiver| WaiverResult {
            name: waiver.name.to_string(),
            waives: waiver.waived.to_string(),
            in_force: !analysis.idle_waivers.iter().any(|idle| idle.name == waiver.name),
            owner: waiver.owner.to_string(),
            reason: waiver.reason.clone(),
            expires: waiver.expires.to_string(),
        })
        .collect()
}
