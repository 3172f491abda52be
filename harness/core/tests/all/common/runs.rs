//! Runs as records, without a program: one line for each scenario.

use std::convert::Infallible;

use fixgate_core::case::Scenario;
use fixgate_core::gate::{Evidence, Signoff, decide};
use fixgate_core::id::Digest;
use fixgate_core::ledger::Ledger;
use fixgate_core::plan::{Plan, Selection};
use fixgate_core::record::{
    BaselineIdentity, BaselineResult, Entry, Footer, Header, JournalLine, Occasion, PairResult, PairSide, PlannedScenario,
    RunRecord, SCHEMA, TestProduct,
};
use fixgate_core::rules::{LastSignoff, Reference, Rules, plan_text};
use fixgate_core::running::{Role, Running, Shown};
use fixgate_core::verdict::Verdict;

use super::{build, id, place};

/// A run of everything at a release, against the release before; all passed, as on the baseline, until a line is changed.
pub(crate) struct Run<'l> {
    pub(crate) ledger: &'l Ledger,
    pub(crate) header: Header,
    pub(crate) plan: Vec<PlannedScenario>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) pairs: Vec<PairResult>,
    pub(crate) footer: Option<Footer>,
}

pub(crate) fn entry(scenario: &Scenario, verdict: Verdict) -> Entry {
    let signature = verdict.is_failure().then(|| Digest::of(b"signature"));
    let seen = verdict.is_failure().then(|| Digest::of(verdict.as_str().as_bytes()));
    let reason = (verdict != Verdict::Passed).then(|| "step 1: exit 1, expected exit 0".into());
    let mut entry = Entry::unjudged(&scenario.id, verdict, String::new());
    (entry.seconds, entry.attempts, entry.outputs) = (0.25, 1, Some(Digest::of(b"outputs")));
    (entry.signature, entry.seen, entry.reason) = (signature, seen, reason);
    entry
}

pub(crate) fn side(verdict: Verdict) -> PairSide {
    let signature = verdict.is_failure().then(|| Digest::of(b"red"));
    PairSide { verdict, signature, shown: "exit 1\n".into(), stopped: None }
}

pub(crate) fn baseline(verdict: Verdict) -> Option<BaselineResult> {
    let seen = verdict.is_failure().then(|| Digest::of(verdict.as_str().as_bytes()));
    Some(BaselineResult { verdict, signature: seen, seen })
}

impl<'l> Run<'l> {
    pub(crate) fn new(ledger: &'l Ledger, release: &str) -> Self {
        let at = place(ledger, release);
        let plan = Plan::new(ledger, &Selection::default(), at).unwrap();
        let before = ledger.train.before(&release.parse().unwrap());
        let before = before.map(|before| BaselineIdentity {
            build: build(before.name.as_str()),
            place: ledger.train.position(&before.name).unwrap(),
        });
        let entries = plan.scenarios().iter().map(|scenario| {
            let applies = before.as_ref().is_some_and(|before| ledger.applies(&scenario.case, before.place));
            Entry { baseline: baseline(Verdict::Passed).filter(|_| applies), ..entry(scenario, Verdict::Passed) }
        });
        let pairs = fixgate_core::gate::new_fixes(ledger, &release.parse().unwrap())
            .flat_map(|defect| {
                ledger.pair(&defect.id).into_iter().map(|scenario| PairResult {
                    defect: defect.id.clone(),
                    scenario: scenario.id.clone(),
                    definition: scenario.digest(),
                    base: side(Verdict::Failed),
                    symptom: true,
                    fixed: side(Verdict::Passed),
                    runs: 3,
                })
            })
            .collect();
        let planned = |scenario: &&Scenario| PlannedScenario { scenario: scenario.id.clone(), digest: scenario.digest() };
        let candidate = build(release);
        Self {
            ledger,
            plan: plan.scenarios().iter().map(planned).collect(),
            entries: entries.collect(),
            pairs,
            footer: Some(Footer {
                journal: Digest::of(b"journal"),
                seconds: 12.0,
                candidate: candidate.digest,
                baseline: before.as_ref().map(|before| before.build.digest),
                found: Vec::new(),
                changed: Some(Vec::new()),
            }),
            header: Header {
                isolation: fixgate_core::project::Isolation::Strict,
                circumstances: None,
                schema: SCHEMA,
                request: None,
                imported: None,
                tool: "fixgate 0.1.0".into(),
                harness: None,
                proved_again: Vec::new(),
                shards: Vec::new(),
                used: None,
                host: "linux".into(),
                run: "run-1".parse().unwrap(),
                started: "2024-01-15T08:00:00Z".parse().unwrap(),
                occasion: Occasion::Request,
                date: "2024-01-15".parse().unwrap(),
                candidate,
                place: at,
                placed_as: None,
                fixes: Vec::new(),
                baseline: before,
                release: Some(release.parse().unwrap()),
                packs: Vec::new(),
                found: Vec::new(),
                ancestry: None,
                past: None,
                plan: plan.digest(),
                planned: plan.scenarios().len() as u64,
                complete: plan.is_complete(),
                test_product: TestProduct {
                    commit: Some("abc123".into()),
                    committed: None,
                    changed: false,
                    differing: None,
                    unknown: None,
                    digest: ledger.digest,
                },
            },
        }
    }

