// Sweeps and comparisons: what one chooses is what one sees; the CSV is that of the program.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { with_page } from './browser.mjs';
import { all_pages, data_of, fixture, page_of } from './pages.mjs';

const sweep = data_of('sweep');
const compare = data_of('compare');
const exact = { exact: true };
const plain = (text) => text.replace(/\u202F/g, ' ').trim();
const ms = (ps) => {
  const value = ps / 1e9;
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0) + ' ms';
};
const quoted = (cell) => (/[,"\r\n]/.test(cell) ? '"' + cell.replaceAll('"', '""') + '"' : cell);

/// The cells of a table that is in the page, without its head.
const cells = (page, where) => page.$$eval(where + ' tbody tr', (rows) => rows.map((row) =>
  [...row.children].map((cell) => cell.textContent.replace(/\u202F/g, ' ').trim())));

for (const { name, kind, file, data, folder } of all_pages()) {
  if (kind !== 'sweep') continue;
  test(`${name}: the CSV to download is results.csv`, async () => {
    const wanted = folder ? fs.readFileSync(path.join(folder, 'results.csv'), 'utf8') :
      [data.columns, ...data.rows].map((row) => row.map(quoted).join(',') + '\n').join('');
    await with_page(file, { acceptDownloads: true }, async (page) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
      assert.equal(download.suggestedFilename(), 'results.csv');
      assert.equal(fs.readFileSync(await download.path(), 'utf8'), wanted);
    });
  });
}

test('cells with commas, quotes and new lines are quoted in the CSV', async () => {
  const data = data_of('sweep');
  data.columns = ['a', 'b,c', 'd'];
  data.rows = [['x"y', 'line\nbreak', ''], ['18446744073709551615', '\r', 'ü']];
  await with_page(page_of(data), { acceptDownloads: true }, async (page) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
    assert.equal(fs.readFileSync(await download.path(), 'utf8'),
      'a,"b,c",d\n"x""y","line\nbreak",\n18446744073709551615,"\r",ü\n');
  });
});

test('the table of points has the percentiles over the seeds', async () => {
  await with_page(fixture('sweep'), {}, async (page) => {
    const rows = await cells(page, '#sweep-points');
    assert.equal(rows.length, sweep.points.length);
    sweep.points.forEach((point, i) => {
      const at = point.at.map((index, k) => sweep.axes[k].values[index].text);
      assert.deepEqual(rows[i], [...at, String(point.runs), ...point.stats.downtime_ps.map(ms)]);
    });
    await page.selectOption('#sweep-points select', 'precopy_rounds');
    const rounds = await cells(page, '#sweep-points');
    assert.deepEqual(rounds[0].slice(3), sweep.points[0].stats.precopy_rounds.map(String));
  });
});

test('lines are drawn of the figure and the axes that are chosen', async () => {
  await with_page(fixture('sweep'), {}, async (page) => {
    const box = page.locator('#sweep-line');
    const lines = () => box.locator('.picture.broad path.line').count();
    const titles = () => box.locator('.picture.broad .mark title').allTextContents();
    const [first, second] = sweep.axes.map((axis) => axis.values.length);
    assert.equal(await lines(), second);
    assert.equal((await titles()).length, first * second);
    const point = sweep.points.find((one) => one.at[0] === 1 && one.at[1] === 2);
    const [least, , median, , most] = point.stats.downtime_ps.map(ms);
    assert.ok((await titles()).map(plain).includes(
      `vfs 16, bandwidth 10Gbit/s: ${median} (${least} to ${most})`), (await titles()).join('\n'));
    await box.getByLabel('along', exact).selectOption('1');
    await box.getByLabel('a line for each', exact).selectOption('0');
    assert.equal(await lines(), first);
    await box.getByLabel('a line for each', exact).selectOption('null');
    assert.equal(await lines(), 1);
    assert.ok(await box.getByLabel('bandwidth', exact).isVisible());
    await box.getByLabel('bandwidth', exact).selectOption('3');
    const last = sweep.points.find((one) => one.at[0] === 3 && one.at[1] === 0);
    assert.ok((await titles())[0].replace(/\u202F/g, ' ').includes(ms(last.stats.downtime_ps[2])));
    const linear = await box.locator('.picture.broad path.line').getAttribute('d');
    await box.getByRole('button', { name: 'Log scale' }).click();
    assert.notEqual(await box.locator('.picture.broad path.line').getAttribute('d'), linear);
  });
});

test('the heat map has the median of each pair in its cell', async () => {
  await with_page(fixture('sweep'), {}, async (page) => {
    const texts = (await page.locator('#sweep-heat .picture.broad g text').allTextContents())
      .map(plain);
    const wanted = sweep.axes[1].values.flatMap((_, row) => sweep.axes[0].values.map((__, column) =>
      ms(sweep.points.find((one) => one.at[0] === column && one.at[1] === row)
        .stats.downtime_ps[2])));
    assert.deepEqual(texts, wanted);
    await page.locator('#sweep-heat').getByLabel('across', exact).selectOption('1');
    assert.match(await page.textContent('#sweep-heat .note'), /two different axes/);
    await page.locator('#sweep-heat').getByLabel('down', exact).selectOption('0');
    assert.equal(await page.locator('#sweep-heat .picture.broad g').count(), wanted.length);
  });
});

