// A figure over two axes: a cell for each pair, its number in it, darker is more.
'use strict';
(function (lm) {
  const {svg} = lm;
  const {sweeps} = lm;

  function cells_of(choice) {
    const x = sweeps.axes[choice.x];
    const by = sweeps.axes[choice.by];
    return by.values.flatMap((_, row) => x.values.map((__, column) => {
      const indexes = choice.at.slice();
      indexes[choice.x] = column;
      indexes[choice.by] = row;
      const point = sweeps.at(indexes);
      return {row, column, list: sweeps.stats(point, choice.figure),
        lost: sweeps.lost(point) && sweeps.of_downtime(choice.figure)};
    })).filter((cell) => cell.list || cell.lost);
  }

  /// A cell whose point has no migration that completed.
  function nothing(cell, at_x, at_y, wide, high, x, by) {
    const words = 'did not complete';
    return svg('g', {class: 'lost'}, svg('title', {}, x.values[cell.column].text + ', ' +
      by.values[cell.row].text + ': ' + words),
    svg('rect', {class: 'cell nothing', x: at_x, y: at_y, width: wide, height: high}),
    svg('text', {class: 'middle soft', x: at_x + wide / 2, y: at_y + high / 2 + 4},
      wide > 128 ? '– ' + words : '–'));
  }

  function draw(choice, narrow) {
    const x = sweeps.axes[choice.x];
    const by = sweeps.axes[choice.by];
    const cells = cells_of(choice);
    const width = narrow ? 400 : 1040;
    const left = narrow ? 84 : 170;
    const wide = Math.min((width - left - 4) / x.values.length, 190);
    const high = narrow ? 34 : 40;
    const middle = cells.filter((cell) => cell.list).map((cell) => cell.list[2]);
    const low = Math.min(...middle);
    const span = Math.max(...middle) - low || 1;
    const boxes = cells.map((cell) => {
      const at_x = left + cell.column * wide;
      const at_y = 8 + cell.row * high;
      if (!cell.list) return nothing(cell, at_x, at_y, wide, high, x, by);
      const level = Math.round((cell.list[2] - low) / span * 7);
      const text = sweeps.write(choice.figure, cell.list[2]);
      return svg('g', {}, svg('title', {}, x.values[cell.column].text + ', ' +
        by.values[cell.row].text + ': ' + text + ' (' +
        sweeps.write(choice.figure, cell.list[0]) + ' to ' +
        sweeps.write(choice.figure, cell.list[4]) + ')'),
      svg('rect', {class: 'cell h' + level, x: at_x, y: at_y, width: wide, height: high}),
      wide > text.length * 6.4 && svg('text', {class: 'middle t' + level, x: at_x + wide / 2,
        y: at_y + high / 2 + 4}, text));
    });
    const bottom = 8 + by.values.length * high;
    return svg('svg', {class: 'picture ' + (narrow ? 'narrow' : 'broad'),
      viewBox: '0 0 ' + width + ' ' + (bottom + 46), role: 'img',
      'aria-label': sweeps.figure_of(choice.figure).title + ' by ' + x.key + ' and ' + by.key +
        '; the table has the same'}, boxes,
    by.values.map((value, i) => svg('text', {class: 'end tick', x: left - 10,
      y: 8 + i * high + high / 2 + 4}, (narrow ? '' : sweeps.short(by.key) + ' ') + value.text)),
    x.values.map((value, i) => (wide > value.text.length * 6.4 || i % 3 === 0) && svg('text',
      {class: 'middle tick', x: left + i * wide + wide / 2, y: bottom + 18}, value.text)),
    svg('text', {class: 'middle soft', x: left + x.values.length * wide / 2, y: bottom + 38},
      x.key));
  }

  /// A row for each value of one axis, a column for each of the other.
  function rows(choice) {
    const cells = cells_of(choice);
    return sweeps.axes[choice.by].values.map((value, row) => [value.text].concat(
      sweeps.axes[choice.x].values.map((_, column) => {
        const cell = cells.find((one) => one.row === row && one.column === column);
        return cell && cell.list ? sweeps.write(choice.figure, cell.list[2]) :
          cell ? '– (did not complete)' : '–';
      })));
  }

  lm.sweep_heat = {draw, rows};
})(window.lmsim);
