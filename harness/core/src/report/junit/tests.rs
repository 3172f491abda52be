//! Any document comes back from an independent reader as it was meant.

use std::collections::BTreeMap;

mod plain;

use proptest::prelude::*;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::*;
use crate::visible::tests::hostile_bytes;
use crate::visible::{head, visible_ends, visible_line, visible_text};

/// An element as a reader sees it, attributes normalised and character data joined.
#[derive(Debug, Default)]
struct Element {
    tag: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn opened_by(tag: &BytesStart<'_>) -> Self {
        let attribute = |attribute: quick_xml::events::attributes::Attribute<'_>| {
            (attribute.key.0.to_owned(), attribute.normalized_value(XmlVersion::Explicit1_0).unwrap().into_owned())
        };
        let attributes = tag.attributes().map(|read| attribute(read.unwrap())).collect();
        Self { tag: tag.name().0.to_owned(), attributes, ..Self::default() }
    }

    fn attribute(&self, name: &str) -> &str {
        &self.attributes[name]
    }

    fn text_of(&self, tag: &str) -> Option<&str> {
        self.children.iter().find(|child| child.tag == tag).map(|child| child.text.as_str())
    }
}

/// The root of well-formed XML.
fn read(xml: &[u8]) -> Element {
    let mut reader = Reader::from_str(std::str::from_utf8(xml).unwrap());
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => open.push(Element::opened_by(&tag)),
            Event::Empty(tag) => open.last_mut().unwrap().children.push(Element::opened_by(&tag)),
            Event::End(_) => {
                let element = open.pop().unwrap();
                open.last_mut().unwrap().children.push(element);
            }
            Event::CData(text) => open.last_mut().unwrap().text.push_str(&text.xml10_content()),
            Event::Text(text) => assert_eq!(text.xml10_content().trim(), "", "text outside CDATA"),
            Event::Decl(declaration) => assert_eq!(declaration.encoding().unwrap().unwrap(), "utf-8"),
            Event::Eof => break,
            other @ (Event::Comment(_) | Event::PI(_) | Event::DocType(_) | Event::GeneralRef(_)) => {
                panic!("the report holds {other:?}")
            }
        }
    }
    assert_eq!(open.len(), 1, "every element is closed");
    let mut roots = open.remove(0).children;
    assert_eq!(roots.len(), 1, "there is one root");
    roots.remove(0)
}

fn case(classname: &str, name: &str) -> Case {
    Case {
        name: name.to_owned(),
        classname: classname.to_owned(),
        file: "testcases/suite/x.toml".to_owned(),
        line: NonZeroU32::MIN,
        time: Duration::from_millis(1500),
        result: CaseResult::Passed,
        properties: Vec::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        attachment: None,
    }
}

fn document(cases: Vec<Case>) -> Document {
    Document {
        name: "RU2".to_owned(),
        timestamp: "2026-02-03T04:05:06.789Z".parse().unwrap(),
        hostname: "builder".to_owned(),
        properties: Vec::new(),
        suites: vec![Suite { name: "suite".to_owned(), cases }],
    }
}

#[test]
fn an_invalid_document_is_an_error_that_names_the_place() {
    let error = |document: &Document| render(document).unwrap_err();
    let mut empty = document(vec![]);
    assert_eq!(error(&empty), RenderError::EmptySuite { suite: "suite".to_owned() });
    empty.suites.clear();
    assert_eq!(error(&empty), RenderError::NoSuite);

    let mut blank = document(vec![case("a", "b"), case("  ", "b")]);
    assert_eq!(error(&blank), RenderError::BlankCaseName { suite: "suite".to_owned(), position: 2 });
    blank.suites[0].name = " ".to_owned();
    assert_eq!(render(&blank).unwrap_err(), RenderError::BlankSuiteName);

    let endless = Case { time: Duration::MAX, ..case("a", "b") };
    let forever = document(vec![endless.clone(), endless]);
    assert_eq!(error(&forever), RenderError::TimeOutOfRange { classname: "a".to_owned(), name: "b".to_owned() });
    let mut ancient = document(vec![case("a", "b")]);
    ancient.timestamp = Timestamp::MIN;
    assert_eq!(error(&ancient), RenderError::TimestampOutOfRange { timestamp: Timestamp::MIN });
}

#[test]
fn two_cases_that_would_look_alike_are_an_error_in_any_suite() {
    let twins = RenderError::DuplicateCase { classname: "a".to_owned(), name: "b\\n".to_owned() };
    let mut document = document(vec![case("a", "b\\n")]);
    document.suites.push(Suite { name: "other".to_owned(), cases: vec![case("a", "b\n")] });
    assert_eq!(render(&document).unwrap_err(), twins);
    assert!(twins.to_string().contains("two cases are \"a\" \"b"));
    document.suites[1].cases[0].classname = "c".to_owned();
    assert!(render(&document).is_ok());
}

