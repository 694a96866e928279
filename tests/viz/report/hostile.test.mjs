// What a scenario, a trace or a path may say is shown as it is, and never run.
import assert from 'node:assert/strict';
import test from 'node:test';
import { unfold, with_page } from './browser.mjs';
import { data_of, kinds, page_of, pictures_of } from './pages.mjs';

const evil = [
  '<script>window.owned = 1</script>', '"><img src=x onerror="window.owned = 1">',
  "'); window.owned = 1; ('", '</script><script>window.owned = 1</script>',
  '<!--<script>', '<svg onload=window.owned=1>', '${window.owned = 1}', '{{window.owned}}',
  'javascript:window.owned=1', '&lt;b&gt;', '\u202Egnp.exe', '\u0000\u0007\u001B[31m', '\u2028',
  '<a href="https://example.com">', '</title><style>body { display: none }</style>',
].join(' ');

/// The data with each text made hostile, but for what says how to read it.
function poisoned(value, key) {
  const fixed = ['schema', 'kind', 'unit', 'name', 'side', 'outcome', 'key'];
  if (typeof value === 'string') return fixed.includes(key) ? value : value + ' ' + evil;
  if (Array.isArray(value)) return value.map((one) => poisoned(one, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([k, one]) => [k, poisoned(one, k)]));
}

for (const kind of kinds) {
  test(`hostile strings in the data of a ${kind} are shown and not run`, async () => {
    const data = poisoned(data_of(kind));
    await with_page(page_of(data, pictures_of(kind)), {}, async (page) => {
      await unfold(page);
      assert.equal(await page.evaluate(() => window.owned), undefined);
      const title = await page.textContent('h1');
      for (const part of ['<script>window.owned = 1</script>', '"><img src=x', '&lt;b&gt;',
        '\\u202Egnp.exe', '\\u0000\\u0007\\u001B[31m', '\\u2028']) {
        assert.ok(title.includes(part), `the title does not show ${part}: ${title}`);
      }
      // No element that the page itself does not make, none that would load or lead somewhere.
      const strange = await page.$$eval('main *', (list) => list.filter((one) =>
        ['SCRIPT', 'IMG', 'IFRAME', 'OBJECT', 'LINK', 'FORM'].includes(one.tagName) ||
        // The pictures have styles of their own, of which nothing reaches the page.
        (one.tagName.toUpperCase() === 'STYLE' && one.getRootNode() === document) ||
        [...one.attributes].some((a) => a.name.startsWith('on'))).map((one) => one.outerHTML));
      assert.deepEqual(strange, []);
      assert.match(await page.title(), /<script>window\.owned/);
      assert.ok(await page.isVisible('h1'));
    });
  });
}

test('links to files stay within the directory of the run', async () => {
  const data = data_of('run');
  data.files = ['javascript:window.owned=1', 'https://example.com/x', '//example.com/y',
    'state/0.bin', 'a b#c?d.bin', '../x'].map((name) => ({ name }));
  await with_page(page_of(data), {}, async (page) => {
    const here = await page.evaluate(() => location.href.replace(/[^/]*$/, ''));
    const links = await page.$$eval('#reproduce .files a', (list) => list.map((one) => one.href));
    assert.ok(links.every((one) => one.startsWith(here) && !one.includes('..')), links.join(' '));
    assert.equal(await page.locator('#reproduce .files li').count(), data.files.length);
    assert.ok(links.includes(here + 'state/0.bin'));
    assert.ok(links.includes(here + 'a%20b%23c%3Fd.bin'));
    assert.ok(links.includes(here + 'javascript%3Awindow.owned%3D1'));
  });
});

test('names that fill the page do not make it wider', async () => {
  const data = data_of('run');
  data.title = 'x'.repeat(3000);
  data.result.reason = 'y'.repeat(3000);
  data.result.workload.lines = ['z'.repeat(3000)];
  data.config[0].value = 'w'.repeat(3000);
  await with_page(page_of(data), { width: 400 }, async (page) => {
    const [wide, room] = await page.evaluate(() =>
      [document.documentElement.scrollWidth, window.innerWidth]);
    assert.ok(wide <= room, `${wide} of ${room}`);
  });
});
