// Figures over time: uPlot charts one above another that zoom, and are read, together.
'use strict';
(function (lm) {
  const {el} = lm;
  const {page, format, theme} = lm;
  const per_ms = 1e9;  // picoseconds; the charts' x is in ms since the begin of the run

  /// "783.1 ms" with as many digits as the span that is seen needs.
  function moment(ms, span) {
    const digits = Math.max(0, Math.min(6, Math.ceil(2 - Math.log10(span || 1))));
    if (span >= 20000) return (ms / 1000).toFixed(digits > 0 ? 1 : 0) + format.thin + 's';
    return ms.toFixed(digits) + format.thin + 'ms';
  }
  const short = (n) => (n >= 1e6 ? n / 1e6 + 'M' : n >= 1e4 ? n / 1e3 + 'k' : format.number(n));

  function font() {
    return '11px ' + getComputedStyle(document.documentElement).getPropertyValue('--sans').trim();
  }

  /// Behind the lines: when the guest stood still, and what happened when.
  function backdrop(spec) {
    return (u) => {
      const {ctx, bbox} = u;
      const ratio = window.devicePixelRatio;
      const x = (ms) => u.valToPos(ms, 'x', true);
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const band of spec.bands) {
        const from = x(band.from);
        ctx.fillStyle = theme.colour('blackout');
        ctx.fillRect(from, bbox.top, Math.max(x(band.to) - from, ratio), bbox.height);
      }
      ctx.strokeStyle = theme.colour('strong');
      ctx.lineWidth = ratio;
      ctx.setLineDash([2 * ratio, 3 * ratio]);
      ctx.globalAlpha = .75;
      for (const {at} of marks_seen(spec, u)) {
        ctx.beginPath();
        ctx.moveTo(at, bbox.top);
        ctx.lineTo(at, bbox.top + bbox.height);
        ctx.stroke();
      }
      ctx.restore();
    };
  }

  /// The marks within the chart, one for each pixel: {at, text}.
  function marks_seen(spec, u) {
    const {left, width} = u.bbox;
    const seen = spec.marks.map((mark) => ({text: mark.text,
      at: Math.round(u.valToPos(mark.at, 'x', true)) + .5}));
    return seen.filter((mark, i) => mark.at >= left && mark.at <= left + width &&
      (i === 0 || seen[i - 1].at !== mark.at));
  }

  /// Names of the marks, above grid and lines, each on the colour of the paper; those that would
  /// lie over another are left out.
  function names(spec) {
    return (u) => {
      const {ctx, bbox} = u;
      const ratio = window.devicePixelRatio;
      ctx.save();
      ctx.font = font().replace('11px', 11 * ratio + 'px');
      ctx.textAlign = 'left';
      ctx.textBaseline = 'alphabetic';
      let free = bbox.left;
      for (const {at, text} of marks_seen(spec, u)) {
        const wide = ctx.measureText(text).width;
        if (at < free || at + wide + 5 * ratio > bbox.left + bbox.width) continue;
        ctx.fillStyle = theme.colour('card');
        ctx.fillRect(at + ratio, bbox.top + ratio, wide + 4 * ratio, 14 * ratio);
        ctx.fillStyle = theme.colour('soft');
        ctx.fillText(text, at + 3 * ratio, bbox.top + 11 * ratio);
        free = at + wide + 14 * ratio;
      }
      ctx.restore();
    };
  }

  const decades = (u, values) => values.map((v) =>
    (v > 0 && Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-9 ? v : null));

  const whole_steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  function axes(chart, last, span, log) {
    const line = {stroke: theme.colour('rule'), width: 1};
    const only = log ? {filter: decades, grid: {...line, filter: decades},
      ticks: {...line, filter: decades}} : {};
    const common = {stroke: theme.colour('soft'), font: font(), grid: line, ticks: line};
    return [
      {...common, size: last ? 34 : 8, gap: 4, space: 90,
       values: (u, ticks) => ticks.map((tick) => (last ? moment(tick, span()) : ''))},
      {...common, ...only, ...(chart.whole ? {incrs: whole_steps} : {}),
       size: 62, gap: 4, space: 26, values: (u, ticks) => ticks.map((tick) =>
        (tick === null || tick === undefined ? '' : chart.write ? chart.write(tick) :
          short(tick)))},
    ];
  }

  function scales(chart, log) {
    const y = {auto: true};
    if (log && chart.log) {
      y.distr = 3;
    } else {
      y.range = (u, low, high) => [0, high > 0 ? high * 1.08 : 1];
    }
    return {x: {time: false, range: (u, low, high) => [low, high]}, y};
  }

  function series(chart, log) {
    return [{}].concat(chart.lines.map((line) => ({
      label: line.name, stroke: line.colour ? theme.colour(line.colour) : 'transparent',
      width: line.width === undefined ? 1.4 : line.width, dash: line.dash, points: {show: false},
      paths: window.uPlot.paths.stepped({align: 1}), spanGaps: false,
    })));
  }

  /// spec: name, end (ms), begin, charts[], bands[], marks[], presets[{text, from, to}],
  /// say(where to, moment in ms or null, what a pixel spans), log: whether there is that switch.
  /// A chart: title, x (ms), lines[{name, values, colour, dash, width}], height, log, write.
  function Plots(spec) {
    const holders = spec.charts.map(() => el('div', {class: 'plot'}));
    const readout = el('div', {class: 'readout', id: spec.name + '-readout', role: 'status',
      'aria-live': 'off'});
    const hint = el('p', {class: 'hint', id: spec.name + '-hint'}, 'Drag to zoom. Keys: ',
      el('kbd', {}, '←'), ' ', el('kbd', {}, '→'), ' read, with ', el('kbd', {}, 'Shift'),
      ' move, ', el('kbd', {}, '+'), ' ', el('kbd', {}, '−'), ' zoom, ', el('kbd', {}, '0'),
      ' all.');
    const box = el('div', {class: 'plots', id: spec.name + '-plots', tabindex: 0, role: 'group',
      'aria-label': spec.label, 'aria-describedby': hint.id},
    spec.charts.map((chart, i) => [legend(chart), holders[i]]), readout);
    let log = Boolean(spec.log);
    let plots = [];
    let view = spec.view || {from: spec.begin, to: spec.end};
    let busy = false;
    let focus = null;  // the moment that is read, in ms

    function legend(chart) {
      return el('p', {class: 'title'}, chart.title, ' ', el('i', {}, chart.lines.filter((line) =>
        line.colour && line.name).map((line) => [' ', el('span', {class: 'key', 'aria-hidden':
        'true', style: 'border-top-style:' + (line.dash ? 'dashed' : 'solid') +
          ';border-top-color:var(--' + line.colour + ')'}), line.name, ' '])));
    }

    function say() {
      const wide = plots.length > 0 ? plots[0].over.clientWidth : 0;
      spec.say(readout, focus, wide > 0 ? (view.to - view.from) / wide : 0);
    }
    function show(from, to) {
      const least = (spec.end - spec.begin) / 200000;
      let span = Math.min(Math.max(to - from, least), spec.end - spec.begin);
      let begin = Math.max(spec.begin, Math.min(from, spec.end - span));
      view = {from: begin, to: begin + span};
      busy = true;
      for (const u of plots) u.setScale('x', {min: view.from, max: view.to});
      busy = false;
      box.dataset.from = String(view.from);
      box.dataset.to = String(view.to);
      // What is read lies within what is seen; nothing is read of what is not.
      if (focus !== null && (focus < view.from || focus > view.to)) {
        focus = null;
        for (const u of plots) u.setCursor({left: -10, top: -10}, false);
      }
      if (plots.length > 0) say();
    }
    function read(ms) {
      focus = Math.max(view.from, Math.min(ms, view.to));
      for (const u of plots) {
        u.setCursor({left: u.valToPos(focus, 'x'), top: 10}, false);
      }
      say();
    }

    function build() {
      for (const u of plots) u.destroy();
      const sync = window.uPlot.sync(spec.name);
      busy = true;
      plots = spec.charts.map((chart, i) => new window.uPlot({
        width: Math.max(holders[i].clientWidth, 240), height: chart.height,
        padding: [8, 34, 0, 0], legend: {show: false},
        scales: scales(chart, log), series: series(chart, log),
        bands: (chart.areas || []).map((pair) => ({series: pair, fill: theme.colour('band')})),
        axes: axes(chart, i === spec.charts.length - 1, () => view.to - view.from,
          log && chart.log),
        cursor: {sync: {key: sync.key, scales: ['x', null]}, y: false, points: {size: 6},
          drag: {x: true, y: false}, bind: {dblclick: () => () => { show(spec.begin, spec.end); }}},
        hooks: {
          drawClear: [backdrop(spec)],
          draw: i === 0 ? [names(spec)] : [],
          setScale: [(u, key) => {
            if (key === 'x' && !busy) show(u.scales.x.min, u.scales.x.max);
          }],
          setCursor: [(u) => {
            if (busy || i !== 0 || u.cursor.left === undefined || u.cursor.left < 0) return;
            focus = u.posToVal(u.cursor.left, 'x');
            say();
          }],
        },
      }, [chart.x].concat(chart.lines.map((line) => (log && chart.log ?
        line.values.map((v) => (v > 0 ? v : null)) : line.values))), holders[i]));
      busy = false;
      show(view.from, view.to);
    }

    const keys = {
      ArrowLeft: (shift) => step(-1, shift), ArrowRight: (shift) => step(1, shift),
      '+': () => zoom(.5), '=': () => zoom(.5), '-': () => zoom(2), '−': () => zoom(2),
      0: () => show(spec.begin, spec.end), Escape: () => show(spec.begin, spec.end),
      Home: () => read(view.from), End: () => read(view.to),
    };
    function zoom(factor) {
      const middle = focus !== null && focus >= view.from && focus <= view.to ? focus :
        (view.from + view.to) / 2;
      show(middle - (middle - view.from) * factor, middle + (view.to - middle) * factor);
      if (focus !== null) read(focus);
    }
    function step(way, shift) {
      const span = view.to - view.from;
      if (shift) {
        const was = focus;
        show(view.from + way * span / 4, view.to + way * span / 4);
        if (was !== null) read(was);
        return;
      }
      const x = spec.charts[0].x;
      if (focus === null) return read((view.from + view.to) / 2);
      // As far as the next bucket, or the next pixel if these are narrower.
      const least = span / Math.max(plots[0].over.clientWidth, 100);
      let i = plots[0].valToIdx(focus) + way;
      while (i > 0 && i < x.length - 1 && Math.abs(x[i] - focus) < least) i += way;
      read(x[Math.max(0, Math.min(i, x.length - 1))]);
    }
    box.addEventListener('keydown', (event) => {
      const act = keys[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      readout.setAttribute('aria-live', 'polite');
      act(event.shiftKey);
    });
    box.addEventListener('pointermove', () => readout.setAttribute('aria-live', 'off'));

    function fit() {
      plots.forEach((u, i) => {
        const width = holders[i].clientWidth;
        if (width > 0 && width !== u.width) u.setSize({width, height: spec.charts[i].height});
      });
    }

    const controls = el('div', {class: 'controls'},
      page.button('All', () => show(spec.begin, spec.end), {id: spec.name + '-all'}),
      spec.presets.map((preset) => page.button(preset.text,
        () => show(preset.from, preset.to), {'data-preset': preset.name})),
      spec.log && page.toggle('Log scale', true, (on) => { log = on; build(); }));

    return {
      nodes: [controls, box, hint],
      /// Once the nodes are in the page.
      start() {
        build();
        say();
        theme.listen(build);
        new ResizeObserver(fit).observe(box);
      },
    };
  }

  lm.plots = {Plots, moment, per_ms};
})(window.lmsim);
