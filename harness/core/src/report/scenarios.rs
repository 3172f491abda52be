//! A run as a JUnit document: a suite for each folder of cases, and one for the gate.

mod gate;

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::time::Duration;

use super::junit::{Case, CaseResult, Cases, Document, Reason, ReasonKind, Suite};
use super::text::rerun;
use crate::case::Scenario;
use crate::gate::{FixResult, Signoff};
use crate::id::ScenarioId;
use crate::ledger::Ledger;
use crate::pack::Pack;
use crate::proof::BuildIdentity;
use crate::record::{Entry, PlannedScenario, RunRecord};
use crate::residual::{Analysis, Class, Residual};
use crate::verdict::Verdict;

/// Whether a waiver or a known defect shows in place of the failure that it accounts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounting {
    /// It does: what is accounted for is skipped, with the reason.
    Shown,
    /// It does not: every failure is one.
    Raw,
}

/// The document of a run: every planned scenario, what was not run included; with a sign-off, its criteria too.
pub fn document<'r>(
    ledger: &'r Ledger,
    record: &'r RunRecord,
    analysis: &'r Analysis<'r>,
    signoff: Option<&Signoff>,
    accounting: Accounting,
) -> Document<Group<'r>> {
    // Residuals are in the order of the plan, less what was not run; only that has to be looked for.
    let mut residuals = analysis.residuals.iter().peekable();
    let find = || ledger.scenarios.iter().map(|scenario| (&scenario.id, scenario)).collect();
    let not_run: LazyCell<HashMap<&ScenarioId, &Scenario>, _> = LazyCell::new(find);
    let mut folders: BTreeMap<String, Vec<Planned<'r>>> = BTreeMap::new();
    for PlannedScenario { scenario: id, .. } in &record.plan {
        let residual = residuals.next_if(|residual| residual.entry.scenario == *id);
        let scenario = match residual {
            Some(residual) => residual.scenario,
            None => not_run.get(id).copied(),
        };
        folders.entry(class_name(id)).or_default().push(Planned { id, scenario, residual });
    }
    let fixes = record.header.fixes.iter().filter_map(|id| ledger.defects.get(id));
    let fixes: Vec<FixResult> = fixes.map(|defect| FixResult::of(ledger, defect, record)).collect();
    let suite = |(name, planned)| Suite { name, cases: Group::Scenarios { planned, ledger, record, accounting } };
    let mut suites: Vec<Suite<Group<'r>>> = folders.into_iter().map(suite).collect();
    let gate = gate::Gate { ledger, record, analysis, fixes: &fixes, signoff, accounting };
    suites.push(Suite { name: "fixgate.gate".to_owned(), cases: Group::Gate(gate.cases()) });
    Document {
        name: format!("{} {}", ledger.project.product, record.header.candidate.name),
        timestamp: record.header.started,
        hostname: record.header.host.clone(),
        properties: of_run(record),
        suites,
    }
}

/// What ties a report to its run, its builds and its plan.
fn of_run(record: &RunRecord) -> Vec<(String, String)> {
    let header = &record.header;
    let build = |role: &str, build: &BuildIdentity| {
        [(role.to_owned(), build.name.clone()), (format!("{role}.digest"), build.digest.to_string())]
    };
    let mut properties = vec![("run".to_owned(), header.run.to_string())];
    properties.extend(header.release.iter().map(|release| ("release".to_owned(), release.to_string())));
    properties.extend(build("candidate", &header.candidate));
    properties.extend(header.baseline.iter().flat_map(|baseline| build("baseline", &baseline.build)));
    properties.push(("plan.digest".to_owned(), header.plan.to_string()));
    properties
}

/// The cases of one suite.
#[derive(Debug)]
pub enum Group<'r> {
    /// The scenarios of one folder; their cases are made as they are asked for.
    Scenarios {
        /// In the order of the plan.
        planned: Vec<Planned<'r>>,
        /// The records.
        ledger: &'r Ledger,
        /// The run.
        record: &'r RunRecord,
        /// How they are shown.
        accounting: Accounting,
    },
    /// The sentinel and the criteria.
    Gate(Vec<Case>),
}

