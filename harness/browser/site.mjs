// Opens every kind of page of a site in Debian's Chromium, narrow and wide, light and dark, without script, and follows its links.
//
//   node site.mjs DIR [--pictures DIR]
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WCAG, fail, start } from './driver.mjs';

// The most pages of one folder that are opened.
const MOST = 5;

const [directory, ...flags] = process.argv.slice(2);
const pictures = flags.includes('--pictures') ? flags[flags.indexOf('--pictures') + 1] : null;
if (!directory) fail('name a site: node site.mjs DIR');

const root = resolve(directory);
const below = (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort().slice(0, MOST).map((name) => `${folder}/${name}`) : []);
const pages = ['index.html', 'defects.html', 'trends.html', ...below('releases'), ...below('defects')];
const { browser, axe } = await start();
const complaints = [];
if (pictures) mkdirSync(pictures, { recursive: true });
for (const [name, width, height, colorScheme] of [['wide', 1280, 800, 'light'], ['dark', 1280, 800, 'dark'], ['phone', 390, 844, 'light']]) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  let address = '';
  const complain = (what) => complaints.push(`${name}, ${address}: ${what}`);
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complain(message.text()));
  page.on('dialog', (dialog) => { complain('a dialog'); dialog.dismiss(); });
  page.on('request', (request) => request.url() !== address && complain('asked for ' + request.url()));
  for (const path of pages) {
    address = 'file://' + join(root, path);
    await page.goto(address);
    if (pictures) await page.screenshot({ path: join(pictures, `${path.replace('/', '-')}-${name}.png`) });
    if (!(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))) complain('scrolls sideways');
    // The policy lets no script in, so axe runs through the driver's own channel.
    await page.evaluate(axe);
    const { violations } = await page.evaluate((tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] }), WCAG);
    violations.forEach(({ id, nodes }) => complain(`${id}: ${nodes[0].html.slice(0, 160)} (${nodes.length})`));
    const broken = await page.evaluate(() => [...document.links].map((link) => link.href).filter((href) => href.startsWith('file:')));
    broken.filter((href) => !existsSync(decodeURIComponent(new URL(href).pathname))).forEach((href) => complain('leads nowhere: ' + href));
  }
  await context.close();
}
await browser.close();
console.log(complaints.length ? complaints.join('\n') : `ok    ${pages.length} pages`);
process.exit(complaints.length ? 1 : 0);
