//! What a customer and a CI system are handed of a validation, whole.

use crate::common::Product;
use crate::common::broken::{self, BROKEN};

/// That product, with what is done by hand and a build that mends the defect and breaks what is near.
fn product() -> Product {
    let product = broken::product();
    let manual = "title = \"It is read aloud\"\ndefects = [\"GR-1\"]\n[[step]]\ndo = \"Read\"\nexpect = \"Heard\"\n";
    product.put("testcases/manual/reading.toml", manual);
    product.program("private/bin/greeter", &BROKEN.replace('5', "4").replace("echo \"$1\"", "echo no"));
    product
}

/// The text with what is another each time as `?`: what begins like this, up to the end of its word.
fn without(text: &str, beginnings: &[&str]) -> String {
    beginnings.iter().fold(text.to_owned(), |text, beginning| {
        let mut parts = text.split(beginning);
        let first = parts.next().unwrap_or_default().to_owned();
        let is_end = |letter: char| letter.is_whitespace() || "\"`".contains(letter);
        parts.fold(first, |shown, part| shown + beginning + "?" + part.find(is_end).map_or("", |end| &part[end..]))
    })
}

/// The text with what the machine is like as `?`.
fn without_machine(text: &str) -> String {
    let line = |line: &str| if line.starts_with("- machine: ") { "- machine: ?\n".to_owned() } else { format!("{line}\n") };
    text.lines().map(line).collect()
}

#[track_caller]
fn same(found: &str, expected: &str) {
    assert_eq!(found, expected, "\nfound:\n{found}");
}

#[test]
fn the_page_and_the_junit_of_a_validation() {
    let product = product();
    let files = ["--junit", "junit.xml", "--markdown", "page.md"];
    product.fixgate(&[&["validate", "GR-1", "--candidate", "private", "--quiet"], &files[..]].concat()).exits(1);
    let page = without(&product.read("page.md"), &["sha256:", "-validation of ", "- run "]);
    same(&without_machine(&page), PAGE);
    same(
        &without(&product.read("junit.xml"), &[" time=\"", " timestamp=\"", " hostname=\"", "sha256:", "name=\"run\" value=\""]),
        JUNIT,
    );
}

const PAGE: &str = "\
# greeter RTM (RTM.0) with GR-1: NOT VALIDATED

This is a private fix. It was tested quickly, for what it fixes and what is near that, and not with the full pass that a release gets. The next rollup supersedes this build: move on to it when it ships.

## The build

- digest `sha256:?`
- made from greeter RTM (RTM.0), digest `sha256:?`

## What was fixed

- **GR-1** it does not

## How it was checked

- GR-1: red on RTM and green here: 1 scenario, 2 runs on each
- 4 of 5 scenarios: 1 of the pair, 2 of 2 near it, 1 more tagged smoke
- with the canaries, which must fail and so show that failures are seen: 3 passed, 2 failed
- compared with RTM: 2 same, 1 fixed, 2 regressed

## Residuals

### 2 scenarios regressed: step 1: stdout is not as expected

- `suite/numbers/inside`
- `suite/tagged`

```diff
--- stdout as expected
+++ stdout of this build
@@ -1 +1 @@
-echo
+no
```

signature `sha256:?`; again: `fixgate validate GR-1 --candidate private --base RTM`

## What was not checked

- 1 scenario that a sign-off runs
  - suite/words: 1
- by hand, apart from this run: It is read aloud (manual/reading)
  - [ ] Read: Heard
- the fixes of earlier releases, third parties' products, and use over days: the criteria of a sign-off

## What this rests on

- run ? of ?
- plan `sha256:?`
- journal `sha256:?`
- isolation strict: it wrote in its work directory alone, and had no network unless its case says so
- machine: ?
- test product: under no version control, records `sha256:?`
";

