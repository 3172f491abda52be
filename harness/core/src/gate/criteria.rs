//! The criteria, one function each: what speaks against it, what is waived, and a line that says so.

use std::collections::{BTreeSet, HashMap};

use super::ancestry;
use super::lost::lost;
use super::packs::{informs, is_flaky};
use super::{ClaimResult, CriterionResult, Evidence, FixResult, PackResult, State, attested, validated};
use crate::case::Family;
use crate::defect::Defect;
use crate::id::{DefectId, ScenarioId};
use crate::plan::{Plan, Selection};
use crate::project::Criterion;
use crate::quarantine::Quarantine;
use crate::record::Entry;
use crate::release::{Window, WindowState, days_between};
use crate::residual::{Analysis, Class, Residual};
use crate::rules::standing;
use crate::verdict::Verdict;
use crate::waiver::{Waived, Waiver};
use crate::words::counted;

/// The most lines of evidence that one criterion shows.
const EVIDENCE_LIMIT: usize = 100;

pub(super) struct Decider<'r> {
    pub(super) evidence: &'r Evidence<'r>,
    pub(super) analysis: &'r Analysis<'r>,
    pub(super) fixes: &'r [FixResult],
    pub(super) claims: &'r [ClaimResult],
    pub(super) packs: &'r [PackResult],
}

/// What speaks against a criterion: one line each, and with what is waived the terms on which it is.
#[derive(Default)]
struct Against {
    open: Vec<String>,
    waived: Vec<(String, String)>,
}

impl Against {
    fn of(open: Vec<String>) -> Self {
        Self { open, waived: Vec::new() }
    }
}

/// Lines that no waiver is about.
fn open((against, holds): (Vec<String>, String)) -> (Against, String) {
    (Against::of(against), holds)
}

