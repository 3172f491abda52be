// Opens pages in Debian's Chromium, as readers do: with script and without, narrow and wide, light and dark, under the header that
// Jenkins sends, and printed. A missing browser or driver is a failure that says what installs it.
//
//   node page.mjs PAGE.html [--pictures DIR] [--figures]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import assert from 'node:assert/strict';
import { WCAG, fail, start } from './driver.mjs';

const JENKINS = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';";

const [file, ...flags] = process.argv.slice(2);
const pictures = flags.includes('--pictures') ? flags[flags.indexOf('--pictures') + 1] : null;
if (!file) fail('name a page: node page.mjs reports/RU1/signoff.html');

const address = 'file://' + resolve(file);
const html = readFileSync(file, 'utf8');
const { browser, axe } = await start();
const complaints = [];

async function open({ width = 1280, height = 800, scheme = 'light', hash = '', script = true, url = address } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, javaScriptEnabled: script });
  const page = await context.newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.watched && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => { complaints.push('a dialog: ' + dialog.message()); dialog.dismiss(); });
  page.on('request', (request) => request.url().split('#')[0] !== url && !request.url().startsWith('blob:') && complaints.push('asked for ' + request.url()));
  page.watched = url === address;
  await page.goto(url + hash);
  if (script && url === address) await page.waitForFunction(() => document.documentElement.dataset.ready === 'yes');
  return page;
}
const done = (page) => page.context().close();
const tests = [];
const test = (name, body) => tests.push([name, body]);
const picture = (page, name, options = {}) => pictures && page.screenshot({ path: join(pictures, name + '.png'), ...options });

test('neither width scrolls sideways, and no accessibility rule is broken', async () => {
  for (const [name, width, height, scheme] of [['wide', 1280, 800, 'light'], ['dark', 1280, 800, 'dark'], ['phone', 390, 844, 'light'], ['phone-dark', 390, 844, 'dark']]) {
    const page = await open({ width, height, scheme });
    await picture(page, name);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${name} scrolls sideways`);
    await look(page, name);
    await done(page);
  }
});

// The policy lets no other script in, so axe runs through the driver's own channel.
async function look(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] }), WCAG);
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')} (${nodes.length})`);
  assert.deepEqual(told, [], `accessibility, ${name}`);
}

test('the first screen says decision, reason and first cause', async () => {
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    const page = await open({ width, height });
    for (const selector of ['header strong', '.why']) {
      const box = await page.locator(selector).first().boundingBox();
      assert.ok(box.y + box.height <= height, `${selector} is below the first screen at ${width}`);
    }
    const cause = page.locator('.causes li').first();
    if (await cause.count()) assert.ok((await cause.boundingBox()).y < height, 'the first cause is below the first screen');
    await done(page);
  }
});

test('the filter narrows, and its address brings the same view back', async () => {
  const page = await open();
  const [, all] = (await page.textContent('#app [role=status]')).match(/^([\d,]+) scenario/);
  const id = await page.textContent('.port .row .id a');
  await page.fill('#filter', id.split(/[@#]/)[0].split('/').pop() + ' -nothing-like-it');
  const some = await page.textContent('#app [role=status]');
  assert.ok(some.includes(`of ${all}`) || some.startsWith(all), some);
  const hash = new URL(page.url()).hash;
  assert.ok(hash.startsWith('#q='), hash);
  const again = await open({ hash });
  assert.equal(await again.textContent('#app [role=status]'), some);
  await again.fill('#filter', 'no-such-scenario-anywhere');
  assert.match(await again.textContent('#app [role=status]'), /^0 of/);
  await again.fill('#filter', '');
  const chips = await again.locator('.chips button').count();
  assert.ok(chips > 0, 'there are chips');
  await again.locator('.chips button').first().click();
  assert.equal(await again.locator('.chips button').first().getAttribute('aria-pressed'), 'true');
  await done(page);
  await done(again);
});

test('a scenario has an address, and keys lead to the next one and back', async () => {
  const page = await open();
  await page.keyboard.press('n');
  if (!(await page.locator('.row.at').count())) await page.keyboard.press('j');
  const first = await page.textContent('.row.at .id');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open] h2');
  assert.equal(await page.textContent('dialog h2'), first);
  assert.ok(decodeURIComponent(new URL(page.url()).hash).includes('s=' + first));
  await look(page, 'a scenario');
  await picture(page, 'scenario');
  const swap = page.getByRole('button', { name: 'side by side' });
  if (await swap.count()) {
    await swap.click();
    await page.waitForSelector('.sides');
    await look(page, 'side by side');
    await picture(page, 'sides');
  }
  const hash = new URL(page.url()).hash;
  await page.keyboard.press('j');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  assert.equal(await page.locator('.row.at').count(), 1, 'the place is kept');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'filter');
  await done(page);
  const direct = await open({ hash });
  await direct.waitForSelector('dialog[open] h2');
  assert.equal(await direct.textContent('dialog h2'), first);
  await done(direct);
});

test('every open scenario can be looked at, and none of them acts', async () => {
  const page = await open({ hash: '#q=is:open' });
  const title = await page.title();
  for (let seen = 0; seen < 40; seen++) {
    await page.keyboard.press('j');
    if (!seen && (await page.locator('.row.at').count())) await page.keyboard.press('Enter');
  }
  assert.equal(await page.title(), title, 'a script of the product ran');
  assert.equal(await page.locator('dialog script, dialog img, dialog style, dialog iframe').count(), 0);
  await done(page);
});

test('signoff.json can be saved from it', async () => {
  if (!html.includes('id="decision-json"')) return;
  const page = await open();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'save it' }).click()]);
  const saved = JSON.parse(readFileSync(await download.path(), 'utf8'));
  assert.equal(saved.schema, 'fixgate-signoff-1');
  const beside = join(dirname(resolve(file)), 'signoff.json');
  if (existsSync(beside)) {
    const without = readFileSync(beside, 'utf8').replace(/ *"signoff\.html": "[^"]*",\n/, '');
    assert.equal(readFileSync(await download.path(), 'utf8') === without, true, 'it is not the one beside the page');
  }
  await done(page);
});

