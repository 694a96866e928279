// One figure against another: which points no other point beats in both, less being better.
'use strict';
(function (lm) {
  const {svg} = lm;
  const {axis, sweeps} = lm;

  function spots(choice) {
    const list = sweeps.points.map((point) => ({point, x: sweeps.stats(point, choice.across),
      y: sweeps.stats(point, choice.figure)})).filter((one) => one.x && one.y);
    for (const one of list) {
      one.front = !list.some((other) => other !== one && other.x[2] <= one.x[2] &&
        other.y[2] <= one.y[2] && (other.x[2] < one.x[2] || other.y[2] < one.y[2]));
    }
    return list;
  }

  function range(list, log, from, to) {
    const low = Math.min(...list);
    const high = Math.max(...list);
    if (log && low > 0) return axis.log(low / 1.2, high * 1.2, from, to);
    const room = (high - low || high || 1) * .08;
    return axis.linear(Math.max(0, low - room), high + room, from, to);
  }

  function draw(choice, narrow) {
    const width = narrow ? 400 : 1040;
    const height = narrow ? 380 : 440;
    const left = narrow ? 72 : 96;
    const bottom = height - 48;
    const list = spots(choice);
    if (list.length === 0) {
      return lm.el('p', {class: 'note' + (narrow ? ' unseen' : '')}, 'No point has both figures.');
    }
    const x = range(list.flatMap((one) => one.x), choice.log, left, width - 20);
    const y = range(list.flatMap((one) => one.y), choice.log, bottom, 16);
    const front = list.filter((one) => one.front).sort((a, b) => a.x[2] - b.x[2]);
    const path = front.map((one, i) => (i === 0 ? 'M' + x(one.x[2]) : 'H' + x(one.x[2]) + 'V') +
      (i === 0 ? ',' : '') + y(one.y[2])).join('');
    const given = sweeps.axis_of(choice.across);
    const ticks = (scale) => (scale === x && given ? given.values.map((one) => one.number) :
      scale.ticks(narrow ? 4 : 7));
    let free = [];
    const labelled = (one) => {
      const at = {x: x(one.x[2]), y: y(one.y[2])};
      const text = sweeps.setting(one.point);
      const box = {x: at.x + 9, y: at.y - 7, w: text.length * 6.2, h: 14};
      if (narrow || box.x + box.w > width) return null;
      if (free.some((o) => o.x < box.x + box.w && box.x < o.x + o.w && o.y < box.y + box.h &&
          box.y < o.y + o.h)) return null;
      free = free.concat([box]);
      return svg('text', {x: box.x, y: at.y + (one.front ? -5 : 4), class: 'soft'}, text);
    };
    return svg('svg', {class: 'picture ' + (narrow ? 'narrow' : 'broad'),
      viewBox: '0 0 ' + width + ' ' + height, role: 'img',
      'aria-label': sweeps.figure_of(choice.figure).title + ' against ' +
        sweeps.figure_of(choice.across).title + '; the table says which points nothing beats'},
    ticks(x).map((tick) => [
      svg('line', {class: 'grid', x1: x(tick), x2: x(tick), y1: 16, y2: bottom}),
      svg('text', {class: 'middle soft tick', x: x(tick), y: bottom + 18},
        sweeps.write(choice.across, tick))]),
    ticks(y).map((tick) => [
      svg('line', {class: 'grid', x1: left, x2: width - 20, y1: y(tick), y2: y(tick)}),
      svg('text', {class: 'end soft tick', x: left - 8, y: y(tick) + 4},
        sweeps.write(choice.figure, tick))]),
    front.length > 1 && svg('path', {class: 'line s0 front', d: path}),
    list.map((one) => [
      svg('path', {class: 'whisker ' + (one.front ? 's0' : 's5'), d:
        'M' + x(one.x[1]) + ',' + y(one.y[2]) + 'H' + x(one.x[3]) + 'M' + x(one.x[2]) + ',' +
        y(one.y[1]) + 'V' + y(one.y[3])}),
      svg('circle', {class: one.front ? 'mark s0' : 'hollow', cx: x(one.x[2]), cy: y(one.y[2]),
        r: one.front ? 5 : 4.5}, svg('title', {}, sweeps.setting(one.point) + ': ' +
        sweeps.write(choice.across, one.x[2]) + ', ' + sweeps.write(choice.figure, one.y[2])))]),
    front.concat(list.filter((one) => !one.front)).map(labelled),
    svg('text', {class: 'middle soft', x: (left + width) / 2, y: bottom + 38},
      sweeps.figure_of(choice.across).title));
  }

  function rows(choice) {
    return spots(choice).sort((a, b) => a.y[2] - b.y[2]).map((one) => [sweeps.setting(one.point),
      sweeps.write(choice.across, one.x[2]), sweeps.write(choice.figure, one.y[2]),
      one.front ? 'yes' : '']);
  }

  lm.sweep_pareto = {draw, rows};
})(window.lmsim);