    /// What the candidate and the baseline did with one scenario.
    pub(crate) fn set(mut self, scenario: &str, verdict: Verdict, on_baseline: Option<Verdict>) -> Self {
        let found = self.ledger.scenarios.iter().find(|known| known.id == id(scenario)).unwrap();
        let changed = Entry { baseline: on_baseline.and_then(baseline), ..entry(found, verdict) };
        *self.entry(scenario) = changed;
        self
    }

    pub(crate) fn entry(&mut self, scenario: &str) -> &mut Entry {
        self.entries.iter_mut().find(|entry| entry.scenario == id(scenario)).unwrap()
    }

    pub(crate) fn header(mut self, change: impl FnOnce(&mut Header)) -> Self {
        change(&mut self.header);
        self
    }

    pub(crate) fn record(self) -> RunRecord {
        let lines = self.entries.into_iter().map(JournalLine::Scenario);
        let builds = [
            (Role::Candidate, Some(&self.header.candidate)),
            (Role::Baseline, self.header.baseline.as_ref().map(|baseline| &baseline.build)),
            (Role::Base, self.header.baseline.as_ref().map(|baseline| &baseline.build)),
        ];
        let running: Vec<Running> = builds
            .into_iter()
            .filter_map(|(role, build)| build.map(|build| (role, build)))
            .map(|(role, build)| Running {
                role,
                build: build.digest,
                name: build.name.clone(),
                shown: Shown::By(id("suite/plain")),
            })
            .collect();
        let lines =
            lines.chain(self.pairs.into_iter().map(JournalLine::Pair)).chain(running.into_iter().map(JournalLine::Running));
        let lines = lines.chain(self.footer.map(JournalLine::Footer));
        RunRecord::read(self.header, self.plan, lines.map(Ok::<_, Infallible>), |_| Digest::of(b"journal")).unwrap()
    }

    /// The sign-off of the release that the run is for.
    pub(crate) fn signoff(self) -> Signoff {
        self.signoff_after(None)
    }

    /// What this run, signed off, leaves for the next.
    pub(crate) fn last(self) -> LastSignoff {
        let (ledger, release) = (self.ledger, self.header.release.clone().unwrap());
        let record = self.record();
        let rules = Rules::of(ledger, ledger.train.release(&release).unwrap(), &record).to_json();
        LastSignoff::read(&release, Digest::of(rules.as_bytes()), &rules, &plan_text(&record)).unwrap()
    }

    /// The sign-off after another.
    pub(crate) fn signoff_after(self, last: Option<&LastSignoff>) -> Signoff {
        let (ledger, release) = (self.ledger, self.header.release.clone().unwrap());
        let record = self.record();
        let gaps = ledger.gaps(Some(record.header.date));
        let release = ledger.train.release(&release).unwrap();
        let (attestations, today) = (&*ledger.attestations, record.header.date);
        let last = last.and_then(|last| Reference::of(vec![(last.clone(), None)]));
        let (last, signoffs) = (last.as_ref(), None);
        decide(&Evidence { ledger, gaps: &gaps, release, record: &record, last, signoffs, earlier: &[], attestations, today })
    }
}