test('without script, and as Jenkins serves it, everything but the table can be read', async () => {
  const server = createServer((_, response) => response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': JENKINS }).end(html));
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${server.address().port}/signoff.html`;
  const wanted = await (async () => {
    const page = await open();
    const text = await page.evaluate(() => [...document.querySelectorAll('main section')].filter((section) => section.id !== 'scenarios').map((section) => section.textContent.replace(/save it$/m, '')).join('\n'));
    await done(page);
    return text.replace('save it', '');
  })();
  for (const how of [{ script: false }, { script: true, url }]) {
    const page = await open(how);
    const seen = await page.evaluate(() => [...document.querySelectorAll('main section')].filter((section) => section.id !== 'scenarios').map((section) => section.textContent).join('\n')).catch(() => null);
    if (seen !== null) assert.equal(seen, wanted);
    assert.ok(await page.locator('header strong').isVisible());
    assert.ok(await page.locator('#app').isHidden());
    await picture(page, how.url ? 'jenkins' : 'noscript');
    await done(page);
  }
  server.close();
});

test('printed, it has at most eight pages and says what matters', async () => {
  const page = await open();
  const directory = mkdtempSync(join(tmpdir(), 'fixgate-page-'));
  const path = join(pictures || directory, 'signoff.pdf');
  await page.pdf({ path, format: 'A4', printBackground: true, margin: { top: '12mm', bottom: '12mm', left: '12mm', right: '12mm' } });
  const pages = Number(/Pages:\s+(\d+)/.exec(execFileSync('pdfinfo', [path], { encoding: 'utf8' }))[1]);
  const text = execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' });
  assert.ok(pages <= 8, `${pages} pages`);
  for (const words of [/HOLD|SHIP|NO ANSWER|TO LOOK AT|NOTHING FOUND|ALL IS WELL|FAILURE|VALIDATED/, /Causes/, /planned/, /What this rests on/, /sha256:[0-9a-f]{20}/]) assert.match(text, words);
  rmSync(directory, { recursive: true });
  await done(page);
});

async function figures() {
  const median = (numbers) => [...numbers].sort((one, other) => one - other)[numbers.length >> 1];
  const ready = [], busy = [], keys = [], words = [], details = [];
  for (let round = 0; round < 5; round++) {
    const page = await open();
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const metrics = async () => Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
    await page.goto('about:blank');
    const before = await metrics();
    const start = performance.now();
    await page.goto(address);
    await page.waitForFunction(() => document.documentElement.dataset.ready === 'yes');
    ready.push(performance.now() - start);
    busy.push(1000 * ((await metrics()).TaskDuration - before.TaskDuration));
    const typed = await page.evaluate(async () => {
      const box = document.getElementById('filter');
      const painted = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
      const each = [];
      const all = performance.now();
      for (const letter of 'multiline') {
        const start = performance.now();
        box.value += letter;
        box.dispatchEvent(new Event('input', { bubbles: true }));
        await painted();
        each.push(performance.now() - start);
      }
      return { each, all: performance.now() - all };
    });
    keys.push(...typed.each);
    words.push(typed.all);
    details.push(await page.evaluate(async () => {
      const box = document.getElementById('filter');
      box.value = '';
      box.dispatchEvent(new Event('input', { bubbles: true }));
      const start = performance.now();
      document.querySelector('.port .row a').click();
      while (!document.querySelector('dialog[open] h2')) await new Promise((next) => setTimeout(next));
      return performance.now() - start;
    }));
    await done(page);
  }
  const round = (number) => Math.round(number);
  console.log(JSON.stringify({ bytes: html.length, ready_ms: round(median(ready)), main_thread_ms: round(median(busy)), key_ms: round(median(keys)), worst_key_ms: round(Math.max(...keys)), word_ms: round(median(words)), first_detail_ms: round(median(details)) }));
}

if (pictures) mkdirSync(pictures, { recursive: true });
let failed = 0;
if (flags.includes('--figures')) await figures();
else {
  for (const [name, body] of tests) {
    complaints.length = 0;
    try {
      await body();
      assert.deepEqual(complaints, []);
      console.log(`ok    ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${name}\n${error.message}`);
    }
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
