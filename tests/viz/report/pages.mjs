// The pages that are tested: out of data that is here, and, if LMSIM_PROGRAM names the program,
// those that it makes of real runs.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { assemble } from './assemble.mjs';
import { scratch, written } from './browser.mjs';
import { root } from '../../../viz/report/modules.mjs';

const folder = path.join(root, 'tests/viz/report/data');
export const kinds = ['run', 'sweep', 'compare'];

/// A copy that a test may change.
export function data_of(kind) {
  return JSON.parse(fs.readFileSync(path.join(folder, kind + '.json'), 'utf8'));
}

export function pictures_of(kind) {
  if (kind !== 'run') return {};
  const svg = (name) => fs.readFileSync(path.join(root, 'docs/pictures', name), 'utf8')
    .replace(/^[\s\S]*?(?=<svg)/, '');
  return { sequence: svg('sequence.svg'), heat: svg('suspend-heat.svg') };
}

// The same fonts everywhere, so that pictures can be compared.
const fonts = '<style>:root { --serif: "Liberation Serif"; --sans: "Liberation Sans"; ' +
  '--mono: "Liberation Mono"; }</style>';

/// A page of data, as a file.
export function page_of(data, pictures) {
  return written(assemble(data, pictures || {}).replace('</head>', fonts + '</head>'));
}

const cache = new Map();
export function fixture(kind) {
  if (!cache.has(kind)) cache.set(kind, page_of(data_of(kind), pictures_of(kind)));
  return cache.get(kind);
}

/// {name, kind, file, data} of all pages there are.
export function all_pages() {
  const list = kinds.map((kind) =>
    ({ name: kind + ' of test data', kind, file: fixture(kind), data: data_of(kind) }));
  for (const kind of process.env.LMSIM_PROGRAM ? kinds : []) {
    const made = path.join(scratch, kind);
    if (!fs.existsSync(made)) make(kind, made);
    const file = path.join(made, 'report.html');
    list.push({ name: kind + ' of the program', kind, file, data: data_in(file), folder: made });
  }
  return list;
}

/// Has the program do something in the folder of the project; returns what it prints.
export function lmsim(...words) {
  return execFileSync(process.env.LMSIM_PROGRAM, words, { cwd: root, encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'] });
}
function make(kind, made) {
  const scenario = 'scenarios/quickstart.toml';
  const bandwidth = 'channel.bandwidth';
  if (kind === 'run') lmsim('run', scenario, '--out', made);
  if (kind === 'compare') {
    lmsim('compare', scenario, '--vary', bandwidth + '=10Gbit/s,25Gbit/s', '--out', made);
  }
  if (kind === 'sweep') {
    const study = path.join(scratch, 'study.toml');
    fs.writeFileSync(study, `name = "two by two"\nscenario = "${path.join(root, scenario)}"\n` +
      `seeds = 2\n[grid]\n${bandwidth} = ["10Gbit/s", "25Gbit/s"]\n` +
      'hosts.both.device.vfs = [1, 2]\n');
    lmsim('sweep', study, '--out', made);
  }
  lmsim('report', made);
}

/// The data object out of a page.
export function data_in(file) {
  const html = fs.readFileSync(file, 'utf8');
  const block = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/;
  return JSON.parse(block.exec(html)[1]);
}
