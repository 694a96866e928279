// Every figure of result.json under its name, to search in.
'use strict';
(function (lm) {
  const {el, data} = lm;
  const {page, format} = lm;

  function leaves(value, path, out) {
    if (value !== null && typeof value === 'object') {
      for (const key of Object.keys(value)) leaves(value[key], path ? path + '.' + key : key, out);
    } else {
      out.push([path, value]);
    }
    return out;
  }

  lm.figures = function () {
    if (!data.result) return;
    const all = leaves(data.result, '', []);
    const body = el('tbody', {});
    const said = el('span', {class: 'meta', role: 'status'});
    function draw(words) {
      const shown = all.filter(([path]) => path.toLowerCase().includes(words));
      body.replaceChildren(...shown.map(([path, raw]) => el('tr', {},
        el('th', {scope: 'row'}, path), el('td', {}, typeof raw === 'number' ?
          lm.value(path, String) : String(raw)),
        el('td', {class: 'same'}, typeof raw === 'number' && !Number.isNaN(raw) &&
          /_(ps|ns)$|bytes|^ps$|\.ps$/.test(path) ? lm.value(path) : ''))));
      said.textContent = format.count(shown.length) + ' of ' + format.plural(all.length, 'figure');
    }
    const find = el('input', {type: 'search', id: 'figures-find', placeholder: 'name',
      'aria-label': 'Find a figure', oninput: () => draw(find.value.toLowerCase())});
    const table = page.scroller('Figures by name', el('table', {class: 'config'},
      el('caption', {class: 'unseen'}, 'All figures of result.json'),
      el('thead', {}, el('tr', {}, ['name', 'exactly', 'readable'].map((title) =>
        el('th', {scope: 'col'}, title)))), body));
    table.classList.add('tall');
    const box = page.details('Show all ' + all.length + ' of them', el('div', {class: 'controls'},
      find, said), table);
    box.addEventListener('toggle', () => {
      if (box.open && body.childElementCount === 0) draw('');
    });
    page.section('figures', 'All figures', el('p', {}, 'What ', el('code', {}, 'result.json'),
      ' has, under the names that docs/results.md explains.'), box);
  };
})(window.lmsim);
