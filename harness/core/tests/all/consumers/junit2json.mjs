// Prints as JSON what junit2json reads in the report on standard input.
import { readFileSync } from "node:fs";
import { parse } from "junit2json";

const RESULTS = ["failure", "error", "skipped", "flakyFailure"];

function seenCase(one) {
  const results = RESULTS.filter((tag) => tag in one);
  if (results.length > 1) throw new Error(`${one.name} has several results`);
  const result = results.length ? one[results[0]][0] : {};
  const text = result.stackTrace ? result.stackTrace[0].inner : result.inner;
  return {
    name: one.name,
    classname: one.classname,
    file: one.file,
    line: one.line,
    time: one.time,
    result: results[0] ?? "passed",
    type: result.type ?? "",
    message: result.message ?? "",
    text: text ?? "",
    stdout: one["system-out"]?.[0] ?? "",
    stderr: one["system-err"]?.[0] ?? "",
    properties: (one.properties ?? []).map((property) => [property.name, property.value]),
  };
}

function seenCounts({ name, tests, failures, errors, skipped, time }) {
  return { name, tests, failures, errors, skipped, time };
}

function seenSuite(suite) {
  const { timestamp, hostname, testcase } = suite;
  return { ...seenCounts(suite), timestamp, hostname, cases: testcase.map(seenCase) };
}

const root = await parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({ ...seenCounts(root), suites: root.testsuite.map(seenSuite) }));
