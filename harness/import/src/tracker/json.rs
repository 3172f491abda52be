//! Issues as JSON: `gh issue list --json …` and the interfaces of GitHub, GitLab, Jira and Bugzilla.

use std::sync::Arc;

use fixgate_core::problem::{Place, Problem, Source};
use serde_json::Value;

use super::Row;

const HELP: &str = "an export is a list of issues as GitHub or GitLab gives it, or what Jira or Bugzilla answers to a search: \
                    {\"issues\": […]}, {\"bugs\": […]}";

/// All issues, without what GitHub lists among them and is a pull request.
pub(super) fn rows(source: &Arc<Source>) -> Result<Vec<Row>, Problem> {
    let place = |at: usize| Place { source: Arc::clone(source), span: at..at };
    let root: Value = serde_json::from_str(&source.text).map_err(|error| {
        let before: usize = source.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(source.text.len());
        Problem::at(place(at), format!("not JSON: {error}")).help("export the issues again: the file is cut off or damaged")
    })?;
    let list = match &root {
        Value::Array(list) => Some(list),
        root => ["issues", "bugs"].into_iter().find_map(|name| root.get(name)?.as_array()),
    };
    let list = list.ok_or_else(|| Problem::at(place(0), "this is no list of issues").help(HELP))?;
    let is_issue = |value: &&Value| value.get("pull_request").is_none_or(Value::is_null);
    let numbered = list.iter().enumerate().filter(|(_, value)| is_issue(value));
    let known = |(index, value): (usize, &Value)| {
        row(value).ok_or_else(|| Problem::at(place(0), format!("entry {} of the list is no issue", index + 1)).help(HELP))
    };
    numbered.map(known).collect()
}

fn row(value: &Value) -> Option<Row> {
    // What is not there, or is no text and no number, is empty.
    let at = |path: &str| match value.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let first = |paths: &[&str]| paths.iter().map(|path| at(path)).find(|text| !text.is_empty()).unwrap_or_default();
    let has = |path: &str| value.pointer(path).is_some();
    if has("/key") && has("/fields") {
        // Jira has states of a team's own, and three categories of them.
        let status = if at("/fields/status/statusCategory/key") == "done" { "done".to_owned() } else { String::new() };
        return Some(Row {
            key: at("/key"),
            title: at("/fields/summary"),
            status,
            resolution: at("/fields/resolution/name"),
            reported: at("/fields/created"),
            severity: at("/fields/priority/name"),
            component: at("/fields/components/0/name"),
            ..Row::default()
        });
    }
    let (key, title) = if has("/iid") {
        ("/iid", "/title")
    } else if has("/number") {
        ("/number", "/title")
    } else if has("/id") && has("/summary") {
        ("/id", "/summary")
    } else {
        return None;
    };
    Some(Row {
        key: at(key),
        title: at(title),
        status: first(&["/state", "/status"]),
        resolution: first(&["/stateReason", "/state_reason", "/resolution"]),
        reported: first(&["/createdAt", "/created_at", "/creation_time"]),
        source: first(&["/html_url", "/web_url", "/url"]),
        severity: at("/severity"),
        component: first(&["/component", "/component/0"]),
        ..Row::default()
    })
}