impl Decider<'_> {
    pub(super) fn decide(&self, criterion: Criterion) -> CriterionResult {
        let (against, holds) = match criterion {
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
            Criterion::Manual => open(attested::manual(self.evidence)),
            Criterion::Validated => self.validated(),
            Criterion::Deployed => open(attested::deployed(self.evidence)),
            Criterion::Signed => open(attested::signed(self.evidence)),
        };
        let (open, waived) = (against.open.len(), against.waived.len());
        let (state, summary) = match (open, waived) {
            (0, 0) => (State::Satisfied, holds),
            (0, _) => (State::Waived, format!("{waived} waived; {holds}")),
            (_, 0) => (State::Unsatisfied, format!("{open} against it; {holds}")),
            (_, _) => (State::Unsatisfied, format!("{open} against it and {waived} waived; {holds}")),
        };
        let (waived, terms): (Vec<String>, BTreeSet<String>) = against.waived.into_iter().unzip();
        let mut evidence: Vec<String> = against.open.into_iter().chain(waived).collect();
        if evidence.len() > EVIDENCE_LIMIT {
            let more = evidence.len() - EVIDENCE_LIMIT;
            evidence.truncate(EVIDENCE_LIMIT);
            evidence.push(format!("… and {more} more"));
        }
        CriterionResult { id: criterion, state, summary, evidence, terms }
    }

    /// Sorts what speaks against one defect by whether a waiver of this criterion and defect is in force.
    fn sort_by_waivers(&self, criterion: Criterion, against: impl IntoIterator<Item = (DefectId, String)>) -> Against {
        let mut sorted = Against::default();
        for (defect, line) in against {
            match self.waiver(criterion, &defect) {
                Some(waiver) => sorted.waived.push(waived(&line, waiver)),
                None => sorted.open.push(line),
            }
        }
        sorted
    }

    fn waiver(&self, criterion: Criterion, defect: &DefectId) -> Option<&Waiver> {
        let (ledger, release, date) = (self.evidence.ledger, self.evidence.release, self.evidence.record.header.date);
        let meant = Waived::Criterion { criterion, defect: defect.clone() };
        ledger.waivers.iter().find(|waiver| waiver.waived == meant && ledger.is_in_force(waiver, &release.name, date))
    }

    fn ledger(&self) -> (Against, String) {
        let ledger = self.evidence.ledger;
        let paired = ledger.defects.values().filter(|defect| defect.owes_pair()).count();
        let mut against: Vec<String> = self
            .evidence
            .gaps
            .iter()
            .map(|gap| match &gap.place {
                Some(place) => format!("{}:{}: {}", place.source.path, place.position().0, gap.message),
                None => gap.message.clone(),
            })
            .collect();
        against.extend(
            self.analysis.idle_waivers.iter().map(|waiver| format!("the waiver {} matches nothing, or has expired", waiver.name)),
        );
        let (quarantine, date) = (&self.evidence.ledger.quarantine, self.evidence.record.header.date);
        let expired = quarantine.iter().filter(|quarantine| quarantine.expires < date);
        against.extend(expired.map(|quarantine| format!("the quarantine {} expired on {}", quarantine.name, quarantine.expires)));
        (Against::of(against), format!("{} records, {paired} fixed defects owe a pair and a proof", ledger.defects.len()))
    }

    fn committed(&self) -> (Against, String) {
        let product = &self.evidence.record.header.test_product;
        let mut against = Vec::new();
        match &product.commit {
            None => against.push("the records are under no version control".to_owned()),
            Some(commit) if product.changed => against.push(format!("records or cases differ from those of commit {commit}")),
            Some(_) => {}
        }
        if product.digest != self.evidence.ledger.digest {
            against.push("records or cases were changed after the run".to_owned());
        }
        (Against::of(against), format!("commit {}", product.commit.as_deref().unwrap_or("none")))
    }

    fn proved(&self) -> (Against, String) {
        let proved = self.fixes.iter().filter(|fix| fix.proof.proved).count();
        let scenarios: u64 = self.fixes.iter().map(|fix| fix.proof.scenarios).sum();
        let holds = format!("{proved} of {} new fixes are red before and green here, by {scenarios} scenarios", self.fixes.len());
        (self.sort_by_waivers(Criterion::Proved, unproved(self.fixes)), holds)
    }

    /// Every fix up to this release is still green by at least one scenario that applies, and red by none.
    fn cumulative(&self) -> (Against, String) {
        let fixed = fixes_so_far(self.evidence).count();
        let mut against = self.sort_by_waivers(Criterion::Cumulative, not_green(self.evidence));
        against.open.extend(ancestry::earlier_releases(self.evidence));
        (against, format!("{fixed} fixes since the first release, {}", ancestry::summary(self.evidence)))
    }

    fn validated(&self) -> (Against, String) {
        let private = validated::private_fixes(self.evidence).count();
        let against = self.sort_by_waivers(Criterion::Validated, validated::against(self.evidence));
        (against, format!("{} among the new fixes, each to be attested by tester and customer", counted(private, "private fix")))
    }

    fn complete(&self) -> (Against, String) {
        let (record, rules) = (self.evidence.record, &self.evidence.ledger.project.gate);
        let judged = record.entries.iter().filter(|entry| entry.verdict.is_judged()).count() as u64;
        let planned = record.header.planned;
        let mut against = record.void.clone();
        if judged != planned {
            against.push(format!("{planned} scenarios were planned and {judged} judged"));
        }
        let release = self.evidence.release;
        if let Some(pinned) = release.digest.filter(|pinned| *pinned != record.header.candidate.digest) {
            against.push(format!("the candidate is not the build that {} is pinned to, {pinned}", release.name));
        }
        if self.evidence.ledger.train.position(&release.name) != Some(record.header.place) {
            against.push(format!("the run judged the candidate at another place of the train than that of {}", release.name));
        }
        let remembered = record.entries.iter().filter(|entry| entry.verdict.is_judged() && entry.attempts == 0);
        against.extend(remembered.map(|entry| format!("{} has a verdict and was not executed", entry.scenario)));
        let whole = Plan::new(self.evidence.ledger, &Selection::default(), record.header.place).map(|plan| plan.digest());
        if !record.header.complete || whole != Ok(record.header.plan) {
            against.push("scenarios were filtered away".to_owned());
        }
        if judged < rules.min_scenarios {
            against.push(format!("{judged} scenarios were judged, at least {} are required", rules.min_scenarios));
        }
        (Against::of(against), format!("{judged} of {planned} planned scenarios were judged"))
    }

    fn clean(&self) -> (Against, String) {
        let mut against = Against::default();
        let (mut known, mut informing) = (0_u64, 0_u64);
        for residual in self.analysis.residuals.iter().filter(|residual| residual.entry.verdict.is_failure()) {
            match (residual.class, residual.waiver) {
                _ if informs(self.evidence.ledger, residual) => informing += 1,
                (Some(Class::Known), _) => known += 1,
                (_, Some(waiver)) => against.waived.push(waived(&line(residual), waiver)),
                (_, None) => against.open.push(line(residual)),
            }
        }
        let others = if informing > 0 { format!(", {informing} of packs that are not required") } else { String::new() };
        (against, format!("{known} known failures{others}"))
    }

    fn explained(&self) -> (Against, String) {
        let mut against = Against::default();
        let header = &self.evidence.record.header;
        match &header.baseline {
            None if self.evidence.release.follows.is_some() => {
                against.open.push("the run was not compared with a baseline".to_owned());
            }
            Some(baseline) if baseline.place >= header.place => {
                against
                    .open
                    .push(format!("the baseline {} does not come before the candidate in the train", baseline.build.name));
            }
            Some(_) | None => {}
        }
        let unaccounted = |residual: &&Residual<'_>| {
            residual.class.is_some_and(Class::is_unaccounted) && !informs(self.evidence.ledger, residual)
        };
        for residual in self.analysis.residuals.iter().filter(unaccounted) {
            match residual.waiver {
                Some(waiver) => against.waived.push(waived(&line(residual), waiver)),
                None => against.open.push(line(residual)),
            }
        }
        against.open.extend(self.analysis.missing.iter().map(|scenario| format!("missing: {scenario}")));
        let stale = self.claims.iter().filter(|claim| claim.explained == 0);
        against.open.extend(
            stale.map(|claim| format!("the claim `{}` of {} explains nothing: it is stale", claim.scenarios, claim.defect)),
        );
        let unpinned = self.claims.iter().filter(|claim| !claim.pinned).count();
        let explained = self.analysis.counts.get(Class::Explained);
        (against, format!("{explained} differences explained by {} claims, {unpinned} of them not pinned", self.claims.len()))
    }

    fn canary(&self) -> (Against, String) {
        let canaries: Vec<_> =
            self.evidence.ledger.scenarios.iter().filter(|scenario| scenario.case.family == Family::Canary).collect();
        let entry = |id| self.evidence.record.entries.iter().find(|entry| entry.scenario == id);
        let blind =
            canaries.iter().filter(|canary| entry(canary.id.clone()).is_none_or(|entry| entry.verdict != Verdict::Passed));
        let mut against: Vec<String> = blind.map(|canary| format!("{} did not fail", canary.id)).collect();
        let failed = canaries.len() - against.len();
        if canaries.is_empty() {
            against.push("there is no canary: nothing shows that failures are seen".to_owned());
        }
        (Against::of(against), format!("{failed} of {} canaries failed as they must", canaries.len()))
    }

    /// What is quarantined does not count, and is shown.
    fn flaky(&self) -> (Against, String) {
        let (ledger, date) = (self.evidence.ledger, self.evidence.record.header.date);
        let most = ledger.project.gate.max_flaky;
        let (mut against, mut all) = (Against::default(), 0_u64);
        for Residual { entry, .. } in self.analysis.residuals.iter().filter(|residual| is_flaky(ledger, residual)) {
            all += 1;
            match ledger.quarantined(&entry.scenario, date) {
                Some(quarantine) => {
                    let Quarantine { owner, expires, .. } = quarantine;
                    let line = format!("{} (quarantined by {owner} until {expires})", entry.scenario);
                    against.waived.push((line, quarantine.terms()));
                }
                None => against.open.push(entry.scenario.to_string()),
            }
        }
        let quarantined = match against.waived.len() {
            0 => String::new(),
            count => format!(" ({count} of them quarantined)"),
        };
        // Within the budget nothing speaks against it, and with all of them within it nothing had to be excused.
        if against.open.len() as u64 <= most {
            against.open.clear();
        }
        if all <= most {
            against.waived.clear();
        }
        (against, format!("{all} flaky{quarantined}, at most {most} allowed"))
    }

    /// Every required pack ran something and is green, but for what is waived.
    fn packs(&self) -> (Against, String) {
        let mut against = Against::default();
        let required: Vec<_> = self.packs.iter().filter(|pack| pack.required).collect();
        for pack in &required {
            let ask = format!("ask {} ({})", pack.owner, pack.contact);
            if pack.verdicts.total() == 0 {
                against.open.push(format!("the required pack {} ran nothing; {ask}", pack.name));
            }
            for failure in &pack.failures {
                let line = format!("{} is {}; {ask}", failure.scenario, failure.verdict);
                match failure.waived_by.as_ref().zip(failure.terms.clone()) {
                    Some((by, terms)) => against.waived.push((format!("{line} (waived by {by})"), terms)),
                    None => against.open.push(line),
                }
            }
        }
        (against, format!("{} required packs", required.len()))
    }

    fn cadence(&self) -> (Against, String) {
        let (ledger, release) = (self.evidence.ledger, self.evidence.release);
        let before = ledger.train.before(&release.name);
        let (Some((least, most)), Some(before)) = (ledger.project.cadence, before) else {
            return (Against::default(), "no cadence is stated, or this is the first release".to_owned());
        };
        let (Some(cut), Some(last)) = (release.cut, before.cut) else {
            return (
                Against::of(vec![format!("{} or {} has no cut date", release.name, before.name)]),
                format!("{least} to {most} weeks"),
            );
        };
        let days = days_between(last, cut);
        let holds = format!("cut {days} days after {}; {least} to {most} weeks are meant", before.name);
        let inside = Window::after(last, (least, most)).state(cut) == WindowState::Open;
        (Against::of(if inside { Vec::new() } else { vec![holds.clone()] }), holds)
    }
}

