// The charts over time: read by mouse and keyboard, zoom, log scale; and no spike is lost.
import assert from 'node:assert/strict';
import test from 'node:test';
import { with_page } from './browser.mjs';
import { data_of, fixture, page_of } from './pages.mjs';

const per_ms = 1e9;
const view = (page, name = 'guest') => page.$eval(`#${name}-plots`, (box) =>
  [Number(box.dataset.from), Number(box.dataset.to)]);
const read = (page, what) => page.$eval('#guest-readout', (box, key) => {
  const one = box.querySelector(`[data-read="${key}"] b`);
  return one ? one.textContent : null;
}, what);
const guest = data_of('run').series.guest;
const end = (guest.begin_ps.at(-1) + guest.width_ps.at(-1)) / per_ms;
const blackout = data_of('run').series.blackout;

/// Where a moment lies in the window of the browser.
async function x_of(page, ms) {
  const over = await page.locator('#guest-plots .u-over').first().boundingBox();
  const [from, to] = await view(page);
  return { x: over.x + (ms - from) / (to - from) * over.width, y: over.y + over.height / 2,
    left: over.x, width: over.width };
}

test('pointing at the chart reads the bucket there', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    await page.focus('#guest-plots');
    await page.keyboard.press('+');  // a bucket is wider than a pixel then
    const i = 300;
    const middle = (guest.begin_ps[i] + guest.width_ps[i] / 2) / per_ms;
    const { x, y } = await x_of(page, middle);
    await page.mouse.move(x, y);
    assert.equal(await read(page, 'commands'), String(guest.commands[i]));
    const iops = Math.round(guest.commands[i] * 1e12 / guest.width_ps[i]);
    assert.equal((await read(page, 'iops')).replace(/\u202F/g, ''), String(iops));
    assert.equal(await read(page, 'blackout'), null);
    await page.keyboard.press('0');
    const black = await x_of(page, (blackout.begin_ps + blackout.end_ps) / 2 / per_ms);
    await page.mouse.move(black.x, black.y);
    assert.equal(await read(page, 'blackout'), 'blackout');
    assert.equal(await read(page, 'none'), 'none completed');
  });
});

test('dragging zooms both charts, the buttons and a double click show more again', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    await page.locator('#guest-plots').scrollIntoViewIfNeeded();
    assert.deepEqual(await view(page), [0, end]);
    const from = await x_of(page, 300);
    const to = await x_of(page, 500);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move((from.x + to.x) / 2, from.y, { steps: 3 });
    await page.mouse.move(to.x, from.y, { steps: 3 });
    await page.mouse.up();
    const [low, high] = await view(page);
    assert.ok(Math.abs(low - 300) < 3 && Math.abs(high - 500) < 3, `${low} to ${high}`);
    await page.click('#guest button[data-preset="blackout"]');
    const [begin, finish] = await view(page);
    assert.ok(begin < blackout.begin_ps / per_ms && finish > blackout.end_ps / per_ms);
    assert.ok(finish - begin < 2 * (blackout.end_ps - blackout.begin_ps) / per_ms);
    await page.click('#guest-all');
    assert.deepEqual(await view(page), [0, end]);
    await page.click('#guest button[data-preset="migration"]');
    const over = await x_of(page, 400);
    await page.mouse.dblclick(over.x, over.y);
    assert.deepEqual(await view(page), [0, end]);
  });
});

test('the log scale changes the chart of latency and comes back', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    const drawn = () => page.$$eval('#guest canvas', (list) => list.map((one) => one.toDataURL()));
    const before = await drawn();
    const button = page.getByRole('button', { name: 'Log scale' });
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await button.click();
    assert.equal(await button.getAttribute('aria-pressed'), 'false');
    const linear = await drawn();
    assert.equal(linear[0], before[0]);
    assert.notEqual(linear[1], before[1]);
    await button.click();
    assert.deepEqual(await drawn(), before);
  });
});

test('what is read is within what is seen', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    await page.focus('#guest-plots');
    await page.keyboard.press('Home');
    assert.notEqual(await read(page, 'from'), null);
    await page.click('#guest button[data-preset="blackout"]');
    assert.match(await page.textContent('#guest-readout'), /^Point at the chart/);
  });
});

test('nothing is cut off at the right of a chart', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    const inked = await page.$$eval('#guest canvas, #admin canvas', (list) => list.map((one) => {
      const strip = one.getContext('2d').getImageData(one.width - 2, 0, 2, one.height).data;
      return strip.some((byte) => byte !== 0);
    }));
    assert.deepEqual(inked, [false, false, false]);
  });
});

