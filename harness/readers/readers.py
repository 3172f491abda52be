"""What Python's readers make of a JUnit report, as JSON: readers.py REPORT SCRATCH"""

import html
import json
import pathlib
import re
import subprocess
import sys

import test_results_parser

report, scratch = map(pathlib.Path, sys.argv[1:])
runs = test_results_parser.parse_junit_xml(report.read_bytes()).testruns
words = {"pass": "passed", "failure": "failed", "error": "failed", "skip": "skipped"}
codecov = [
    {"name": run.name.split("\x1f")[-1], "status": words[str(run.outcome).rsplit(".")[-1].lower()], "message": run.failure_message}
    for run in runs
]
page = scratch / "junit2html.html"
subprocess.run([pathlib.Path(sys.executable).parent / "junit2html", report, page], check=True, capture_output=True)
text = html.unescape(re.sub("<[^>]*>", " ", page.read_text(encoding="utf-8")))
print(json.dumps({"codecov": {"cases": codecov}, "junit2html": {"text": text}}))