/// The waivers of this release, in date, that are for what a criterion does not hold against their defect.
pub(super) fn idle_waivers<'r>(evidence: &Evidence<'r>, fixes: &[FixResult]) -> Vec<&'r Waiver> {
    let held = |criterion| match criterion {
        Criterion::Proved => unproved(fixes),
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
        | Criterion::Deployed
        | Criterion::Signed => Vec::new(),
    };
    let idle = |waiver: &&Waiver| match &waiver.waived {
        Waived::Criterion { criterion, defect } => !held(*criterion).iter().any(|(against, _)| against == defect),
        Waived::Scenario { .. } => false,
    };
    let (release, date) = (&evidence.release.name, evidence.record.header.date);
    let in_date = evidence.ledger.waivers.iter().filter(|waiver| waiver.release == *release && date <= waiver.expires);
    in_date.filter(idle).collect()
}

fn unproved(fixes: &[FixResult]) -> Vec<(DefectId, String)> {
    let refusals = |fix: &FixResult| -> Vec<_> {
        fix.proof.refusals.iter().map(|why| (fix.defect.clone(), format!("{}: {why}", fix.defect))).collect()
    };
    fixes.iter().flat_map(refusals).collect()
}

fn fixes_so_far<'r>(evidence: &Evidence<'r>) -> impl Iterator<Item = &'r Defect> {
    evidence.ledger.fixes_at(evidence.record.header.place)
}

