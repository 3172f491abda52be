//! A defect with its life: found, privately fixed, fixed, proved, and in which releases.

use serde::Serialize;

use super::Source;
use crate::defect::{Defect, DefectKind};
use crate::gate::Signoff;
use crate::id::ScenarioId;
use crate::private_fix::PrivateFix;
use crate::proof::Proof;
use crate::release::Release;
use crate::report::html::is_link;
use crate::waiver::{Waived, Waiver};
use crate::words::counted;

/// The most scenarios of a pair or a proof that are listed.
const LISTED: usize = 50;

/// The page of a defect, and its line in the list of all.
#[derive(Debug, Serialize)]
pub(super) struct DefectPage<'d> {
    pub(super) id: &'d str,
    title: &'d str,
    what: String,
    status: String,
    tone: &'static str,
    place: String,
    link: Option<&'d str>,
    duplicate_of: Option<&'d str>,
    found_in: Option<&'d str>,
    fixed_in: Option<&'d str>,
    life: Vec<Step>,
    releases: Vec<InRelease<'d>>,
    pair: Vec<(&'d str, String)>,
    more_pair: usize,
    proof: Option<ProofView<'d>>,
    claims: Vec<(&'d str, bool)>,
    waivers: Vec<String>,
}

/// Something that happened to it.
#[derive(Debug, Serialize)]
struct Step {
    when: String,
    what: String,
}

/// How it was in one release.
#[derive(Debug, Serialize)]
struct InRelease<'d> {
    release: &'d str,
    /// `there`, `fixed` or `not found yet`.
    state: &'static str,
    tone: &'static str,
    /// What the sign-off says of it.
    signed: String,
}

#[derive(Debug, Serialize)]
struct ProofView<'d> {
    base: String,
    fixed: String,
    rows: Vec<(&'d str, &'static str, &'static str, u32)>,
    more: usize,
}

impl<'d> DefectPage<'d> {
    pub(super) fn of(source: &Source<'d>, defect: &'d Defect) -> Self {
        let ledger = source.ledger;
        let pair = ledger.pair(&defect.id);
        let (line, _) = defect.place.position();
        let what = match defect.kind {
            DefectKind::Change => format!("intended change in {}", defect.component),
            DefectKind::Defect => format!("{} defect in {}", defect.severity.as_str(), defect.component),
        };
        let ids: Vec<&ScenarioId> = pair.iter().map(|scenario| &scenario.id).collect();
        let release = |release: &'d Release| in_release(source, defect, release, &ids);
        let waivers = ledger.waivers.iter().filter(|waiver| is_about(waiver, defect, &ids));
        let proof = ledger.proofs.get(&defect.id);
        Self {
            id: defect.id.as_str(),
            title: &defect.title,
            what,
            status: defect.status.to_string(),
            tone: if super::is_open(defect) {
                "bad"
            } else if defect.owes_pair() && proof.is_none() {
                "known"
            } else {
                "good"
            },
            place: format!("{}:{line}", defect.place.source.path),
            link: defect.source.as_deref().filter(|source| is_link(source)),
            duplicate_of: defect.duplicate_of.as_ref().map(|id| id.as_str()),
            found_in: defect.found_in.as_ref().map(|release| release.as_str()),
            fixed_in: defect.fixed_in().map(|release| release.as_str()),
            life: life(source, defect),
            releases: ledger.train.releases().iter().map(release).collect(),
            more_pair: pair.len().saturating_sub(LISTED),
            pair: pair
                .iter()
                .take(LISTED)
                .map(|scenario| (scenario.id.as_str(), format!("{}:{}", scenario.place.source.path, scenario.line)))
                .collect(),
            proof: proof.map(ProofView::of),
            claims: defect.claims.iter().map(|claim| (claim.scenarios.as_str(), claim.accepted.is_some())).collect(),
            waivers: waivers.map(|waiver| format!("{} for {}: {}", waiver.name, waiver.release, waiver.terms())).collect(),
        }
    }
}

fn is_about(waiver: &Waiver, defect: &Defect, pair: &[&ScenarioId]) -> bool {
    match &waiver.waived {
        Waived::Criterion { defect: waived, .. } => *waived == defect.id,
        Waived::Scenario { scenario, .. } => pair.contains(&scenario),
    }
}