const JUNIT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<testsuites name="greeter private" tests="8" failures="2" errors="0" skipped="0" time="?" timestamp="?">
<testsuite id="0" name="canary" package="" tests="1" errors="0" failures="0" hostname="?" timestamp="?" time="?" skipped="0">
<properties><property name="run" value="?"/><property name="candidate" value="private"/><property name="candidate.digest" value="sha256:?"/><property name="baseline" value="RTM"/><property name="baseline.digest" value="sha256:?"/><property name="plan.digest" value="sha256:?"/></properties>
<testcase name="blind" time="?" classname="canary" file="testcases/canary/blind.toml" line="1"/>
</testsuite>
<testsuite id="1" name="regression" package="" tests="1" errors="0" failures="0" hostname="?" timestamp="?" time="?" skipped="0">
<properties><property name="run" value="?"/><property name="candidate" value="private"/><property name="candidate.digest" value="sha256:?"/><property name="baseline" value="RTM"/><property name="baseline.digest" value="sha256:?"/><property name="plan.digest" value="sha256:?"/></properties>
<testcase name="gr-1" time="?" classname="regression" file="testcases/regression/gr-1.toml" line="1"><properties><property name="defect" value="GR-1"/><property name="component" value="numbers"/><property name="class" value="fixed"/></properties></testcase>
</testsuite>
<testsuite id="2" name="suite" package="" tests="2" errors="0" failures="1" hostname="?" timestamp="?" time="?" skipped="0">
<properties><property name="run" value="?"/><property name="candidate" value="private"/><property name="candidate.digest" value="sha256:?"/><property name="baseline" value="RTM"/><property name="baseline.digest" value="sha256:?"/><property name="plan.digest" value="sha256:?"/></properties>
<testcase name="greeting" time="?" classname="suite" file="testcases/suite/greeting.toml" line="1"/>
<testcase name="tagged" time="?" classname="suite" file="testcases/suite/tagged.toml" line="1"><properties><property name="verdict" value="failed"/><property name="class" value="regressed"/><property name="signature" value="sha256:?"/></properties><failure type="fixgate.Regressed.Failed" message="step 1: stdout is not as expected"><![CDATA[step 1: stdout is not as expected
--- stdout as expected
+++ stdout of this build
@@ -1 +1 @@
-echo
+no
again: fixgate validate GR-1 --candidate private --base RTM
]]></failure><system-out><![CDATA[no
]]></system-out></testcase>
</testsuite>
<testsuite id="3" name="suite.numbers" package="" tests="1" errors="0" failures="1" hostname="?" timestamp="?" time="?" skipped="0">
<properties><property name="run" value="?"/><property name="candidate" value="private"/><property name="candidate.digest" value="sha256:?"/><property name="baseline" value="RTM"/><property name="baseline.digest" value="sha256:?"/><property name="plan.digest" value="sha256:?"/></properties>
<testcase name="inside" time="?" classname="suite.numbers" file="testcases/suite/numbers/inside.toml" line="1"><properties><property name="verdict" value="failed"/><property name="class" value="regressed"/><property name="signature" value="sha256:?"/></properties><failure type="fixgate.Regressed.Failed" message="step 1: stdout is not as expected"><![CDATA[step 1: stdout is not as expected
--- stdout as expected
+++ stdout of this build
@@ -1 +1 @@
-echo
+no
again: fixgate validate GR-1 --candidate private --base RTM
]]></failure><system-out><![CDATA[no
]]></system-out></testcase>
</testsuite>
<testsuite id="4" name="fixgate.gate" package="" tests="3" errors="0" failures="0" hostname="?" timestamp="?" time="?" skipped="0">
<properties><property name="run" value="?"/><property name="candidate" value="private"/><property name="candidate.digest" value="sha256:?"/><property name="baseline" value="RTM"/><property name="baseline.digest" value="sha256:?"/><property name="plan.digest" value="sha256:?"/></properties>
<testcase name="plan-complete" time="?" classname="fixgate.gate" file="fixgate.toml" line="1"><system-out><![CDATA[5 scenarios planned, 5 written, 5 with a verdict]]></system-out></testcase>
<testcase name="validated GR-1" time="?" classname="fixgate.gate" file="fixgate.toml" line="1"/>
<testcase name="flaky" time="?" classname="fixgate.gate" file="fixgate.toml" line="1"><system-out><![CDATA[0 flaky, at most 0 allowed]]></system-out></testcase>
</testsuite>
</testsuites>
"#;