/// A planned scenario, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'r> {
    id: &'r ScenarioId,
    scenario: Option<&'r Scenario>,
    residual: Option<&'r Residual<'r>>,
}

impl Cases for Group<'_> {
    fn count(&self) -> usize {
        match self {
            Group::Scenarios { planned, .. } => planned.len(),
            Group::Gate(cases) => cases.len(),
        }
    }

    fn case(&self, index: usize) -> Cow<'_, Case> {
        match self {
            Group::Scenarios { planned, ledger, record, accounting } => {
                Cow::Owned(case(&planned[index], ledger, record, *accounting))
            }
            Group::Gate(cases) => Cow::Borrowed(&cases[index]),
        }
    }
}

/// The folder of the case: what readers group by.
pub(super) fn folder(id: &ScenarioId) -> &str {
    id.case().rsplit_once('/').map_or(id.case(), |(folder, _)| folder)
}

/// The folder as a dotted name. A point of its own is written as what no id has, so that two folders never become one.
fn class_name(id: &ScenarioId) -> String {
    folder(id).replace('.', "%2E").replace('/', ".")
}

fn case(planned: &Planned<'_>, ledger: &Ledger, record: &RunRecord, accounting: Accounting) -> Case {
    let Planned { id, scenario, residual } = *planned;
    let pack = scenario.and_then(|scenario| ledger.pack_of(&scenario.case));
    let quarantine = ledger.quarantined(id, record.header.date);
    let stem = id.case().rsplit('/').next().unwrap_or_default();
    let defects: Vec<&str> = scenario.iter().flat_map(|scenario| scenario.defects.iter().map(|defect| defect.as_str())).collect();
    let class = residual.and_then(|residual| residual.class);
    let mut properties = Vec::new();
    properties.extend(defects.iter().map(|defect| ("defect".to_owned(), (*defect).to_owned())));
    let components = scenario.iter().flat_map(|scenario| &*scenario.defects).filter_map(|defect| ledger.defects.get(defect));
    let components: BTreeSet<_> = components.map(|defect| &defect.component).collect();
    properties.extend(components.iter().map(|component| ("component".to_owned(), component.to_string())));
    let verdict = residual.map(|residual| residual.entry.verdict).filter(|verdict| *verdict != Verdict::Passed);
    properties.extend(verdict.map(|verdict| ("verdict".to_owned(), verdict.to_string())));
    properties.extend(class.filter(|class| *class != Class::Same).map(|class| ("class".to_owned(), class.to_string())));
    if let Some(pack) = pack {
        let who = [("pack", pack.name.to_string()), ("owner", pack.owner.to_string()), ("contact", pack.contact.clone())];
        properties.extend(who.map(|(name, value)| (name.to_owned(), value)));
    }
    properties.extend(quarantine.map(|known| ("quarantine".to_owned(), format!("{}, until {}", known.owner, known.expires))));
    let explained = residual.and_then(|residual| residual.entry.explained_by.as_ref());
    properties.extend(explained.map(|defect| ("explained-by".to_owned(), defect.to_string())));
    let signature = residual.and_then(|residual| residual.entry.signature);
    properties.extend(signature.map(|signature| ("signature".to_owned(), signature.to_string())));
    let printed = residual.and_then(|residual| residual.entry.printed.as_deref());
    Case {
        name: format!("{stem}{}", &id.as_str()[id.case().len()..]),
        classname: class_name(id),
        file: scenario.map_or_else(|| format!("testcases/{}.toml", id.case()), |scenario| scenario.place.source.path.to_string()),
        line: scenario.and_then(|scenario| NonZeroU32::new(scenario.line)).unwrap_or(NonZeroU32::MIN),
        time: Duration::try_from_secs_f64(residual.map_or(0.0, |residual| residual.entry.seconds)).unwrap_or_default(),
        result: residual
            .map_or_else(|| not_run(id, &defects, record), |residual| result(residual, pack, &defects, record, accounting)),
        properties,
        stdout: printed.map(|printed| printed.stdout.to_vec()).unwrap_or_default(),
        stderr: printed.map(|printed| printed.stderr.to_vec()).unwrap_or_default(),
        attachment: None,
    }
}

