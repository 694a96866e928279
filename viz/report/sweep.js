// The page of a sweep: line, heat map and Pareto, each of figures and axes that one chooses, the
// table behind them and its CSV.
'use strict';
(function (lm) {
  const {el, data} = lm;
  const {page, format, sweeps} = lm;
  const seeds_text = 'Median over the seeds of each point; the band reaches from the 10th to the ' +
    '90th percentile, the whisker from the least to the most.';

  /// A figure that is drawn again when one chooses otherwise.
  function chooser(state, controls, draw) {
    const slot = el('div', {});
    const again = () => slot.replaceChildren(...draw());
    again();
    return [el('div', {class: 'controls'}, controls(again)), slot];
  }
  function choice(title, options, state, key, again, read) {
    return page.choice(title, options, String(state[key]), (value) => {
      state[key] = read ? read(value) : value;
      again();
    });
  }
  /// How many points a picture cannot have, and why.
  function lost(...wanted) {
    const words = sweeps.lost_words(...wanted);
    return words === '' ? '' : el('p', {class: 'meta lost-points'}, words);
  }
  const number = (text) => (text === 'null' ? null : Number(text));

  /// For axes that a picture does not spread out: which of their values it shows.
  function fixed(state, again) {
    return sweeps.axes.map((axis, k) => el('span', {'data-axis': k,
      hidden: k === state.x || k === state.by || axis.values.length < 2},
    page.choice(sweeps.short(axis.key), axis.values.map((value, i) =>
      ({value: String(i), text: value.text})), String(state.at[k]), (value) => {
      state.at[k] = Number(value);
      again();
    })));
  }
  function start(by) {
    const there = sweeps.points[0] ? sweeps.points[0].at.slice() : sweeps.axes.map(() => 0);
    const downtime = sweeps.figure_of('downtime_ps') ? 'downtime_ps' : sweeps.figures[0].name;
    return {figure: downtime, x: 0, by, at: there, log: false};
  }
  const stats_columns = ['least', 'p10', 'median', 'p90', 'most'].map((title) =>
    ({title, right: true}));

  function line() {
    const state = start(sweeps.axes.length > 1 ? 1 : null);
    let spans = [];
    const controls = (again) => {
      const draw = () => {
        spans.forEach((span, k) => { span.hidden = k === state.x || k === state.by; });
        again();
      };
      spans = fixed(state, again);
      const lines = [{value: 'null', text: 'nothing'}].concat(sweeps.axis_options());
      return [choice('Figure', sweeps.figure_options(), state, 'figure', draw),
        choice('along', sweeps.axis_options(), state, 'x', draw, number),
        sweeps.axes.length > 1 && choice('a line for each', lines, state, 'by', draw, (value) =>
          (number(value) === state.x ? null : number(value))), spans,
        page.toggle('Log scale', false, (on) => { state.log = on; draw(); })];
    };
    const parts = chooser(state, controls, () => {
      const shown = {...state, by: state.by === state.x ? null : state.by};
      return [...page.both((narrow) => lm.sweep_line.draw(shown, narrow)), lost(state.figure),
        page.details('The same as a table', page.table('Percentiles over seeds',
          [{title: 'line'}, {title: sweeps.axes[state.x].key}, ...stats_columns],
          lm.sweep_line.rows(shown)))];
    });
    return page.figure(seeds_text + ' A line has a gap where a point has no figure.',
      el('div', {id: 'sweep-line'}, parts));
  }

  function heat() {
    if (sweeps.axes.length < 2) return null;
    const state = start(1);
    let spans = [];
    const controls = (again) => {
      const draw = () => {
        spans.forEach((span, k) => { span.hidden = k === state.x || k === state.by; });
        again();
      };
      spans = fixed(state, again);
      return [choice('Figure', sweeps.figure_options(), state, 'figure', draw),
        choice('across', sweeps.axis_options(), state, 'x', draw, number),
        choice('down', sweeps.axis_options(), state, 'by', draw, number), spans];
    };
    const parts = chooser(state, controls, () => (state.x === state.by ?
      [el('p', {class: 'note'}, 'Choose two different axes.')] :
      [...page.both((narrow) => lm.sweep_heat.draw(state, narrow)), lost(state.figure),
       page.details('The same as a table', page.table('Medians over the seeds',
         [{title: sweeps.axes[state.by].key}].concat(sweeps.axes[state.x].values.map((value) =>
           ({title: value.text, right: true}))), lm.sweep_heat.rows(state)))]));
    return page.figure('Median over the seeds in each cell; darker is more.',
      el('div', {id: 'sweep-heat'}, parts));
  }

  function pareto() {
    const state = {...start(null), log: true};
    const parameters = sweeps.number_options();
    state.across = parameters.length > 0 ? parameters[0].value :
      (sweeps.figure_of('total_time_ps') || sweeps.figures[0]).name;
    const controls = (again) => [
      choice('Up', sweeps.figure_options(), state, 'figure', again),
      choice('against', parameters.concat(sweeps.figure_options()), state, 'across', again),
      page.toggle('Log scale', true, (on) => { state.log = on; again(); })];
    const parts = chooser(state, controls, () => [
      ...page.both((narrow) => lm.sweep_pareto.draw(state, narrow)),
      lost(state.figure, state.across),
      page.details('The same as a table', page.table('Points and which of them nothing beats',
        [{title: 'point'}, {title: sweeps.figure_of(state.across).title, right: true},
         {title: sweeps.figure_of(state.figure).title, right: true}, {title: 'on the front'}],
        lm.sweep_pareto.rows(state)))]);
    return page.figure('Each point is a setting, at its medians; the cross reaches from the 10th ' +
      'to the 90th percentile. Filled, and on the line: no other setting is at least as good in ' +
      'both and better in one, where less is better.', el('div', {id: 'sweep-pareto'}, parts));
  }

  function points_table() {
    const state = {figure: start(null).figure};
    const partly = sweeps.points.some((point) => point.completed !== undefined &&
      point.completed !== point.runs);
    const names = sweeps.axes.length === 0 ? [{title: 'point'}] :
      sweeps.axes.map((axis) => ({title: axis.key}));
    const parts = chooser(state, (again) => choice('Figure', sweeps.figure_options(), state,
      'figure', again), () => {
      const box = page.table('All points: ' + sweeps.figure_of(state.figure).title,
        names.concat([{title: 'runs', right: true}],
          partly ? [{title: 'completed', right: true}] : [], stats_columns),
        sweeps.points.map((point) => (sweeps.axes.length === 0 ? ['as it is'] :
          sweeps.axes.map((axis, k) => sweeps.text_of(axis, point.at[k]))).concat(
            [format.count(point.runs)], partly ? [format.count(point.completed)] : [],
            (sweeps.stats(point, state.figure) || Array(5).fill(null)).map((value) =>
              (value === null ? '–' : sweeps.write(state.figure, value))))));
      return [box];
    });
    return el('div', {id: 'sweep-points'}, parts);
  }

  function raw_table() {
    const most = 200;
    const numeric = data.columns.map((_, k) => data.rows.every((row) =>
      row[k] === '' || /^-?\d+$/.test(row[k])));
    const box = page.table('results.csv', data.columns.map((title, k) => ({title,
      right: numeric[k]})), data.rows.slice(0, most));
    box.classList.add('tall');
    return [el('div', {class: 'controls'}, page.button('Download CSV', () =>
      lm.csv.save('results.csv', lm.csv.text(data.columns, data.rows)), {id: 'csv'}),
    el('span', {class: 'meta'}, format.plural(data.rows.length, 'run') + ', ' +
      format.plural(data.columns.length, 'column'))),
    page.details('Every run' + (data.rows.length > most ? ' (the first ' + most +
      '; the CSV has all)' : ''), box)];
  }

  /// {kind, text}: what is to be said of all runs.
  function verdict(sum) {
    if (sum.unexpected || sum.errors) return {kind: 'bad', text: '✗ not all as expected'};
    if (!sum.runs) return {kind: 'open', text: 'no runs yet'};
    if (sum.partial) return {kind: 'open', text: 'unfinished'};
    return {kind: 'good', text: '✓ all as expected'};
  }

  function banner(sum) {
    if (!sum.partial && sum.runs) return null;
    const words = !sum.runs ? ['There are no runs yet', sum.expected && ' of ' +
      format.count(sum.expected), '.'] : [format.count(sum.runs), sum.expected && ' of ' +
      format.count(sum.expected), ' runs are there.'];
    return el('div', {class: 'banner', role: 'note'}, el('b', {}, 'Partial. '), words,
      sum.resume && [' To go on: ', el('code', {}, sum.resume)]);
  }

  function head() {
    const sum = data.summary || {};
    const {kind, text} = verdict(sum);
    document.getElementById('report').append(el('section',
      {id: 'headline', 'aria-labelledby': 'title'}, banner(sum),
      el('h1', {id: 'title'}, data.title || 'Sweep'),
      data.description && el('p', {class: 'meta'}, data.description),
      data.headline && el('p', {class: 'lead'}, data.headline),
      el('p', {}, el('span', {class: 'verdict ' + kind, id: 'verdict'}, text)),
      el('p', {class: 'meta'}, format.plural(sum.runs || 0, 'run') + ' of ' +
        format.plural(sweeps.points.length, 'point') + ': ' + format.count(sum.ok || 0) +
        ' as expected, ' + format.count(sum.unexpected || 0) + ' otherwise, ' +
        format.count(sum.errors || 0) + ' without a result.' + (sweeps.axes.length === 0 ? '' :
        ' Along ' + sweeps.axes.map((axis) => axis.key).join(', ') + '.')),
      (sum.failed || []).slice(0, 20).map((one) => el('p', {class: 'note'},
        'Point ' + one.point + ': ' + one.error)),
      (data.notes || []).map((note) => el('p', {class: 'note'}, note))));
    page.sections.push({name: 'headline', title: 'Summary'});
  }

  lm.sweep = function () {
    head();
    if (sweeps.figures.length === 0 || sweeps.axes.length === 0) {
      page.section('table', 'The table', sweeps.figures.length > 0 && points_table(), raw_table());
      return;
    }
    page.section('lines', 'Along one parameter', line());
    page.section('heat', 'Over two parameters', heat());
    page.section('pareto', 'What can be had together', pareto());
    page.section('table', 'The table', points_table(), raw_table());
  };
})(window.lmsim);
