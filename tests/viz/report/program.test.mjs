// What lmsim report makes of directories as they may be; with LMSIM_PROGRAM alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { scratch, with_page } from './browser.mjs';
import { all_pages, data_in, lmsim } from './pages.mjs';
import { root } from '../../../viz/report/modules.mjs';

const skip = process.env.LMSIM_PROGRAM ? false : 'LMSIM_PROGRAM is not set';
const pages = all_pages();
const of = (kind) => pages.find((one) => one.kind === kind && one.folder);
let copies = 0;

/// A copy of the run that may be changed.
function copy_of(kind) {
  copies += 1;
  const folder = path.join(scratch, 'copy-' + copies);
  fs.cpSync(of(kind).folder, folder, { recursive: true });
  return folder;
}
const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const write = (file, json) => fs.writeFileSync(file, JSON.stringify(json, null, 2) + '\n');
const report = (...words) => spawnSync(process.env.LMSIM_PROGRAM, ['report', ...words],
  { cwd: root, encoding: 'utf8' });
function refused(folder, what) {
  const { status, stderr } = report(folder);
  assert.equal(status, 2);
  assert.match(stderr, what);
  assert.ok(stderr.startsWith('lmsim report: '), stderr);
}

test('the series of a run has all of the guest\'s commands, and its slowest one', { skip }, () => {
  const { data } = of('run');
  const { guest } = data.series;
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  assert.equal(sum(guest.commands), data.result.commands.completed);
  const windows = ['before', 'during', 'after'].map((name) => data.result.guest[name]);
  assert.equal(Math.max(...guest.max_ns), Math.max(...windows.map((one) => one.max_ns)));
  for (const name of ['before', 'during', 'after']) {
    assert.equal(sum(data.distribution[name].count), data.result.guest[name].commands);
  }
  guest.low.forEach((low, i) => {
    assert.ok(low * 4 <= guest.commands[i] && guest.commands[i] <= guest.high[i] * 4);
  });
  assert.deepEqual(data.series.windows.during[1] - data.series.windows.during[0],
    data.result.guest.during.duration_ps);
});

test('one slow command that is planted in the trace is found in the page', { skip }, async () => {
  const folder = copy_of('run');
  const trace = path.join(folder, 'trace.ndjson');
  const lines = fs.readFileSync(trace, 'utf8').split('\n');
  const i = lines.findIndex((line, k) => k > lines.length / 3 && /"kind":"command"/.test(line) &&
    !/"vf":null/.test(line));
  const slow = JSON.parse(lines[i]);
  const latency = 98_765_432_000;
  slow.submit = slow.complete - latency;
  slow.fetch = slow.submit;
  lines[i] = JSON.stringify(slow);
  fs.writeFileSync(trace, lines.join('\n'));
  lmsim('report', folder);
  const file = path.join(folder, 'report.html');
  const { guest } = data_in(file).series;
  const at = guest.begin_ps.findIndex((begin, k) => slow.complete < begin + guest.width_ps[k]);
  assert.equal(guest.max_ns[at], latency / 1000);
  await with_page(file, {}, async (page) => {
    const over = page.locator('#guest-plots .u-over').first();
    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();
    const end = guest.begin_ps.at(-1) + guest.width_ps.at(-1);
    const middle = guest.begin_ps[at] + guest.width_ps[at] / 2;
    await page.mouse.move(box.x + middle / end * box.width, box.y + 20);
    assert.match(await page.textContent('#guest-readout'), /max 98.8.ms/);
  });
});

test('an interrupted run has a report that says partial', { skip }, async () => {
  const folder = copy_of('run');
  for (const name of ['result.json', 'manifest.json']) {
    write(path.join(folder, name), { ...read(path.join(folder, name)), partial: true });
  }
  lmsim('report', folder);
  await with_page(path.join(folder, 'report.html'), {}, async (page) => {
    assert.match(await page.textContent('main .banner'), /Partial/);
  });
});

test('a run without its trace has a report that says so', { skip }, async () => {
  const folder = copy_of('run');
  fs.rmSync(path.join(folder, 'trace.ndjson'));
  lmsim('report', folder);
  await with_page(path.join(folder, 'report.html'), {}, async (page) => {
    assert.match(await page.textContent('#headline'), /no trace\.ndjson/);
  });
});

test('what is no directory of a run, or of another version, is refused', { skip }, () => {
  refused(path.join(scratch, 'nothing'), /there is no such directory/);
  const empty = path.join(scratch, 'empty');
  fs.mkdirSync(empty);
  refused(empty, /no manifest\.json/);
  const folder = copy_of('run');
  const file = path.join(folder, 'result.json');
  write(file, { ...read(file), schema: 'lmsim/result/9' });
  refused(folder, /lmsim\/result\/9.*reads "lmsim\/result\/1"/);
  fs.rmSync(file);
  refused(folder, /no result\.json/);
  const other = copy_of('compare');
  write(path.join(other, 'compare.json'), { schema: 'lmsim/compare/7' });
  refused(other, /lmsim\/compare\/1/);
  const sweep = copy_of('sweep');
  fs.rmSync(path.join(sweep, 'results.sqlite'));
  fs.writeFileSync(path.join(sweep, 'results.csv'), 'a,b\n1\n');
  refused(sweep, /none of a sweep/);
});

test('hostile names of a scenario are shown and not run', { skip }, async () => {
  const scenario = path.join(scratch, 'evil.toml');
  const name = '</title></script><script>window.owned = 1</script>"\'&<!--';
  fs.writeFileSync(scenario, `name = ${JSON.stringify(name)}\n` +
    `include = "${path.join(root, 'scenarios/quickstart.toml')}"\n`);
  const folder = path.join(scratch, 'evil');
  lmsim('run', scenario, '--out', folder);
  lmsim('report', folder);
  await with_page(path.join(folder, 'report.html'), {}, async (page) => {
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.equal(await page.textContent('h1'), name);
    assert.equal(await page.title(), name);
  });
});

test('--format md prints what is in report.md', { skip }, () => {
  const { folder } = of('run');
  assert.equal(lmsim('report', folder, '--format', 'md'),
    fs.readFileSync(path.join(folder, 'report.md'), 'utf8'));
});
