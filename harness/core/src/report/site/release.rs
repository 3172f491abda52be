//! A release: what it brought, and how it was signed off.

use serde::Serialize;

use super::Source;
use super::trends::open;
use crate::cause::Causes;
use crate::gate::{CriterionState, Signoff};
use crate::id::DefectId;
use crate::project::Criterion;
use crate::release::Release;
use crate::report::causes;
use crate::report::criteria::asks;
use crate::report::page::outcome::decided;
use crate::report::page::overview::{ORDER, meaning};
use crate::report::text::headline;
use crate::rollup::brought;
use crate::verdict::Verdict;

/// The most lines of evidence, clusters and scenarios that are listed; `signoff.json` has them all.
const LISTED: usize = 20;
/// The most clusters.
const CLUSTERS: usize = 50;

/// A release in the train.
#[derive(Debug, Serialize)]
pub(super) struct ReleaseRow<'r> {
    name: &'r str,
    version: &'r str,
    follows: Option<&'r str>,
    cut: Option<String>,
    shipped: Option<String>,
    fixes: usize,
    decision: Option<Decided>,
}

/// A decision in short.
#[derive(Debug, Serialize)]
struct Decided {
    word: String,
    tone: &'static str,
    why: String,
    date: String,
    planned: u64,
    passed: u64,
    open: u64,
    seconds: u64,
}

impl<'r> ReleaseRow<'r> {
    pub(super) fn of(source: &Source<'r>, release: &'r Release) -> Self {
        Self {
            name: release.name.as_str(),
            version: &release.version,
            follows: release.follows.as_ref().map(|name| name.as_str()),
            cut: release.cut.map(|date| date.to_string()),
            shipped: release.shipped.map(|date| date.to_string()),
            fixes: brought(source.ledger, &release.name).len(),
            decision: source.signoff(&release.name).map(|signoff| {
                let (word, tone, why) = decided(signoff);
                let (planned, passed) = (signoff.planned, signoff.verdicts.get(Verdict::Passed));
                let (open, seconds) = (open(&signoff.residuals), signoff.seconds.round() as u64);
                Decided { word, tone, why, date: signoff.date.clone(), planned, passed, open, seconds }
            }),
        }
    }
}

/// The page of a release.
#[derive(Debug, Serialize)]
pub(super) struct ReleasePage<'r> {
    row: ReleaseRow<'r>,
    unchanged: Option<&'r str>,
    commit: Option<String>,
    /// What it brought: id, title, what it is, and whether it was proved.
    fixes: Vec<(&'r str, &'r str, String, Option<bool>)>,
    signoff: Option<Signed<'r>>,
}

/// A sign-off, as it was stored.
#[derive(Debug, Serialize)]
struct Signed<'r> {
    criteria: Vec<CriterionRow<'r>>,
    counts: Vec<(&'static str, u64, &'static str, &'static str)>,
    verdicts: String,
    causes: Vec<(String, u64, u64)>,
    rest: String,
    clusters: Vec<(String, &'r str)>,
    more: usize,
    waivers: &'r [crate::gate::WaiverResult],
    statements: Vec<(String, &'r str, &'r str)>,
    facts: Vec<(&'static str, String)>,
}

#[derive(Debug, Serialize)]
struct CriterionRow<'r> {
    id: Criterion,
    state: &'static str,
    tone: &'static str,
    asks: &'static str,
    summary: &'r str,
    evidence: Vec<&'r str>,
    more: usize,
}

impl<'r> ReleasePage<'r> {
    pub(super) fn of(source: &Source<'r>, release: &'r Release) -> Self {
        let signoff = source.signoff(&release.name);
        let proved = |id: &DefectId| {
            let fix = signoff.iter().flat_map(|signoff| &signoff.fixes).find(|fix| fix.defect == *id);
            fix.map(|fix| fix.proof.proved)
        };
        let fixes = brought(source.ledger, &release.name).into_iter().map(|defect| {
            let what = match defect.kind {
                crate::defect::DefectKind::Change => "intended change".to_owned(),
                crate::defect::DefectKind::Defect => format!("{} in {}", defect.severity.as_str(), defect.component),
            };
            (defect.id.as_str(), &*defect.title, what, proved(&defect.id))
        });
        Self {
            row: ReleaseRow::of(source, release),
            unchanged: release.unchanged.as_deref(),
            commit: release.commit.as_ref().map(ToString::to_string),
            fixes: fixes.collect(),
            signoff: signoff.map(Signed::of),
        }
    }
}

impl<'r> Signed<'r> {
    fn of(signoff: &'r Signoff) -> Self {
        let classes = ORDER.into_iter().map(|class| (class, signoff.classes.get(class)));
        let counts = classes.filter(|(_, count)| *count > 0).map(|(class, count)| {
            let (meaning, tone) = meaning(class);
            (class.as_str(), count, meaning, tone)
        });
        let Causes { causes: found, .. } = &signoff.causes;
        let clusters = signoff.residuals.iter().take(CLUSTERS);
        let named = |name: &str, digest: &dyn ToString| format!("{name} {}", digest.to_string());
        let mut facts = vec![("run", format!("{} of {}", signoff.run, signoff.date))];
        facts.push(("candidate", named(&signoff.candidate.name, &signoff.candidate.digest)));
        if let Some(baseline) = &signoff.baseline {
            facts.push(("baseline", named(&baseline.build.name, &baseline.build.digest)));
        }
        facts.push(("plan", signoff.plan.to_string()));
        facts.extend(signoff.journal.map(|journal| ("journal", journal.to_string())));
        facts.push(("rules", signoff.rules.digest.to_string()));
        facts.push(("isolation", format!("{}: {}", signoff.isolation.as_str(), signoff.isolation.meaning())));
        Self {
            criteria: signoff.criteria.iter().map(criterion).collect(),
            counts: counts.collect(),
            verdicts: signoff.verdicts.to_string(),
            causes: found.iter().map(|cause| (causes::shared(cause, str::to_owned), cause.failing, cause.of)).collect(),
            rest: causes::rest(&signoff.causes),
            clusters: clusters
                .map(|cluster| (headline(cluster), cluster.scenarios.first().map_or("", |first| first.as_str())))
                .collect(),
            more: signoff.residuals.len().saturating_sub(CLUSTERS),
            waivers: &signoff.waivers,
            statements: signoff
                .attestations
                .iter()
                .filter(|word| word.refused.is_none())
                .map(|word| (word.role.to_string(), word.by.as_str(), &*word.states))
                .collect(),
            facts,
        }
    }
}

fn criterion(result: &crate::gate::CriterionResult) -> CriterionRow<'_> {
    let (shown, tone) = match result.state {
        CriterionState::Satisfied => (0, "good"),
        CriterionState::Waived => (LISTED, "known"),
        CriterionState::Unsatisfied => (LISTED, "bad"),
    };
    let all = result.findings.as_ref().map_or(result.evidence.len(), Vec::len);
    CriterionRow {
        id: result.id,
        state: result.state.as_str(),
        tone,
        asks: asks(result.id),
        summary: &result.summary,
        evidence: result.evidence.iter().take(shown).map(String::as_str).collect(),
        more: if shown == 0 { 0 } else { all.saturating_sub(shown) },
    }
}
