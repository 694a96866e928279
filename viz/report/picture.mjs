// A picture of the begin of a report, as docs/pictures has it: its headline and the waterfall.
// Usage: node viz/report/picture.mjs REPORT.html PICTURE.png [light|dark]
import { load } from './modules.mjs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [report, picture, theme = 'light'] = process.argv.slice(2);
if (!report || !picture) {
  console.error('usage: node viz/report/picture.mjs REPORT.html PICTURE.png [light|dark]');
  process.exit(2);
}
const { chromium } = (await load('playwright-core')).default;
const browser = await chromium.launch({
  executablePath: process.env.LMSIM_CHROMIUM || '/usr/bin/chromium',
  chromiumSandbox: process.getuid() !== 0,
  args: ['--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb'],
});
const page = await browser.newPage({ viewport: { width: 1180, height: 1000 }, colorScheme: theme });
page.setDefaultTimeout(300000);
await page.goto(pathToFileURL(path.resolve(report)).href);
const height = await page.$eval('#parts figcaption', (one) =>
  Math.ceil(one.getBoundingClientRect().bottom + window.scrollY + 8));
await page.screenshot({ path: picture, fullPage: true,
  clip: { x: 0, y: 0, width: 1180, height } });
await browser.close();
