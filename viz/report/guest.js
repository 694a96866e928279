// The guest's I/O over time, with the blackout marked, and its three windows in numbers.
'use strict';
(function (lm) {
  const {el, at, data, value} = lm;
  const {page, format, plots} = lm;
  const ms = (ps) => ps / plots.per_ms;
  const us = (ns) => (ns === null || ns === undefined ? null : ns / 1000);

  /// Buckets as steps: a value holds from its begin, the last one to its end.
  const stepped = (values) => values.concat([values[values.length - 1]]);

  function guest_charts(guest) {
    const n = guest.begin_ps.length;
    const x = guest.begin_ps.map(ms).concat([ms(guest.begin_ps[n - 1] + guest.width_ps[n - 1])]);
    const per_s = (list, width) => stepped(list.map((c, i) =>
      c * 1e12 / (width === undefined ? guest.width_ps[i] : width)));
    const rate = [{name: 'IOPS', values: per_s(guest.commands), colour: 'source', width: 1.5}];
    if (guest.low && guest.high) {
      rate.push({name: '', values: per_s(guest.high, guest.fine_ps), width: 0},
        {name: '', values: per_s(guest.low, guest.fine_ps), width: 0});
    }
    const latency = [
      {name: 'maximum', values: stepped(guest.max_ns.map(us)), colour: 'bad', width: 1.1},
      {name: 'mean', values: stepped(guest.mean_ns.map(us)), colour: 'source', width: 1.6},
      {name: 'minimum', values: stepped(guest.min_ns.map(us)), colour: 'soft', width: 1.1,
       dash: [2, 3]},
    ];
    if (guest.p99_ns) {
      latency.push({name: 'p99', values: stepped(guest.p99_ns.map(us)), colour: 'during',
        dash: [6, 3]});
    }
    return [
      {title: 'Completions per second', x, lines: rate, height: 190,
       areas: rate.length > 1 ? [[2, 3]] : []},
      {title: 'Latency', x, lines: latency, height: 230, log: true, areas: [[1, 3]],
       write: (v) => format.time_ns(v * 1000)},
    ];
  }

  function marks() {
    const list = (data.series.marks || []).map((mark) => ({at: ms(mark.t_ps), text: mark.text,
      side: mark.side, t_ps: mark.t_ps}));
    (at('precopy.each') || []).forEach((round, i) => {
      list.push({at: ms(round.t_ps), text: 'round ' + i, side: 'source', t_ps: round.t_ps});
    });
    return list.sort((a, b) => a.at - b.at);
  }

  /// The buckets that lie under a pixel together, so that none is beyond reach.
  function under(guest, from, to) {
    let i = guest.begin_ps.findIndex((begin, k) => ms(begin + guest.width_ps[k]) > from);
    if (i < 0) i = guest.begin_ps.length - 1;
    const sum = {begin: guest.begin_ps[i], width: 0, commands: 0, bytes: 0, time: 0, min: Infinity,
                 max: 0};
    do {
      const commands = guest.commands[i];
      sum.width += guest.width_ps[i];
      sum.commands += commands;
      sum.bytes += guest.bytes[i];
      if (commands > 0) {
        sum.time += guest.mean_ns[i] * commands;
        sum.min = Math.min(sum.min, guest.min_ns[i]);
        sum.max = Math.max(sum.max, guest.max_ns[i]);
      }
      i += 1;
    } while (i < guest.begin_ps.length && ms(guest.begin_ps[i]) < to);
    return sum;
  }

  /// What the charts have at a moment, in words.
  function say(guest, list) {
    return (readout, focus, pixel) => {
      if (focus === null) {
        readout.replaceChildren(el('span', {}, 'Point at the chart to read it.'));
        return;
      }
      const sum = under(guest, focus, focus + pixel);
      const begin = ms(sum.begin);
      const width = ms(sum.width);
      const near = list.filter((mark) => mark.at >= begin && mark.at < begin + width);
      const black = data.series.blackout;
      const still = black && sum.begin < black.end_ps && sum.begin + sum.width > black.begin_ps;
      const item = (name, key, text) => el('span', {'data-read': key}, name, ' ',
        el('b', {}, text));
      readout.replaceChildren(
        item('at', 'from', plots.moment(begin, width * 20) + ', ' +
          format.time(sum.width) + ' long'),
        item('IOPS', 'iops', format.count(sum.commands * 1e12 / sum.width)),
        item('completions', 'commands', format.count(sum.commands)),
        item('bytes', 'bytes', format.bytes(sum.bytes)),
        ...(sum.commands === 0 ? [item('latency', 'none', 'none completed')] : [
          item('min', 'min', format.time_ns(sum.min)),
          item('mean', 'mean', format.time_ns(sum.time / sum.commands)),
          item('max', 'max', format.time_ns(sum.max))]),
        still ? item('', 'blackout', 'blackout') : '',
        near.length ? item('', 'marks', near.map((mark) => mark.text).join(', ')) : '');
    };
  }

  function presets(begin, end) {
    const out = [];
    const {blackout, windows} = data.series;
    if (windows && windows.during) {
      const [from, to] = windows.during.map(ms);
      const room = (to - from) * .04;
      out.push({name: 'migration', text: 'Migration', from: from - room, to: to + room});
    }
    if (blackout && blackout.end_ps > blackout.begin_ps) {
      const from = ms(blackout.begin_ps);
      const to = ms(blackout.end_ps);
      const room = (to - from) * .3;
      out.push({name: 'blackout', text: 'Blackout', from: from - room, to: to + room});
    }
    return out;
  }

  function windows_table() {
    const row = (name) => {
      const of = (key) => value('guest.' + name + '.' + key);
      return [name, of('duration_ps'), of('commands'), of('iops'), of('bytes_per_s'),
        of('mean_ns'), of('p50_ns'), of('p99_ns'), of('p999_ns'), of('p9999_ns'), of('max_ns')];
    };
    const right = (title) => ({title, right: true});
    return page.table('Guest I/O before, during and after the migration',
      [{title: 'migration'}, right('time'), right('commands'), right('IOPS'), right('bandwidth'),
       right('mean'), right('p50'), right('p99'), right('p99.9'), right('p99.99'), right('max')],
      ['before', 'during', 'after'].map(row), {show_caption: true});
  }

  function marks_table(list) {
    if (list.length === 0) return null;
    return page.table('Checkpoints of the migration', [{title: 'what'}, {title: 'side'},
      {title: 'time', right: true}], list.map((mark) => [mark.text, mark.side || '',
      el('span', {'data-series': 'marks'}, plots.moment(mark.at, 10))]));
  }

  /// What the charts over time have in common: the extent, the blackout, the marks.
  function frame() {
    const {guest, blackout} = data.series;
    const n = guest.begin_ps.length;
    return {
      begin: ms(guest.begin_ps[0]), end: ms(guest.begin_ps[n - 1] + guest.width_ps[n - 1]),
      bands: blackout && blackout.end_ps > blackout.begin_ps ?
        [{from: ms(blackout.begin_ps), to: ms(blackout.end_ps)}] : [],
    };
  }

  lm.guest = {
    frame, presets,
    show() {
      const series = data.series;
      if (!series || !series.guest || series.guest.begin_ps.length === 0) {
        page.section('guest', 'Guest I/O', windows_table(), page.missing(/over time/i,
          'There is no record over time of this run.'));
        return;
      }
      const list = marks();
      const shared = frame();
      const group = plots.Plots({name: 'guest', ...shared, log: true, marks: list,
        label: 'Guest I/O over time: completions per second and latency, the blackout shaded',
        presets: presets(shared.begin, shared.end), say: say(series.guest, list),
        charts: guest_charts(series.guest)});
      page.section('guest', 'Guest I/O over time',
        page.figure('What the guest saw, on whichever side it ran. The shaded stretch is the ' +
          'blackout; the pale band reaches from the least to the greatest of each bucket.',
        el('div', {}, group.nodes), marks_table(list), 'Checkpoints as a table'),
        windows_table());
      group.start();
    },
  };
})(window.lmsim);
