// The page of a comparison: what differs first, the parts of the downtime side by side, then all.
'use strict';
(function (lm) {
  const {el, svg, data} = lm;
  const {page, format, axis} = lm;
  const columns = (data.compare && data.compare.columns) || [];
  const figures = data.figures || [];
  const marks = {ps: 1, ns: 1, ms: 1, B: 1, count: 1};

  function name_of(column) {
    const list = Object.entries(column.set || {});
    const last = (key) => key.slice(key.lastIndexOf('.') + 1);
    const short = (key) => (list.some(([other]) => other !== key && last(other) === last(key)) ?
      key : last(key));
    const set = list.map(([key, value]) => short(key) + ' ' +
      (typeof value === 'string' ? value : JSON.stringify(value)));
    return [column.scenario].concat(set).filter(Boolean).join(', ') || 'as it is';
  }
  const raw = (column, figure, of) => {
    const list = column[of || 'figures'];
    return list && list[figure.name] !== undefined ? list[figure.name] : null;
  };
  const write = (figure, value) => (value === null ? '–' :
    (format.by_unit[figure.unit] || String)(value));
  const numeric = (figure) => Boolean(marks[figure.unit]);

  /// How much more than in the base, relative: null if that is from nothing, undefined if one of
  /// them has no such figure.
  function change(base, value) {
    if (typeof base !== 'number' || typeof value !== 'number') return undefined;
    if (base === value) return 0;
    return base === 0 ? null : value / base - 1;
  }
  function change_text(part) {
    if (part === undefined) return '–';
    if (part === 0) return '=';
    if (part === null) return 'from nothing';
    if (part > 1) return '× ' + format.number(part + 1, 3);
    return (part > 0 ? '+' : '−') + format.share(Math.abs(part));
  }

  function differing(base) {
    const size = (figure) => Math.max(...columns.map((column) => {
      const part = change(raw(columns[base], figure), raw(column, figure));
      return part === undefined ? 0 : part === null ? Infinity : Math.abs(part);
    }));
    return figures.filter((figure) => numeric(figure) && size(figure) > 0)
      .map((figure) => ({figure, size: size(figure)}))
      .sort((a, b) => (a.figure.name === 'downtime_ps' ? -1 : b.figure.name === 'downtime_ps' ?
        1 : b.size - a.size)).map((one) => one.figure);
  }

  function cell(column, figure) {
    const least = raw(column, figure, 'least');
    const most = raw(column, figure, 'most');
    const value = raw(column, figure);
    const exact = typeof value === 'number' ? String(value) : null;
    return el('span', {class: 'of-seeds'}, el('data', {value: exact, title: exact,
      'data-figure': figure.name, 'data-column': columns.indexOf(column)}, write(figure, value)),
    value !== null && least !== null && least !== most && el('span', {class: 'spread'},
      write(figure, least) + ' to ' + write(figure, most)));
  }

  function differences(base) {
    const rows = differing(base).map((figure) => [figure.title].concat(columns.map((column, k) => {
      const part = change(raw(columns[base], figure), raw(column, figure));
      return el('span', {}, cell(column, figure), k !== base && el('span', {class: 'change'},
        ' ', change_text(part)));
    })));
    return page.table('Figures that differ', [{title: 'figure'}].concat(columns.map((column, k) =>
      ({title: name_of(column) + (k === base ? ' (the base)' : ''), right: true}))), rows,
    {kind: 'roomy'});
  }

  /// Relative changes of the ten figures that differ most, for each column but the base.
  function picture(base, narrow) {
    const list = differing(base).slice(0, 10);
    const others = columns.map((column, k) => ({column, k})).filter((one) => one.k !== base)
      .slice(0, 6);
    const width = narrow ? 400 : 1040;
    const left = narrow ? 62 : 260;
    const step = others.length * 15 + (narrow ? 24 : 12);
    const height = list.length * step + 46;
    const clamp = (part) => (part === undefined ? 0 :
      Math.max(-1, Math.min(part === null ? 1 : part, 1)));
    // Left of the longest bar is the text of its change.
    const x = axis.linear(-1, 1, left + (narrow ? 0 : 60), width - (narrow ? 70 : 100));
    const rows = list.map((figure, i) => {
      const y = 30 + i * step;
      return [svg('rect', {class: 'row' + (i % 2 ? '' : ' even'), x: 0, y, width, height: step}),
        svg('text', {class: narrow ? null : 'end', x: narrow ? 4 : left - 12,
          y: y + (narrow ? 14 : step / 2 + 4)}, figure.title),
        others.map(({column, k}, j) => {
          const part = change(raw(columns[base], figure), raw(column, figure));
          const end = x(clamp(part));
          const at = y + (narrow ? 20 : 6) + j * 15;
          const less = end < x(0);
          return [part !== undefined && part !== 0 && svg('rect', {class: 's' + k % 6 + ' bar-s',
            x: Math.min(end, x(0)), y: at, height: 11, width: Math.max(Math.abs(end - x(0)), 1)},
          svg('title', {}, name_of(column) + ': ' + write(figure, raw(column, figure)))),
          svg('text', {class: less ? 'end' : null, x: less ? end - 6 : Math.max(end, x(0)) + 6,
            y: at + 10}, change_text(part))];
        })];
    });
    return svg('svg', {class: 'picture ' + (narrow ? 'narrow' : 'broad'),
      viewBox: '0 0 ' + width + ' ' + height, role: 'img',
      'aria-label': 'Relative changes against the base; the table below has the same'},
    rows, svg('line', {class: 'base', x1: x(0), x2: x(0), y1: 26, y2: height - 14}),
    [-1, -.5, .5, 1].map((tick) => svg('text', {class: 'middle soft tick', x: x(tick), y: 18},
      change_text(tick) === '× 2' ? '+100' + format.thin + '%' : change_text(tick))),
    svg('text', {class: 'middle soft tick', x: x(0), y: 18}, 'base'));
  }

  function key(base) {
    return el('p', {class: 'meta'}, columns.map((column, k) => (k === base ? null :
      el('span', {class: 's' + k % 6}, el('span', {class: 'key area', 'aria-hidden': 'true',
        style: 'background:var(--s)'}), name_of(column) + '  '))));
  }

  function parts() {
    const list = figures.filter((figure) => /^part_/.test(figure.name) &&
      columns.some((column) => raw(column, figure)));
    if (list.length === 0) return null;
    const longest = Math.max(...list.flatMap((figure) => columns.map((column) =>
      raw(column, figure) || 0)), 1);
    const rows = list.map((figure) => [figure.title.replace('downtime: ', '')].concat(
      columns.map((column) => el('span', {class: 'measure'}, cell(column, figure), el('br'),
        page.bar((raw(column, figure) || 0) / longest)))));
    const total = figures.find((figure) => figure.name === 'downtime_ps');
    if (total) {
      rows.push({kind: 'sum', cells: ['downtime'].concat(columns.map((column) =>
        cell(column, total)))});
    }
    return page.table('Parts by column', [{title: 'part'}].concat(
      columns.map((column) => ({title: name_of(column)}))), rows);
  }

  function all() {
    const rows = figures.filter((figure) => columns.some((column) =>
      raw(column, figure) !== null)).map((figure) => [figure.title].concat(columns.map((column) =>
      cell(column, figure))));
    return page.details('All ' + rows.length + ' figures', page.table('Figures of all columns',
      [{title: 'figure'}].concat(columns.map((column) => ({title: name_of(column)}))), rows,
    {kind: 'roomy'}));
  }

  /// Whether its guest stood still; a migration that did not complete has no downtime to show.
  const stood = (column) => column.figures && column.figures.downtime_ps > 0;
  const why = (column) => ((column.errors || []).length > 0 ? column.errors.slice(0, 1) :
    [raw(column, {name: 'reason'})].filter(Boolean));

  function head() {
    const bad = columns.filter((column) => !column.ok);
    document.getElementById('report').append(el('section',
      {id: 'headline', 'aria-labelledby': 'title'},
      el('h1', {id: 'title'}, data.title || 'Comparison'),
      data.description && el('p', {class: 'meta'}, data.description),
      data.headline && el('p', {class: 'lead'}, data.headline),
      el('p', {}, el('span', {class: 'verdict ' + (bad.length ? 'bad' : 'good'), id: 'verdict'},
        bad.length ? '✗ not all as expected' : '✓ all as expected')),
      el('div', {class: 'cards even'}, columns.slice(0, 6).map((column) => {
        const total = figures.find((figure) => figure.name === 'downtime_ps');
        return el('div', {class: 'card'}, el('h2', {}, name_of(column)),
          total && el('div', {class: 'big'}, stood(column) ? write(total, raw(column, total)) :
            '–'),
          el('p', {}, (raw(column, {name: 'outcome'}) || 'no result') +
            (column.runs > 1 ? ', ' + format.plural(column.runs, 'run') : '')),
          !stood(column) && why(column).map((words) => el('p', {}, words)));
      })),
      bad.map((column) => (column.errors || []).map((error) => el('p', {class: 'note'},
        name_of(column) + ': ' + error))),
      (data.notes || []).map((note) => el('p', {class: 'note'}, note))));
    page.sections.push({name: 'headline', title: 'Summary'});
  }

  lm.compare = function () {
    head();
    let base = 0;
    const slot = el('div', {id: 'differences-slot'});
    const draw = () => slot.replaceChildren(key(base),
      ...page.both((narrow) => picture(base, narrow)), differences(base));
    const controls = el('div', {class: 'controls'}, page.choice('Against',
      columns.map((column, k) => ({value: String(k), text: name_of(column)})), '0', (value) => {
        base = Number(value);
        draw();
      }));
    if (columns.length > 1) {
      draw();
      page.section('differences', 'What differs', page.figure('How much more or less than the ' +
        'base, relatively; what is more than twice as much is cut off and says how much.',
      el('div', {}, controls, slot)));
    }
    page.section('parts', 'The downtime side by side', parts());
    page.section('figures', 'All figures', all());
  };
})(window.lmsim);
