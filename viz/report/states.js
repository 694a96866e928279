// What the state machines did: how often and how long in each state, and which arcs were taken.
'use strict';
(function (lm) {
  const {el, data} = lm;
  const {page, format} = lm;

  // What a migration is about; the rest is folded.
  const main_ones = ['vfio', 'migration', 'suspend'];

  function machine(one) {
    const longest = Math.max(...one.states.map((state) => state.ps), 1);
    const most = Math.max(...one.arcs.map((arc) => arc.taken), 1);
    const states = page.table('States of ' + one.title, [{title: 'state'},
      {title: 'entered', right: true}, {title: 'time in it', right: true}, {title: ''}],
    one.states.map((state) => [state.name, format.count(state.entered), format.time(state.ps),
      page.bar(state.ps / longest)]));
    const taken = one.arcs.filter((arc) => arc.taken > 0).sort((a, b) => b.taken - a.taken);
    const idle = one.arcs.length - taken.length;
    const arcs = page.table('Arcs of ' + one.title, [{title: 'from'}, {title: 'to'},
      {title: 'event'}, {title: 'rule'}, {title: 'taken', right: true}, {title: ''}],
    taken.map((arc) => [arc.from, arc.to, arc.event, el('code', {}, arc.rule),
      format.count(arc.taken), page.bar(arc.taken / most)]));
    return [el('h3', {}, one.title), el('div', {class: 'states'}, states),
      page.details('Arcs taken (' + taken.length +
        (idle > 0 ? ', ' + idle + ' never' : '') + ')', arcs)];
  }

  /// Graphviz shrinks a large picture to a sheet of paper: here all have letters of one size.
  function same_letters(picture) {
    const drawn = picture.querySelector('g');
    const shrunk = drawn && drawn.transform.baseVal.length > 0 ?
      drawn.transform.baseVal.getItem(0).matrix.a : 1;
    picture.style.width = Math.round(picture.viewBox.baseVal.width / shrunk * .9) + 'px';
  }

  /// The pictures that the program drew, moved out of the part of the page that is not shown.
  function pictures() {
    const host = document.getElementById('picture-heat');
    if (!host || !host.shadowRoot || !host.shadowRoot.querySelector('svg')) return null;
    host.hidden = false;
    host.shadowRoot.querySelectorAll('svg').forEach(same_letters);
    return page.figure('The machines as the program draws them: darker is longer in the state, ' +
      'thicker is more often taken. The tables below say the same.',
    sheet('State machines with what the run did', host, 'whole'));
  }
  function sheet(name, host, more) {
    const box = page.scroller(name, host);
    box.classList.add('sheet');
    if (more) box.classList.add(more);
    return box;
  }

  lm.states = {
    sheet,
    show() {
      const list = data.heat || [];
      const picture = pictures();
      if (list.length === 0 && !picture) {
        page.section('states', 'State machines', page.missing(/state machine/i,
          'What the state machines did is not recorded of this run.'));
        return;
      }
      const first = list.filter((one) => main_ones.includes(one.machine));
      const others = list.filter((one) => !main_ones.includes(one.machine));
      page.section('states', 'State machines', el('p', {},
        'All VFs, queues and both sides together.'), picture, first.map(machine),
      others.length > 0 && page.details(format.plural(others.length, 'other machine') +
        ' that the run used', others.map(machine)));
    },
  };
})(window.lmsim);