test('on the Pareto front are the points that no other beats', async () => {
  await with_page(fixture('sweep'), {}, async (page) => {
    const front = async () => {
      await page.$eval('#sweep-pareto details', (one) => { one.open = true; });
      return (await cells(page, '#sweep-pareto')).filter((row) => row[3] === 'yes')
        .map((row) => row[0]).sort();
    };
    const best = (x, y) => sweep.points.filter((one) => !sweep.points.some((other) =>
      x(other) <= x(one) && y(other) <= y(one) && (x(other) < x(one) || y(other) < y(one))))
      .map((one) => `bandwidth ${sweep.axes[0].values[one.at[0]].text}, ` +
        `vfs ${sweep.axes[1].values[one.at[1]].text}`).sort();
    const downtime = (one) => one.stats.downtime_ps[2];
    const bandwidth = (one) => sweep.axes[0].values[one.at[0]].number;
    assert.deepEqual(await front(), best(bandwidth, downtime));
    await page.locator('#sweep-pareto').getByLabel('against', exact).selectOption('total_time_ps');
    assert.deepEqual(await front(), best((one) => one.stats.total_time_ps[2], downtime));
  });
});

test('a sweep with runs that failed says so, and which', async () => {
  const data = data_of('sweep');
  data.summary = { ...data.summary, ok: 34, unexpected: 1, errors: 1,
    failed: [{ point: 7, error: 'hosts.both.device.vfs: 70 is more than max_vfs' }] };
  await with_page(page_of(data), {}, async (page) => {
    assert.match(await page.textContent('#verdict'), /✗/);
    assert.match(await page.textContent('#headline'), /Point 7: .*70 is more than max_vfs/);
  });
});

const words_of = async (page, where) => plain(await page.textContent(where));

test('a sweep that is not finished says how far it is and how it goes on', async () => {
  const data = data_of('sweep');
  Object.assign(data.summary, { runs: 6, ok: 6, expected: 9, partial: true,
    resume: 'lmsim sweep study.toml --resume' });
  await with_page(page_of(data), {}, async (page) => {
    assert.match(await words_of(page, '.banner'), /^Partial\. 6 of 9 runs are there.*--resume$/);
    assert.equal(await page.getAttribute('#verdict', 'class'), 'verdict open');
    assert.doesNotMatch(await page.textContent('#verdict'), /as expected/);
  });
  Object.assign(data, { rows: [], points: [], figures: [] });
  Object.assign(data.summary, { runs: 0, ok: 0 });
  await with_page(page_of(data), {}, async (page) => {
    assert.equal(await words_of(page, '#verdict'), 'no runs yet');
  });
});

test('a study of seeds alone has a table of its one point', async () => {
  const data = data_of('sweep');
  data.axes = [];
  data.points = [{ ...data.points[0], at: [] }];
  await with_page(page_of(data), {}, async (page) => {
    assert.doesNotMatch(await page.textContent('#headline'), /Along/);
    const [row] = await cells(page, '#sweep-points');
    assert.deepEqual(row, ['as it is', '3', ...data.points[0].stats.downtime_ps.map(ms)]);
  });
});

test('points of which no migration completed have no downtime anywhere', async () => {
  const data = data_of('sweep');
  for (const point of data.points) point.completed = point.runs;
  const lost = data.points.find((one) => one.at[0] === 1 && one.at[1] === 1);
  lost.completed = 0;
  lost.ok = 0;
  delete lost.stats.downtime_ps;
  const some = data.points.find((one) => one.at[0] === 2 && one.at[1] === 1);
  some.completed = 2;
  await with_page(page_of(data), {}, async (page) => {
    const [first, second] = sweep.axes.map((axis) => axis.values.length);
    assert.equal(await page.locator('#sweep-line .picture.broad .mark title').count(),
      first * second - 1);
    const gaps = await page.locator('#sweep-line .picture.broad path.line').evaluateAll((list) =>
      list.map((one) => one.getAttribute('d').split(/[ML]/).length - 1));
    assert.deepEqual(gaps, [4, 2, 4]);  // one is left alone at the side of the gap
    assert.match(await words_of(page, '#sweep-line .lost-points'), /^1 point has no such figure/);
    assert.match(await words_of(page, '#sweep-heat .broad g.lost'), /– did not complete/);
    assert.match(await words_of(page, '#sweep-heat .narrow g.lost text'), /^–$/);
    await page.$eval('#sweep-pareto details', (one) => { one.open = true; });
    assert.equal((await cells(page, '#sweep-pareto')).length, data.points.length - 1);
    const rows = await cells(page, '#sweep-points');
    assert.deepEqual(rows[data.points.indexOf(some)].slice(2, 4), ['3', '2']);
    assert.deepEqual(rows[data.points.indexOf(lost)].slice(3), ['0', ...Array(5).fill('–')]);
  });
});

