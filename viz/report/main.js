// Puts the page together: what a run, a sweep or a comparison has, in the order of reading.
'use strict';
(function (lm) {
  const {el, data, page} = lm;

  function contents() {
    document.getElementById('contents').append(el('ul', {}, page.sections.map((one) =>
      el('li', {}, el('a', {href: '#' + one.name}, one.title)))));
  }

  /// A section that cannot be drawn says so; the others are still there.
  function draw(part) {
    try {
      part();
    } catch (error) {
      document.getElementById('report').append(el('p', {class: 'banner', role: 'alert'},
        'A part of this page could not be drawn: ' + error.message));
      console.error(error);
    }
  }

  const parts = {
    run: [lm.headline, lm.waterfall, lm.tornado, lm.guest.show, lm.latency, lm.sent, lm.admin,
          lm.sequence, lm.states.show, lm.hosts, lm.config, lm.reproduce, lm.figures],
    sweep: [lm.sweep, lm.config, lm.reproduce],
    compare: [lm.compare, lm.config, lm.reproduce],
  };
  const names = {run: 'live migration, one run', sweep: 'live migration, a sweep',
                 compare: 'live migration, a comparison'};
  document.getElementById('kind').textContent = names[data.kind] || 'report';
  if (!parts[data.kind]) {
    document.getElementById('report').append(el('p', {class: 'banner'},
      'This page does not know what to do with "' + data.kind + '".'));
  }
  for (const part of parts[data.kind] || []) draw(part);
  contents();
  const named = document.querySelector('h1');
  if (document.title.trim() === '' && named) document.title = named.textContent;
  document.getElementById('end').append('Made by lmsim ' + lm.shown(data.version || '') +
    '. This file needs no network and sends nothing.');
})(window.lmsim);
