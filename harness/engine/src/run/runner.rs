//! A plan judged scenario by scenario, with the proofs of fixes.

use std::collections::HashSet;

use fixgate_core::case::{Family, Scenario};
use fixgate_core::claim::Claims;
use fixgate_core::defect::Defect;
use fixgate_core::event::{Event, Phase};
use fixgate_core::gate;
use fixgate_core::history::longest_first;
use fixgate_core::id::{DefectId, Digest, ScenarioId};
use fixgate_core::judge::{Finding, Printed, conclude, masked, otherwise, whole_outputs};
use fixgate_core::observation::Observation;
use fixgate_core::quarantine::RETRIES;
use fixgate_core::record::{Entry, JournalLine, Masked};
use fixgate_core::release::Standing;
use fixgate_core::running::{Role, Telling, telling};
use fixgate_core::varying::{Side, Varying, unlike};
use fixgate_core::verdict::Verdict;
use fixgate_core::waiver::Waived;
use fixgate_core::words::counted;
use jiff::civil::Date;

use super::{PROOF_RUNS, Purpose, Request};
use crate::baseline::Baseline;
use crate::builds::{Build, Placed};
use crate::execute::{Execution, Executor, seconds};
use crate::fault::Fault;
use crate::history;
use crate::journal::Journal;
use crate::outputs::Outputs;
use crate::pool;
use crate::prove::{OlderProofs, prove_one};
use crate::running;
use crate::site::Site;
use crate::worker::{NoOutcome, Worker, Workers, unless_stopped};

/// How often each build is run again where the candidate differs from the baseline.
const LOOKS: usize = 2;

/// What a worker does next.
#[derive(Clone, Copy)]
enum Work<'r> {
    /// Run a scenario of a pair without the fix and with it.
    Proof {
        /// The build without the fix.
        base: &'r Build,
        defect: &'r DefectId,
        scenario: &'r Scenario,
    },
    /// Run a scenario of the plan, and judge it.
    Judgement(&'r Scenario),
}

impl<'r> Work<'r> {
    fn judged(&self) -> Option<&'r Scenario> {
        match self {
            Self::Judgement(scenario) => Some(scenario),
            Self::Proof { .. } => None,
        }
    }
}

/// Everything that judging a plan takes.
pub(super) struct Runner<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) date: Date,
    pub(super) workers: &'r Workers<'r>,
    pub(super) executor: Executor<'r>,
    pub(super) baseline: Baseline,
    pub(super) claims: Claims<'r>,
    pub(super) outputs: Outputs,
}

