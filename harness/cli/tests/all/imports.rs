//! Results of other programs become a run that says so, and no good end is read out of what has none.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::{Product, Said};

const GREEN: &str = r#"<testsuites name="pytest tests"><testsuite name="pytest" tests="2"><testcase classname="tests.a" name="test_x[a b]" time="0.5"/><testcase classname="tests.a" name="test_y"/></testsuite></testsuites>"#;
const RED: &str = r#"<testsuite name="x.ATest" tests="9" failures="0">
  <testcase classname="x.ATest" name="fails"><failure message="one is &lt;two>">at x.ATest:3</failure></testcase>
  <testcase classname="x.ATest" name="passes"/>
  <testcase classname="x.ATest" name="flaky"><flakyFailure message="first"><stackTrace>at x.ATest:4</stackTrace></flakyFailure></testcase>
  <testcase classname="x.ATest" name="skips"><skipped/></testcase>
  <testcase classname="x.ATest" name="errors"><error message="no data"/></testcase>
  <testcase classname="" name=""><failure message="the suite failed to start"/></testcase>
</testsuite>
"#;

fn import(product: &Product, files: &[&str], more: &[&str]) -> Said {
    product.fixgate(&[&["import", "junit"], files, &["--candidate", "RTM"], more].concat())
}

#[test]
fn a_run_says_that_it_was_imported_and_from_what() {
    let product = Product::new();
    product.put("results.xml", GREEN);
    let told = import(&product, &["results.xml"], &["--format", "json"]).exits(0).json();
    let read = json!({ "passed": 2, "failed": 0, "errors": 0, "skipped": 0, "flaky": 0, "suite-errors": 0, "total": 2 });
    assert_eq!(told["read"], read);
    assert_eq!(told["verdicts"]["passed"], 2);
    assert_eq!((&told["planned"], &told["void"], &told["suite-errors"]), (&json!(2), &Value::Null, &json!([])));
    let digest = told["files"][0]["digest"].as_str().unwrap();
    assert_eq!(told["files"], json!([{ "path": "results.xml", "digest": digest, "producer": "pytest" }]));

    let run = told["run"].as_str().unwrap();
    let journal = product.journal(run);
    assert_eq!(journal[0]["imported"]["files"], told["files"]);
    assert_eq!(journal[0]["imported"]["word"], "unsigned");
    assert_eq!(journal[1]["scenario"]["scenario"], "imported/pytest#tests.a::test_x%5Ba%20b%5D");
    // Every report is made of it as of any other run.
    for format in ["junit", "html", "markdown", "json"] {
        product.fixgate(&["report", run, "--format", format]).exits(0).says_nothing_of(&["VOID"]);
    }
    product.fixgate(&["history"]).exits(0).mentions(&[run]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let product = Product::new();
    product.put("results.xml", RED);
    let said = import(&product, &["results.xml"], &[]).exits(1);
    said.mentions(&[
        "belongs to no test: results.xml:7: an error in the suite x.ATest: the suite failed to start\n",
        "error: imported/junit#x.ATest::errors: no data\n",
        "imported/junit#x.ATest::fails\n    at x.ATest:3\n  again: fixgate import junit results.xml --candidate RTM\n",
        "read 5 tests in 1 file: 1 passed, 1 failed, 1 errors, 1 skipped, 1 flaky; 1 error of no test\n",
        "imported, unsigned: the gate counts it once `fixgate attest ci` has signed it for a suite of [import]\n",
    ]);
    let run = product.runs().pop().unwrap();
    let report = product.fixgate(&["report", &run, "--format", "json"]).exits(0).json();
    assert_eq!(
        report["void"],
        "1 imported test could not be carried out; the first: imported/junit#x.ATest::errors: no data; \
         1 error belongs to no test; the first: results.xml:7: an error in the suite x.ATest: the suite failed to start"
    );
}

#[test]
fn errors_alone_and_skips_alone_are_not_well() {
    let product = Product::new();
    let suite = |inner: &str| format!("<testsuite name='a'><testcase name='b'>{inner}</testcase></testsuite>");
    for (inner, code) in [("", 0), ("<flakyFailure/>", 0), ("<error/>", 1), ("<failure/>", 1), ("<skipped/>", 1)] {
        product.put("results.xml", &suite(inner));
        import(&product, &["results.xml"], &["--format", "json"]).exits(code);
    }
    product.put("results.xml", "<testsuite name='a'><testcase name='b'/><error message='exited with code 3'/></testsuite>");
    let told = import(&product, &["results.xml"], &["--format", "json"]).exits(1).json();
    let errors = json!([{ "file": "results.xml", "line": 1, "message": "an error in the suite a: exited with code 3" }]);
    assert_eq!((&told["read"]["suite-errors"], &told["suite-errors"]), (&json!(1), &errors));
    assert!(told["void"].as_str().unwrap().contains("1 error belongs to no test"));
}

#[test]
fn a_file_that_cannot_be_trusted_is_refused_and_nothing_is_recorded() {
    let product = Product::new();
    product.put("good.xml", GREEN).put("cut.xml", "<testsuites>\n<testsuite name='a'><testcase name='b'/>");
    product.put("claims.xml", "<testsuite name='a' tests='7' failures='0'/>\n");
    product.put("bomb.xml", "<?xml version='1.0'?>\n<!DOCTYPE x [<!ENTITY a 'b'>]>\n<testsuite/>\n").put("empty.xml", "");
    import(&product, &["good.xml", "cut.xml", "claims.xml", "bomb.xml", "empty.xml"], &[]).exits(2).complains(
        r#"
error: the file ends within an element: it was cut off
 --> cut.xml:2:41
  |
2 | <testsuite name='a'><testcase name='b'/>
  |                                         ^
  |
  = help: the program that writes it did not come to its end, or wrote into it what is no XML

error: the suite a counts 7 tests and holds none
 --> claims.xml:1:1
  |
1 | <testsuite name='a' tests='7' failures='0'/>
  | ^
  |
  = help: the program that writes it did not come to its end

error: a document type is not read: it can make any text of any other
 --> bomb.xml:2:1
  |
2 | <!DOCTYPE x [<!ENTITY a 'b'>]>
  | ^
  |
  = help: write the file without <!DOCTYPE …>

error: the file is empty
 --> empty.xml:1:1
  |
1 |
  | ^
  |
  = help: the program that writes it did not come to its end

error: 4 of 5 files cannot be imported; nothing was recorded
"#,
    );
    assert!(product.runs().is_empty());
}

#[test]
fn bad_usage_of_import_junit_is_told_with_the_way_out() {
    let product = Product::new();
    product.put("results.xml", GREEN).put("none.xml", "<testsuites tests='0'/>");
    import(&product, &["nowhere.xml"], &[])
        .exits(2)
        .complains("error: nowhere.xml cannot be read: No such file or directory (os error 2)\n");
    import(&product, &["testcases"], &[]).exits(2).complains("error: testcases cannot be read: it is no regular file\n");
    import(&product, &["results.xml", "./results.xml"], &[])
        .exits(2)
        .complains("error: ./results.xml is named twice\nhelp: name each file once: a test told of twice reads as a rerun\n");
    import(&product, &["none.xml"], &[]).exits(2).complains(
        "error: there is no test in what is to be imported; nothing was recorded\n\
         help: a filter that matches nothing, or a suite that could not be loaded, leaves such files\n",
    );
    import(&product, &["results.xml"], &["--producer", "pytset"]).exits(2).mentions(&["did you mean `pytest`?"]);
    import(&product, &["results.xml"], &["--producer", "tap"])
        .exits(2)
        .mentions(&["this is JUnit XML, and the producer writes TAP", "results.xml:1:1"]);
    product
        .fixgate(&["import", "junit", "results.xml", "--candidate", "RTN"])
        .exits(2)
        .complains("error: `RTN` is neither a release nor a path to a build\nhelp: did you mean `RTM`?\n");
    product.fixgate(&["import", "junit", "results.xml"]).exits(2).mentions(&["--candidate <B>"]);
    assert!(product.runs().is_empty());
}

#[test]
fn a_pipe_among_the_files_is_not_waited_for() {
    let product = Product::new();
    assert!(Command::new("mkfifo").arg(product.path("pipe.xml")).status().unwrap().success());
    import(&product, &["pipe.xml"], &[]).exits(2).complains("error: pipe.xml cannot be read: it is no regular file\n");
}

#[test]
fn an_imported_run_cannot_be_gone_on_with() {
    let product = Product::new();
    product.put("results.xml", GREEN);
    import(&product, &["results.xml"], &[]).exits(0);
    let run = product.runs().pop().unwrap();
    let said = product
        .fixgate(&["run", "--resume", &run])
        .exits(2)
        .mentions(&["help: what is imported is whole: import the files again"]);
    said.mentions(&["`fixgate import junit` began it"]);
}

#[test]
fn an_import_is_not_taken_for_the_last_run() {
    let product = Product::new();
    product.put("results.xml", GREEN);
    import(&product, &["results.xml"], &[]).exits(0);
    product.fixgate(&["attribute"]).exits(2).mentions(&["no run is finished under reports/runs/"]);
}

#[test]
fn bombs_are_refused_in_bounded_memory_and_time() {
    const MEMORY: u64 = 960 << 20;
    let product = Product::new();
    let deep = "<testsuite>".repeat(2_000_000);
    let attributes: String = (0..400_000).map(|number| format!(" a{number}=''")).collect();
    product.put("deep.xml", &deep).put("attributes.xml", &format!("<testsuite><testcase{attributes}/></testsuite>"));
    let reference = "&lt;".repeat(5_000_000);
    product.put("text.xml", &format!("<testsuite><testcase name='a'><failure>{reference}</failure></testcase></testsuite>"));
    let large = format!("<testsuite>{}</testsuite>", "<testcase name='a'/>".repeat(10_500_000));
    product.put("large.xml", &large);
    for (file, code, expected) in [
        ("deep.xml", 2, "more than 64 elements stand one in another"),
        ("attributes.xml", 2, "more than 100 attributes"),
        ("large.xml", 2, "large.xml cannot be read: it is larger than 64 MiB"),
        ("text.xml", 1, "1 failed"),
    ] {
        let watched = product.watched(&mut product.command(&["import", "junit", file, "--candidate", "RTM"]));
        assert!(watched.memory < MEMORY, "{file} took {} MiB", watched.memory >> 20);
        assert!(watched.time < Duration::from_secs(120), "{file} took {:?}", watched.time);
        watched.said.exits(code).mentions(&[expected]).says_nothing_of(&["panicked"]);
    }
}
