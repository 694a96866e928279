// Where the downtime went: its parts along the critical path, so that what stands under one another
// comes one after another, and the rows together are the downtime.
'use strict';
(function (lm) {
  const {el, svg, at, value} = lm;
  const {page, format, axis} = lm;

  const words = {
    quiesce: 'no new peer-to-peer access', drain: 'commands under way come to their end',
    suspend: 'the controller suspends', 'tracking-tail': 'the last dirty memory or log',
    'state-read': 'controller state out of the device', transfer: 'bytes on the channel',
    'state-load': 'controller state into the device', resume: 'the controller fetches again',
    interrupts: 'MSI-X and doorbells', vmm: "the VMM's own steps",
  };
  const sides = ['source', 'network', 'destination'];

  /// One row for each part of a side; its pieces lie where they were.
  function rows_of(parts) {
    const rows = [];
    let from = 0;
    parts.forEach((part, index) => {
      let row = rows.find((one) => one.name === part.name && one.side === part.side);
      if (!row) {
        row = {name: part.name, side: part.side, pieces: [], ps: 0, devices: new Set()};
        rows.push(row);
      }
      row.pieces.push({from, ps: part.ps, index, device: part.device});
      row.ps += part.ps;
      if (part.device !== null) row.devices.add(part.device);
      from += part.ps;
    });
    for (const row of rows) row.first = row.pieces[0].from;
    return sides.flatMap((side) => rows.filter((row) => row.side === side));
  }

  /// The same sum is in result.json, where the parts of all devices are put together.
  function sum_of(row) {
    const all = at('downtime.dominant') || [];
    const index = all.findIndex((one) => one.name === row.name && one.side === row.side);
    return index < 0 ? null : 'downtime.dominant.' + index;
  }

  function label(row) {
    const many = row.devices.size;
    return row.name + (many > 1 ? ' (' + many + ' devices)' : '');
  }

  function draw(rows, total, narrow) {
    const width = narrow ? 400 : 1040;
    const left = narrow ? 8 : 210;
    const right = width - (narrow ? 8 : 140);
    const step = narrow ? 38 : 25;
    const x = axis.linear(0, total, left, right);
    const unit = format.time(total).split(format.thin)[1];
    const scale = {ps: 1, ns: 1e3, 'µs': 1e6, ms: 1e9, s: 1e12}[unit];
    const parts = [];
    let y = 34;
    let side = '';
    let even = false;
    for (const row of rows) {
      if (row.side !== side) {
        side = row.side;
        y += side === rows[0].side ? 0 : 8;
        parts.push(svg('text', {class: 'head', x: narrow ? left : 8, y: y + 14}, side));
        y += 20;
      }
      even = !even;
      const bar_y = narrow ? y + 18 : y + 5;
      const sum = sum_of(row);
      const text_x = narrow ? right : right + 10;
      parts.push(
        svg('rect', {class: 'row' + (even ? ' even' : ''), x: 0, y, width, height: step}),
        svg('text', {x: narrow ? left : left - 12, y: y + (narrow ? 14 : 17),
          class: narrow ? null : 'end'}, label(row)));
      for (const piece of row.pieces) {
        const from = x(piece.from);
        parts.push(svg('rect', {class: row.side, x: from, y: bar_y, height: narrow ? 13 : 15,
          width: Math.max(x(piece.from + piece.ps) - from, 1.6)},
        svg('title', {}, row.name + (piece.device === null ? '' : ', device ' + piece.device) +
          ': ' + format.time(piece.ps))));
      }
      parts.push(svg('text', {x: text_x, y: y + (narrow ? 14 : 17), class: narrow ? 'end' : null,
        'data-key': sum && sum + '.ps', 'data-value': row.ps}, format.time(row.ps)));
      if (sum && !narrow) {
        parts.push(svg('text', {x: width - 4, y: y + 17, class: 'end soft',
          'data-key': sum + '.share', 'data-value': at(sum + '.share')},
        format.share(at(sum + '.share'))));
      }
      y += step;
    }
    const grid = axis.ticks(0, total / scale, narrow ? 4 : 8).map((tick) => [
      svg('line', {class: 'grid', x1: x(tick * scale), x2: x(tick * scale), y1: 26, y2: y}),
      svg('text', {class: 'middle soft tick', x: x(tick * scale), y: 18},
        tick === 0 ? '0' : format.number(tick) + format.thin + unit)]);
    return svg('svg', {class: 'picture ' + (narrow ? 'narrow' : 'broad'),
      viewBox: '0 0 ' + width + ' ' + (y + 4), role: 'img',
      'aria-label': 'Waterfall of the downtime by part and side; the table below it has the same'},
    grid, parts);
  }

  const device = (path) => (at(path + '.device') === null ? '' : value(path + '.device'));

  function full_table(parts) {
    const rows = parts.map((part, i) => [part.name, part.side, device('downtime.parts.' + i),
      value('downtime.parts.' + i + '.ps'), words[part.name] || '']);
    rows.push({kind: 'sum', cells: ['downtime', '', '', value('downtime.total_ps'), '']});
    return page.table('Parts of the downtime, in the order of the critical path',
      [{title: 'part'}, {title: 'side'}, {title: 'device'}, {title: 'time', right: true},
       {title: 'what it is', wide: true}], rows);
  }

  function busy_table() {
    const busy = at('downtime.busy') || [];
    if (busy.length === 0) return null;
    return page.details('How long each was busy (these times may overlap)',
      page.table('Busy times', [{title: 'part'}, {title: 'side'}, {title: 'device'},
        {title: 'time', right: true}], busy.map((one, i) => [one.name, one.side,
        device('downtime.busy.' + i), value('downtime.busy.' + i + '.ps')])));
  }

  /// What is also called downtime.
  function others() {
    const rows = [['as defined here', 'downtime.total_ps', 1],
      [(at('vmm.name') || 'the VMM') + ' would print', 'vmm.downtime_ms', 1e9],
      ['the same, with the return path', 'vmm.downtime_return_path_ms', 1e9],
      ['longest gap of guest I/O', 'guest.longest_gap_ps', 1]]
      .filter((row) => typeof at(row[1]) === 'number');
    const longest = Math.max(...rows.map((row) => at(row[1]) * row[2]), 1);
    return page.table('What else is called downtime', [{title: 'who says so'},
      {title: 'time', right: true}, {title: ''}], rows.map(([name, path, unit]) => [name,
      value(path), page.bar(at(path) * unit / longest)]),
    {show_caption: true});
  }

  lm.waterfall = function () {
    const parts = at('downtime.parts') || [];
    const total = at('downtime.total_ps');
    if (!(total > 0) || parts.length === 0) {
      page.section('parts', 'Where the time went', page.missing(/parts of the downtime/i,
        total > 0 ? 'The parts of the downtime are not recorded of this run.' :
          'The guest did not stand still: there is no downtime to take apart.'));
      return;
    }
    const rows = rows_of(parts);
    page.section('parts', 'Where the time went',
      page.figure('The downtime along the critical path: each picosecond belongs to one part, ' +
        'and the parts sum to the downtime. Time runs to the right from the begin of the blackout.',
      page.both((narrow) => draw(rows, total, narrow)), full_table(parts),
      'Each part and device as a table'), busy_table(), others());
  };
})(window.lmsim);
