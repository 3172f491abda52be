//! The JUnit report as two crates read it that others build their tools on: quick-junit, which is cargo-nextest's, and junit-parser.

use fixgate_core::report::junit::render;
use junit_parser::TestStatus;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus, XmlString};
use serde_json::{Value, json};

use crate::junit_consumers::{document, expected};

/// What the document says of each case.
fn meant(names: &[&str]) -> Vec<Value> {
    let expected = expected();
    let suites = expected["suites"].as_array().unwrap().iter();
    let cases = suites.flat_map(|suite| suite["cases"].as_array().unwrap().clone());
    cases.map(|case| names.iter().map(|name| case[*name].clone()).collect()).collect()
}

fn shown(text: Option<&XmlString>) -> &str {
    text.map_or("", XmlString::as_str)
}

#[test]
fn quick_junit_reads_what_was_meant() {
    let xml = String::from_utf8(render(&document()).unwrap()).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.name.as_str(), report.tests, report.failures, report.errors), ("ripgrep RU2", 5, 1, 1));
    let seen = report.test_suites.iter().flat_map(|suite| &suite.test_cases).map(|case| {
        let (result, kind, message, text) = match &case.status {
            TestCaseStatus::Success { flaky_runs } => match flaky_runs.first() {
                None => ("passed", None, None, None),
                Some(run) => ("flakyFailure", run.ty.as_ref(), run.message.as_ref(), run.stack_trace.as_ref()),
            },
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, message, ty, description, .. } => {
                ("failure", ty.as_ref(), message.as_ref(), description.as_ref())
            }
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, message, ty, description, .. } => {
                ("error", ty.as_ref(), message.as_ref(), description.as_ref())
            }
            TestCaseStatus::Skipped { message, ty, description } => {
                ("skipped", ty.as_ref(), message.as_ref(), description.as_ref())
            }
        };
        let streams = (shown(case.system_out.as_ref()), shown(case.system_err.as_ref()));
        let known = [case.name.as_str(), shown(case.classname.as_ref()), result, shown(kind), shown(message), shown(text)];
        json!([known[0], known[1], known[2], known[3], known[4], known[5], streams.0, streams.1])
    });
    let mut meant = meant(&["name", "classname", "result", "type", "message", "text", "stdout", "stderr"]);
    // A known deviation: it drops the last line end of an output.
    for stream in meant.iter_mut().flat_map(|case| case.as_array_mut().unwrap()[6..].iter_mut()) {
        *stream = stream.as_str().unwrap().trim_end_matches('\n').into();
    }
    assert_eq!(seen.collect::<Vec<Value>>(), meant);
}

#[test]
fn junit_parser_reads_what_was_meant() {
    let xml = render(&document()).unwrap();
    let report = junit_parser::from_reader(&*xml).unwrap();
    assert_eq!((report.name.as_str(), report.tests, report.failures, report.errors, report.skipped), ("ripgrep RU2", 5, 1, 1, 1));
    let seen = report.suites.iter().flat_map(|suite| &suite.cases).map(|case| {
        let (result, kind, message, text) = match &case.status {
            // A known deviation: what was flaky passed for it.
            TestStatus::Success if case.original_name == "flaky" => ("flakyFailure", "", "", ""),
            TestStatus::Success => ("passed", "", "", ""),
            TestStatus::Failure(why) => ("failure", &*why.failure_type, &*why.message, &*why.text),
            TestStatus::Error(why) => ("error", &*why.error_type, &*why.message, &*why.text),
            TestStatus::Skipped(why) => ("skipped", &*why.skipped_type, &*why.message, &*why.text),
        };
        let (out, err) = (case.system_out.as_deref().unwrap_or_default(), case.system_err.as_deref().unwrap_or_default());
        let classname = case.classname.as_deref().unwrap_or_default();
        json!([case.original_name, classname, case.file, case.line, result, kind, message, text, out, err])
    });
    let mut meant = meant(&["name", "classname", "file", "line", "result", "type", "message", "text", "stdout", "stderr"]);
    for case in &mut meant {
        // Known deviations: it puts a line end where one section of text follows another, as at `]]>`, and knows nothing of why a case was
        // flaky.
        case[7] = if case[4] == "flakyFailure" { "".into() } else { case[7].as_str().unwrap().replace("]]>", "]]\n>").into() };
        if case[4] == "flakyFailure" {
            (case[5], case[6]) = ("".into(), "".into());
        }
    }
    assert_eq!(seen.collect::<Vec<Value>>(), meant);
}
