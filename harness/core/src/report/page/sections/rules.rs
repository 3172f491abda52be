//! The rules that were applied, and what changed in them.

use serde::Serialize;

use crate::case::Effect;
use crate::id::ReleaseName;
use crate::report::page::shown::{counted, thousands};
use crate::rules::{AppliedRules, Beside, CaseChange, Fate, Lacks, Misattributed, Since, Why};
use crate::visible::visible_line;

/// The most lines of one kind that are shown.
const SHOWN: usize = 100;

/// The section.
#[derive(Debug, Serialize)]
pub(super) struct RulesView<'s> {
    /// What they were compared with, in sentences; those to be warned of first.
    compared: Vec<String>,
    min_scenarios: u64,
    max_flaky: u64,
    not_required: Vec<&'static str>,
    unattributed: Vec<String>,
    changes: Vec<Change<'s>>,
    changes_left_out: usize,
    edits: Vec<Edit<'s>>,
    edits_left_out: usize,
    cases: Vec<Case<'s>>,
    cases_left_out: usize,
    new: u64,
}

#[derive(Debug, Serialize)]
struct Change<'s> {
    subject: &'static str,
    name: &'s str,
    before: Option<&'s str>,
    now: Option<&'s str>,
}

#[derive(Debug, Serialize)]
struct Edit<'s> {
    effect: &'static str,
    about: String,
    case: &'s str,
    scenarios: String,
}

#[derive(Debug, Serialize)]
struct Case<'s> {
    case: &'s str,
    scenarios: String,
    fate: &'static str,
}

impl<'s> RulesView<'s> {
    pub(super) fn of(rules: &'s AppliedRules, release: &ReleaseName) -> Self {
        let (new, others): (Vec<&CaseChange>, Vec<&CaseChange>) = rules.cases.iter().partition(|change| change.fate == Fate::New);
        Self {
            compared: rules.beside.iter().map(beside).chain([since(rules, release)]).collect(),
            min_scenarios: rules.gate.min_scenarios,
            max_flaky: rules.gate.max_flaky,
            not_required: rules.not_required.iter().map(|criterion| criterion.as_str()).collect(),
            unattributed: unattributed(rules).into_iter().chain(misattributed(rules)).collect(),
            changes: rules
                .changes
                .iter()
                .take(SHOWN)
                .map(|change| Change {
                    subject: change.subject.as_str(),
                    name: &change.name,
                    before: change.before.as_deref(),
                    now: change.now.as_deref(),
                })
                .collect(),
            changes_left_out: rules.changes.len().saturating_sub(SHOWN),
            edits: rules
                .edits
                .iter()
                .take(SHOWN)
                .map(|edited| Edit {
                    effect: match edited.edit.effect {
                        Effect::Loosened => "loosened",
                        Effect::Changed => "changed",
                        Effect::Tightened => "tightened",
                    },
                    about: edited.edit.about.to_string(),
                    case: &edited.case,
                    scenarios: counted(edited.count, "scenario"),
                })
                .collect(),
            edits_left_out: rules.edits.len().saturating_sub(SHOWN),
            cases: others
                .iter()
                .take(SHOWN)
                .map(|change| Case {
                    case: &change.case,
                    scenarios: counted(change.count, "scenario"),
                    fate: change.fate.words(),
                })
                .collect(),
            cases_left_out: others.len().saturating_sub(SHOWN),
            new: new.iter().map(|change| change.count).sum(),
        }
    }
}

fn since(rules: &AppliedRules, release: &ReleaseName) -> String {
    match (&rules.since, &rules.follows) {
        (None, None) => format!("{release} is the first release: there are no rules to compare with."),
        (None, Some(follows)) => {
            format!("Neither {follows} nor any release before it is signed off here: nothing shows what changed.")
        }
        (Some(Since { release, date, digest, starts, trainless }), _) => {
            let short = if *starts { " That sign-off keeps only twelve digits of each definition's digest." } else { "" };
            let order = if *trainless { " That sign-off doesn't keep the order of the train." } else { "" };
            format!("Compared with the sign-off of {release} on {date}, rules {digest}.{short}{order}")
        }
    }
}

fn beside(Beside { signoff: Since { release, date, digest, .. }, why }: &Beside) -> String {
    let told = match why {
        Why::Held => format!("The sign-off of {release} on {date} is a hold. It is compared, too"),
        Why::ShippedAlthoughHeld { on } => {
            format!("{release} shipped on {on} although its sign-off of {date} is a hold. It is compared, too")
        }
        Why::Deleted => {
            format!("The sign-off of {release} on {date} was deleted. It is read from the history, and compared, too")
        }
        Why::Replaced => format!("{release} was signed off again after its sign-off of {date}. What changed since is below, too"),
        Why::NoRelease => {
            format!("{release} was signed off on {date} and is no release any more. What changed since is below, too")
        }
    };
    format!("{told}; rules {digest}.")
}

fn unattributed(rules: &AppliedRules) -> Vec<String> {
    Lacks::ALL
        .into_iter()
        .filter_map(|lacks| {
            let words = lacks.words();
            let ids: Vec<&str> =
                rules.unattributed.iter().filter(|fix| fix.lacks == lacks).map(|fix| fix.defect.as_str()).collect();
            let first = ids.get(..ids.len().min(SHOWN)).unwrap_or_default().join(", ");
            (!ids.is_empty()).then(|| format!("{} fixes {words}: {first}.", thousands(ids.len() as u64)))
        })
        .collect()
}

fn misattributed(rules: &AppliedRules) -> impl Iterator<Item = String> {
    rules.misattributed.iter().take(SHOWN).map(|Misattributed { defect, stated, committed }| {
        let committed = visible_line(committed);
        format!("The author of {defect} is {stated} by its record, and {committed} by its commit.")
    })
}
