//! Issues of trackers: what GitHub, GitLab, Jira and Bugzilla export, and any table whose columns are stated.
//!
//! An export is told by its content. What an issue is called and whether it is closed is taken from it; nothing else of it is believed.

mod json;
mod ledger;
mod table;

use std::ops::Range;
use std::sync::Arc;

use fixgate_core::defect::Severity;
use fixgate_core::id::Component;
use fixgate_core::problem::{Place, Problem, Source};
use fixgate_core::words::is_unseen;
use jiff::civil::Date;

pub use self::ledger::{Comparison, Defaults, Disagreement, NewDefect};
pub use self::table::Columns;

/// One issue of a tracker.
#[derive(Debug, Clone)]
pub struct Issue {
    /// What the tracker calls it: a number, or a key such as `ABC-12`.
    pub key: String,
    /// One line, with what no reader could see replaced.
    pub title: String,
    /// Its state there.
    pub state: IssueState,
    /// The day on which it was opened.
    pub reported: Option<Date>,
    /// Its address.
    pub source: Option<String>,
    /// How much it hurts, where the tracker says so.
    pub severity: Option<Severity>,
    /// The part of the product, where the tracker says so and it can be a name here.
    pub component: Option<Component>,
    /// Where the export has it.
    pub place: Place,
}

/// The state of an issue in its tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueState {
    /// There is something to be done.
    Open,
    /// It was closed as done.
    Done,
    /// It was closed for another reason: a duplicate, nothing that is wrong, or nothing that will be changed.
    Dropped,
}

/// Reads all issues of an export, in its order.
///
/// # Errors
/// That it is no export that is known, is cut off, or has an issue without a key or a title, or twice.
pub fn issues(source: &Arc<Source>, columns: Option<&Columns>) -> Result<Vec<Issue>, Problem> {
    let is_json = source.text.trim_start().starts_with(['{', '[']);
    let rows = match columns {
        None if is_json => json::rows(source)?,
        columns => table::rows(source, columns)?,
    };
    let mut known = std::collections::BTreeMap::new();
    let issues = rows.into_iter().map(|row| row.issue(source)).collect::<Result<Vec<_>, _>>()?;
    for issue in &issues {
        if let Some(first) = known.insert(&issue.key, &issue.place) {
            let line = source.text[..first.span.start].matches('\n').count() + 1;
            let message = format!("issue {} is in the export twice, the first time on line {line}", issue.key);
            return Err(Problem::at(issue.place.clone(), message).help("export each issue once"));
        }
    }
    Ok(issues)
}

/// What an export says of an issue, as text.
#[derive(Debug, Default)]
struct Row {
    key: String,
    title: String,
    status: String,
    /// Why it was closed.
    resolution: String,
    reported: String,
    source: String,
    severity: String,
    component: String,
    span: Range<usize>,
}

impl Row {
    fn issue(self, source: &Arc<Source>) -> Result<Issue, Problem> {
        let place = Place { source: Arc::clone(source), span: self.span.clone() };
        let title = self.title.split_whitespace().collect::<Vec<_>>().join(" ").replace(is_unseen, "\u{FFFD}");
        let key = self.key.trim().to_owned();
        for (what, text) in [("key", &key), ("title", &title)] {
            if text.is_empty() {
                return Err(
                    Problem::at(place, format!("an issue has no {what}")).help("export the issues with their keys and titles")
                );
            }
        }
        let address = self.source.trim();
        let is_address = address.starts_with("https://") || address.starts_with("http://");
        let is_address = is_address && !address.contains(|letter: char| letter.is_whitespace() || is_unseen(letter));
        Ok(Issue {
            key,
            title,
            state: state(&self.status, &self.resolution),
            // The first ten letters of a time by ISO 8601; dates in any other order are left out, as they can mean two days.
            reported: self.reported.trim().get(..10).and_then(|day| day.parse().ok()),
            source: is_address.then(|| address.to_owned()),
            severity: severity(&self.severity),
            component: self.component.trim().to_lowercase().replace([' ', '/'], "-").parse().ok(),
            place,
        })
    }
}

/// States and resolutions by which trackers say that there is nothing to be done any more.
const CLOSED: [&str; 7] = ["closed", "completed", "done", "fixed", "resolved", "verified", "finished"];
/// Those by which they say that nothing was done.
const DROPPED: [&str; 22] = [
    "abandoned",
    "by design",
    "cannot reproduce",
    "canceled",
    "cancelled",
    "declined",
    "duplicate",
    "expired",
    "inactive",
    "incomplete",
    "invalid",
    "moved",
    "not a bug",
    "not_planned",
    "obsolete",
    "rejected",
    "won't do",
    "won't fix",
    "wontdo",
    "wontfix",
    "works as designed",
    "worksforme",
];
/// Resolutions of what is not resolved.
const UNRESOLVED: [&str; 4] = ["", "---", "reopened", "unresolved"];

fn state(status: &str, resolution: &str) -> IssueState {
    let (status, resolution) = (status.trim().to_lowercase(), resolution.trim().to_lowercase());
    let is_dropped = |word: &str| DROPPED.contains(&word);
    if is_dropped(&status) || is_dropped(&resolution) {
        IssueState::Dropped
    } else if CLOSED.contains(&&*status) || !UNRESOLVED.contains(&&*resolution) {
        IssueState::Done
    } else {
        IssueState::Open
    }
}

fn severity(word: &str) -> Option<Severity> {
    match &*word.trim().to_lowercase() {
        "blocker" | "critical" | "highest" | "s1" => Some(Severity::Critical),
        "major" | "normal" | "high" | "medium" | "s2" | "s3" => Some(Severity::Major),
        "minor" | "trivial" | "low" | "lowest" | "s4" => Some(Severity::Minor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_closed_by_its_state_or_its_resolution() {
        for (status, resolution, meant) in [
            ("OPEN", "", IssueState::Open),
            ("CLOSED", "COMPLETED", IssueState::Done),
            ("CLOSED", "", IssueState::Done),
            ("CLOSED", "NOT_PLANNED", IssueState::Dropped),
            ("OPEN", "REOPENED", IssueState::Open),
            ("opened", "", IssueState::Open),
            ("NEW", "---", IssueState::Open),
            ("RESOLVED", "FIXED", IssueState::Done),
            ("RESOLVED", "WORKSFORME", IssueState::Dropped),
            ("In Review", "Unresolved", IssueState::Open),
            ("Released to customers", "Fixed", IssueState::Done),
            ("Done", "Won't Do", IssueState::Dropped),
        ] {
            assert_eq!(state(status, resolution), meant, "{status} {resolution}");
        }
    }
}
