//! The plain form keeps the rules that two schemas share: `junit-10.xsd` of Jenkins' xUnit plugin, and Maven Surefire's
//! `surefire-test-report.xsd`. The rules stand here in our words, as neither schema is part of this repository.

use regex::Regex;

use super::*;

/// The attributes that are allowed, and those that must be there.
const SUITE: [&[&str]; 2] =
    [&["name", "time", "tests", "errors", "skipped", "failures"], &["name", "tests", "errors", "skipped", "failures"]];
const CASE: [&[&str]; 2] = [&["name", "classname", "time"], &["name", "time"]];
const REASON: [&[&str]; 2] = [&["message", "type"], &["type"]];
/// What a case may hold, each at most once and in this order.
const IN_CASE: [&str; 6] = ["failure", "flakyFailure", "skipped", "error", "system-out", "system-err"];

fn has(element: &Element, [allowed, required]: [&[&str]; 2]) {
    let names: Vec<&str> = element.attributes.keys().map(String::as_str).collect();
    assert!(names.iter().all(|name| allowed.contains(name)), "{} has {names:?}", element.tag);
    assert!(required.iter().all(|name| names.contains(name)), "{} has {names:?}", element.tag);
}

/// A time as Surefire writes it.
fn is_time(text: &str) {
    let pattern = Regex::new(r"^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?$").unwrap();
    assert!(pattern.is_match(text), "{text}");
}

fn keeps_the_rules(xml: &[u8]) -> usize {
    let suite = read(xml);
    assert_eq!(suite.tag, "testsuite");
    has(&suite, SUITE);
    is_time(suite.attribute("time"));
    let (properties, cases) = suite.children.split_first().unwrap();
    assert_eq!(properties.tag, "properties");
    properties.children.iter().for_each(|property| has(property, [&["name", "value"], &["name", "value"]]));
    for case in cases {
        assert_eq!(case.tag, "testcase");
        has(case, CASE);
        is_time(case.attribute("time"));
        let places = case.children.iter().map(|child| IN_CASE.iter().position(|tag| *tag == child.tag).unwrap());
        let places: Vec<usize> = places.collect();
        assert!(places.is_sorted_by(|one, next| one < next), "{:?}", case.children);
        for child in &case.children {
            match child.tag.as_str() {
                "failure" | "error" => has(child, REASON),
                "skipped" => has(child, [&["message"], &[]]),
                "flakyFailure" => {
                    has(child, REASON);
                    assert_eq!(child.children.iter().map(|child| child.tag.as_str()).collect::<Vec<_>>(), ["stackTrace"]);
                }
                _ => has(child, [&[], &[]]),
            }
        }
    }
    cases.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_in_the_plain_form_keeps_the_rules_of_both_schemas(mut document in any_document()) {
        document.properties = vec![("run".to_owned(), "a \u{1b}\"<&>'".to_owned())];
        let mut cases = 0;
        let files = split(&document, Form::Plain, |_, xml| {
            cases += keeps_the_rules(xml);
            Ok::<(), RenderError>(())
        });
        prop_assert_eq!(files.unwrap(), document.suites.len());
        prop_assert_eq!(cases, document.suites.iter().map(|suite| suite.cases.len()).sum::<usize>());
    }
}

#[test]
fn times_are_rounded_to_milliseconds() {
    let timed = |nanoseconds| Case { time: Duration::from_nanos(nanoseconds), ..case("a", "b") };
    for (nanoseconds, shown) in
        [(0, "0.000"), (499_000, "0.000"), (500_000, "0.001"), (1_999_600_000, "2.000"), (1_234_567_000_000, "1234.567")]
    {
        let xml = String::from_utf8(render_as(Form::Plain, &document(vec![timed(nanoseconds)])).unwrap()).unwrap();
        assert!(xml.contains(&format!("<testcase name=\"b\" time=\"{shown}\" classname=\"a\"/>")), "{xml}");
    }
}
