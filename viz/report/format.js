// How numbers are written: as in the program's own tables (sim/metrics/display.cpp), rounded to
// three digits in exact integers, so that page and report.md agree.
'use strict';
(function (lm) {
  const thin = '\u202F';  // between number and unit, and between groups of digits
  const times = [['ps', 1n], ['ns', 1000n], ['µs', 1000000n], ['ms', 1000000000n],
                 ['s', 1000000000000n]];
  const sizes = [['B', 1n], ['KiB', 1n << 10n], ['MiB', 1n << 20n], ['GiB', 1n << 30n],
                 ['TiB', 1n << 40n]];

  function rounded(value, unit, decimals) {
    return (value * 10n ** BigInt(decimals) + unit / 2n) / unit;
  }
  function grouped(digits) {
    return digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, thin);
  }
  function decimal(value, unit, decimals) {
    const digits = rounded(value, unit, decimals).toString().padStart(decimals + 1, '0');
    const whole = digits.slice(0, digits.length - decimals);
    return grouped(whole) + (decimals ? '.' + digits.slice(digits.length - decimals) : '');
  }
  function readable(number, units) {
    if (typeof number !== 'number' || !isFinite(number)) return '–';
    const sign = number < 0 ? '−' : '';
    const value = BigInt(Math.round(Math.abs(number)));
    let i = 0;
    while (i + 1 < units.length &&
           (value >= units[i + 1][1] || rounded(value, units[i][1], 0) >= 1000n)) i += 1;
    const unit = units[i][1];
    let decimals = 0;
    if (unit !== 1n) {
      decimals = rounded(value, unit, 2) < 1000n ? 2 : rounded(value, unit, 1) < 1000n ? 1 : 0;
    }
    return sign + decimal(value, unit, decimals) + thin + units[i][0];
  }

  const time = (ps) => (ps === 0 ? '0' + thin + 's' : readable(ps, times));
  const time_ns = (ns) => (typeof ns === 'number' ? time(ns * 1000) : '–');
  const bytes = (n) => readable(n, sizes);
  const count = (n) => (typeof n !== 'number' ? '–' :
    (n < 0 ? '−' : '') + grouped(Math.abs(Math.round(n)).toString()));
  /// Of a relative number: "76.3 %".
  const share = (x) => (typeof x !== 'number' || !isFinite(x) ? '–' :
    (x < 0 ? '−' : '') + Math.abs(x * 100).toFixed(1) + thin + '%');
  const ms = (n) => (typeof n !== 'number' ? '–' : count(n) + thin + 'ms');
  /// With so many digits that matter.
  function number(x, digits) {
    if (typeof x !== 'number' || !isFinite(x)) return '–';
    if (Number.isInteger(x)) return count(x);
    const text = Math.abs(x) >= 1e6 || Math.abs(x) < 1e-4 ? x.toExponential(2) :
      String(Number(x.toPrecision(digits || 4)));
    return text.replace('-', '−');
  }
  const rate = (n) => (typeof n === 'number' ? bytes(n) + '/s' : '–');

  /// What a key's last word says about its unit.
  function by_key(key) {
    if (/_ps$|^ps$/.test(key)) return time;
    if (/_ns$/.test(key)) return time_ns;
    if (/_ms$/.test(key)) return ms;
    if (/bytes_per_s$/.test(key)) return rate;
    if (/bytes$/.test(key)) return bytes;
    return (x) => (typeof x === 'number' ? number(x) : typeof x === 'boolean' ?
      (x ? 'yes' : 'no') : x === null || x === undefined ? '–' : String(x));
  }
  const by_unit = {ps: time, ns: time_ns, ms, B: bytes, count: (x) => number(x),
                   text: (x) => (x === null ? '–' : String(x))};

  /// A number of result.json: where it stands, its exact value and a readable text.
  function value(path, format, attributes) {
    const raw = lm.at(path);
    const write = format || by_key(path.slice(path.lastIndexOf('.') + 1));
    const exact = raw === null || raw === undefined ? '' : String(raw);
    return lm.el('data', {value: exact, 'data-key': path, title: exact, ...attributes},
      write(raw === undefined ? null : raw));
  }

  const plural = (n, noun) => count(n) + ' ' + noun + (n === 1 ? '' : 's');

  lm.format = {time, time_ns, bytes, count, share, ms, number, rate, by_key, by_unit, plural, thin};
  lm.value = value;
})(window.lmsim);