impl Runner<'_> {
    /// Judges what has no verdict yet, and proves what has no proof: the fixes that are new in a sign-off, or that a private fix is
    /// for. Proofs come first and among the rest, as a fix that is not there may be waited for until a time limit.
    pub(super) fn run_all(
        &self,
        journal: &mut Journal,
        done: &HashSet<ScenarioId>,
        (mut not_passed, proved): (HashSet<ScenarioId>, &HashSet<(DefectId, ScenarioId)>),
    ) -> Result<HashSet<ScenarioId>, Fault> {
        let site = &self.request.site;
        let scenarios = self.request.plan.scenarios();
        let mut open: Vec<&Scenario> = scenarios.iter().copied().filter(|scenario| !done.contains(&scenario.id)).collect();
        let ids: Vec<&ScenarioId> = open.iter().map(|scenario| &scenario.id).collect();
        longest_first(&mut open, &history::longest(self.request.site.tree, &ids));
        let is_open = |work: &Work<'_>| match work {
            Work::Proof { defect, scenario, .. } => !proved.contains(&((*defect).clone(), scenario.id.clone())),
            Work::Judgement(_) => true,
        };
        let work = self.proofs().into_iter().chain(open.into_iter().map(Work::Judgement));
        let work: Vec<Work<'_>> = work.filter(is_open).collect();
        site.tell(Event::PhaseStarted { phase: Phase::Candidate, total: scenarios.len() as u64, done: done.len() as u64 });
        let (mut missing, mut judged) = (work.len(), done.len());
        pool::for_each_in_series(
            site.jobs,
            work,
            self.workers,
            |worker, series| self.perform(worker, series),
            |batch| {
                missing -= batch.len();
                let lines: Vec<JournalLine> = batch.into_iter().map(|(_, line)| line).collect();
                for line in &lines {
                    if let JournalLine::Scenario(entry) = line {
                        judged += 1;
                        site.tell(Event::Judged { scenario: &entry.scenario, verdict: entry.verdict });
                        if entry.verdict != Verdict::Passed {
                            not_passed.insert(entry.scenario.clone());
                        }
                    }
                }
                journal.append(&lines).map_err(Fault::from)
            },
        )?;
        site.tell(Event::PhaseEnded);
        if missing > 0 {
            return Err(Fault::interrupted(format!("interrupted after {judged} of {}", counted(scenarios.len(), "scenario"))));
        }
        Ok(not_passed)
    }

    /// What shows that each build runs: of the candidate a scenario that has just passed; the baseline and the base are tried, as what
    /// is kept of them is of another time.
    pub(super) fn show_that_builds_run(
        &self,
        not_passed: &HashSet<ScenarioId>,
        known: &[Role],
    ) -> Result<Vec<JournalLine>, Fault> {
        let Request { site: Site { ledger, .. }, candidate, baseline, plan, purpose, .. } = self.request;
        let show = |build, (role, place), is_likely: &dyn Fn(&ScenarioId) -> bool| {
            let (executor, at) = (Executor { build, keeper: None, ..self.executor }, Standing { place, fixes: &[] });
            running::show(ledger, self.workers, &executor, (role, at), is_likely)
        };
        let is_open = |role| !known.contains(&role);
        let mut shown = Vec::new();
        if is_open(Role::Candidate) {
            let mut works = plan.scenarios().iter().filter(|scenario| telling(scenario) == Telling::Works);
            shown.push(match works.find(|scenario| !not_passed.contains(&scenario.id)) {
                Some(scenario) => running::shown_by(Role::Candidate, &candidate.build, &scenario.id),
                None => {
                    let candidate = Executor { keeper: None, ..self.executor };
                    running::show(ledger, self.workers, &candidate, (Role::Candidate, self.request.candidate.standing()), |_| {
                        false
                    })?
                }
            });
        }
        if let Some(Placed { build, place, .. }) = baseline.as_ref().filter(|_| is_open(Role::Baseline)) {
            let passed = |id: &ScenarioId| self.baseline.of(id).is_some_and(|kept| kept.result.verdict == Verdict::Passed);
            shown.push(show(build, (Role::Baseline, *place), &passed)?);
        }
        if let (Some(release), Some(base), true) = (purpose.release(), purpose.before(), is_open(Role::Base))
            && let Some(before) = ledger.train.before(release)
            && let Some(place) = ledger.train.position(&before.name)
            && gate::new_fixes(ledger, release).next().is_some()
        {
            shown.push(show(base, (Role::Base, place), &|id| !not_passed.contains(id))?);
        }
        for (release, build) in purpose.again().into_iter().flat_map(OlderProofs::builds) {
            let place = ledger.train.position(release).ok_or_else(|| Fault::harness(format!("{release} is in no train")))?;
            shown.push(show(build, (Role::Older, place), &|id| !not_passed.contains(id))?);
        }
        Ok(shown.into_iter().map(JournalLine::Running).collect())
    }

    /// The pairs that are to be red on a build without the fix, and green on the candidate.
    fn proofs(&self) -> Vec<Work<'_>> {
        let ledger = self.request.site.ledger;
        let (base, fixes): (_, Vec<&Defect>) = match (&self.request.purpose, &self.request.baseline) {
            (Purpose::Signoff { release, before: Some(base), .. }, _) => (base, gate::new_fixes(ledger, release).collect()),
            (Purpose::Validation, Some(base)) => {
                (&base.build, self.request.candidate.fixes.iter().filter_map(|id| ledger.defects.get(id)).collect())
            }
            (Purpose::Signoff { before: None, .. }, _)
            | (Purpose::Validation, None)
            | (Purpose::Request | Purpose::Night { .. }, _) => return self.older_proofs().collect(),
        };
        let proof = |defect| move |scenario| Work::Proof { base, defect, scenario };
        let new = fixes.into_iter().flat_map(|defect| ledger.pair(&defect.id).into_iter().map(proof(&defect.id)));
        new.chain(self.older_proofs()).collect()
    }

    /// The pairs of earlier fixes that are proved again.
    fn older_proofs(&self) -> impl Iterator<Item = Work<'_>> {
        self.request.purpose.again().into_iter().flat_map(OlderProofs::proofs).map(|(base, defect, scenario)| Work::Proof {
            base,
            defect: &defect.id,
            scenario,
        })
    }

    /// Does the first of these, at least one; nothing if it shall stop.
    fn perform(&self, worker: &mut Worker<'_>, series: &[Work<'_>]) -> Vec<JournalLine> {
        if let [Work::Proof { base, defect, scenario }, ..] = series {
            let base = Executor { build: base, keeper: None, ..self.executor };
            let proof = prove_one(worker, (defect, scenario), &base, &self.executor, PROOF_RUNS);
            return proof.map(JournalLine::Pair).into_iter().collect();
        }
        let scenarios: Vec<&Scenario> = series.iter().map_while(Work::judged).collect();
        self.judge(worker, &scenarios).into_iter().map(JournalLine::Scenario).collect()
    }

    /// As [`perform`](Self::perform).
    fn judge(&self, worker: &mut Worker<'_>, scenarios: &[&Scenario]) -> Vec<Entry> {
        let wants_baseline = |scenario: &&Scenario| self.request.baseline.is_none() && scenario.needs_baseline();
        if let Some(first) = scenarios.first().filter(|first| wants_baseline(first)) {
            let reason = "it expects what the baseline gives, and there is none: give --baseline".to_owned();
            return vec![Entry::unjudged(&first.id, Verdict::Skipped, reason)];
        }
        let judged: Vec<&Scenario> = scenarios.iter().copied().take_while(|scenario| !wants_baseline(scenario)).collect();
        let executions = self.executor.execute_series(worker, &judged, |scenario| self.observed_before(scenario));
        let entry = |(scenario, execution)| {
            let first = self.entry(worker, scenario, execution)?;
            self.tried_again(worker, scenario, first)
        };
        judged.into_iter().zip(executions).map_while(entry).collect()
    }

    /// Nothing if it shall stop.
    fn tried_again(&self, worker: &mut Worker<'_>, scenario: &Scenario, first: Entry) -> Option<Entry> {
        let retries = if first.verdict.is_failure() { self.retries(scenario) } else { 0 };
        for attempt in 0..retries {
            let execution = self.executor.execute(worker, scenario, self.observed_before(scenario));
            if self.entry(worker, scenario, execution)?.verdict == Verdict::Passed {
                let reason = first.reason.as_deref().unwrap_or_default();
                let reason = format!("failed {} of {} attempts; {reason}", attempt + 1, attempt + 2);
                return Some(Entry { verdict: Verdict::Flaky, attempts: attempt + 2, reason: Some(reason.into()), ..first });
            }
        }
        Some(Entry { attempts: retries + 1, ..first })
    }

    /// How often it is tried again when it fails, to tell flaky from failing.
    fn retries(&self, scenario: &Scenario) -> u32 {
        let ledger = self.request.site.ledger;
        match (&scenario.case.family, ledger.quarantined(&scenario.id, self.date)) {
            (Family::Canary, _) => 0,
            (_, Some(_)) => ledger.project.run.retries.max(RETRIES),
            (_, None) => ledger.project.run.retries,
        }
    }

    /// Adds to the reason of a failure how isolation explains it.
    fn explained(&self, entry: Entry, scenario: &Scenario, seen: &Observation) -> Entry {
        let needs = self.executor.needs(scenario);
        let Some(explanation) = self.workers.explain(seen, &needs) else { return entry };
        let reason = entry.reason.as_deref().unwrap_or_default();
        Entry { reason: Some(format!("{reason}; {explanation}").into()), ..entry }
    }

    /// Adds to the detail of a failure what tells it from that of the baseline, if both fail and not in the same way.
    fn told_from_the_baselines(&self, entry: Entry, scenario: &Scenario, seen: &Observation) -> Entry {
        let (Some(before), Some(observed)) = (&entry.baseline, self.observed_before(scenario)) else { return entry };
        if !(entry.verdict.is_failure() && before.verdict.is_failure()) || before.seen == entry.seen {
            return entry;
        }
        Entry { detail: format!("{}{}", entry.detail, otherwise(seen, observed)).into(), ..entry }
    }

    /// What the baseline showed of it.
    fn observed_before(&self, scenario: &Scenario) -> Option<&Observation> {
        self.baseline.of(&scenario.id).map(|kept| &*kept.observation)
    }

    /// Nothing if it shall stop.
    fn entry(&self, worker: &mut Worker<'_>, scenario: &Scenario, execution: Result<Execution, NoOutcome>) -> Option<Entry> {
        Some(match unless_stopped(execution)? {
            Err(reason) => Entry::unjudged(&scenario.id, Verdict::Error, reason),
            Ok(Execution { observation, findings, kept }) => {
                let mut entry = self.judged(worker, scenario, &observation, findings)?;
                if entry.verdict.is_failure() {
                    let whole = self.outputs.keep(whole_outputs(&observation, self.observed_before(scenario)));
                    entry.printed = Printed::with_whole(entry.printed, whole);
                }
                match kept {
                    None => entry,
                    Some(place) => Entry { detail: format!("{}kept in {}\n", entry.detail, place.display()).into(), ..entry },
                }
            }
        })
    }

    /// Nothing if it shall stop.
    fn judged(&self, worker: &mut Worker<'_>, scenario: &Scenario, seen: &Observation, findings: Vec<Finding>) -> Option<Entry> {
        let before = self.baseline.of(&scenario.id).map(|kept| kept.result.clone());
        let entry = |explained_by| {
            let judgement = conclude(scenario, seen, findings.clone(), |_| explained_by);
            Entry::judged(scenario, judgement, seconds(seen.elapsed()), before.clone())
        };
        let plain = entry(None);
        if !plain.verdict.is_failure() {
            return Some(plain);
        }
        let is_pinned = |digest: Option<Digest>| digest.is_some_and(|digest| self.claims.pins(&scenario.id, digest));
        let claimed = plain.outputs.filter(|_| plain.differs).and_then(|outputs| self.claims.explain(&scenario.id, outputs));
        let explained = claimed.map(|defect| entry(Some(defect.clone())));
        if explained.is_some() && is_pinned(plain.outputs) {
            return explained;
        }
        let failed_otherwise = before
            .as_ref()
            .is_some_and(|before| before.verdict.is_failure() && before.seen != plain.seen && !is_pinned(plain.seen));
        let mut looked = self.told_from_the_baselines(plain, scenario, seen);
        if looked.differs || failed_otherwise {
            looked = self.looked_at_twice(worker, scenario, seen, looked)?;
        }
        // A claim that pins nothing would account for what varies, too.
        let is_doubtful = looked.varying.is_some() || looked.verdict == Verdict::Error;
        match explained.filter(|_| !is_doubtful) {
            Some(explained) => Some(explained),
            None if looked.verdict == Verdict::Error => Some(looked),
            None => Some(self.masked(self.explained(looked, scenario, seen), (seen, &findings))),
        }
    }

    /// Adds what the failure is known by under the rules of the waivers that are about it.
    fn masked(&self, entry: Entry, (seen, findings): (&Observation, &[Finding])) -> Entry {
        let (mut found, mut reasons) = (Vec::new(), String::new());
        for waiver in &self.request.site.ledger.waivers {
            let Waived::Scenario { scenario, masking: Some(masking), .. } = &waiver.waived else { continue };
            if *scenario != entry.scenario {
                continue;
            }
            match masked(masking, seen, findings) {
                Ok((_, seen)) => found.push(Masked { normalize: masking.digest(), seen }),
                Err(reason) => reasons.push_str(&format!("; the waiver {} does not cover it: {reason}", waiver.name)),
            }
        }
        let reason = entry.reason.map(|reason| format!("{reason}{reasons}").into());
        Entry { masked: found.into(), reason, ..entry }
    }

    /// A difference from the baseline, once the baseline and then the candidate were run again: each may differ from itself.
    fn looked_at_twice(&self, worker: &mut Worker<'_>, scenario: &Scenario, seen: &Observation, entry: Entry) -> Option<Entry> {
        let (Some(kept), Some(compared)) = (self.baseline.of(&scenario.id), &self.request.baseline) else { return Some(entry) };
        let before = &*kept.observation;
        let baseline = Executor { build: &compared.build, keeper: None, ..self.executor };
        let candidate = Executor { keeper: None, ..self.executor };
        let (then, now) = (kept.result.seen, entry.seen);
        for (on, executor, model, first, other, identity) in
            [(Side::Baseline, baseline, None, before, seen, then), (Side::Candidate, candidate, Some(before), seen, before, now)]
        {
            let mut outputs = vec![first.clone()];
            let mut differing = None;
            for _ in 0..LOOKS {
                let again = match unless_stopped(executor.execute(worker, scenario, model))? {
                    Ok(again) => again,
                    Err(reason) => {
                        let reason = format!("{} cannot be judged again: {reason}", on.words());
                        return Some(Entry::unjudged(&scenario.id, Verdict::Error, reason));
                    }
                };
                let found = if entry.differs {
                    unlike(scenario, &again.observation, first)
                } else {
                    let seen = conclude(scenario, &again.observation, again.findings.clone(), |_| None).seen;
                    if seen == identity { Vec::new() } else { again.findings }
                };
                let is_unlike = !found.is_empty();
                differing = differing.or(is_unlike.then_some(found));
                outputs.push(again.observation);
            }
            if let Some(found) = differing {
                let outputs: Vec<&Observation> = outputs.iter().collect();
                return Some(entry.varies(scenario, Varying::of(scenario, on, &outputs, other), &found));
            }
        }
        Some(entry)
    }
}