fn not_green(evidence: &Evidence<'_>) -> Vec<(DefectId, String)> {
    let entries: HashMap<&ScenarioId, &Entry> = evidence.record.entries.iter().map(|entry| (&entry.scenario, entry)).collect();
    let against = |defect: &Defect| {
        let pair = evidence.ledger.pair(&defect.id);
        let pair: Vec<&Entry> = pair.iter().filter_map(|scenario| entries.get(&scenario.id).copied()).collect();
        let failing = pair.iter().filter(|entry| entry.verdict.is_failure()).count();
        let green = pair.iter().any(|entry| matches!(entry.verdict, Verdict::Passed | Verdict::Flaky));
        let how = match (green, failing) {
            (true, 0) => return None,
            (false, _) => "no paired scenario is green".to_owned(),
            (true, failing) => format!("{failing} paired scenarios fail"),
        };
        let lost = lost(evidence, defect, &pair).unwrap_or_default();
        Some((defect.id.clone(), format!("{}: {how}{lost}", defect.id)))
    };
    fixes_so_far(evidence).filter_map(against).chain(retracted(evidence)).chain(ancestry::fixes(evidence)).collect()
}

/// The fixes that the last sign-off vouched for and that are not on record any more.
fn retracted(evidence: &Evidence<'_>) -> Vec<(DefectId, String)> {
    let Some(last) = evidence.last else { return Vec::new() };
    let fixed: BTreeSet<&DefectId> = fixes_so_far(evidence).map(|defect| &defect.id).collect();
    let line = |id: &DefectId| {
        let now =
            evidence.ledger.defects.get(id).map_or("without a record".to_owned(), |defect| standing(evidence.ledger, defect));
        (id.clone(), format!("{id}: {} was signed off with its fix, and now it is {now}", last.rules.release))
    };
    last.rules.fixes.iter().filter(|id| !fixed.contains(id)).map(line).collect()
}

fn waived(line: &str, waiver: &Waiver) -> (String, String) {
    (format!("{line} (waived by {})", waiver.owner), waiver.terms())
}

fn line(residual: &Residual<'_>) -> String {
    let class = residual.class.map_or("", Class::as_str);
    let reason = residual.entry.reason.as_deref().unwrap_or_default();
    format!("{} {class}: {}: {reason}", residual.entry.verdict, residual.entry.scenario)
}
