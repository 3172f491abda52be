//! How the packs of third parties came out: each to be read by its own owner.

use serde::{Deserialize, Serialize};

use super::{Acceptance, Evidence};
use crate::id::{PackName, ScenarioId};
use crate::ledger::Ledger;
use crate::pack::Pack;
use crate::proof::BuildIdentity;
use crate::residual::{Analysis, Class, Residual};
use crate::verdict::{Verdict, VerdictCounts};

/// One pack in a sign-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PackResult {
    /// Its name.
    pub name: PackName,
    /// Who keeps it.
    pub owner: String,
    /// How to reach the owner.
    pub contact: String,
    /// The third party's product.
    pub product: String,
    /// Whether a rollup must not ship while it is red.
    pub required: bool,
    /// The build of that product; absent for a pack that has cases alone.
    pub build: Option<BuildIdentity>,
    /// How many of its scenarios were planned.
    pub planned: u64,
    /// How many have each verdict.
    pub verdicts: VerdictCounts,
    /// What is not green.
    pub failures: Vec<PackFailure>,
}

/// A scenario of a pack that is not green.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct PackFailure {
    /// The scenario.
    pub scenario: ScenarioId,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its class; absent where there is no baseline.
    pub class: Option<Class>,
    /// What it showed, in one line.
    pub reason: String,
    /// Who accepts it, if a waiver does.
    pub waived_by: Option<String>,
    /// The waiver, with the terms on which it accepts.
    #[serde(skip)]
    pub waiver: Option<(Acceptance, String)>,
}

/// Every pack, in the order of names.
pub(super) fn packs(evidence: &Evidence<'_>, analysis: &Analysis<'_>) -> Vec<PackResult> {
    evidence.ledger.packs.iter().map(|pack| result(evidence, analysis, pack)).collect()
}

fn result(evidence: &Evidence<'_>, analysis: &Analysis<'_>, pack: &Pack) -> PackResult {
    let record = evidence.record;
    let prefix = format!("packs/{}/", pack.name);
    let own = |id: &ScenarioId| id.as_str().starts_with(&prefix);
    let residuals: Vec<&Residual<'_>> = analysis.residuals.iter().filter(|residual| own(&residual.entry.scenario)).collect();
    PackResult {
        name: pack.name.clone(),
        owner: pack.owner.to_string(),
        contact: pack.contact.clone(),
        product: pack.product.clone(),
        required: pack.required,
        build: record.header.packs.iter().find(|build| build.name == pack.name.as_str()).cloned(),
        planned: record.plan.iter().filter(|planned| own(&planned.scenario)).count() as u64,
        verdicts: residuals.iter().map(|residual| residual.entry.verdict).collect(),
        failures: residuals.into_iter().filter(|residual| !is_green(residual.entry.verdict)).map(failure).collect(),
    }
}

fn is_green(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Passed | Verdict::Flaky => true,
        Verdict::Failed | Verdict::Crashed | Verdict::TimedOut | Verdict::Skipped | Verdict::Error => false,
    }
}

fn failure(residual: &Residual<'_>) -> PackFailure {
    PackFailure {
        scenario: residual.entry.scenario.clone(),
        verdict: residual.entry.verdict,
        class: residual.class,
        reason: residual.entry.reason.as_deref().unwrap_or_default().to_owned(),
        waived_by: residual.waiver.map(|waiver| waiver.owner.to_string()),
        waiver: residual.waiver.map(|waiver| (Acceptance::of(waiver), waiver.terms())),
    }
}

/// Whether it is a scenario of a pack that informs and does not gate.
pub(super) fn informs(ledger: &Ledger, residual: &Residual<'_>) -> bool {
    residual.scenario.and_then(|scenario| ledger.pack_of(&scenario.case)).is_some_and(|pack| !pack.required)
}

/// Whether it counts among the flaky: those of a pack that informs do not.
pub(crate) fn is_flaky(ledger: &Ledger, residual: &Residual<'_>) -> bool {
    residual.entry.verdict == Verdict::Flaky && !informs(ledger, residual)
}
