# Prints as JSON what junitparser, in the flavour that knows flaky cases, reads in the report on standard input.
import json
import sys

from junitparser import JUnitXml, xunit2

report = sys.stdin.buffer.read()


def seen_case(case):
    results = list(case.result) + case.interim_result
    assert len(results) <= 1, f"{case.name} has several results"
    result = results[0] if results else None
    text = result.stack_trace if isinstance(result, xunit2.InterimResult) else result.text if result else None
    return {
        "name": case.name,
        "classname": case.classname,
        "file": case._elem.get("file"),
        "line": int(case._elem.get("line")),
        "time": case.time,
        "result": result._tag if result else "passed",
        "type": result.type if result else "",
        "message": result.message if result else "",
        "text": text or "",
        "stdout": case.system_out or "",
        "stderr": case.system_err or "",
        "properties": [[one.name, one.value] for one in case.properties()],
    }


def seen_counts(counted):
    names = ["name", "tests", "failures", "errors", "skipped", "time"]
    return {name: getattr(counted, name) for name in names}


def seen_suite(suite):
    cases = [seen_case(case) for case in suite]
    return seen_counts(suite) | {"timestamp": suite.timestamp, "hostname": suite.hostname, "cases": cases}


root = seen_counts(JUnitXml.fromstring(report))
print(json.dumps(root | {"suites": [seen_suite(suite) for suite in xunit2.JUnitXml.fromstring(report)]}))
