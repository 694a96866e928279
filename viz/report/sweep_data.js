// A sweep: its axes, its points, and the percentiles over the seeds of each point.
'use strict';
(function (lm) {
  const {data} = lm;
  const {format} = lm;

  const figures = (data.figures || []).filter((one) => !/^(text|note)$/.test(one.unit) &&
    (data.points || []).some((point) => point.stats[one.name]));
  // A value may be an empty text, which nobody would see.
  const axes = (data.axes || []).map((axis) => ({...axis, values: axis.values.map((one) =>
    ({...one, text: one.text === '' ? '(empty)' : one.text}))}));
  const points = data.points || [];
  // A parameter with numbers can stand where a figure can: "axis:0".
  const axis_of = (name) => (name.startsWith('axis:') ? axes[Number(name.slice(5))] : null);
  const figure_of = (name) => (axis_of(name) ? {name, title: axis_of(name).key} :
    figures.find((one) => one.name === name));

  /// Downtime is of migrations that completed: whether a point has none of these. Its zeros would
  /// be the best of all.
  const of_downtime = (figure) => /^(downtime_ps|part_.*_ps|vmm_downtime.*)$/.test(figure);
  const lost = (point) => Boolean(point) && point.completed === 0;
  /// How many points have no such figure for that reason.
  const lost_of = (...wanted) => (wanted.some(of_downtime) ? points.filter(lost).length : 0);
  /// Words for a caption; nothing if there is none.
  function lost_words(...wanted) {
    const n = lost_of(...wanted);
    return n === 0 ? '' : format.plural(n, 'point') + (n === 1 ? ' has' : ' have') +
      ' no such figure: no migration of ' + (n === 1 ? 'it' : 'theirs') + ' completed.';
  }
  /// [least, p10, p50, p90, most], or nothing.
  function stats(point, figure) {
    const axis = axis_of(figure);
    if (!axis && lost(point) && of_downtime(figure)) return null;
    if (!axis) return (point && point.stats[figure]) || null;
    const index = point.at[axes.indexOf(axis)];
    return index === null ? null : Array(5).fill(axis.values[index].number);
  }
  function write(figure, value) {
    const axis = axis_of(figure);
    if (!axis) return (format.by_unit[figure_of(figure).unit] || format.number)(value);
    const known = axis.values.find((one) => one.number === value);
    return known ? known.text : format.number(value);
  }
  /// What of a figure's name is short: "hosts.both.device.vfs" is vfs, unless two end like that.
  const short = (key) => {
    const last = key.slice(key.lastIndexOf('.') + 1);
    return axes.some((axis) => axis.key !== key &&
      axis.key.slice(axis.key.lastIndexOf('.') + 1) === last) ? key : last;
  };
  const text_of = (axis, index) => (index === null || index === undefined ? '–' :
    axis.values[index].text);
  /// "bandwidth 5Gbit/s, vfs 4"
  const setting = (point) => point.at.map((index, k) => (index === null ? null :
    short(axes[k].key) + ' ' + text_of(axes[k], index))).filter(Boolean).join(', ') || 'as it is';

  /// The point of these indexes.
  const at = (indexes) => points.find((point) => point.at.every((one, k) => one === indexes[k]));

  /// Whether the values of an axis are numbers that grow so much that a log scale suits them.
  function numbers_of(axis) {
    const list = axis.values.map((one) => one.number);
    return list.every((one) => typeof one === 'number') && new Set(list).size === list.length ?
      list : null;
  }
  const figure_options = () => figures.map((one) => ({value: one.name, text: one.title}));
  const number_options = () => axes.map((one, k) => ({value: 'axis:' + k, text: one.key}))
    .filter((one, k) => numbers_of(axes[k]) && axes[k].values.length > 1);
  const axis_options = () => axes.map((one, k) => ({value: String(k), text: one.key}));

  lm.sweeps = {figures, axes, points, figure_of, stats, write, short, text_of, setting, at,
               numbers_of, axis_of, figure_options, number_options, axis_options, lost, of_downtime,
               lost_words};
})(window.lmsim);