test('the keyboard reads, moves and zooms', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    await page.focus('#guest-plots');
    await page.keyboard.press('ArrowRight');
    const first = await read(page, 'from');
    assert.match(first, /ms, .* long$/);
    assert.equal(await page.getAttribute('#guest-readout', 'aria-live'), 'polite');
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowRight');
    assert.notEqual(await read(page, 'from'), first);
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowLeft');
    assert.equal(await read(page, 'from'), first);
    await page.keyboard.press('+');
    const [low, high] = await view(page);
    assert.ok(Math.abs(high - low - end / 2) < 1e-6);
    await page.keyboard.press('Shift+ArrowRight');
    const moved = await view(page);
    assert.ok(moved[0] > low && Math.abs(moved[1] - moved[0] - (high - low)) < 1e-6);
    await page.keyboard.press('-');
    await page.keyboard.press('0');
    assert.deepEqual(await view(page), [0, end]);
    await page.keyboard.press('End');
    assert.equal(await read(page, 'commands'), String(guest.commands.at(-1)));
    await page.keyboard.press('Tab');
    assert.notEqual(await page.evaluate(() => document.activeElement.id), 'guest-plots');
  });
});

test('one command that took long is seen, and read, wherever it is', async () => {
  const data = data_of('run');
  const i = 123;
  data.series.guest.max_ns[i] = 77_654_321;
  await with_page(page_of(data), {}, async (page) => {
    await page.focus('#guest-plots');
    const middle = (data.series.guest.begin_ps[i] + data.series.guest.width_ps[i] / 2) / per_ms;
    await page.locator('#guest-plots').scrollIntoViewIfNeeded();
    const { x, y } = await x_of(page, middle);
    await page.mouse.move(x, y);
    assert.equal((await read(page, 'max')).replace(/\u202F/g, ' '), '77.7 ms');
    // In the picture: the reddest column of the chart of latency is the spike's.
    await page.mouse.move(0, 0);
    const tall = await page.evaluate((at) => {
      const canvas = document.querySelectorAll('#guest canvas')[1];
      const over = document.querySelectorAll('#guest .u-over')[1];
      const left = over.offsetLeft + at * over.clientWidth;
      const top = over.offsetTop;
      const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const red = (x, y) => {
        const p = (y * canvas.width + x) * 4;
        const [r, g, b] = pixels.data.slice(p, p + 3);
        return r > 120 && r - g > 60 && r - b > 60;
      };
      const highest = (x) => {
        for (let y = top; y < canvas.height; y += 1) if (red(x, y)) return y;
        return canvas.height;
      };
      const near = Math.min(...[-2, -1, 0, 1, 2].map((d) => highest(Math.round(left) + d)));
      return { near, far: highest(Math.round(left) - 30) };
    }, middle / end);
    assert.ok(tall.near < tall.far - 20, JSON.stringify(tall));
  });
});

test('the charts follow the width of the window', async () => {
  await with_page(fixture('run'), { width: 1280 }, async (page) => {
    const wide = () => page.$eval('#guest canvas', (one) => one.clientWidth);
    const before = await wide();
    await page.setViewportSize({ width: 500, height: 900 });
    await page.waitForFunction((b) => document.querySelector('#guest canvas').clientWidth < b,
      before);
    assert.ok(await wide() <= 500);
  });
});

test('a long series of 4096 buckets zooms within a few frames', async () => {
  const data = data_of('run');
  const n = 4096;
  const fill = (f) => Array.from({ length: n }, (_, i) => f(i));
  data.series.guest = { begin_ps: fill((i) => i * 1e9), width_ps: fill(() => 1e9),
    commands: fill((i) => 200 + i % 100), bytes: fill(() => 819200), min_ns: fill(() => 60000),
    mean_ns: fill((i) => 90000 + i % 1000), max_ns: fill((i) => 400000 + (i * 7919) % 90000) };
  await with_page(page_of(data), {}, async (page) => {
    await page.focus('#guest-plots');
    const frames = await page.evaluate(async () => {
      const box = document.getElementById('guest-plots');
      const press = (key) => box.dispatchEvent(new KeyboardEvent('keydown', { key }));
      let count = 0;
      for (const key of ['+', '+', '+', '-', '-', '-']) {
        press(key);
        await new Promise((done) => { requestAnimationFrame(done); });
        count += 1;
      }
      return count;
    });
    assert.equal(frames, 6);
    assert.deepEqual(await view(page), [0, n]);
  });
});

test('the admin queues are read by side', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    await page.focus('#admin-plots');
    const [from, to] = await view(page, 'admin');
    assert.ok(from > 0 && to < end, 'it does not begin with the blackout');
    await page.keyboard.press('Home');
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press('ArrowRight');
      const text = await page.textContent('#admin-readout');
      if (/source 1.command/.test(text.replace(/\u202F/g, ' '))) return;
    }
    assert.fail('no admin command of the source was found in the blackout');
  });
});
