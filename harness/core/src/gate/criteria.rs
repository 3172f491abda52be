//! The criteria, one function each: what is open, what is waived, and a line that says so.

use std::collections::{BTreeSet, HashMap};

use super::alone::compared_with_nothing;
use super::ancestry;
use super::finding::{Acceptance, Fact};
use super::found::Found;
use super::imported::imported;
use super::lost::lost;
use super::packs::{informs, is_flaky};
use super::unchanged::unchanged;
use super::{
    AgainResult, ClaimResult, CriterionResult, CriterionState, Evidence, FixResult, PackFailure, PackResult, attested, validated,
    words,
};
use crate::ancestry::Presence;
use crate::case::Family;
use crate::defect::Defect;
use crate::id::{DefectId, ReleaseName, ScenarioId};
use crate::problem::{Place, Problem};
use crate::project::Criterion;
use crate::quarantine::Quarantine;
use crate::record::{Differing, Entry};
use crate::release::{Window, WindowState, days_between};
use crate::residual::{Analysis, Class, Residual};
use crate::rules::standing;
use crate::verdict::Verdict;
use crate::waiver::{Waived, Waiver};
use crate::words::{counted, counted_as, thousands};

pub(super) struct Decider<'r> {
    pub(super) evidence: &'r Evidence<'r>,
    pub(super) analysis: &'r Analysis<'r>,
    pub(super) fixes: &'r [FixResult],
    pub(super) again: &'r [AgainResult],
    pub(super) claims: &'r [ClaimResult],
    pub(super) packs: &'r [PackResult],
}

