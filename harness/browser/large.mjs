// Makes a page of any size from one that Fixgate wrote: its rows again and again under other names, and failures with a kilobyte of output
// each that does not compress. For `page.mjs --figures`: what costs a reader time is the number of rows and the text of failures.
//
//   node large.mjs PAGE.html ROWS FAILURES > large.html
import { readFileSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

const [file, ...counts] = process.argv.slice(2);
const [count, failures] = counts.map(Number);
if (!file || !(count >= failures)) {
  console.error('error: name a page, a number of rows, and a number of failures: node large.mjs reports/RU9/signoff.html 50000 2000');
  process.exit(1);
}
const html = readFileSync(file, 'utf8');
const part = (name) => new RegExp(`(<script type="application/gzip" id="${name}">)([^<]*)`);
const read = (name) => JSON.parse(gunzipSync(Buffer.from(part(name).exec(html)[2], 'base64')));
const packed = (value) => gzipSync(Buffer.from(JSON.stringify(value))).toString('base64');
// The same text every time, and another in each row.
const noise = (seed) => createHash('shake256', { outputLength: 512 }).update(String(seed)).digest('hex');

const rows = read('rows');
const ids = rows.ids.split('\n');
const from = Array.from({ length: count }, (_, i) => i % ids.length);
const passed = String(rows.verdict_words.indexOf('passed')), failed = String(rows.verdict_words.indexOf('failed'));
const letter = (word) => String.fromCharCode(97 + rows.class_words.indexOf(word));
const fails = (i) => Math.floor((i * failures) / count) !== Math.floor(((i + 1) * failures) / count);
const failing = from.flatMap((_, i) => (fails(i) ? [i] : []));
const large = {
  ...rows,
  ids: from.map((at, i) => ids[at] + (i < ids.length ? '' : `~${Math.floor(i / ids.length)}`)).join('\n'),
  verdicts: from.map((_, i) => (fails(i) ? failed : passed)).join(''),
  classes: from.map((_, i) => letter(fails(i) ? 'regressed' : 'same')).join(''),
  baseline: from.map(() => passed).join(''),
  waived: [], clusters: [failing], causes: [failing],
};
for (const column of ['times', 'tags', 'defects', 'file', 'line']) large[column] = from.map((at) => rows[column][at]);
const { commands } = read('details');
const details = {
  commands: from.map((at) => commands[at]),
  rows: failing.map((row) => ({ row, attempts: 1, reason: 'step 1: stdout is not as expected', lines: [`-${noise(row).slice(0, 80)}`, `+${noise(-row).slice(0, 80)}`], stdout: noise(row) })),
};
let large_html = html.replace(part('rows'), (_, start) => start + packed(large)).replace(part('details'), (_, start) => start + packed(details));
// The decision refers to details of the page that this was made from.
large_html = large_html.replace(/<script type="application\/gzip" id="decision-json">[^<]*<\/script>/, '');
for (let written = 0, bytes = Buffer.from(large_html); written < bytes.length;) written += writeSync(1, bytes, written);
