// Light, dark, or as the system has it; what is drawn on a canvas is drawn again on a change.
'use strict';
(function (lm) {
  const root = document.documentElement;
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const print = window.matchMedia('print');
  const listeners = [];
  let wish = 'auto';  // or 'light', 'dark'
  let printing = false;
  let now = '';

  function apply() {
    const next = printing ? 'light' : wish !== 'auto' ? wish : dark.matches ? 'dark' : 'light';
    if (next === now) return;
    now = next;
    root.setAttribute('data-theme', now);
    for (const listener of listeners) listener();
  }
  function on_paper(is) {
    printing = is;
    apply();
  }

  const button = lm.page.button('', () => {
    wish = now === 'dark' ? 'light' : 'dark';
    apply();
  }, {id: 'theme'});
  function say() {
    button.textContent = now === 'dark' ? 'Light' : 'Dark';
    button.setAttribute('aria-label', 'Switch to ' + (now === 'dark' ? 'light' : 'dark'));
  }

  dark.addEventListener('change', apply);
  print.addEventListener('change', () => on_paper(print.matches));
  window.addEventListener('beforeprint', () => on_paper(true));
  window.addEventListener('afterprint', () => on_paper(false));
  listeners.push(say);
  printing = print.matches;
  apply();
  document.getElementById('tools').append(button);

  lm.theme = {
    /// Called after each change.
    listen: (listener) => listeners.push(listener),
    /// A colour of report.css, by its name: "source".
    colour: (name) => getComputedStyle(root).getPropertyValue('--' + name).trim(),
    printing: () => printing,
  };
})(window.lmsim);
