//! Issues beside the ledger: which are new, and where the two disagree.

use std::collections::BTreeMap;

use fixgate_core::defect::{Defect, Severity, Status};
use fixgate_core::id::{Component, DefectId};
use fixgate_core::ledger::Ledger;
use fixgate_core::problem::{Problem, Source};
use toml_edit::{DocumentMut, Formatted, value};

use super::{Issue, IssueState};

/// What a record says where the tracker says nothing.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// What the id begins with, before the tracker's key.
    pub prefix: String,
    /// How much it hurts.
    pub severity: Severity,
    /// The part of the product.
    pub component: Component,
}

/// A record that is not in the ledger yet.
#[derive(Debug, Clone)]
pub struct NewDefect {
    /// Its id.
    pub id: DefectId,
    /// Its text.
    pub text: String,
}

/// How a tracker and the ledger see an issue differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disagreement {
    /// It was closed as done, and its record is not fixed.
    NotFixed,
    /// It was closed as done, its record is fixed, and no case is paired with it.
    Unpaired,
    /// It is open, and its record is fixed.
    Reopened,
    /// It was closed as done, and there is no record of it.
    Unrecorded,
}

impl Disagreement {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::NotFixed, Self::Unpaired, Self::Reopened, Self::Unrecorded];
}

/// All issues of an export beside the ledger.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The records of open issues that the ledger does not have, in the export's order.
    pub new: Vec<NewDefect>,
    /// How many issues the ledger has.
    pub known: usize,
    /// How many were closed without a fix, and are not recorded.
    pub dropped: usize,
    /// Where they disagree.
    pub disagreements: Vec<(Disagreement, &'a Issue)>,
}

impl<'a> Comparison<'a> {
    /// Compares the issues with the ledger. An issue is one of its defects if it has that one's address, or its id.
    ///
    /// # Errors
    /// An issue that cannot be recorded: its key makes no id, or its id is that of a defect with another address.
    pub fn of(issues: &'a [Issue], ledger: &'a Ledger, defaults: &Defaults) -> Result<Self, Vec<Problem>> {
        let by_address: BTreeMap<&str, &Defect> =
            ledger.defects.values().rev().filter_map(|defect| Some((address(defect.source.as_deref()?), defect))).collect();
        let mut comparison = Self { new: Vec::new(), known: 0, dropped: 0, disagreements: Vec::new() };
        let mut problems = Vec::new();
        for issue in issues {
            let by_address = issue.source.as_deref().and_then(|source| by_address.get(address(source)).copied());
            match by_address.map_or_else(|| by_id(issue, ledger, defaults), |defect| Ok(Found::Known(defect))) {
                Ok(found) => match comparison.add(issue, found, ledger, defaults) {
                    Ok(()) => {}
                    Err(found) => problems.extend(found),
                },
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(comparison) } else { Err(problems) }
    }

    fn add(&mut self, issue: &'a Issue, found: Found<'a>, ledger: &'a Ledger, defaults: &Defaults) -> Result<(), Vec<Problem>> {
        match (found, issue.state) {
            (Found::Known(defect), state) => {
                self.known += 1;
                self.disagreements.extend(disagreement(defect, state, ledger).map(|kind| (kind, issue)));
            }
            (Found::New(id), IssueState::Open) => self.new.push(record(issue, id, defaults)?),
            (Found::New(_), IssueState::Done) => self.disagreements.push((Disagreement::Unrecorded, issue)),
            (Found::New(_), IssueState::Dropped) => self.dropped += 1,
        }
        Ok(())
    }
}

/// What the ledger has of an issue.
enum Found<'a> {
    Known(&'a Defect),
    New(DefectId),
}

/// The same address with and without a slash at its end.
fn address(source: &str) -> &str {
    source.trim_end_matches('/')
}

fn by_id<'a>(issue: &Issue, ledger: &'a Ledger, defaults: &Defaults) -> Result<Found<'a>, Problem> {
    let word = format!("{}{}", defaults.prefix, issue.key);
    let problem =
        |message: String| Problem::at(issue.place.clone(), message).help("give ids a beginning of their own: --prefix ABC-");
    let id: DefectId = word.parse().map_err(|reason| problem(format!("`{word}` cannot be the id of a defect: {reason}")))?;
    match ledger.defects.get(&id) {
        None => Ok(Found::New(id)),
        Some(defect) => match (defect.source.as_deref(), issue.source.as_deref()) {
            (Some(recorded), Some(exported)) if address(recorded) != address(exported) => {
                Err(problem(format!("{id} is recorded with another address, {recorded}")))
            }
            (Some(_) | None, _) => Ok(Found::Known(defect)),
        },
    }
}

fn disagreement(defect: &Defect, state: IssueState, ledger: &Ledger) -> Option<Disagreement> {
    match (state, &defect.status) {
        (IssueState::Done, Status::Open | Status::PrivateFix) => Some(Disagreement::NotFixed),
        (IssueState::Done, Status::Fixed(_)) => {
            let is_unpaired = defect.owes_pair() && ledger.pair(&defect.id).is_empty();
            is_unpaired.then_some(Disagreement::Unpaired)
        }
        (IssueState::Open, Status::Fixed(_)) => Some(Disagreement::Reopened),
        (IssueState::Open, Status::Open | Status::PrivateFix | Status::WontFix) => None,
        (IssueState::Done, Status::WontFix) | (IssueState::Dropped, _) => None,
    }
}

fn record(issue: &Issue, id: DefectId, defaults: &Defaults) -> Result<NewDefect, Vec<Problem>> {
    let mut document = DocumentMut::new();
    document["title"] = value(&issue.title);
    document["kind"] = value("defect");
    document["severity"] = value(issue.severity.unwrap_or(defaults.severity).as_str());
    document["component"] = value(issue.component.as_ref().unwrap_or(&defaults.component).as_str());
    if let Some(reported) = issue.reported
        && let Ok(date) = reported.to_string().parse::<toml_edit::Datetime>()
    {
        document["reported"] = toml_edit::Item::Value(toml_edit::Value::Datetime(Formatted::new(date)));
    }
    if let Some(source) = &issue.source {
        document["source"] = value(source);
    }
    document["status"] = value("open");
    let text = document.to_string();
    // A record that would not be read is not written in the first place.
    Defect::read(id.clone(), &Source::new(format!("defects/{id}.toml"), &*text))?;
    Ok(NewDefect { id, text })
}
