// What real readers make of a JUnit report, held against what the CTRF report of the same run says. What a reader is known to show
// otherwise is in deviations.json: one that is not listed is a failure, and so is a listed one that is gone.
//
//   node readers.mjs REPORT.xml REPORT.ctrf.json PYTHON
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, copyFileSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const [report, ctrf, python] = process.argv.slice(2).map((path) => resolve(path));
const deviations = JSON.parse(readFileSync(join(here, 'deviations.json'), 'utf8'));
const truth = JSON.parse(readFileSync(ctrf, 'utf8')).results.tests.map(({ name, status, message }) => ({ name: name.split(': ').slice(1).join(': '), status, message }));
const scratch = mkdtempSync(join(tmpdir(), 'fixgate-readers-'));
const run = (program, ...words) => execFileSync(program, words, { cwd: scratch, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
const binary = (name) => join(here, 'node_modules', '.bin', name);
const count = (cases, status) => cases.filter((one) => one.status === status).length;

// Each gives cases with name, status and message, or the text of a page.
const readers = {
  'junit-to-ctrf': async () => {
    const { results } = await require('junit-to-ctrf').convertJUnitToCTRFReport(report);
    return { cases: results.tests, total: results.summary.tests };
  },
  'test-results-parser': async () => {
    const words = { PASS: 'passed', FAIL: 'failed', ERROR: 'failed', SKIP: 'skipped' };
    const parsed = require('test-results-parser').parse({ type: 'junit', files: [report] });
    return { cases: parsed.suites.flatMap((suite) => suite.cases).map(({ name, status, failure }) => ({ name, status: words[status], message: failure })), total: parsed.total };
  },
  'allure': async () => {
    mkdirSync(join(scratch, 'results'));
    copyFileSync(report, join(scratch, 'results', 'junit.xml'));
    run(binary('allure'), 'generate', 'results', '-o', 'allure');
    const folder = readdirSync(join(scratch, 'allure', 'data', 'test-results')).map((name) => JSON.parse(readFileSync(join(scratch, 'allure', 'data', 'test-results', name), 'utf8')));
    return { cases: folder.map(({ name, status, error }) => ({ name, status: status === 'broken' ? 'failed' : status, message: error?.message })) };
  },
  'xunit-viewer': async () => {
    const text = run(binary('xunit-viewer'), '-r', report, '-c', '-o', join(scratch, 'viewer.html'), '--no-color');
    return { text };
  },
};
const seen = {};
for (const [name, read] of Object.entries(readers)) seen[name] = await read();
Object.assign(seen, JSON.parse(run(python, join(here, 'readers.py'), report, scratch)));

// What is asked of each: the counts, every name, and every message of a failure, to the letter.
const complaints = [];
for (const [name, { cases, text, total }] of Object.entries(seen)) {
  const wrong = {};
  const failing = truth.filter(({ status }) => status === 'failed');
  if (text !== undefined) {
    const lacks = (what, words) => words.filter((word) => !text.includes(word)).slice(0, 1).forEach((word) => (wrong[what] = word));
    lacks('names', truth.map((one) => one.name));
    lacks('messages', failing.map((one) => one.message));
  } else {
    if ((total ?? cases.length) !== truth.length) wrong.total = `${total ?? cases.length} of ${truth.length}`;
    for (const status of ['passed', 'failed', 'skipped']) {
      if (count(cases, status) !== count(truth, status)) wrong[status] = `${count(cases, status)} instead of ${count(truth, status)}`;
    }
    const sorted = (list, one) => list.map(one).sort();
    const differ = (what, got, wanted) => {
      const at = wanted.findIndex((word, i) => word !== got[i]);
      if (at >= 0 || got.length !== wanted.length) wrong[what] = `${JSON.stringify(got[at])} instead of ${JSON.stringify(wanted[at])}`;
    };
    differ('names', sorted(cases, (one) => one.name), sorted(truth, (one) => one.name));
    differ('messages', sorted(cases.filter((one) => one.status === 'failed'), (one) => one.message ?? ''), sorted(failing, (one) => one.message));
  }
  const known = deviations[name] ?? {};
  for (const [what, how] of Object.entries(wrong)) if (!(what in known)) complaints.push(`${name}, ${what}: ${how}`);
  for (const what of Object.keys(known)) if (!(what in wrong)) complaints.push(`${name}, ${what}: it no longer deviates; take it out of deviations.json`);
  console.log(`${name}: ${Object.keys(wrong).length ? Object.keys(wrong).map((what) => `${what} (${known[what] ?? 'new'})`).join(', ') : 'as the report says'}`);
}
rmSync(scratch, { recursive: true });
if (complaints.length) console.error(complaints.join('\n'));
process.exit(complaints.length ? 1 : 0);
