// Sections, figures with a caption and the table that says the same, tables, buttons.
'use strict';
(function (lm) {
  const {el} = lm;
  const sections = [];
  let figures = 0;

  /// A section of the page, in the order of calls; nothing if it has no content.
  function section(name, title, ...content) {
    if (!content.flat(9).some((one) => one)) return;
    const heading = el('h2', {id: name + '-title'}, title);
    document.getElementById('report').append(
      el('section', {id: name, 'aria-labelledby': heading.id}, heading, content));
    sections.push({name, title});
  }

  /// Instead of what cannot be drawn: what the program says about it, or these words.
  function missing(wanted, words) {
    const told = (lm.data.notes || []).filter((note) => wanted.test(note));
    return (told.length > 0 ? told : [words]).map((text) => el('p', {class: 'note missing'}, text));
  }

  /// A table: columns are {title, right}; cells are nodes or texts, the first of a row its header.
  function table(caption, columns, rows, options) {
    const o = options || {};
    const cell = (content, i, row) => {
      const kind = columns[i].right ? 'right' : columns[i].wide ? 'wide' : null;
      return i === 0 && !o.no_row_headers ?
        el('th', {scope: 'row', class: kind}, content) : el('td', {class: kind}, content);
    };
    const head = el('tr', {}, columns.map((column) => (column.title === '' ? el('td', {}) :
      el('th', {scope: 'col', class: column.right ? 'right' : null}, column.title))));
    const body = el('tbody', {}, rows.map((row) => el('tr', {class: row.kind || null},
      (row.cells || row).map((content, i) => cell(content, i, row)))));
    return scroller(caption, el('table', {class: o.kind || null},
      el('caption', {class: o.show_caption ? null : 'unseen'}, caption), el('thead', {}, head),
      body));
  }

  /// What may be wider than the page scrolls by itself; then the keyboard must reach it.
  function scroller(name, ...content) {
    const box = el('div', {class: 'scroll', role: 'region', 'aria-label': name}, content);
    if (typeof ResizeObserver === 'function') {
      new ResizeObserver(() => {
        const more = box.scrollWidth > box.clientWidth + 1 ||
          box.scrollHeight > box.clientHeight + 1;
        if (more) box.setAttribute('tabindex', '0');
        else box.removeAttribute('tabindex');
      }).observe(box);
    }
    return box;
  }

  /// A numbered figure. `picture` has a name of its own; `more` is a table, hidden until asked for.
  function figure(caption, picture, more, more_title) {
    figures += 1;
    const text = el('figcaption', {id: lm.id('caption')},
      el('b', {}, 'Figure ' + figures + '. '), caption);
    return el('figure', {'aria-labelledby': text.id}, picture, text,
      more && details(more_title || 'The same as a table', more));
  }

  function details(title, ...content) {
    return el('details', {}, el('summary', {}, title), content);
  }

  /// A bar in a table: `part` of the longest one. The number stands beside it.
  function bar(part, kind) {
    return el('span', {class: ['bar', kind, part > 0 ? null : 'zero'].filter(Boolean).join(' '),
      'aria-hidden': 'true',
      style: 'width:calc(' + Math.max(0, part).toFixed(4) + ' * var(--bar))'});
  }

  /// A picture drawn twice: as wide as the text, and for a telephone.
  const both = (draw) => [draw(false), draw(true)];

  /// A button that is on or off.
  function toggle(title, on, change) {
    const button = el('button', {type: 'button', 'aria-pressed': String(on)}, title);
    button.addEventListener('click', () => {
      const now = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(now));
      change(now);
    });
    return button;
  }
  function button(title, act, attributes) {
    return el('button', {type: 'button', onclick: act, ...attributes}, title);
  }

  /// A choice; `options` are {value, text}.
  function choice(title, options, chosen, change) {
    const select = el('select', {id: lm.id('choice'), onchange: () => change(select.value)},
      options.map((option) => el('option', {value: option.value,
        selected: option.value === chosen}, option.text)));
    return el('span', {class: 'choice'}, el('label', {for: select.id}, title), select);
  }

  /// Pairs of a name and what it is.
  function facts(pairs, kind) {
    return el('dl', {class: kind || 'facts'}, pairs.filter((pair) => pair).map(([name, ...what]) =>
      el('div', {}, el('dt', {}, name), el('dd', {}, what))));
  }

  lm.page = {sections, section, missing, table, scroller, figure, details, toggle, button,
             choice, facts, bar, both};
})(window.lmsim);
