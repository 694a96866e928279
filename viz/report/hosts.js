// Who did the work and who can reach what; and what only some runs have: several VMs, devices of
// other kinds, copied media, logs of changes, orders of effects, keys without meaning.
'use strict';
(function (lm) {
  const {el, at, value} = lm;
  const {page, format} = lm;
  const right = (title) => ({title, right: true});
  const index = (list) => (list || []).map((one, i) => [one, i]);

  function software() {
    if (!at('host.source')) return null;
    const rows = [['system calls', 'system_calls.total'], ['of them VFIO', 'system_calls.vfio'],
      ['of them data', 'system_calls.data'], ['of them passthrough', 'system_calls.passthrough'],
      ['of them the queue of changes', 'system_calls.cdq'], ['wake-ups', 'wake_ups.total'],
      ['copied out of the kernel', 'copied_out', format.bytes],
      ['copied into the kernel', 'copied_in', format.bytes], ['pages pinned', 'pinned_pages']];
    return page.table('What the software of each host did, without boot', [{title: ''},
      right('source'), right('destination')], rows.map(([title, key, write]) => [title,
      value('host.source.' + key, write), value('host.destination.' + key, write)]),
    {show_caption: true});
  }

  function access() {
    const list = at('host.access') || [];
    if (list.length === 0) return null;
    const parties = [...new Set(list.map((one) => one.party))];
    const assets = [...new Set(list.map((one) => one.asset))];
    const cell = (asset, party) => {
      const one = list.find((entry) => entry.asset === asset && entry.party === party);
      return one ? (one.access === '-' ? '–' : one.access) : '';
    };
    const why = list.map((one) => [one.party, one.asset, one.access === '-' ? 'no' : one.access,
      one.why, one.source]);
    return [page.table('Who can reach what', [{title: 'what'}].concat(parties.map((party) =>
      ({title: party}))), assets.map((asset) => [asset].concat(parties.map((party) =>
      cell(asset, party)))), {show_caption: true}),
    page.details('Why', page.table('Why each can or cannot', [{title: 'who'}, {title: 'what'},
      {title: 'access'}, {title: 'why', wide: true}, {title: 'source', wide: true}], why))];
  }

  function list_of(caption, path, columns) {
    const list = at(path) || [];
    if (list.length === 0) return null;
    return page.table(caption, columns.map(([, title, wide]) => ({title, wide})),
      list.map((one) => columns.map(([key]) => one[key])), {show_caption: true});
  }

  /// A list of objects of result.json: a column for each key that holds a plain value.
  function records(caption, path) {
    const list = at(path) || [];
    if (list.length === 0) return null;
    const keys = Object.keys(list[0]).filter((key) => typeof list[0][key] !== 'object' ||
      list[0][key] === null);
    const name = (key) => key.replace(/_(ps|ns|ms)$/, '').replace(/_/g, ' ');
    return page.table(caption, keys.map((key) => ({title: name(key),
      right: typeof list[0][key] === 'number'})), index(list).map(([one, i]) =>
      keys.map((key) => (typeof one[key] === 'number' ? value(path + '.' + i + '.' + key) :
        one[key] === null ? '–' : typeof one[key] === 'boolean' ? (one[key] ? 'yes' : 'no') :
        one[key]))), {show_caption: true});
  }

  /// An object of plain values, if any of them is not 0.
  function counts(title, path) {
    const all = at(path);
    const some = (one) => typeof one === 'number' && one !== 0;
    if (!all || !Object.values(all).some(some)) return null;
    const name = (key) => key.replace(/_(ps|ns|ms)$/, '').replace(/_/g, ' ');
    return [el('h3', {}, title), page.facts(Object.keys(all).filter((key) =>
      typeof all[key] !== 'object').map((key) => [name(key), typeof all[key] === 'number' ?
      value(path + '.' + key) : String(all[key])]))];
  }

  lm.hosts = function () {
    page.section('vms', 'The VMs', records('Each VM', 'vms.each'), counts('All', 'vms'),
      counts('The last VF to work', 'vms.last_vf'), counts('Waits', 'vms.waits'));
    page.section('devices', 'Devices', records('When VFs stood still and worked again', 'vfs'),
      records('Devices of other kinds', 'devices'));
    page.section('media', 'Media', (at('media') || []).flatMap((one, i) => [
      counts('Copy of local namespaces', 'media.' + i),
      records('Namespaces', 'media.' + i + '.namespaces'),
      records('Rounds', 'media.' + i + '.rounds')]));
    page.section('logs', 'Logs and tracking', counts('Logs of user data', 'cdq'),
      counts('Memory that VFs wrote', 'tracking'),
      counts('Dirty tracking by ' + at('dirty_tracking.by'), 'dirty_tracking'));
    const architecture = at('host.architecture');
    page.section('hosts', 'The hosts', architecture && el('p', {}, 'Architecture ',
      el('b', {}, architecture), ', queue of changes: ', el('b', {}, at('host.cdq')), '.'),
    software(), access(),
    list_of('What this architecture cannot do', 'host.cannot',
      [['what', 'what'], ['why', 'why', true], ['source', 'source', true]]),
    list_of('Asked for and left out', 'host.left_out', [['key', 'key'], ['text', 'why', true]]));
    page.section('workload', 'The workload', at('workload.source') && el('p', {},
      at('workload.source')), (at('workload.lines') || []).length > 0 && el('ul', {class: 'files'},
      at('workload.lines').map((line) => el('li', {}, el('code', {}, line)))),
    (at('workload.notes') || []).map((note) => el('p', {class: 'note'}, note)),
    list_of('Keys that have no meaning here', 'ignored',
      [['key', 'key'], ['value', 'value'], ['where', 'place']]));
  };
})(window.lmsim);
