// How latencies are spread before, during and after the migration: the share of commands that took
// longer, where tails can be seen, and the counts.
'use strict';
(function (lm) {
  const {svg, data} = lm;
  const {page, format, axis} = lm;
  const names = ['before', 'during', 'after'];

  function known() {
    return names.filter((name) => data.distribution && data.distribution[name] &&
      data.distribution[name].count.length > 0);
  }

  function frame(width, height, x, y, ticks) {
    const grid = ticks.x.map((tick) => [
      svg('line', {class: 'grid', x1: x(tick), x2: x(tick), y1: 12, y2: height - 34}),
      svg('text', {class: 'middle soft tick', x: x(tick), y: height - 17},
        format.time_ns(tick))]);
    const rows = ticks.y.map(([value, text]) => [
      svg('line', {class: 'grid', x1: 58, x2: width - 10, y1: y(value), y2: y(value)}),
      svg('text', {class: 'end soft tick', x: 50, y: y(value) + 4}, text)]);
    return [grid, rows];
  }

  function extent(list) {
    const low = Math.min(...list.map((name) => data.distribution[name].from_ns[0]));
    const high = Math.max(...list.map((name) => data.distribution[name].to_ns.slice(-1)[0]));
    return [Math.max(low, 1), high];
  }

  /// The share of commands that took longer than x: 1 at the left, one command at the right.
  function tail(list, width) {
    const height = 290;
    const [low, high] = extent(list);
    const sums = list.map((name) => data.distribution[name].count.reduce((a, b) => a + b, 0));
    const least = 1 / Math.max(...sums);
    const x = axis.log(low, high, 58, width - 10);
    const y = axis.log(least, 1, height - 34, 12);
    const percent = (share) => Number((share * 100).toPrecision(3)) + format.thin + '%';
    const lines = list.map((name, k) => {
      const d = data.distribution[name];
      let left = sums[k];
      const points = ['M' + x(d.from_ns[0]).toFixed(1) + ',' + y(1).toFixed(1)];
      d.count.forEach((count, i) => {
        points.push('H' + x(d.from_ns[i]).toFixed(1));
        left -= count;
        const to = left > 0 ? y(left / sums[k]) : height - 34;
        points.push('L' + x(d.to_ns[i]).toFixed(1) + ',' + to.toFixed(1));
      });
      return svg('path', {class: 'line ' + name, d: points.join('')});
    });
    const y_ticks = axis.log_ticks(least, 1).filter((tick) => /^1(e|$)|^0\.0*1$/.test(tick));
    return svg('svg', {class: 'picture', viewBox: '0 0 ' + width + ' ' + height, role: 'img',
      'aria-label': 'Share of commands that took longer, by latency; the table has the counts'},
    frame(width, height, x, y, {x: x.ticks(), y: y_ticks.map((tick) => [tick, percent(tick)])}),
    lines, key(list, width - 88, 18));
  }

  function key(list, x, y) {
    return list.map((name, i) => [
      svg('line', {class: 'line ' + name, x1: x - 34, x2: x - 6, y1: y + i * 17, y2: y + i * 17}),
      svg('text', {x, y: y + 4 + i * 17}, name)]);
  }

  /// One row of bars for each window; heights are counts on a log scale, so that one command shows.
  function bars(list, width) {
    const row = 92;
    const height = list.length * row + 40;
    const [low, high] = extent(list);
    const x = axis.log(low, high, 58, width - 10);
    const most = Math.max(...list.flatMap((name) => data.distribution[name].count), 2);
    const parts = list.map((name, k) => {
      const d = data.distribution[name];
      const base = k * row + row;
      const y = axis.log(.5, most, 0, row - 22);
      return [
        svg('text', {class: 'head', x: 58, y: base - row + 22}, name),
        d.count.map((count, i) => svg('rect', {class: name, x: x(d.from_ns[i]),
          y: base - y(count), height: y(count),
          width: Math.max(x(d.to_ns[i]) - x(d.from_ns[i]) - .5, 1)})),
        svg('line', {class: 'base', x1: 58, x2: width - 10, y1: base, y2: base}),
        [1, most].map((tick) => svg('text', {class: 'end soft tick', x: 50,
          y: base - y(tick) + 4}, format.count(tick)))];
    });
    const grid = x.ticks().map((tick) => [
      svg('line', {class: 'grid', x1: x(tick), x2: x(tick), y1: 12, y2: height - 38}),
      svg('text', {class: 'middle soft tick', x: x(tick), y: height - 20},
        format.time_ns(tick))]);
    return svg('svg', {class: 'picture', viewBox: '0 0 ' + width + ' ' + height, role: 'img',
      'aria-label': 'Commands by latency, before, during and after; the table has the counts'},
    grid, parts);
  }

  function table(list) {
    const edges = new Map();
    for (const name of list) {
      const d = data.distribution[name];
      d.from_ns.forEach((from, i) => {
        const row = edges.get(from) || {from, to: d.to_ns[i]};
        row[name] = d.count[i];
        edges.set(from, row);
      });
    }
    const rows = [...edges.values()].sort((a, b) => a.from - b.from).map((row) =>
      [format.time_ns(row.from) + ' to ' + format.time_ns(row.to)].concat(
        list.map((name) => format.count(row[name] || 0))));
    return page.table('Commands by latency', [{title: 'latency'}].concat(list.map((name) =>
      ({title: name, right: true}))), rows);
  }

  lm.latency = function () {
    const list = known();
    if (list.length === 0) {
      page.section('latency', 'Latency before and after', page.missing(/latenc|distribution/i,
        'How latencies are spread is not recorded of this run.'));
      return;
    }
    page.section('latency', 'Latency before and after', page.figure(
      'Left: the share of commands that took longer than a latency. Right: how many took how ' +
      'long; both axes are logarithmic, so that a single slow command can be seen.',
      lm.el('div', {class: 'pair'}, tail(list, 500), bars(list, 500)), table(list)));
  };
})(window.lmsim);
