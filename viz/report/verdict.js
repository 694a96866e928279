// What is to be said of a run's downtime: whether there was one, whether all was as expected, and
// the stricter of the limits that it has.
'use strict';
(function (lm) {
  const {el, at, data, value} = lm;
  const expect = data.expect || {};
  const expected = () => at('expectation.text') || '';

  /// {ps, write, of}: the VMM's own limit, or the scenario's if that is less; null without any.
  function limit() {
    const own = at('vmm.downtime_limit_ps');
    const most = expect.downtime_max_ps;
    if (most !== undefined && !(own > 0 && own <= most)) {
      return {ps: most, write: () => expect.downtime_max, of: 'the expected limit of '};
    }
    return own > 0 ? {ps: own, write: () => value('vmm.downtime_limit_ps'),
      of: 'the limit of '} : null;
  }

  /// Whether the guest ever stood still.
  const stood = () => at('downtime.total_ps') > 0;

  function badge() {
    const make = (kind, ...text) => el('span', {class: 'verdict ' + kind, id: 'verdict'},
      kind === 'good' ? '✓ ' : kind === 'bad' ? '✗ ' : '', text);
    if (at('partial')) return make('open', 'interrupted');
    if (at('expectation.met') === false) {
      return make('bad', 'not as expected', expected() && ': ', expected());
    }
    if (at('outcome') !== 'completed') {
      return expect.outcome ? make('good', 'as expected: ', at('outcome')) :
        make('bad', at('outcome'));
    }
    if (!at('downtime.ended')) return make('bad', 'still standing at the end');
    if (expect.broken) return make('good', 'as expected');
    const most = limit();
    if (!stood() || !most) return expected() ? make('good', 'as expected') : null;
    const within = at('downtime.total_ps') <= most.ps;
    return make(within ? 'good' : 'bad', within ? 'within ' : 'above ', most.of, most.write());
  }

  lm.verdict = {limit, stood, badge};
})(window.lmsim);