#[test]
fn a_suite_of_several_parts_is_one_suite_with_the_counts_of_all() {
    let count = 2 * PARTS * PART + 1;
    let mut cases: Vec<Case> = (0..count).map(|number| case("a", &number.to_string())).collect();
    let reason = Reason { kind: ReasonKind::new("Regressed"), message: "m".to_owned(), text: String::new() };
    cases[0].result = CaseResult::Failed(reason.clone());
    cases[count - 1].result = CaseResult::Skipped(reason);
    let mut whole = document(vec![case("first", "1")]);
    whole.suites.push(Suite { name: "parts".to_owned(), cases });
    let root = read(&render(&whole).unwrap());
    let [first, parts] = &root.children[..] else { panic!("{} suites", root.children.len()) };
    assert_eq!((first.attribute("id"), first.attribute("tests")), ("0", "1"));
    let shown = ["id", "name", "tests", "failures", "errors", "skipped", "time"].map(|name| parts.attribute(name));
    assert_eq!(shown, ["1", "parts", "4001", "1", "0", "1", "6001.500000"]);
    assert_eq!(root.attribute("tests"), "4002");
    let names: Vec<&str> = parts.children.iter().map(|case| case.attribute("name")).collect();
    assert_eq!(names, (0..count).map(|number| number.to_string()).collect::<Vec<_>>());

    whole.suites[1].cases[count - 1].name = " ".to_owned();
    let blank = RenderError::BlankCaseName { suite: "parts".to_owned(), position: count };
    assert_eq!(render(&whole).unwrap_err(), blank);
}

