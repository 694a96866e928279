// What a run says in one look: how long the guest stood still, and whether that was allowed.
'use strict';
(function (lm) {
  const {el, svg, at, data, value} = lm;
  const {page, format} = lm;

  /// The downtime in the room that its limit gives; beyond it, the limit in the downtime.
  function gauge(total, limit) {
    const width = 320;
    const longest = Math.max(total, limit);
    const x = (ps) => Math.max(ps / longest * width, ps > 0 ? 1.5 : 0);
    const words = format.time(total) + ' of ' + format.time(limit);
    return svg('svg', {class: 'gauge', viewBox: '0 0 320 12', role: 'img', 'aria-label': words},
      svg('rect', {class: 'room', x: .5, y: 1.5, width: width - 1, height: 9, rx: 2}),
      svg('rect', {class: 'used', x: 0, y: 1, width: x(Math.min(total, limit)), height: 10, rx: 2}),
      total > limit && svg('rect', {class: 'over', x: x(limit), y: 1, height: 10,
        width: width - x(limit)}));
  }

  function vmm_says() {
    const vmm = lm.at('vmm.name') || 'The VMM';
    const with_path = at('vmm.downtime_return_path_ms');
    if (typeof at('vmm.downtime_ms') !== 'number' && typeof with_path !== 'number') return null;
    return el('p', {}, vmm, ' would print ', value('vmm.downtime_ms'),
      typeof with_path === 'number' && [', or ', value('vmm.downtime_return_path_ms'),
        ' with the return path']);
  }

  function downtime_card() {
    const {limit, stood, badge} = lm.verdict;
    const most = limit();
    return el('div', {class: 'card'}, el('h2', {}, 'Downtime'),
      el('div', {class: 'big'}, stood() ? value('downtime.total_ps') : '–'), badge(),
      stood() && most ? gauge(at('downtime.total_ps'), most.ps) : null,
      stood() ? vmm_says() : el('p', {}, at('partial') ? 'the guest had not stood still so far' :
        'the guest did not stand still'));
  }

  function cards() {
    const rounds = at('precopy.rounds');
    return el('div', {class: 'cards'}, downtime_card(),
      el('div', {class: 'card'}, el('h2', {}, 'Total time'),
        el('div', {class: 'big'}, at('total_time_ps') === 0 ? '–' : value('total_time_ps')),
        el('p', {}, value('bytes.total', format.bytes), ' sent, ', value('precopy.rounds'),
          ' pre-copy ', rounds === 1 ? 'round' : 'rounds')),
      el('div', {class: 'card'}, el('h2', {}, 'Longest gap of guest I/O'),
        el('div', {class: 'big'}, at('guest.longest_gap_ps') === 0 ? '–' :
          value('guest.longest_gap_ps')),
        el('p', {}, 'slowest command ', value('guest.during.max_ns'), ', ',
          value('commands.lost'), ' lost')));
  }

  /// What to change, if it is to be less: the parameter of which one percent is worth most.
  function lever() {
    if (!lm.verdict.stood()) return null;
    const list = ((data.sensitivity || {}).parameters || []).filter((one) => one.downtime &&
      one.downtime.clear && one.downtime.us_per_percent).sort((a, b) =>
      Math.abs(b.downtime.us_per_percent) - Math.abs(a.downtime.us_per_percent));
    const more = (words) => el('a', {href: '#dominates'}, words);
    if (!data.sensitivity) {
      return el('p', {id: 'lever'}, 'What to change is ', more('not known of this run'), ': ',
        el('code', {}, 'lmsim tornado DIR'), ' finds out.');
    }
    if (list.length === 0) {
      return el('p', {id: 'lever'}, 'No parameter that was tried ',
        more('moves the downtime clearly'), '.');
    }
    const slope = list[0].downtime.us_per_percent;
    return el('p', {id: 'lever'}, 'What to change first: one percent ',
      slope < 0 ? 'more' : 'less', ' of ', el('code', {}, list[0].key), ': ',
      el('b', {}, format.time(-Math.abs(slope) * 1e6)), ' (',
      more('what else dominates'), ').');
  }

  function check(good, name, ...text) {
    const kind = good === null ? 'open' : good ? 'good' : 'bad';
    const words = {open: '– open', good: '✓ ok', bad: '✗ failed'};
    return el('li', {class: kind}, el('b', {}, words[kind]),
      el('span', {}, name, ': ', text));
  }
  const none = (...paths) => paths.every((path) => at(path) === 0);
  function checks() {
    const broken = at('broken_invariants') || [];
    const missed = (at('pins') || []).filter((pin) => !pin.reached);
    return el('ul', {class: 'checks', 'aria-label': 'Checks'},
      check(at('partial') ? null : at('expectation.met'), 'expectation',
        at('expectation.text') || 'none'),
      check(none('commands.lost', 'commands.duplicated', 'commands.failed'), 'commands',
        value('commands.submitted'), ' submitted, ', value('commands.completed'), ' completed, ',
        value('commands.lost'), ' lost, ', value('commands.duplicated'), ' duplicated, ',
        value('commands.failed'), ' failed'),
      check(none('conservation.suspended_activity'), 'suspended VFs', 'activity while suspended: ',
        value('conservation.suspended_activity')),
      check(none('conservation.state_mismatch'), 'device state', 'loaded other than saved: ',
        value('conservation.state_mismatch')),
      check(none('conservation.page_mismatch', 'conservation.media_mismatch'), 'memory and media',
        'pages that differ: ', value('conservation.page_mismatch'), ', blocks: ',
        value('conservation.media_mismatch')),
      check(broken.length === 0, 'invariants', broken.length === 0 ? 'all hold' :
        broken.map((one) => one.id + ': ' + one.seen).join('; ')),
      (at('pins') || []).length > 0 && check(missed.length === 0, 'pins',
        missed.length === 0 ? 'all reached' : missed.map((pin) => pin.text).join('; ')));
  }

  function meta() {
    const bound = at('error_bound');
    return el('p', {class: 'meta'}, 'seed ', value('seed'), ' · time base ', at('time_base'),
      ' · fidelity ', at('fidelity'),
      bound ? [', error bound ', value('error_bound', format.share)] : null,
      ' · trace hash ', el('code', {}, at('trace_hash')), ' · lmsim ', at('version'));
  }

  /// The title stands above it already, and that it is partial. Older sentences begin with the
  /// name, in which the text may have lost marks of Markdown or have control characters shown.
  function sentence() {
    const text = (data.headline || '').replace(/^PARTIAL, interrupted; /, '');
    const bare = (words) => lm.shown(words).replace(/[^\p{L}\p{N}]/gu, '');
    const name = bare(data.title || '');
    let rest = text;
    for (let i = text.indexOf(': '); name && i >= 0; i = text.indexOf(': ', i + 1)) {
      if (bare(text.slice(0, i)) === name) rest = text.slice(i + 2);
    }
    return rest.charAt(0).toUpperCase() + rest.slice(1);
  }

  lm.headline = function () {
    const main = document.getElementById('report');
    main.append(el('section', {id: 'headline', 'aria-labelledby': 'title'},
      at('partial') && el('p', {class: 'banner', role: 'note'}, el('b', {}, 'Partial. '),
        'The run was interrupted; all figures are those up to there.'),
      el('h1', {id: 'title'}, data.title || 'Live migration'),
      data.description && el('p', {class: 'meta'}, data.description),
      el('p', {class: 'lead', id: 'sentence'}, sentence()), cards(), lever(),
      el('p', {class: 'meta'}, 'Outcome ', el('b', {}, at('outcome')),
        at('reason') ? ': ' + at('reason') : '', '.'),
      meta(), checks(), (data.notes || []).map((note) => el('p', {class: 'note'}, note)),
      at('hybrid.note') && el('p', {class: 'note'}, at('hybrid.note'))));
    page.sections.push({name: 'headline', title: 'Summary'});
  };
})(window.lmsim);
