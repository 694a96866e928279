// A figure along one axis of the sweep, a line for each value of another, with percentiles.
'use strict';
(function (lm) {
  const {svg} = lm;
  const {format, axis, sweeps} = lm;
  const marks = ['M-4,0a4,4 0 1 0 8,0a4,4 0 1 0 -8,0', 'M-4,-4h8v8h-8z', 'M0,-5L5,4H-5z',
                 'M0,-5.5L5.5,0L0,5.5L-5.5,0z', 'M0,5L5,-4H-5z', 'M-5,-1.6h10v3.2h-10z'];

  /// Where the values of an axis lie: by number, by log of it, or one after another.
  function across(one, from, to) {
    const numbers = sweeps.numbers_of(one);
    const n = one.values.length;
    const even = (i) => (n === 1 ? (from + to) / 2 : from + i * (to - from) / (n - 1));
    if (!numbers || n === 1) return even;
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    const scale = low > 0 && high / low > 8 ? axis.log(low, high, from, to) :
      axis.linear(low, high, from, to);
    return (i) => scale(numbers[i]);
  }

  function up(lists, log, from, to) {
    const all = lists.flat().filter((one) => typeof one === 'number');
    const high = Math.max(...all, 1e-9);
    const low = Math.min(...all);
    if (!log || low <= 0 || all.length === 0) return axis.linear(0, high * 1.06, from, to);
    return axis.log(low / 1.3, high * 1.3, from, to);
  }

  /// choice: {figure, x, by, at: indexes of the other axes, log}
  function lines_of(choice) {
    const x = sweeps.axes[choice.x];
    const by = choice.by === null ? null : sweeps.axes[choice.by];
    return (by ? by.values : [null]).map((value, k) => {
      const list = x.values.map((_, i) => {
        const indexes = choice.at.slice();
        indexes[choice.x] = i;
        if (by) indexes[choice.by] = k;
        return sweeps.stats(sweeps.at(indexes), choice.figure);
      });
      return {name: value ? sweeps.short(by.key) + ' ' + value.text : '', list, k};
    }).filter((line) => line.list.some((one) => one));
  }

  /// Points next to each other that have a figure; between these a line has gaps.
  function stretches(list) {
    const out = [[]];
    list.forEach((one, i) => {
      if (one) out[out.length - 1].push({list: one, i});
      else out.push([]);
    });
    return out;
  }

  function draw(choice, narrow) {
    const width = narrow ? 400 : 1040;
    const height = narrow ? 340 : 400;
    const right = narrow ? width - 34 : width - 190;
    const bottom = height - 48;
    const lines = lines_of(choice);
    const one = sweeps.axes[choice.x];
    const x = across(one, narrow ? 76 : 96, right - 12);
    const y = up(lines.flatMap((line) => line.list.filter(Boolean)), choice.log, bottom, 16);
    const shape = lines.map((line) => {
      const there = line.list.map((list, i) => ({list, i})).filter((p) => p.list);
      const kind = 's' + line.k % 6;
      const runs = stretches(line.list).filter((run) => run.length > 1);
      const path = (run, pick) => run.map((p) => x(p.i).toFixed(1) + ',' +
        y(p.list[pick]).toFixed(1));
      return [
        runs.map((run) => svg('path', {class: 'band ' + kind,
          d: 'M' + path(run, 3).join('L') + 'L' + path(run, 1).reverse().join('L') + 'z'})),
        runs.length > 0 && svg('path', {class: 'line ' + kind,
          d: runs.map((run) => 'M' + path(run, 2).join('L')).join('')}),
        there.map((p) => [
          svg('line', {class: 'whisker ' + kind, x1: x(p.i), x2: x(p.i), y1: y(p.list[0]),
            y2: y(p.list[4])}),
          svg('path', {class: 'mark ' + kind, d: marks[line.k % 6],
            transform: 'translate(' + x(p.i).toFixed(1) + ',' + y(p.list[2]).toFixed(1) + ')'},
          svg('title', {}, (line.name ? line.name + ', ' : '') + sweeps.short(one.key) + ' ' +
            one.values[p.i].text + ': ' + sweeps.write(choice.figure, p.list[2]) + ' (' +
            sweeps.write(choice.figure, p.list[0]) + ' to ' +
            sweeps.write(choice.figure, p.list[4]) + ')'))])];
    });
    const seen = [];
    const columns = one.values.map((value, i) => {
      const at = x(i);
      const room = seen.every((other) => Math.abs(other - at) > value.text.length * 7 + 8);
      if (room) seen.push(at);
      return [svg('line', {class: 'grid', x1: at, x2: at, y1: 16, y2: bottom}),
        room && svg('text', {class: 'middle soft tick', x: at, y: bottom + 18}, value.text)];
    });
    const rows = y.ticks(6).map((tick) => [
      svg('line', {class: 'grid', x1: narrow ? 66 : 86, x2: right, y1: y(tick), y2: y(tick)}),
      svg('text', {class: 'end soft tick', x: narrow ? 60 : 80, y: y(tick) + 4},
        sweeps.write(choice.figure, tick))]);
    return svg('svg', {class: 'picture ' + (narrow ? 'narrow' : 'broad'),
      viewBox: '0 0 ' + width + ' ' + (height + (narrow ? lines.length * 18 : 0)), role: 'img',
      'aria-label': sweeps.figure_of(choice.figure).title + ' by ' + one.key +
        '; the table has the same'},
    columns, rows, shape, key(lines, narrow ? 76 : right + 22, narrow ? height + 4 : 24, 18),
    svg('text', {class: 'middle soft', x: (right + 80) / 2, y: bottom + 38}, one.key));
  }

  function key(lines, x, y, step) {
    return lines.filter((line) => line.name).map((line, i) => [
      svg('path', {class: 'mark s' + line.k % 6, d: marks[line.k % 6],
        transform: 'translate(' + x + ',' + (y + i * step) + ')'}),
      svg('text', {x: x + 12, y: y + i * step + 4}, line.name)]);
  }

  function rows(choice) {
    const one = sweeps.axes[choice.x];
    return lines_of(choice).flatMap((line) => line.list.map((list, i) => list &&
      [line.name || sweeps.figure_of(choice.figure).title, one.values[i].text].concat(
        list.map((value) => sweeps.write(choice.figure, value)))).filter(Boolean));
  }

  lm.sweep_line = {draw, rows, marks, format};
})(window.lmsim);