/// What happened, as far as records say when or where.
fn life(source: &Source<'_>, defect: &Defect) -> Vec<Step> {
    let ledger = source.ledger;
    let mut life = Vec::new();
    let mut add = |when: String, what: String| life.push(Step { when, what });
    if let Some(date) = defect.reported {
        add(date.to_string(), "reported".to_owned());
    }
    if let Some(release) = &defect.found_in {
        add(release.to_string(), "found".to_owned());
    }
    // Who waits for a private fix is left out: a site is read by others.
    for PrivateFix { id, base, dates, .. } in ledger.private_fixes.iter().filter(|fix| fix.defects.contains(&defect.id)) {
        for (state, date) in dates {
            add(date.to_string(), format!("private fix {id} on {base}: {state}"));
        }
    }
    if let Some(fix) = &defect.fix {
        let author = fix.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
        add("repaired".to_owned(), format!("commit {}{author}", fix.commit));
    }
    if let Some(proof) = ledger.proofs.get(&defect.id) {
        let scenarios = counted(proof.scenarios.len(), "scenario");
        add("proved".to_owned(), format!("{scenarios} red on {}, green on {}", proof.base.name, proof.fixed.name));
    }
    if let Some(release) = defect.fixed_in().and_then(|name| ledger.train.release(name)) {
        let dates = [release.cut.map(|date| format!("cut {date}")), release.shipped.map(|date| format!("shipped {date}"))];
        let dates: Vec<String> = dates.into_iter().flatten().collect();
        let dates = if dates.is_empty() { String::new() } else { format!(" ({})", dates.join(", ")) };
        add(release.name.to_string(), format!("the first release with it{dates}"));
    }
    life
}

fn in_release<'d>(source: &Source<'_>, defect: &Defect, release: &'d Release, pair: &[&ScenarioId]) -> InRelease<'d> {
    let ledger = source.ledger;
    let has_fix = ledger.train.position(&release.name).is_some_and(|place| ledger.has_fix(&defect.id, place));
    let found = defect.found_in.as_ref().and_then(|name| ledger.train.position(name));
    let is_before = found.is_some_and(|found| ledger.train.position(&release.name).is_some_and(|place| place < found));
    let (state, tone) = match (defect.kind, has_fix, is_before) {
        (DefectKind::Change, true, _) => ("changed", "good"),
        (DefectKind::Change, false, _) => ("as before", "plain"),
        (DefectKind::Defect, true, _) => ("fixed", "good"),
        (DefectKind::Defect, false, true) => ("not found yet", "plain"),
        (DefectKind::Defect, false, false) => ("there", "bad"),
    };
    let signed = source.signoff(&release.name).map(|signoff| signed(signoff, defect, pair)).unwrap_or_default();
    InRelease { release: release.name.as_str(), state, tone, signed }
}

/// What a sign-off says of a defect.
fn signed(signoff: &Signoff, defect: &Defect, pair: &[&ScenarioId]) -> String {
    if signoff.void.is_some() {
        return "the sign-off gave no answer".to_owned();
    }
    let fix = signoff.fixes.iter().find(|fix| fix.defect == defect.id);
    let again = signoff.proved_again.iter().find(|again| again.defect == defect.id);
    let left = signoff.residuals.iter().flat_map(|cluster| &cluster.scenarios).filter(|id| pair.contains(id)).count();
    let explained: u64 = signoff.claims.iter().filter(|claim| claim.defect == defect.id).map(|claim| claim.explained).sum();
    let proof = |proved: bool, word: &str| if proved { word.to_owned() } else { format!("not {word}") };
    let parts = [
        fix.map(|fix| proof(fix.proof.proved, "proved here")),
        again.map(|again| proof(again.proof.proved, "proved again")),
        (left > 0).then(|| format!("{left} of {} left over", counted(pair.len(), "paired scenario"))),
        (explained > 0).then(|| format!("explains {}", counted(explained, "difference"))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

impl<'d> ProofView<'d> {
    fn of(proof: &'d Proof) -> Self {
        let named = |build: &crate::proof::BuildIdentity| format!("{} ({})", build.name, build.digest.short());
        let row = |proved: &'d crate::proof::ProvedScenario| {
            (proved.scenario.as_str(), proved.base.verdict.as_str(), proved.fixed.as_str(), proved.runs)
        };
        Self {
            base: named(&proof.base),
            fixed: named(&proof.fixed),
            rows: proof.scenarios.iter().take(LISTED).map(row).collect(),
            more: proof.scenarios.len().saturating_sub(LISTED),
        }
    }
}
