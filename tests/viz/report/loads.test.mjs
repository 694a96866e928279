// A page works from disk alone, at each width and in each theme.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { open, with_page, written } from './browser.mjs';
import { all_pages, data_of, page_of } from './pages.mjs';

const sections = {
  run: ['headline', 'parts', 'guest', 'latency', 'sent', 'admin', 'sequence', 'states',
        'dominates', 'hosts', 'config', 'reproduce', 'figures'],
  sweep: ['headline', 'lines', 'heat', 'pareto', 'table', 'reproduce'],
  compare: ['headline', 'differences', 'parts', 'figures', 'reproduce'],
};

for (const { name, kind, file } of all_pages()) {
  for (const width of [1280, 400]) {
    for (const theme of ['light', 'dark']) {
      test(`${name} loads at ${width} pixels, ${theme}`, async () => {
        await with_page(file, { width, theme }, async (page) => {
          assert.equal(await page.getAttribute('html', 'data-theme'), theme);
          const there = await page.$$eval('main > section', (list) => list.map((one) => one.id));
          for (const one of sections[kind]) assert.ok(there.includes(one), 'no section ' + one);
          const [wide, room] = await page.evaluate(() =>
            [document.documentElement.scrollWidth, window.innerWidth]);
          assert.ok(wide <= room, `the page is ${wide} pixels wide in a window of ${room}`);
          assert.equal(await page.locator('main .banner').count(), 0);
        });
      });
    }
  }
  test(`${name} is one file below 2 MiB that names no other host`, () => {
    const html = fs.readFileSync(file, 'utf8');
    assert.ok(Buffer.byteLength(html) < 2 * 1024 * 1024);
    assert.match(html, /Content-Security-Policy/);
    assert.doesNotMatch(html, /<(script|link|img|iframe)[^>]+(src|href)="(?!data:)/);
  });
}

test('a partial run says so before all else', async () => {
  const data = data_of('run');
  data.result.partial = true;
  data.headline = 'PARTIAL, interrupted; ' + data.headline;
  await with_page(page_of(data), {}, async (page) => {
    const first = page.locator('main > section').first().locator('> *').first();
    assert.match(await first.textContent(), /^Partial\. The run was interrupted/);
    assert.ok(await first.isVisible());
  });
});

test('a run without a trace has a page without what would come from it', async () => {
  const data = data_of('run');
  for (const key of ['series', 'distribution', 'heat', 'sequence', 'sensitivity']) delete data[key];
  data.notes = ['trace.ndjson is not there'];
  await with_page(page_of(data), {}, async (page) => {
    const words = { latency: /latencies are spread is not recorded/,
      states: /machines did is not recorded/, sequence: /no sequence chart of this run/,
      admin: /under way over time is not recorded/ };
    for (const [gone, why] of Object.entries(words)) {
      assert.equal(await page.locator(`section#${gone} figure`).count(), 0);
      assert.match(await page.textContent('#' + gone), why);
    }
    assert.match(await page.textContent('#headline'), /trace\.ndjson is not there/);
    assert.match(await page.textContent('#guest'), /no record over time/);
    assert.match(await page.textContent('#dominates'), /lmsim tornado/);
  });
});

test('a picture that cannot be says why in the words of the program', async () => {
  const data = data_of('run');
  delete data.distribution;
  data.notes = ['Of several VMs there is no distribution of latencies.'];
  await with_page(page_of(data), {}, async (page) => {
    assert.equal(await page.textContent('#latency .note'), data.notes[0]);
  });
});

test('what dominates is right after where the time went', async () => {
  await with_page(all_pages()[0].file, {}, async (page) => {
    const order = await page.$$eval('main > section', (list) => list.map((one) => one.id));
    assert.deepEqual(order.slice(0, 4), ['headline', 'parts', 'dominates', 'guest']);
  });
});

test('a page without a title has that of its run', async () => {
  const data = data_of('run');
  const html = fs.readFileSync(page_of(data), 'utf8').replace(/<title>[^<]*/, '<title>\n');
  await with_page(written(html), {}, async (page) => {
    assert.equal(await page.title(), data.title);
  });
});

test('a downtime above its limit and one without an end are called so', async () => {
  const data = data_of('run');
  data.result.vmm.downtime_limit_ps = 10e9;
  await with_page(page_of(data), {}, async (page) => {
    assert.match(await page.textContent('#verdict'), /✗ above the limit of 10.0.ms/);
  });
  data.result.downtime.ended = false;
  await with_page(page_of(data), {}, async (page) => {
    assert.match(await page.textContent('#verdict'), /✗ still standing/);
  });
});

test('the switch of the theme changes it, charts included', async () => {
  const { page, wrong, close } = await open(all_pages()[0].file, {});
  const paper = () => page.evaluate(() => getComputedStyle(document.body).color);
  const canvas = () => page.evaluate(() => document.querySelector('#guest canvas').toDataURL());
  const [ink, drawn] = [await paper(), await canvas()];
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  assert.notEqual(await paper(), ink);
  assert.notEqual(await canvas(), drawn);
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'light');
  assert.equal(await paper(), ink);
  assert.deepEqual(wrong, []);
  await close();
});