impl Decider<'_> {
    pub(super) fn decide(&self, criterion: Criterion) -> CriterionResult {
        let (found, holds) = match criterion {
            Criterion::Ledger => self.ledger(),
            Criterion::Committed => self.committed(),
            Criterion::Proved => self.proved(),
            Criterion::Cumulative => self.cumulative(),
            Criterion::Complete => self.complete(),
            Criterion::Clean => self.clean(),
            Criterion::Explained => self.explained(),
            Criterion::Canary => self.canary(),
            Criterion::Flaky => self.flaky(),
            Criterion::Packs => self.packs(),
            Criterion::Cadence => self.cadence(),
            Criterion::Manual => attested::manual(self.evidence),
            Criterion::Imported => imported(self.evidence),
            Criterion::Validated => self.validated(),
            Criterion::Deployed => attested::deployed(self.evidence),
            Criterion::Signed => attested::signed(self.evidence),
        };
        let (open, waived) = (found.open.len(), found.accepted.len());
        let (state, summary) = match (open, waived) {
            (0, 0) => (CriterionState::Satisfied, holds),
            (0, _) => (CriterionState::Waived, format!("{} waived; {holds}", thousands(waived))),
            (_, 0) => (CriterionState::Unsatisfied, format!("{} open; {holds}", thousands(open))),
            (_, _) => {
                (CriterionState::Unsatisfied, format!("{} open and {} waived; {holds}", thousands(open), thousands(waived)))
            }
        };
        let (findings, terms) = found.into_findings();
        let (evidence, evidence_left_out) = words::evidence(&findings);
        CriterionResult { id: criterion, state, summary, evidence, evidence_left_out, findings: Some(findings), terms }
    }

    /// Sorts what counts against fixes by whether a waiver of this criterion and defect is in force.
    fn sort_by_waivers(&self, criterion: Criterion, facts: impl IntoIterator<Item = Fact>) -> Found {
        let mut found = Found::default();
        for fact in facts {
            let waiver = fact.defect().and_then(|defect| self.waiver(criterion, defect));
            found.add(fact, waiver);
        }
        found
    }

    fn waiver(&self, criterion: Criterion, defect: &DefectId) -> Option<&Waiver> {
        let (ledger, release, date) = (self.evidence.ledger, self.evidence.release, self.evidence.record.header.date);
        let meant = Waived::Criterion { criterion, defect: defect.clone() };
        ledger.waivers.iter().find(|waiver| waiver.waived == meant && ledger.is_in_force(waiver, &release.name, date))
    }

    fn ledger(&self) -> (Found, String) {
        let ledger = self.evidence.ledger;
        let paired = ledger.defects.values().filter(|defect| defect.owes_pair()).count();
        let place = |place: &Place| (place.source.path.to_string(), place.position().0);
        let gap = |gap: &Problem| Fact::Gap { place: gap.place.as_ref().map(place), message: gap.message.clone() };
        let mut against: Vec<Fact> = self.evidence.gaps.iter().map(gap).collect();
        against.extend(self.analysis.idle_waivers.iter().map(|waiver| Fact::IdleWaiver { waiver: waiver.name.clone() }));
        let (quarantine, date) = (&self.evidence.ledger.quarantine, self.evidence.record.header.date);
        let expired = quarantine.iter().filter(|quarantine| quarantine.expires < date);
        against.extend(
            expired
                .map(|Quarantine { name, expires, .. }| Fact::ExpiredQuarantine { quarantine: name.clone(), expires: *expires }),
        );
        (
            Found::open(against),
            format!(
                "{}, {} a pair and a proof",
                counted(ledger.defects.len(), "record"),
                counted_as(paired, "fixed defect owes", "fixed defects owe")
            ),
        )
    }

    fn committed(&self) -> (Found, String) {
        let product = &self.evidence.record.header.test_product;
        let mut against = Vec::new();
        match (&product.commit, &product.unknown) {
            (_, Some(why)) => against.push(Fact::UnknownCommit { why: why.clone() }),
            (None, None) => against.push(Fact::NoCommit),
            (Some(commit), None) if product.changed => {
                against.push(Fact::NotCommitted { commit: commit.clone() });
                let files = product.differing.iter().flat_map(|differing| &differing.first);
                against.extend(files.map(|file| Fact::Differs { file: file.clone() }));
                let others = product.differing.as_ref().map_or(0, Differing::others);
                against.extend((others > 0).then_some(Fact::DifferMore { count: others }));
            }
            (Some(_), None) => {}
        }
        if product.digest != self.evidence.ledger.digest {
            against.push(Fact::ChangedAfterRun);
        }
        let commits = self.evidence.record.header.past.iter().flat_map(|past| &past.commits);
        let absent = commits.filter(|(_, presence)| **presence != Presence::Present);
        against.extend(
            absent
                .map(|(signed_off, presence)| Fact::SignoffNotInHistory { signed_off: signed_off.clone(), presence: *presence }),
        );
        (Found::open(against), format!("commit {}", product.commit.as_deref().unwrap_or("none")))
    }

    fn proved(&self) -> (Found, String) {
        let proved = self.fixes.iter().filter(|fix| fix.proof.proved).count();
        let scenarios: u64 = self.fixes.iter().map(|fix| fix.proof.scenarios).sum();
        let holds = format!(
            "{proved} of {} red before and green here, by {}",
            counted_as(self.fixes.len(), "new fix is", "new fixes are"),
            counted(scenarios, "scenario")
        );
        let older = self.again.iter().filter(|again| again.proof.proved).count();
        let again = match self.again.len() {
            0 => String::new(),
            all => format!("; {older} of {} proved again", counted_as(all, "earlier fix", "earlier fixes")),
        };
        (self.sort_by_waivers(Criterion::Proved, unproved(self.fixes, self.again)), holds + &again)
    }

    /// Every fix up to this release is still green by at least one scenario that applies, and red by none.
    fn cumulative(&self) -> (Found, String) {
        let fixed = fixes_so_far(self.evidence).count();
        let mut found = self.sort_by_waivers(Criterion::Cumulative, not_green(self.evidence));
        found.open.extend(ancestry::earlier_releases(self.evidence));
        (found, format!("{} since the first release, {}", counted_as(fixed, "fix", "fixes"), ancestry::summary(self.evidence)))
    }

    fn validated(&self) -> (Found, String) {
        let private = validated::private_fixes(self.evidence).count();
        let against = self.sort_by_waivers(Criterion::Validated, validated::against(self.evidence));
        (against, format!("{} among the new fixes, each to be attested by tester and customer", counted(private, "private fix")))
    }

    fn clean(&self) -> (Found, String) {
        let mut found = Found::default();
        let (mut known, mut informing) = (0_u64, 0_u64);
        for residual in self.analysis.residuals.iter().filter(|residual| residual.entry.verdict.is_failure()) {
            match residual.class {
                _ if informs(self.evidence.ledger, residual) => informing += 1,
                Some(Class::Known) => known += 1,
                _ => found.add(fact(residual), residual.waiver),
            }
        }
        let others = if informing > 0 { format!(", {informing} of packs that are not required") } else { String::new() };
        (found, format!("{}{others}", counted(known, "known failure")))
    }

    fn explained(&self) -> (Found, String) {
        let mut found = Found::default();
        let header = &self.evidence.record.header;
        match &header.baseline {
            None if self.evidence.release.follows.is_some() => found.open.push(Fact::NoBaseline),
            Some(baseline) if baseline.place >= header.place => {
                found.open.push(Fact::BaselineNotEarlier { baseline: baseline.build.name.clone() });
            }
            Some(_) | None => {}
        }
        let (same, unchanged) = unchanged(self.evidence);
        found.open.extend(same);
        found.open.extend(compared_with_nothing(self.evidence, self.analysis));
        let unaccounted = |residual: &&Residual<'_>| {
            residual.class.is_some_and(Class::is_unaccounted) && !informs(self.evidence.ledger, residual)
        };
        for residual in self.analysis.residuals.iter().filter(unaccounted) {
            found.add(fact(residual), residual.waiver);
        }
        found.open.extend(self.analysis.missing.iter().map(|scenario| Fact::Missing { scenario: scenario.clone() }));
        let stale = self.claims.iter().filter(|claim| claim.explained == 0);
        found
            .open
            .extend(stale.map(|claim| Fact::StaleClaim { defect: claim.defect.clone(), scenarios: claim.scenarios.clone() }));
        let unpinned = self.claims.iter().filter(|claim| !claim.pinned).count();
        let explained = self.analysis.counts.get(Class::Explained);
        (
            found,
            format!(
                "{} explained by {}, {unpinned} of them not pinned{unchanged}",
                counted(explained, "difference"),
                counted(self.claims.len(), "claim")
            ),
        )
    }

    fn canary(&self) -> (Found, String) {
        let canaries: Vec<_> =
            self.evidence.ledger.scenarios.iter().filter(|scenario| scenario.case.family == Family::Canary).collect();
        let entry = |id| self.evidence.record.entries.iter().find(|entry| entry.scenario == id);
        let blind =
            canaries.iter().filter(|canary| entry(canary.id.clone()).is_none_or(|entry| entry.verdict != Verdict::Passed));
        let mut against: Vec<Fact> = blind.map(|canary| Fact::BlindCanary { scenario: canary.id.clone() }).collect();
        let failed = canaries.len() - against.len();
        if canaries.is_empty() {
            against.push(Fact::NoCanary);
        }
        (
            Found::open(against),
            format!("{failed} of {}", counted_as(canaries.len(), "canary failed as it must", "canaries failed as they must")),
        )
    }

    /// What is quarantined does not count, and is shown.
    fn flaky(&self) -> (Found, String) {
        let (ledger, date) = (self.evidence.ledger, self.evidence.record.header.date);
        let most = ledger.project.gate.max_flaky;
        let (mut found, mut all) = (Found::default(), 0_u64);
        for Residual { entry, .. } in self.analysis.residuals.iter().filter(|residual| is_flaky(ledger, residual)) {
            all += 1;
            let flaky = Fact::Flaky { scenario: entry.scenario.clone() };
            match ledger.quarantined(&entry.scenario, date) {
                Some(quarantine) => {
                    let Quarantine { name, owner, expires, .. } = quarantine;
                    let acceptance = Acceptance::Quarantine { name: name.clone(), owner: owner.to_string(), expires: *expires };
                    found.accept(flaky, acceptance, quarantine.terms());
                }
                None => found.open.push(flaky),
            }
        }
        let quarantined = match found.accepted.len() {
            0 => String::new(),
            count => format!(" ({count} of them quarantined)"),
        };
        // Within the budget nothing counts against it, and with all of them within it nothing had to be excused.
        if found.open.len() as u64 <= most {
            found.open.clear();
        }
        if all <= most {
            found = Found::open(found.open);
        }
        (found, format!("{all} flaky{quarantined}, at most {most} allowed"))
    }

    /// Every required pack ran something and is green, but for what is waived.
    fn packs(&self) -> (Found, String) {
        let mut found = Found::default();
        let required: Vec<_> = self.packs.iter().filter(|pack| pack.required).collect();
        for pack in &required {
            let (owner, contact) = (pack.owner.clone(), pack.contact.clone());
            if pack.verdicts.total() == 0 {
                let (owner, contact) = (owner.clone(), contact.clone());
                found.open.push(Fact::IdlePack { pack: pack.name.clone(), owner, contact });
            }
            for PackFailure { scenario, verdict, waiver, .. } in &pack.failures {
                let (scenario, owner, contact) = (scenario.clone(), owner.clone(), contact.clone());
                let fact = Fact::PackNotGreen { scenario, verdict: *verdict, owner, contact };
                match waiver {
                    Some((acceptance, terms)) => found.accept(fact, acceptance.clone(), terms.clone()),
                    None => found.open.push(fact),
                }
            }
        }
        (found, counted(required.len(), "required pack"))
    }

    fn cadence(&self) -> (Found, String) {
        let (ledger, release) = (self.evidence.ledger, self.evidence.release);
        let before = ledger.train.before(&release.name);
        let (Some((least, most)), Some(before)) = (ledger.project.cadence, before) else {
            return (Found::default(), "no cadence is stated, or this is the first release".to_owned());
        };
        let (Some(cut), Some(last)) = (release.cut, before.cut) else {
            return (
                Found::open([Fact::NoCutDate { release: release.name.clone(), before: before.name.clone() }]),
                format!("{least} to {most} weeks"),
            );
        };
        let days = days_between(last, cut);
        let holds =
            format!("cut {} after {}; {least} to {most} weeks are meant", counted(days.unsigned_abs(), "day"), before.name);
        let inside = Window::after(last, (least, most)).state(cut) == WindowState::Open;
        let outside = Fact::OutOfCadence { days, before: before.name.clone(), weeks: (least, most) };
        (Found::open((!inside).then_some(outside)), holds)
    }
}

