// What went over the channel: bytes by kind, and the rounds of the pre-copy.
'use strict';
(function (lm) {
  const {svg, at, value} = lm;
  const {page, format, axis} = lm;
  const kinds = [['ram', 'RAM'], ['zero_pages', 'zero pages'], ['device_state', 'device state'],
                 ['other', 'other']];

  function bytes_table() {
    const most = Math.max(...kinds.map(([key]) => at('bytes.' + key)), 1);
    const rows = kinds.map(([key, title]) => [title, value('bytes.' + key, format.bytes),
      value('bytes.' + key, format.count),
      page.bar(at('bytes.' + key) / most)]);
    rows.push({kind: 'sum', cells: ['total', value('bytes.total', format.bytes),
      value('bytes.total', format.count), '']});
    return page.table('Sent over the channel', [{title: 'kind'}, {title: 'size', right: true},
      {title: 'bytes', right: true}, {title: ''}], rows, {show_caption: true});
  }

  function rounds_picture(rounds, narrow) {
    const width = narrow ? 400 : 1040;
    const left = narrow ? 58 : 90;
    const shown = rounds.slice(0, 60);
    const height = shown.length * 42 + 34;
    const most = Math.max(...shown.flatMap((r) => [r.dirty_bytes, r.sent_bytes]), 1);
    const x = axis.linear(0, most, left, width - 90);
    const bars = shown.map((round, i) => {
      const y = i * 42 + 28;
      const bar = (kind, key, dy) => [
        svg('rect', {class: kind, x: left, y: y + dy, height: 12,
          width: Math.max(x(round[key]) - left, round[key] > 0 ? 1.5 : 0)}),
        svg('text', {x: x(round[key]) + 6, y: y + dy + 11,
          'data-key': 'precopy.each.' + i + '.' + key, 'data-value': round[key]},
        format.bytes(round[key]))];
      return [svg('text', {class: 'end', x: left - 8, y: y + 19}, 'round ' + i),
        bar('during', 'dirty_bytes', 0), bar('source', 'sent_bytes', 17)];
    });
    return svg('svg', {class: 'picture ' + (narrow ? 'narrow' : 'broad'),
      viewBox: '0 0 ' + width + ' ' + height, role: 'img',
      'aria-label': 'Dirty and sent bytes of each pre-copy round; the table has the same'},
    svg('rect', {class: 'during', x: left, y: 4, width: 11, height: 11}),
    svg('text', {x: left + 16, y: 14}, 'dirty at its begin'),
    svg('rect', {class: 'source', x: left + 140, y: 4, width: 11, height: 11}),
    svg('text', {x: left + 156, y: 14}, 'sent until it ended'), bars);
  }

  function rounds_table(rounds) {
    return page.table('Pre-copy rounds', [{title: 'round'}, {title: 'begins at', right: true},
      {title: 'dirty', right: true}, {title: 'sent', right: true}], rounds.map((round, i) => {
      const of = (key) => value('precopy.each.' + i + '.' + key);
      return [String(i), of('t_ps'), of('dirty_bytes'), of('sent_bytes')];
    }));
  }

  lm.sent = function () {
    if (!at('bytes')) return;
    const rounds = at('precopy.each') || [];
    page.section('sent', 'What was sent', bytes_table(), rounds.length > 0 && page.figure(
      'Passes over the dirty memory before and in the blackout.' +
      (rounds.length > 60 ? ' The first 60 of ' + rounds.length + '; the table has all.' : ''),
      page.both((narrow) => rounds_picture(rounds, narrow)), rounds_table(rounds)));
  };
})(window.lmsim);
