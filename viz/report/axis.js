// Scales of pictures that are SVG: where a value lies, and which values get a tick.
'use strict';
(function (lm) {
  /// Round values within [low, high], about `wanted` of them.
  function ticks(low, high, wanted) {
    const raw = (high - low) / Math.max(wanted, 1);
    if (!(raw > 0)) return [low];
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * ([1, 2, 5, 10].find((m) => power * m >= raw) || 10);
    const out = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12); i += 1) {
      out.push(Number((i * step).toPrecision(12)));
    }
    return out;
  }
  /// Powers of ten, and 2 and 5 of them if there are few.
  function log_ticks(low, high) {
    const decades = Math.log10(high / low);
    if (decades < .8) return ticks(low, high, 6).filter((tick) => tick > 0);
    const out = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e += 1) {
      for (const m of decades > 2.5 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5]) {
        const value = Number((m * 10 ** e).toPrecision(6));
        if (value >= low * 0.999 && value <= high * 1.001) out.push(value);
      }
    }
    return out;
  }
  function linear(low, high, from, to) {
    const span = high - low || 1;
    const scale = (value) => from + (value - low) / span * (to - from);
    scale.ticks = (wanted) => ticks(low, high, wanted);
    return scale;
  }
  function log(low, high, from, to) {
    const span = Math.log(high / low) || 1;
    const scale = (value) => from + Math.log(Math.max(value, low) / low) / span * (to - from);
    scale.ticks = () => log_ticks(low, high);
    return scale;
  }
  lm.axis = {ticks, log_ticks, linear, log};
})(window.lmsim);