/// The waivers of this release, in date, that are for what a criterion does not hold against their defect.
pub(super) fn idle_waivers<'r>(evidence: &Evidence<'r>, (fixes, again): (&[FixResult], &[AgainResult])) -> Vec<&'r Waiver> {
    let held = |criterion| match criterion {
        Criterion::Proved => unproved(fixes, again),
        Criterion::Cumulative => not_green(evidence),
        Criterion::Validated => validated::against(evidence),
        // These hold nothing against a defect, so that no waiver can be meant.
        Criterion::Ledger
        | Criterion::Committed
        | Criterion::Complete
        | Criterion::Clean
        | Criterion::Explained
        | Criterion::Canary
        | Criterion::Flaky
        | Criterion::Packs
        | Criterion::Cadence
        | Criterion::Manual
        | Criterion::Imported
        | Criterion::Deployed
        | Criterion::Signed => Vec::new(),
    };
    let idle = |waiver: &&Waiver| match &waiver.waived {
        Waived::Criterion { criterion, defect } => !held(*criterion).iter().any(|fact| fact.defect() == Some(defect)),
        Waived::Scenario { .. } => false,
    };
    let (release, date) = (&evidence.release.name, evidence.record.header.date);
    let in_date = evidence.ledger.waivers.iter().filter(|waiver| waiver.release == *release && date <= waiver.expires);
    in_date.filter(idle).collect()
}