#[test]
fn files_are_halved_until_each_is_small_and_together_they_are_the_document() {
    let reason = |text: usize| Reason { kind: ReasonKind::new("Regressed"), message: "m".to_owned(), text: "t".repeat(text) };
    let failed = |number: usize| Case { result: CaseResult::Failed(reason(20_000)), ..case("large", &number.to_string()) };
    let mut whole = document((0..FILE_CASES + 1).map(|number| case("many", &number.to_string())).collect());
    whole.suites.push(Suite { name: "large".to_owned(), cases: (0..600).map(failed).collect() });
    let (mut names, mut cases) = (Vec::new(), Vec::new());
    let mut look = |name: &str, xml: &[u8]| {
        let root = read(xml);
        let suite = &root.children[0];
        assert!(xml.len() <= FILE_BYTES && suite.children.len() <= FILE_CASES && root.children.len() == 1);
        assert_eq!(root.attribute("tests"), suite.children.len().to_string());
        names.push(name.to_owned());
        cases.extend(suite.children.iter().map(|case| [case.attribute("classname"), case.attribute("name")].join(" ")));
        io::Result::Ok(())
    };
    assert_eq!(split(&whole, Form::Full, &mut look).unwrap(), 6);
    let large = ["TEST-large.xml", "TEST-large-2.xml", "TEST-large-3.xml", "TEST-large-4.xml"];
    assert_eq!(names, [&["TEST-suite.xml", "TEST-suite-2.xml"][..], &large].concat());
    let expected = whole.suites.iter().flat_map(|suite| &suite.cases).map(|case| format!("{} {}", case.classname, case.name));
    assert_eq!(cases, expected.collect::<Vec<_>>());
    let full = split(&whole, Form::Full, |_, _| Err(io::Error::from(io::ErrorKind::StorageFull))).unwrap_err();
    assert_eq!(full.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn the_size_of_a_report_is_that_of_what_was_written() {
    fn elements(element: &Element) -> usize {
        1 + element.children.iter().map(elements).sum::<usize>()
    }
    let reason = || Reason { kind: ReasonKind::new("Regressed"), message: "m".to_owned(), text: String::new() };
    let cases = vec![
        case("a", "1"),
        Case { result: CaseResult::Failed(reason()), stdout: b"o".to_vec(), ..case("a", "2") },
        Case { result: CaseResult::Flaky(reason()), properties: vec![("p".into(), "q".into()); 2], ..case("a", "3") },
        Case { result: CaseResult::Skipped(reason()), stderr: b"e".to_vec(), attachment: Some("x".into()), ..case("a", "4") },
    ];
    let mut xml = Vec::new();
    let size = write(&document(cases), &mut xml).unwrap();
    assert_eq!(size, Size { bytes: xml.len(), elements: elements(&read(&xml)) });
    assert!(!size.is_too_much_for_some());
    assert!(Size { bytes: 25_000_001, elements: 1 }.is_too_much_for_some());
    assert!(Size { bytes: 1, elements: 200_001 }.is_too_much_for_some());
}

#[test]
fn output_is_limited_by_what_became_of_the_case() {
    let reason = || Reason { kind: ReasonKind::new("Regressed"), message: "m".repeat(5000), text: "t".repeat(1_000_000) };
    let sizes = |result: CaseResult| {
        let noisy = Case { result, stdout: vec![b'o'; 1_000_000], stderr: vec![0xff; 1_000_000], ..case("a", "b") };
        let root = read(&render(&document(vec![noisy])).unwrap());
        let case = &root.children[0].children[0];
        let output = case.text_of("system-out").unwrap().len() + case.text_of("system-err").unwrap().len();
        let reason = case.children.iter().find(|child| child.attributes.contains_key("message"));
        let text = reason.map_or(0, |reason| reason.text.len() + reason.text_of("stackTrace").map_or(0, str::len));
        (text, output)
    };
    for result in [CaseResult::Failed(reason()), CaseResult::Error(reason()), CaseResult::Flaky(reason())] {
        let (text, output) = sizes(result);
        assert!((30_000..=32 * 1024).contains(&text) && (30_000..=32 * 1024).contains(&output), "{text} {output}");
    }
    let (text, output) = sizes(CaseResult::Passed);
    assert!(text == 0 && (800..=1024).contains(&output), "{output}");
    let (text, output) = sizes(CaseResult::Skipped(reason()));
    assert!(text > 30_000 && (800..=1024).contains(&output), "{output}");
}

#[test]
fn only_our_own_attachment_is_followed() {
    let forged = Case {
        stdout: b"[[ATTACHMENT|/etc/passwd]]".to_vec(),
        stderr: b"[[ATTACHMENT|/etc/shadow]]".to_vec(),
        attachment: Some("output/1.txt".to_owned()),
        ..case("a", "b")
    };
    let root = read(&render(&document(vec![forged])).unwrap());
    let case = &root.children[0].children[0];
    assert_eq!(case.text_of("system-out").unwrap(), "[[attachment|/etc/passwd]]\n[[ATTACHMENT|output/1.txt]]\n");
    assert_eq!(case.text_of("system-err").unwrap(), "[[attachment|/etc/shadow]]");
}

fn any_text() -> impl Strategy<Value = String> {
    hostile_bytes().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn any_result() -> impl Strategy<Value = CaseResult> {
    (0..5, any_text(), any_text()).prop_map(|(result, message, text)| {
        let reason = Reason { kind: ReasonKind::new("Regressed"), message, text };
        match result {
            0 => CaseResult::Passed,
            1 => CaseResult::Failed(reason),
            2 => CaseResult::Error(reason),
            3 => CaseResult::Skipped(reason),
            _ => CaseResult::Flaky(reason),
        }
    })
}

prop_compose! {
    fn any_case()(
        texts in (any_text(), any_text(), any_text()),
        line in 1_u32..,
        time in (0..10_000_u64, 0..1_000_000_000_u32),
        result in any_result(),
        properties in proptest::collection::vec((any_text(), any_text()), 0..3),
        streams in (hostile_bytes(), hostile_bytes()),
    ) -> Case {
        Case {
            name: texts.0,
            classname: texts.1,
            file: texts.2,
            line: NonZeroU32::new(line).unwrap(),
            time: Duration::new(time.0, time.1),
            result,
            properties,
            stdout: streams.0,
            stderr: streams.1,
            attachment: None,
        }
    }
}

prop_compose! {
    /// A valid document: a serial number keeps names apart, and from being blank. It comes first: after an escape it could be
    /// the end of a terminal's sequence, and removed with it.
    fn any_document()(
        texts in (any_text(), any_text()),
        suites in proptest::collection::vec((any_text(), proptest::collection::vec(any_case(), 1..4)), 1..4),
    ) -> Document {
        let mut serial = 0;
        let suites = suites.into_iter().map(|(name, mut cases)| {
            for case in &mut cases {
                serial += 1;
                case.name.insert_str(0, &format!("{serial}#"));
                case.classname.insert_str(0, "x.");
            }
            Suite { name: format!(".{name}"), cases }
        });
        Document {
            name: texts.0,
            timestamp: "2026-02-03T04:05:06Z".parse().unwrap(),
            hostname: texts.1,
            properties: Vec::new(),
            suites: suites.collect(),
        }
    }
}

fn count(cases: &[&Case], counted: fn(&CaseResult) -> bool) -> String {
    cases.iter().filter(|case| counted(&case.result)).count().to_string()
}

fn check_counts(element: &Element, cases: &[&Case]) {
    assert_eq!(element.attribute("tests"), cases.len().to_string());
    assert_eq!(element.attribute("failures"), count(cases, |result| matches!(result, CaseResult::Failed(_))));
    assert_eq!(element.attribute("errors"), count(cases, |result| matches!(result, CaseResult::Error(_))));
    assert_eq!(element.attribute("skipped"), count(cases, |result| matches!(result, CaseResult::Skipped(_))));
    let microseconds: u128 = cases.iter().map(|case| case.time.as_micros()).sum();
    assert_eq!(element.attribute("time"), format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000));
    assert_eq!(element.attribute("timestamp"), "2026-02-03T04:05:06Z");
}

fn check_reason(element: &Element, text: &str, reason: &Reason) {
    let message = head(visible_line(&reason.message), 1024);
    assert_eq!(element.attribute("type"), "fixgate.Regressed");
    assert_eq!(element.attribute("message"), message);
    let rest = visible_text(&reason.text).into_owned();
    assert_eq!(text, if rest.is_empty() { message } else { format!("{message}\n{rest}") });
}

fn check_case(element: &Element, case: &Case) {
    assert_eq!(element.attribute("name"), visible_line(&case.name));
    assert_eq!(element.attribute("classname"), visible_line(&case.classname));
    assert_eq!(element.attribute("file"), visible_line(&case.file));
    assert_eq!(element.attribute("line"), case.line.to_string());
    let results: Vec<&Element> = element.children.iter().filter(|child| child.attributes.contains_key("type")).collect();
    match (&case.result, results.as_slice()) {
        (CaseResult::Passed, []) => {}
        (CaseResult::Failed(reason), [failure]) if failure.tag == "failure" => check_reason(failure, &failure.text, reason),
        (CaseResult::Error(reason), [error]) if error.tag == "error" => check_reason(error, &error.text, reason),
        (CaseResult::Skipped(reason), [skipped]) if skipped.tag == "skipped" => check_reason(skipped, &skipped.text, reason),
        (CaseResult::Flaky(reason), [flaky]) if flaky.tag == "flakyFailure" => {
            check_reason(flaky, flaky.text_of("stackTrace").unwrap(), reason);
        }
        (result, results) => panic!("{result:?} is shown as {results:?}"),
    }
    let properties = element.children.iter().filter(|child| child.tag == "properties").flat_map(|all| &all.children);
    let shown: Vec<_> = properties.map(|one| (one.attribute("name").to_owned(), one.attribute("value").to_owned())).collect();
    let meant: Vec<_> = case.properties.iter().map(|(name, value)| (visible_line(name), visible_line(value))).collect();
    assert_eq!(shown, meant);
    let limit = if matches!(case.result, CaseResult::Passed | CaseResult::Skipped(_)) { 1024 } else { 32 * 1024 };
    let (out, err) = visible_ends(&case.stdout, &case.stderr, limit);
    let harmless = |stream: String| stream.replace("[[ATTACHMENT|", "[[attachment|");
    assert_eq!(element.text_of("system-out").unwrap_or_default(), harmless(out));
    assert_eq!(element.text_of("system-err").unwrap_or_default(), harmless(err));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document_reads_back_as_it_was_meant(document in any_document()) {
        let xml = render(&document).unwrap();
        prop_assert_eq!(&render(&document).unwrap(), &xml);
        let forbidden = |c: char| !matches!(c, '\n' | '\t' | ' '..='\u{FFFD}' | '\u{10000}'..);
        prop_assert!(!std::str::from_utf8(&xml).unwrap().contains(forbidden));

        let root = read(&xml);
        prop_assert_eq!(root.tag.as_str(), "testsuites");
        prop_assert_eq!(root.attribute("name"), visible_line(&document.name));
        check_counts(&root, &document.suites.iter().flat_map(|suite| &suite.cases).collect::<Vec<_>>());
        prop_assert_eq!(root.children.len(), document.suites.len());
        for (element, suite) in root.children.iter().zip(&document.suites) {
            prop_assert_eq!(element.tag.as_str(), "testsuite");
            prop_assert_eq!(element.attribute("name"), visible_line(&suite.name));
            prop_assert_eq!(element.attribute("hostname"), visible_line(&document.hostname));
            check_counts(element, &suite.cases.iter().collect::<Vec<_>>());
            prop_assert_eq!(element.children.len(), suite.cases.len());
            element.children.iter().zip(&suite.cases).for_each(|(element, case)| check_case(element, case));
        }
    }
}
