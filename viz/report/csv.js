// A table as a file: written here, saved by the browser, without a server.
'use strict';
(function (lm) {
  const {el} = lm;

  const cell = (text) => (/[,"\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text);

  /// As lmsim writes results.csv: the same bytes.
  function text(columns, rows) {
    return [columns].concat(rows).map((row) => row.map((one) =>
      cell(one === null || one === undefined ? '' : String(one))).join(',') + '\n').join('');
  }

  function save(name, content) {
    const url = URL.createObjectURL(new Blob([content], {type: 'text/csv;charset=utf-8'}));
    const link = el('a', {href: url, download: name, hidden: true});
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  lm.csv = {text, save};
})(window.lmsim);
