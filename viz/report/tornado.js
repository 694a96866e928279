// What dominates: how much downtime one percent of each parameter is worth (lmsim tornado).
'use strict';
(function (lm) {
  const {el, svg, data} = lm;
  const {page, format, axis} = lm;
  const most_rows = 20;

  const of = (figure) => (one) => one[figure] && typeof one[figure].us_per_percent === 'number';
  const us = (value, signed) => (signed && value > 0 ? '+' : '') +
    format.time(value * 1e6);

  function draw(list, figure, narrow) {
    const width = narrow ? 400 : 1040;
    const step = narrow ? 42 : 26;
    const height = list.length * step + 40;
    const reach = Math.max(...list.map((one) =>
      Math.abs(one[figure].us_per_percent) + (one[figure].uncertain_us || 0)), 1e-6);
    const x = axis.linear(-reach, reach, narrow ? 74 : 470, width - 80);
    const rows = list.map((one, i) => {
      const y = i * step + 32;
      const bar_y = narrow ? y + 18 : y + 2;
      const slope = one[figure].us_per_percent;
      const off = one[figure].uncertain_us || 0;
      const end = x(slope);
      return [
        svg('rect', {class: 'row' + (i % 2 ? '' : ' even'), x: 0, y: y - 4, width, height: step}),
        svg('text', {class: narrow ? null : 'end', x: narrow ? 4 : 388, y: y + 13},
          one.key + (one.estimate ? ' *' : '')),
        svg('rect', {class: slope < 0 ? 'destination' : 'during', x: Math.min(end, x(0)), y: bar_y,
          height: 14, width: Math.max(Math.abs(end - x(0)), 1.5)}),
        off > 0 && svg('line', {class: 'base', x1: x(slope - off), x2: x(slope + off),
          y1: bar_y + 7, y2: bar_y + 7}),
        svg('text', {class: slope < 0 ? 'end' : null, y: bar_y + 11,
          x: slope < 0 ? x(slope - off) - 6 : x(slope + off) + 6}, us(slope, true))];
    });
    return svg('svg', {class: 'picture ' + (narrow ? 'narrow' : 'broad'),
      viewBox: '0 0 ' + width + ' ' + height, role: 'img',
      'aria-label': 'Tornado of the parameters; the table has the same'}, rows,
    svg('line', {class: 'base', x1: x(0), x2: x(0), y1: 24, y2: height - 10}),
    svg('text', {class: 'middle soft', x: x(0), y: 14}, 'one percent more of the parameter'));
  }

  function table(list) {
    const cell = (figure, one) => (of(figure)(one) ? us(one[figure].us_per_percent, true) + ' ± ' +
      format.time((one[figure].uncertain_us || 0) * 1e6) : '–');
    return page.table('Worth of one percent of each parameter', [{title: 'parameter'},
      {title: 'value'}, {title: 'downtime', right: true}, {title: 'total time', right: true},
      {title: 'source', wide: true}], list.map((one) => [el('code', {}, one.key),
      el('code', {}, one.value), cell('downtime', one), cell('total', one),
      one.source + (one.estimate && one.source !== 'estimate' ? ' (estimate)' : '')]));
  }

  lm.tornado = function () {
    const tornado = data.sensitivity;
    if (!tornado) {
      page.section('dominates', 'What dominates', el('p', {}, 'How much one percent of each ' +
        'parameter is worth is not known of this run. ', el('code', {}, 'lmsim tornado DIR'),
      ' with the directory of the run finds out; then make this report again.'));
      return;
    }
    const known = (tornado.parameters || []).filter(of('downtime')).sort((a, b) =>
      Math.abs(b.downtime.us_per_percent) - Math.abs(a.downtime.us_per_percent));
    const clear = known.filter((one) => one.downtime.clear);
    const shown = clear.slice(0, most_rows);
    const starred = shown.some((one) => one.estimate);
    page.section('dominates', 'What dominates', shown.length > 0 && page.figure(
      'What one percent more of each parameter adds to the downtime or takes from it; the ' +
      'whisker is how far that may be off.' + (starred ? ' * marks an estimate: nobody has ' +
      'published a value.' : ''),
    page.both((narrow) => draw(shown, 'downtime', narrow)), table(known)),
    shown.length === 0 && el('p', {}, 'No parameter that was tried moves the downtime clearly.'),
    el('p', {class: 'meta'}, format.plural(tornado.runs || 0, 'run') + ', steps of ' +
      format.number(tornado.percent) + ' percent. Without any effect: ' +
      format.plural((tornado.no_effect || []).length, 'parameter') + '.'));
  };
})(window.lmsim);
