//! The Common Test Report Format: one JSON object that its schema (version 0.0) allows.

use serde_json::{Map, Value, json};

use super::junit::{Case, CaseResult, Cases, Document, Reason};
use crate::visible::{head, inert_json, visible_ends, visible_line, visible_text, without_middle};

/// The most bytes of a reason, of its text and of the output that are shown.
const MESSAGE: usize = 1 << 10;
const TEXT: usize = 16 << 10;
const OUTPUT: usize = 16 << 10;

/// The whole report. `tool` is the name and version of the program that judged, `seconds` how long that took.
pub fn render<C: Cases>(document: &Document<C>, (name, version): (&str, &str), seconds: f64) -> String {
    let cases = || {
        let places = document.suites.iter().flat_map(|suite| (0..suite.cases.count()).map(move |index| (suite, index)));
        places.map(|(suite, index)| (suite.name.as_str(), suite.cases.case(index)))
    };
    let count = |status: &str| cases().filter(|(_, case)| self::status(&case.result) == status).count();
    let flaky = cases().filter(|(_, case)| matches!(case.result, CaseResult::Flaky(_))).count();
    let start = document.timestamp.as_millisecond();
    let stop = start.saturating_add((seconds.clamp(0.0, 1e12) * 1e3) as i64);
    let extra: Map<String, Value> =
        document.properties.iter().map(|(name, value)| (visible_line(name), visible_line(value).into())).collect();
    let report = json!({
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "results": {
            "tool": { "name": name, "version": version },
            "summary": {
                "tests": cases().count(), "passed": count("passed"), "failed": count("failed"), "skipped": count("skipped"),
                "pending": 0, "other": 0, "flaky": flaky, "suites": document.suites.len(), "start": start, "stop": stop,
            },
            "tests": cases().map(|(suite, case)| test(suite, &case)).collect::<Vec<Value>>(),
            "extra": extra,
        },
    });
    inert_json(format!("{report}\n"))
}

/// What gives no answer has failed here: readers pass over what is `other`.
fn status(result: &CaseResult) -> &'static str {
    match result {
        CaseResult::Passed | CaseResult::Flaky(_) => "passed",
        CaseResult::Failed(_) | CaseResult::Error(_) => "failed",
        CaseResult::Skipped(_) => "skipped",
    }
}

fn test(suite: &str, case: &Case) -> Value {
    let mut test = json!({
        "name": format!("{}: {}", visible_line(&case.classname), visible_line(&case.name)),
        "status": status(&case.result),
        "duration": u64::try_from(case.time.as_millis()).unwrap_or(u64::MAX >> 12),
        "suite": [visible_line(suite)],
        "filePath": visible_line(&case.file),
        "line": case.line.get(),
    });
    let reason = match &case.result {
        CaseResult::Passed => return test,
        CaseResult::Failed(reason) | CaseResult::Error(reason) | CaseResult::Skipped(reason) => reason,
        CaseResult::Flaky(reason) => {
            test["flaky"] = true.into();
            reason
        }
    };
    let Reason { kind, message, text } = reason;
    test["message"] = head(visible_line(message), MESSAGE).into();
    test["trace"] = without_middle(visible_text(text).into_owned(), TEXT).into();
    test["rawStatus"] = kind.to_string().into();
    let (stdout, stderr) = visible_ends(&case.stdout, &case.stderr, OUTPUT);
    for (name, lines) in [("stdout", stdout), ("stderr", stderr)] {
        if !lines.is_empty() {
            test[name] = lines.lines().collect::<Vec<&str>>().into();
        }
    }
    let mut properties: Map<String, Value> = Map::new();
    for (name, value) in &case.properties {
        let values = properties.entry(visible_line(name)).or_insert_with(|| Value::Array(Vec::new()));
        values.as_array_mut().into_iter().for_each(|values| values.push(visible_line(value).into()));
    }
    if !properties.is_empty() {
        test["extra"] = properties.into();
    }
    test
}
