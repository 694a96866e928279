// The sequence chart of the switchover, as lmsim sequence draws it.
'use strict';
(function (lm) {
  const {el, data} = lm;
  const {page} = lm;

  lm.sequence = function () {
    const host = document.getElementById('picture-sequence');
    const drawn = host && host.shadowRoot && host.shadowRoot.querySelector('svg');
    if (!drawn) {
      page.section('sequence', 'The switchover, step by step', page.missing(/sequence chart/i,
        'There is no sequence chart of this run' + (lm.at('partial') ? ': it was interrupted.' :
          lm.verdict.stood() ? '.' : ': the guest did not stand still.')));
      return;
    }
    const about = data.sequence || {};
    host.hidden = false;
    page.section('sequence', 'The switchover, step by step',
      page.figure(about.description || 'Who told whom what; time runs down, not to scale.',
        lm.states.sheet('Sequence chart of the switchover', host)),
      about.left_out > 0 && el('p', {class: 'note'}, 'Rows left out: ' + about.left_out + '.'));
  };
})(window.lmsim);
