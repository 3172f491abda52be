//! `show --format json`, as one type.

use jiff::civil::Date;
use serde::Serialize;

use super::Shown;
use crate::case::Scenario;
use crate::defect::{Defect, DefectKind, Severity};
use crate::gate::{Decision, Signoff};
use crate::id::{CaseId, DefectId, Digest, ReleaseName, RunName, ScenarioId};
use crate::ledger::Ledger;
use crate::private_fix::PrivateFixState;
use crate::proof::Proof;
use crate::release::Release;

/// The version of the document.
pub const SCHEMA: &str = "fixgate-shown-1";

/// Every record that a name means.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownDocument {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The records.
    pub records: Vec<ShownRecord>,
}

/// A record with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum ShownRecord {
    /// A defect or an intended change.
    Defect(Box<ShownDefect>),
    /// A case, or one of its scenarios.
    Case(ShownCase),
    /// A release.
    Release(Box<ShownRelease>),
}

/// A defect.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub struct ShownDefect {
    id: DefectId,
    file: String,
    title: String,
    kind: DefectKind,
    severity: Severity,
    component: String,
    status: String,
    found_in: Option<ReleaseName>,
    fixed_in: Option<ReleaseName>,
    reported: Option<String>,
    source: Option<String>,
    commit: Option<String>,
    author: Option<String>,
    duplicate_of: Option<DefectId>,
    pair: Vec<ScenarioId>,
    proof: Option<Proof>,
    claims: Vec<ShownClaim>,
    private_fixes: Vec<ShownPrivateFix>,
    waivers: Vec<String>,
    gaps: Vec<String>,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ShownClaim {
    scenarios: String,
    /// How many scenarios it names.
    matching: u64,
    accepted: Option<Digest>,
}

/// A private fix.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ShownPrivateFix {
    id: String,
    base: ReleaseName,
    customer: String,
    state: PrivateFixState,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownCase {
    case: Option<CaseId>,
    title: String,
    scenarios: Vec<ShownScenario>,
}

/// A scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ShownScenario {
    id: ScenarioId,
    definition: Digest,
    file: String,
    line: u32,
    defects: Vec<DefectId>,
    tags: Vec<String>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShownRelease {
    name: ReleaseName,
    file: String,
    version: String,
    follows: Option<ReleaseName>,
    cut: Option<String>,
    shipped: Option<String>,
    commit: Option<String>,
    recipe: Vec<String>,
    fixes: Vec<DefectId>,
    changes: Vec<DefectId>,
    waivers: Vec<String>,
    signoff: Option<ShownSignoff>,
}

/// A decision in the reports of a release.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ShownSignoff {
    decision: Decision,
    void: Option<String>,
    date: String,
    run: RunName,
    candidate: Digest,
}

impl ShownDocument {
    /// Records with what others say of them; `signoff` is the decision over the release among them.
    pub fn of(ledger: &Ledger, shown: &[Shown<'_>], signoff: Option<&Signoff>) -> Self {
        let record = |shown: &Shown<'_>| match shown {
            Shown::Defect(shown) => ShownRecord::Defect(Box::new(defect(ledger, shown))),
            Shown::Case(scenarios) => ShownRecord::Case(case(scenarios)),
            Shown::Release(shown) => ShownRecord::Release(Box::new(release(ledger, shown, signoff))),
        };
        Self { schema: SCHEMA, records: shown.iter().map(record).collect() }
    }

    /// One JSON object on one line.
    pub fn to_json(&self) -> String {
        // Names, numbers and text can always be said in JSON.
        serde_json::to_string(self).map(|text| text + "\n").unwrap_or_default()
    }
}

fn day(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

fn defect(ledger: &Ledger, defect: &Defect) -> ShownDefect {
    let id = &defect.id;
    let waivers = ledger.waivers.iter().filter(|waiver| super::is_about(ledger, waiver, id));
    let private = ledger.private_fixes.iter().filter(|fix| fix.defects.contains(id));
    ShownDefect {
        id: id.clone(),
        file: defect.place.source.path.to_string(),
        title: defect.title.clone(),
        kind: defect.kind,
        severity: defect.severity,
        component: defect.component.to_string(),
        status: defect.status.to_string(),
        found_in: defect.found_in.clone(),
        fixed_in: defect.fixed_in().cloned(),
        reported: day(defect.reported),
        source: defect.source.clone(),
        commit: defect.fix.as_ref().map(|fix| fix.commit.to_string()),
        author: defect.fix.as_ref().and_then(|fix| fix.author.as_ref()).map(ToString::to_string),
        duplicate_of: defect.duplicate_of.clone(),
        pair: ledger.pair(id).iter().map(|scenario| scenario.id.clone()).collect(),
        proof: ledger.proofs.get(id).cloned(),
        claims: defect
            .claims
            .iter()
            .map(|claim| ShownClaim {
                scenarios: claim.scenarios.as_str().to_owned(),
                matching: ledger.matching(&claim.scenarios).count() as u64,
                accepted: claim.accepted,
            })
            .collect(),
        private_fixes: private
            .map(|fix| ShownPrivateFix {
                id: fix.id.to_string(),
                base: fix.base.clone(),
                customer: fix.customer.clone(),
                state: fix.state,
            })
            .collect(),
        waivers: waivers.map(|waiver| waiver.name.to_string()).collect(),
        gaps: ledger.defect_gaps(defect).iter().map(|gap| gap.message.clone()).collect(),
    }
}

fn case(scenarios: &[Scenario]) -> ShownCase {
    let case = scenarios.first().map(|first| &first.case);
    ShownCase {
        case: case.map(|case| case.id.clone()),
        title: case.map(|case| case.title.clone()).unwrap_or_default(),
        scenarios: scenarios
            .iter()
            .map(|scenario| ShownScenario {
                id: scenario.id.clone(),
                definition: scenario.digest(),
                file: scenario.place.source.path.to_string(),
                line: scenario.line,
                defects: scenario.defects.to_vec(),
                tags: scenario.tags.iter().map(ToString::to_string).collect(),
            })
            .collect(),
    }
}

fn release(ledger: &Ledger, release: &Release, signoff: Option<&Signoff>) -> ShownRelease {
    let (fixes, changes): (Vec<&Defect>, Vec<&Defect>) =
        ledger.new_in(Some(&release.name)).partition(|defect| defect.kind == DefectKind::Defect);
    let ids = |defects: Vec<&Defect>| defects.into_iter().map(|defect| defect.id.clone()).collect();
    let waivers = ledger.waivers.iter().filter(|waiver| waiver.release == release.name);
    ShownRelease {
        name: release.name.clone(),
        file: release.place.source.path.to_string(),
        version: release.version.clone(),
        follows: release.follows.clone(),
        cut: day(release.cut),
        shipped: day(release.shipped),
        commit: release.commit.as_ref().map(ToString::to_string),
        recipe: release.recipe.clone(),
        fixes: ids(fixes),
        changes: ids(changes),
        waivers: waivers.map(|waiver| waiver.name.to_string()).collect(),
        signoff: signoff.map(|signoff| ShownSignoff {
            decision: signoff.decision,
            void: signoff.void.clone(),
            date: signoff.date.clone(),
            run: signoff.run.clone(),
            candidate: signoff.candidate.digest,
        }),
    }
}
