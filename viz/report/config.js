// The effective configuration with the origin of each value, how to get the run again, its files.
'use strict';
(function (lm) {
  const {el, data} = lm;
  const {page, format} = lm;

  function rows_of(list, wanted) {
    const rows = [];
    let group = null;
    for (const one of list.filter(wanted)) {
      const dot = one.key.lastIndexOf('.');
      const parent = dot < 0 ? '' : one.key.slice(0, dot);
      if (parent !== group) {
        group = parent;
        rows.push(el('tr', {class: 'head'}, el('th', {scope: 'rowgroup', colspan: 3},
          parent || 'the scenario')));
      }
      const own = one.origin !== 'default';
      rows.push(el('tr', {}, el('th', {scope: 'row', title: one.help || null},
        one.key.slice(dot + 1)), el('td', {class: own ? null : 'same'}, one.value),
      el('td', {class: own ? null : 'same'}, one.origin)));
    }
    return rows;
  }

  function config() {
    const list = data.config || [];
    if (list.length === 0) return null;
    const own = list.filter((one) => one.origin !== 'default').length;
    let only_own = true;
    let words = '';
    const body = el('tbody', {});
    const said = el('span', {class: 'meta', role: 'status'});
    function draw() {
      const wanted = (one) => (!only_own || one.origin !== 'default') && (words === '' ||
        (one.key + ' ' + one.value + ' ' + one.origin).toLowerCase().includes(words));
      body.replaceChildren(...rows_of(list, wanted));
      said.textContent = format.count(list.filter(wanted).length) + ' of ' +
        format.plural(list.length, 'value');
    }
    const find = el('input', {type: 'search', id: 'config-find', placeholder: 'key or value',
      'aria-label': 'Find in the configuration', oninput: () => {
        words = find.value.toLowerCase();
        draw();
      }});
    const switch_all = page.toggle('Defaults too', false, (on) => {
      only_own = !on;
      draw();
    });
    const table = page.scroller('Values of the configuration', el('table', {class: 'config'},
      el('caption', {class: 'unseen'}, 'Effective configuration'),
      el('thead', {}, el('tr', {}, ['key', 'value', 'origin'].map((title) =>
        el('th', {scope: 'col'}, title)))), body));
    table.classList.add('tall');
    draw();
    return [el('p', {}, 'Of ' + format.plural(list.length, 'value') + ', ' + format.count(own) +
      ' come from files or the command line; all others are defaults.'),
    el('div', {class: 'controls'}, find, switch_all, said), table];
  }

  function files() {
    if (!data.files || data.files.length === 0) return null;
    // A name that would lead out of the directory is only shown.
    const link = (name) => (/^\/|\/\/|(^|\/)\.\.?(\/|$)/.test(name) ? el('span', {}, name) :
      el('a', {href: './' + name.split('/').map(encodeURIComponent).join('/')}, name));
    const size = (file) => file.bytes !== undefined && ' (' + format.bytes(file.bytes) + ')';
    return [el('h3', {}, 'Files'), el('ul', {class: 'files'}, data.files.map((file) =>
      el('li', {}, link(file.name), size(file), file.what && ': ' + file.what)))];
  }

  lm.config = function () {
    page.section('config', 'Effective configuration', config());
  };
  lm.reproduce = function () {
    const {reproduce, manifest} = data;
    page.section('reproduce', 'How to get it again', reproduce && [
      reproduce.command && el('div', {class: 'shell'}, reproduce.command),
      el('p', {}, reproduce.text)], manifest && page.facts([
      ['lmsim', manifest.version], ['compiler', manifest.compiler],
      ['build', manifest.build_type], ['seed', lm.value('seed')],
      ['trace hash', el('code', {}, manifest.trace_hash)]]), files());
  };
})(window.lmsim);
