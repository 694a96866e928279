// Puts a data object into the page as `lmsim report` does, so that the page can be tested with data
// that no run would give.
import fs from 'node:fs';
import path from 'node:path';
import { modules, root } from '../../../viz/report/modules.mjs';

const folder = path.join(root, 'viz/report');
const text = (file) => fs.readFileSync(file, 'utf8');

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const json = (data) => JSON.stringify(data).replace(/[<\u2028\u2029]/g, (c) =>
  '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

/// The page as text. `pictures`: {sequence, heat}, SVG each, or nothing.
export function assemble(data, pictures = {}) {
  const uplot = path.join(modules, 'uplot/dist');
  const scripts = [path.join(uplot, 'uPlot.iife.min.js')].concat(
    text(path.join(folder, 'order.txt')).trim().split('\n').map((name) => path.join(folder, name)));
  const slots = {
    title: (data.title || 'lmsim').replace(/[&<>]/g, (c) => entities[c]),
    style: '<style>\n' + text(path.join(uplot, 'uPlot.min.css')) +
      text(path.join(folder, 'report.css')) + '</style>',
    sequence: pictures.sequence || '',
    heat: pictures.heat || '',
    data: json(data),
    scripts: scripts.map((file) => '<script>\n' + text(file) + '</script>').join('\n'),
  };
  return text(path.join(folder, 'page.html')).replace(/^[ ]*<!-- slot (\w+) -->$/gm,
    (line, name) => slots[name]);
}
