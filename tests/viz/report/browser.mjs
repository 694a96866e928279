// Debian's Chromium, one for all tests, and pages in it that tell what they should not do.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { load } from '../../../viz/report/modules.mjs';

const { chromium } = (await load('playwright-core')).default;
const program = process.env.LMSIM_CHROMIUM || '/usr/bin/chromium';
if (!fs.existsSync(program)) {
  throw new Error('there is no ' + program + '; tools/setup installs it (or say LMSIM_CHROMIUM)');
}

export const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'lmsim-report-'));
const browser = await chromium.launch({
  executablePath: program,
  chromiumSandbox: process.getuid() !== 0,
  // What differs between machines and not between pages.
  args: ['--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb'],
});
after(async () => {
  await browser.close();
  fs.rmSync(scratch, { recursive: true, force: true });
});

let files = 0;
/// Writes a page to a file of its own; returns its path.
export function written(html) {
  files += 1;
  const file = path.join(scratch, 'page-' + files + '.html');
  fs.writeFileSync(file, html);
  return file;
}

/// Sizes are observed, and charts are drawn, after the next frame.
export const settled = (page) => page.evaluate(() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)));
}));

/// Opens all that is folded.
export async function unfold(page) {
  await page.evaluate(() => {
    for (const one of document.querySelectorAll('details')) one.open = true;
  });
  await settled(page);
}

/// Opens a file. `wrong` collects requests to anywhere but the file, console errors and exceptions.
export async function open(file, { width = 1280, height = 900, theme = 'light', ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme,
    reducedMotion: 'reduce', deviceScaleFactor: 1, ...more });
  context.setDefaultTimeout(300000);  // nothing here is about how fast a busy machine is
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const wrong = [];
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) {
      wrong.push('asks for ' + request.url());
    }
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) wrong.push('console: ' + message.text());
  });
  page.on('pageerror', (error) => wrong.push('exception: ' + error.message));
  page.on('dialog', (dialog) => {
    wrong.push('dialog: ' + dialog.message());
    dialog.dismiss();
  });
  await page.goto(url);
  if (more.javaScriptEnabled !== false) await settled(page);
  return { page, wrong, close: () => context.close() };
}

/// Does something with a page and sees that nothing was wrong with it.
export async function with_page(file, options, act) {
  const { page, wrong, close } = await open(file, options);
  try {
    await act(page);
    assert.deepEqual(wrong, []);
  } finally {
    await close();
  }
}
