//! What cannot be trusted is refused with its place.

use super::{read_bytes, read_text};
use fixgate_core::imported::Producer;
use fixgate_core::problem::Problem;

fn told(problem: Problem) -> String {
    let (line, column) = problem.place.as_ref().map_or((0, 0), |place| place.position());
    format!("{line}:{column}: {}", problem.message)
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    match read_text(text) {
        Ok(found) => panic!("{text:?} is read as {found:?}"),
        Err(problem) => assert_eq!(told(problem), expected, "{text:?}"),
    }
}

#[test]
fn what_is_no_result_at_all_is_refused() {
    refused("", "1:1: the file is empty");
    refused(" \n\n", "1:1: the file is empty");
    refused("it went well\n", "1:1: this is no format of results that is known");
    refused("<html><body/></html>", "1:1: `html` is no root of JUnit XML");
    refused("<?xml version='1.0'?>\n<robot/>", "2:1: `robot` is no root of JUnit XML");
    refused("{\"tests\": []}", "1:13: this is no CTRF: missing field `results` at line 1 column 13");
}

#[test]
fn xml_that_is_none_is_refused_where_it_breaks() {
    refused("<testsuites><testsuite name='a'><testcase name='b'/>", "1:53: the file ends within an element: it was cut off");
    refused(
        "<testsuite name='a'>\n<testcase name='b'></testsuite>",
        "2:20: this is not well-formed XML: ill-formed document: expected `</testcase>`, but `</testsuite>` was found",
    );
    refused(
        "<testsuite name='a'>\n  <testcase name='b",
        "2:3: this is not well-formed XML: syntax error: attribute value not closed: `'` not found before end of input",
    );
    refused("<testsuite><testcase name='a'/></testsuite><testsuite/>", "1:44: another element follows the root element");
    refused("<testsuite><testcase name='a'/></testsuite>\nok", "2:1: there is text outside of the root element");
    refused(
        "<testsuite>\n<testcase name='a \u{1b}[31m'/></testsuite>",
        "2:19: the character U+001B is not allowed in XML, so no reader can tell what this file says",
    );
    refused(
        "<testsuite>\n<testcase name='a&#x1b;b'/></testsuite>",
        "2:1: this refers to an entity that is not there, or to a character that XML does not allow",
    );
    refused(
        "<testsuite><testcase name='a' name='b'/></testsuite>",
        "1:12: this element is not well-formed: position 18: duplicated attribute, previous declaration at position 9",
    );
}

#[test]
fn a_document_type_is_refused() {
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>";
    let text = format!("<?xml version='1.0'?>\n{bomb}\n<testsuite><testcase name='&b;'/></testsuite>");
    refused(&text, "2:1: a document type is not read: it can make any text of any other");
    refused(
        &format!("<testsuite><testcase name='&b;'/></testsuite>{bomb}"),
        "1:12: this element is not well-formed: at 1..2: unrecognized entity `b`",
    );
}

#[test]
fn a_file_that_counts_tests_and_holds_none_is_refused() {
    refused("<testsuite name='a' tests='7'/>", "1:1: the suite a counts 7 tests and holds none");
    refused("<testsuites tests='7'></testsuites>", "1:1: a suite without a name counts 7 tests and holds none");
    refused(
        "<testsuites>\n<testsuite name='a'><testcase name='b'/></testsuite>\n<testsuite name='c' tests='2'></testsuite></testsuites>",
        "3:1: the suite c counts 2 tests and holds none",
    );
    refused("{\"results\": {\"summary\": {\"tests\": 7}, \"tests\": []}}", "1:14: the summary counts 7 tests, and there is none");
    let trx = "<TestRun><Results/><ResultSummary outcome='Completed'>\n<Counters total='7'/></ResultSummary></TestRun>";
    refused(trx, "2:1: the run counts 7 tests and holds none");
}

#[test]
fn a_cut_off_line_is_refused() {
    refused("{\"Action\":\"run\",\"Package\":\"p\"}\n{\"Action\":\"pa", "2:13: this line was cut off");
    refused("{\"results\": {\"tests\": [{\"name\": \"a\",", "1:36: the file ends too early: it was cut off");
}

#[test]
fn json_that_says_two_things_is_refused() {
    let twice = "{\"results\": {\"tests\": [{\"name\": \"a\", \"status\": \"failed\", \"status\": \"passed\"}]}}";
    refused(twice, "1:65: this is no CTRF: duplicate field `status` at line 1 column 65");
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let read = |bytes: &[u8], producer| read_bytes("a.xml", bytes.to_vec(), producer).map_err(told);
    assert_eq!(read(b"<testsuite>\n\xff", None), Err("2:1: this byte is not UTF-8".to_owned()));
    assert_eq!(read(b"\xff\xfe<\0", None), Err("1:1: the file is UTF-16, and must be UTF-8".to_owned()));
    let message = "1:1: this is TAP, and the producer writes JUnit XML".to_owned();
    assert_eq!(read(b"1..1\nok 1\n", Some(Producer::Pytest)), Err(message));
    assert!(read(b"\xef\xbb\xbf<testsuite><testcase name='a'/></testsuite>", None).is_ok());
}

#[test]
fn depth_and_attributes_have_limits() {
    let deep = "<testsuite>".repeat(100_000);
    refused(&deep, "1:705: more than 64 elements stand one in another");
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=''")).collect();
    refused(&format!("<testsuite><testcase{attributes}/></testsuite>"), "1:12: this element has more than 100 attributes");
    let tap = format!("1..1\n{}ok 1\n", "    ".repeat(40));
    refused(&tap, "2:1: more than 32 subtests stand one in another");
}
