// The PFs' admin queues: how many commands were under way, and how busy the rest of the device was.
'use strict';
(function (lm) {
  const {el, at, data, value} = lm;
  const {page, format, plots} = lm;
  const ms = (ps) => ps / plots.per_ms;
  const sides = ['source', 'destination'];

  /// Both sides on one list of moments, as uPlot wants it.
  function merged(admin, end) {
    const moments = new Set([end]);
    for (const side of sides) for (const t of admin[side] ? admin[side].t_ps : []) moments.add(t);
    const x = [...moments].sort((a, b) => a - b);
    const lines = sides.map((side) => {
      const list = admin[side] || {t_ps: [0], count: [0]};
      let k = -1;
      return x.map((t) => {
        while (k + 1 < list.t_ps.length && list.t_ps[k + 1] <= t) k += 1;
        return k < 0 ? 0 : list.count[k];
      });
    });
    return {x, lines};
  }

  function chart() {
    const {admin, guest} = data.series || {};
    if (!admin || !guest || guest.begin_ps.length === 0) return null;
    const shared = lm.guest.frame();
    const {x, lines} = merged(admin, shared.end * plots.per_ms);
    if (x.length < 2) return null;
    const whole = (v) => (Number.isInteger(v) ? String(v) : '');
    const say = (readout, focus) => {
      if (focus === null) {
        readout.replaceChildren(el('span', {}, 'Point at the chart to read it.'));
        return;
      }
      let i = x.findIndex((t) => ms(t) > focus) - 1;
      if (i < 0) i = focus <= ms(x[0]) ? 0 : x.length - 1;
      readout.replaceChildren(
        el('span', {}, 'from ', el('b', {}, plots.moment(ms(x[i]), 1))),
        ...sides.map((side, k) => el('span', {'data-read': side}, side, ' ',
          el('b', {}, format.plural(lines[k][i], 'command')))));
    };
    const presets = lm.guest.presets();
    const group = plots.Plots({name: 'admin', ...shared, presets,
      view: presets.find((one) => one.name === 'blackout'), marks: [], log: false, say,
      label: 'Admin commands under way over time, by side, the blackout shaded',
      charts: [{title: 'Admin commands under way', x: x.map(ms), height: 170, whole: true,
        write: whole, lines: [
        {name: 'source', values: lines[0], colour: 'source', width: 1.6},
        {name: 'destination', values: lines[1], colour: 'destination', width: 1.6,
         dash: [5, 3]}]}]});
    return group;
  }

  function steps_table() {
    const {admin} = data.series || {};
    if (!admin) return null;
    const rows = sides.flatMap((side) => (admin[side] ? admin[side].t_ps : []).map((t, i) =>
      [side, el('span', {'data-series': 'admin'}, plots.moment(ms(t), .05)),
       el('span', {'data-series': 'admin'}, String(admin[side].count[i]))]));
    if (rows.length === 0 || rows.length > 600) return null;
    return page.table('Steps of the number under way', [{title: 'side'},
      {title: 'from', right: true}, {title: 'under way', right: true}], rows);
  }

  function use_table() {
    if (!at('host.source.admin')) return null;
    const rows = sides.map((side) => {
      const of = (key) => value('host.' + side + '.admin.' + key);
      return [side, of('commands'), of('mean_wait_ps'), of('longest_wait_ps'), of('waited_ps')];
    });
    const right = (title) => ({title, right: true});
    return page.table('Admin commands of the migration, and how long they waited for their place',
      [{title: 'side'}, right('commands'), right('mean wait'), right('longest wait'),
       right('in all')], rows, {show_caption: true});
  }

  function busy_table() {
    if (!at('utilization')) return null;
    const rows = sides.map((side) => [side].concat(
      ['link_up', 'link_down', 'media', 'admin_queue'].map((key) =>
        value('utilization.' + side + '.' + key, format.share))));
    const right = (title) => ({title, right: true});
    return page.table('How busy each device was in the measured time', [{title: 'device'},
      right('link up'), right('link down'), right('media'), right('admin queue')], rows,
    {show_caption: true});
  }

  lm.admin = function () {
    const group = chart();
    page.section('admin', 'Admin queues', group && page.figure(
      'Commands on the admin queue of each PF, from the wish for each to its end, without ' +
      'Asynchronous Event Requests. Suspend, resume and the transfers of state share it.',
      el('div', {}, group.nodes), steps_table()), !group && page.missing(/admin queue/i,
      'How many admin commands were under way over time is not recorded of this run.'),
    use_table(), busy_table());
    if (group) group.start();
  };
})(window.lmsim);