fn not_run(id: &ScenarioId, defects: &[&str], record: &RunRecord) -> CaseResult {
    let text = format!("{}{}\n", named(defects), rerun(&record.header, id));
    CaseResult::Error(Reason { kind: ReasonKind::new("NotRun"), message: "planned and not run".to_owned(), text })
}

fn named(defects: &[&str]) -> String {
    if defects.is_empty() { String::new() } else { format!("defects: {}\n", defects.join(" ")) }
}

fn result(
    residual: &Residual<'_>,
    pack: Option<&Pack>,
    defects: &[&str],
    record: &RunRecord,
    accounting: Accounting,
) -> CaseResult {
    let Residual { entry, class, .. } = residual;
    // Most of them pass, and nothing is to be said of them.
    if entry.verdict == Verdict::Passed && *class != Some(Class::UnexpectedPass) {
        return CaseResult::Passed;
    }
    let message = match entry.verdict {
        Verdict::Passed => "passes, although its defects are recorded as present here".to_owned(),
        verdict => entry.reason.as_deref().map_or_else(|| verdict.to_string(), str::to_owned),
    };
    let text = format!("{}{}{}\n", named(defects), entry.detail, rerun(&record.header, &entry.scenario));
    let reason = |kind, message| Reason { kind, message, text };
    match entry.verdict {
        Verdict::Passed | Verdict::Failed | Verdict::Crashed | Verdict::TimedOut => {
            match (accounting, accounted(residual, pack, defects, &message)) {
                (Accounting::Shown, Some((kind, message))) => CaseResult::Skipped(reason(ReasonKind::new(kind), message)),
                (Accounting::Shown, None) | (Accounting::Raw, _) => CaseResult::Failed(reason(kind(entry, *class), message)),
            }
        }
        Verdict::Flaky => CaseResult::Flaky(reason(ReasonKind::new("Flaky"), message)),
        Verdict::Skipped => CaseResult::Skipped(reason(ReasonKind::new("Skipped"), message)),
        Verdict::Error => CaseResult::Error(reason(ReasonKind::new("HarnessError"), message)),
    }
}

/// What answers for a failure, if anything does: a waiver, a defect that is known to be here, or that its pack does not gate.
fn accounted(residual: &Residual<'_>, pack: Option<&Pack>, defects: &[&str], message: &str) -> Option<(&'static str, String)> {
    match (residual.waiver, residual.class, pack) {
        (Some(waiver), _, _) => Some(("Waived", format!("WAIVED: {}", waiver.terms()))),
        (None, Some(Class::Known), _) => Some(("Known", format!("KNOWN: {} is not fixed here: {message}", defects.join(" ")))),
        (None, _, Some(Pack { name, owner, contact, required: false, .. })) => {
            Some(("Informs", format!("INFORMS: the pack {name} does not gate, ask {owner} ({contact}): {message}")))
        }
        (None, _, Some(_) | None) => None,
    }
}

/// What readers group failures by: how it stands to the baseline where that is known, and how it ended.
fn kind(entry: &Entry, class: Option<Class>) -> ReasonKind {
    let ended = match entry.verdict {
        Verdict::Crashed => "Crashed",
        Verdict::TimedOut => "TimedOut",
        Verdict::Passed | Verdict::Failed | Verdict::Flaky | Verdict::Skipped | Verdict::Error => "Failed",
    };
    let against = match class {
        Some(Class::Regressed) => "Regressed",
        Some(Class::Unexplained) => "Unexplained",
        Some(Class::Varying) => "Varying",
        Some(Class::StillFailing) => "StillFailing",
        Some(Class::FailingDifferently) => "FailingDifferently",
        Some(Class::New) => "New",
        // It ended well, which is what is wrong with it.
        Some(Class::UnexpectedPass) => return ReasonKind::new("UnexpectedPass"),
        Some(Class::Same | Class::Fixed | Class::Explained | Class::Missing | Class::Known) | None => {
            return ReasonKind::new(ended);
        }
    };
    ReasonKind::new(against).ended(ended)
}
