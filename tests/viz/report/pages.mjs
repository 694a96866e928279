// The pages that are tested: out of data that is here, and, if LMSIM_REPORTS names a folder with
// run/, sweep/ and compare/, those that the program made of real runs.
import fs from 'node:fs';
import path from 'node:path';
import { assemble } from './assemble.mjs';
import { written } from './browser.mjs';
import { root } from './modules.mjs';

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
  const real = process.env.LMSIM_REPORTS;
  for (const kind of real ? kinds : []) {
    const file = path.join(real, kind, 'report.html');
    if (!fs.existsSync(file)) throw new Error('LMSIM_REPORTS: there is no ' + file);
    list.push({ name: kind + ' of the program', kind, file, data: data_in(file),
      folder: path.join(real, kind) });
  }
  return list;
}

/// The data object out of a page.
export function data_in(file) {
  const html = fs.readFileSync(file, 'utf8');
  const block = /<script type="application\/json" id="data">([\s\S]*?)<\/script>/;
  return JSON.parse(block.exec(html)[1]);
}
