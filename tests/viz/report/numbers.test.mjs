// Every number on the page of a run is one of result.json, and is written as it is there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { with_page } from './browser.mjs';
import { all_pages } from './pages.mjs';

const units = { ps: 1, ns: 1e3, 'µs': 1e6, ms: 1e9, s: 1e12, B: 1, KiB: 2 ** 10, MiB: 2 ** 20,
  GiB: 2 ** 30, TiB: 2 ** 40, '%': 0.01, '': 1 };

/// What a text says, in picoseconds, bytes, parts of one or plain; and half of its last digit.
function said(text) {
  const bare = text.replace(/\u202F/g, ' ').replace(/−/g, '-').replace(/\/s$/, '');
  const m = /^(-?[\d ]*\d(?:\.(\d+))?(?:e[+-]\d+)?) ?([^\d\s.]*)$/.exec(bare.trim());
  if (!m || !(m[3] in units)) return null;
  const unit = units[m[3]];
  return { value: Number(m[1].replace(/ /g, '')) * unit,
    half: 0.5 * 10 ** -(m[2] || '').length * unit, unit: m[3] };
}
const at = (result, key) => key.split('.').reduce((value, part) => value?.[part], result);
/// What the name of a key says its number is in.
function base(key, unit) {
  if (unit === '') return 1;
  return /_ns$/.test(key) ? 1e3 : /_ms$/.test(key) ? 1e9 : 1;
}

function check(result, { key, value, text }) {
  const wanted = at(result, key);
  assert.notEqual(wanted, undefined, 'result.json has no ' + key);
  if (wanted === null) return assert.equal(text, '–', key);
  assert.equal(value, String(wanted), key);
  if (typeof wanted === 'boolean') return assert.equal(text, wanted ? 'yes' : 'no');
  const told = said(text);
  assert.ok(told, `${key}: "${text}" is no number`);
  const exact = wanted * base(key, told.unit);
  const room = Math.max(told.half, Math.abs(exact) * 5e-4) * (1 + 1e-9);
  const least = /\./.test(text) || told.unit !== '' ? room : 0.5;
  assert.ok(Math.abs(told.value - exact) <= least, `${key} is ${wanted}, the page says "${text}"`);
}

/// Texts with digits that no key stands at, outside of what is said to have other sources.
function strays() {
  const elsewhere = '.tick, [data-series], .readout, kbd, figcaption, code, h1, h2, summary, ' +
    'caption, thead, .title, #contents, #config, #reproduce, #figures, #workload, #states, ' +
    '#latency, #dominates, #lever, #sentence, .hint, .controls, svg title, ' +
    '#headline > .meta:nth-of-type(1)';
  const out = [];
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (!/\d/.test(node.data) || node.parentElement.closest('[data-key]')) continue;
    if (!node.parentElement.closest(elsewhere)) out.push(node.data);
  }
  return out;
}

/// All texts of result.json, which the page may show as they are.
function texts(value, out = []) {
  if (typeof value === 'string') out.push(value);
  else if (value && typeof value === 'object') {
    for (const one of Object.values(value)) texts(one, out);
  }
  return out;
}
const leaves = (value) => (value !== null && typeof value === 'object' ?
  Object.values(value).reduce((sum, one) => sum + leaves(one), 0) : 1);

for (const { name, kind, file, data, folder } of all_pages()) {
  if (kind !== 'run') continue;
  const result = folder ? JSON.parse(fs.readFileSync(path.join(folder, 'result.json'), 'utf8')) :
    data.result;

  test(`${name}: every number equals result.json`, async () => {
    assert.deepEqual(data.result, result);
    await with_page(file, {}, async (page) => {
      await page.click('#figures summary');
      await page.waitForFunction(() => document.querySelectorAll('#figures tbody tr').length > 0);
      const rows = await page.locator('#figures tbody tr').count();
      assert.equal(rows, leaves(result), 'not each figure of result.json has a row');
      const shown = await page.$$eval('[data-key]', (list) => list.map((one) => ({
        key: one.dataset.key, value: one.getAttribute('value') ?? one.dataset.value,
        text: one.childNodes[0].textContent })));
      assert.ok(shown.length > 300, 'only ' + shown.length + ' numbers');
      for (const one of shown) check(result, one);
      const known = texts(result);
      const labels = /^ ?\(?\d+ devices\)?$|^[a-z-]+ \(\d+ devices\)$|^round \d+$|^\d+$/;
      const stray = (await page.evaluate(strays)).filter((text) => !labels.test(text) &&
        !known.some((one) => one !== '' && (one.includes(text.trim()) || text.includes(one))));
      assert.deepEqual(stray, []);
    });
  });

  test(`${name}: the headline is that of report.md`, async () => {
    await with_page(file, {}, async (page) => {
      const sentence = await page.textContent('#sentence');
      assert.ok(data.headline.toLowerCase().endsWith(sentence.toLowerCase()), sentence);
      if (!folder) return;
      const report = fs.readFileSync(path.join(folder, 'report.md'), 'utf8').replace(/\\/g, '');
      assert.ok(report.toLowerCase().includes(data.headline.toLowerCase()), data.headline);
    });
  });
}
