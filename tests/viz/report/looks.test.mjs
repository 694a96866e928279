// The parts of the pages look as they did: pictures in golden/, but for a few pixels in a hundred
// (edges of letters differ between versions of the browser). LMSIM_REWRITE=1 takes them again.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { settled, with_page } from './browser.mjs';
import { load, root } from '../../../viz/report/modules.mjs';
import { fixture } from './pages.mjs';

const { PNG } = (await load('pngjs')).default;
const pixelmatch = (await load('pixelmatch')).default;
const golden = path.join(root, 'tests/viz/report/golden');
const most = 0.01;

/// The share of pixels that differ, and a picture of them in red.
function difference(a, b) {
  if (a.width !== b.width || Math.abs(a.height - b.height) > 4) {
    return { share: 1, why: `${a.width}x${a.height} instead of ${b.width}x${b.height}` };
  }
  const height = Math.min(a.height, b.height);
  const picture = new PNG({ width: a.width, height });
  const cut = (one) => one.data.subarray(0, one.width * height * 4);
  const count = pixelmatch(cut(a), cut(b), picture.data, a.width, height, { threshold: 0.2 });
  return { share: count / (a.width * height), picture };
}

function compare(name, bytes) {
  const file = path.join(golden, name + '.png');
  if (process.env.LMSIM_REWRITE === '1') {
    fs.mkdirSync(golden, { recursive: true });
    fs.writeFileSync(file, bytes);
    return;
  }
  const now = PNG.sync.read(bytes);
  const { share, why, picture } = difference(now, PNG.sync.read(fs.readFileSync(file)));
  if (share <= most) return;
  const out = path.join(root, 'out/report-looks');
  fs.mkdirSync(out, { recursive: true });
  fs.writeFileSync(path.join(out, name + '.png'), bytes);
  if (picture) fs.writeFileSync(path.join(out, name + '.differs.png'), PNG.sync.write(picture));
  assert.fail(`${name}: ${why || (share * 100).toFixed(2) + ' % of the pixels differ'}; ` +
    'see out/report-looks');
}

const looks = [
  ['run', 1280, 'light', ['headline', 'parts', 'guest', 'latency', 'sent', 'admin', 'dominates']],
  ['run', 400, 'dark', ['headline', 'parts', 'guest', 'latency']],
  ['run', 1280, 'dark', ['headline', 'guest']],
  ['run', 400, 'light', ['headline']],
  ['sweep', 1280, 'light', ['headline', 'lines', 'heat', 'pareto']],
  ['sweep', 400, 'dark', ['lines', 'heat']],
  ['compare', 1280, 'light', ['headline', 'differences']],
  ['compare', 400, 'dark', ['differences']],
];
for (const [kind, width, theme, sections] of looks) {
  test(`the ${kind} looks as it did at ${width} pixels, ${theme}`, async () => {
    await with_page(fixture(kind), { width, theme }, async (page) => {
      const failures = [];
      for (const section of sections) {
        const part = page.locator('section#' + section);
        await part.scrollIntoViewIfNeeded();
        await settled(page);
        const bytes = await part.screenshot({ animations: 'disabled', caret: 'hide' });
        try {
          compare([kind, section, width, theme].join('-'), bytes);
        } catch (error) {
          failures.push(error.message);
        }
      }
      assert.deepEqual(failures, []);
    });
  });
}

test('a picture that is moved by a row of text is not the same', () => {
  if (process.env.LMSIM_REWRITE === '1') return;
  const one = PNG.sync.read(fs.readFileSync(path.join(golden, 'run-parts-1280-light.png')));
  const moved = new PNG({ width: one.width, height: one.height });
  moved.data.fill(255);
  PNG.bitblt(one, moved, 0, 0, one.width, one.height - 18, 0, 18);
  assert.ok(difference(one, moved).share > most);
  assert.ok(difference(one, one).share === 0);
});