fn unproved(fixes: &[FixResult], again: &[AgainResult]) -> Vec<Fact> {
    let refusals = |fix: &FixResult| -> Vec<_> {
        fix.proof.refusals.iter().map(|why| Fact::Unproved { defect: fix.defect.clone(), why: why.clone() }).collect()
    };
    fixes.iter().flat_map(refusals).chain(again.iter().flat_map(AgainResult::against)).collect()
}

fn fixes_so_far<'r>(evidence: &Evidence<'r>) -> impl Iterator<Item = &'r Defect> {
    evidence.ledger.fixes_at(evidence.record.header.place)
}

fn not_green(evidence: &Evidence<'_>) -> Vec<Fact> {
    let entries: HashMap<&ScenarioId, &Entry> = evidence.record.entries.iter().map(|entry| (&entry.scenario, entry)).collect();
    let against = |defect: &Defect| {
        let pair = evidence.ledger.pair(&defect.id);
        let pair: Vec<&Entry> = pair.iter().filter_map(|scenario| entries.get(&scenario.id).copied()).collect();
        let failing = pair.iter().filter(|entry| entry.verdict.is_failure()).count();
        let green = pair.iter().any(|entry| matches!(entry.verdict, Verdict::Passed | Verdict::Flaky));
        if green && failing == 0 {
            return None;
        }
        let lost = lost(evidence, defect, &pair);
        Some(Fact::NotGreen { defect: defect.id.clone(), failing: green.then_some(failing), lost })
    };
    fixes_so_far(evidence).filter_map(against).chain(retracted(evidence)).chain(ancestry::fixes(evidence)).collect()
}

/// The fixes that the last sign-off vouched for and that are not on record any more.
fn retracted(evidence: &Evidence<'_>) -> Vec<Fact> {
    let Some(last) = evidence.last else { return Vec::new() };
    let fixed: BTreeSet<&DefectId> = fixes_so_far(evidence).map(|defect| &defect.id).collect();
    let retracted = |(id, signed_off): (&DefectId, &ReleaseName)| Fact::Retracted {
        defect: id.clone(),
        signed_off: signed_off.clone(),
        now: evidence.ledger.defects.get(id).map(|defect| standing(evidence.ledger, defect)),
    };
    last.fixes().into_iter().filter(|(id, _)| !fixed.contains(id)).map(retracted).collect()
}

fn fact(residual: &Residual<'_>) -> Fact {
    let Residual { entry, class, .. } = residual;
    let reason = entry.reason.as_deref().unwrap_or_default().to_owned();
    Fact::Residual { scenario: entry.scenario.clone(), verdict: entry.verdict, class: *class, reason }
}
