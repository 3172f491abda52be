// What every check of a page needs: Debian's Chromium, its driver and axe. One that is missing is a failure that says what installs it.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const CHROMIUM = '/usr/bin/chromium';
export const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
// Nothing of Chromium's own goes out.
const OPTIONS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

// The browser, started, and the text of axe. Its caller looks at its own arguments first.
export async function start() {
  if (!existsSync(CHROMIUM)) fail(`${CHROMIUM} is missing: apt-get install --yes --no-install-recommends chromium poppler-utils`);
  const require = createRequire(import.meta.url);
  let chromium, axe;
  try {
    ({ chromium } = require('playwright-core'));
    axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  } catch {
    fail('playwright-core or axe-core is missing: npm ci --prefix harness/browser');
  }
  return { browser: await chromium.launch({ executablePath: CHROMIUM, args: OPTIONS }), axe };
}