test('a value that is an empty text can be seen', async () => {
  const data = data_of('sweep');
  data.axes[0].values[0] = { text: '', number: null };
  await with_page(page_of(data), {}, async (page) => {
    assert.equal((await cells(page, '#sweep-points'))[0][0], '(empty)');
  });
});

test('a column without a figure is not equal to the base, and has no downtime', async () => {
  const data = data_of('compare');
  const error = 'hosts.both.device.vfs: 128 VFs, but the device has only max_vfs = 64';
  const gone = { ...data.compare.columns[1], ok: false, errors: [error],
    figures: Object.fromEntries(Object.keys(data.compare.columns[1].figures).map((key) =>
      [key, null])) };
  const failed = structuredClone(data.compare.columns[1]);
  Object.assign(failed.figures, { outcome: 'failed', reason: 'the link broke', downtime_ps: 0 });
  data.compare.columns.push(gone, failed);
  await with_page(page_of(data), {}, async (page) => {
    const row = (await cells(page, '#differences'))[0];
    assert.match(row[3], /^–\s*–$/);
    assert.doesNotMatch((await cells(page, '#differences')).map((one) => one[3]).join(), /=/);
    const cards = (await page.locator('.card').allTextContents()).map(plain);
    assert.match(cards[2], /–no result.*max_vfs = 64/);
    assert.match(cards[3], /–failed, 2 runsthe link broke/);
    const bars = await page.locator('#differences .broad .bar-s.s2').count();
    assert.equal(bars, 0);
    // At -100 % the text of the change is right of the figure's name.
    const over = await page.locator('#differences .picture.broad').evaluate((one) => {
      const boxes = (kind) => [...one.querySelectorAll('text.end')].map((text) => text.getBBox())
        .filter((box) => kind === (box.x + box.width === 248));
      const right = Math.max(...boxes(true).map((box) => box.x + box.width));
      return boxes(false).filter((box) => box.x < right).length;
    });
    assert.equal(over, 0);
  });
});

test('a bar of nothing is not seen', async () => {
  const data = data_of('compare');
  for (const column of data.compare.columns) column.figures.part_drain_ps = 0;
  data.compare.columns[0].figures.part_drain_ps = 5;
  await with_page(page_of(data), {}, async (page) => {
    const wide = await page.$$eval('#parts .bar.zero', (list) => list.map((one) =>
      one.getBoundingClientRect().width));
    assert.ok(wide.length > 0 && wide.every((one) => one === 0), wide.join());
  });
});

test('a sweep without a result has its table', async () => {
  const data = data_of('sweep');
  data.points = data.points.map((point) => ({ ...point, stats: {} }));
  await with_page(page_of(data), {}, async (page) => {
    assert.equal(await page.locator('#csv').count(), 1);
  });
});

test('a comparison shows the differences first, largest first, against the base', async () => {
  await with_page(fixture('compare'), {}, async (page) => {
    const order = await page.$$eval('main > section', (list) => list.map((one) => one.id));
    assert.deepEqual(order.slice(0, 3), ['headline', 'differences', 'parts']);
    const rows = await cells(page, '#differences');
    assert.equal(rows[0][0], 'downtime');
    const [a, b] = compare.columns ? compare.columns : compare.compare.columns;
    const part = b.figures.downtime_ps / a.figures.downtime_ps - 1;
    assert.ok(rows[0][1].startsWith(ms(a.figures.downtime_ps)));
    assert.ok(rows[0][2].startsWith(ms(b.figures.downtime_ps)));
    assert.ok(rows[0][2].endsWith(`−${(-part * 100).toFixed(1)} %`), rows[0][2]);
    const sizes = rows.slice(1).map((row) => Math.abs(parseFloat(row[2].replace(/−/g, '-')
      .match(/([-+][\d.]+) %$/)[1])));
    assert.deepEqual(sizes, sizes.slice().sort((x, y) => y - x));
    await page.locator('#differences select').selectOption('1');
    const turned = await cells(page, '#differences');
    assert.ok(turned[0][1].endsWith(`+${((1 / (1 + part) - 1) * 100).toFixed(1)} %`), turned[0][1]);
  });
});

test('every figure of a comparison equals compare.json', async () => {
  for (const { kind, file, data } of all_pages()) {
    if (kind !== 'compare') continue;
    await with_page(file, {}, async (page) => {
      const shown = await page.$$eval('data[data-figure]', (list) => list.map((one) =>
        [one.dataset.column, one.dataset.figure, one.getAttribute('value')]));
      assert.ok(shown.length > 100);
      for (const [column, figure, value] of shown) {
        const wanted = data.compare.columns[column].figures[figure];
        if (typeof wanted === 'number') assert.equal(value, String(wanted), figure);
      }
    });
  }
});
