// What the summary says of a run: whether it did what it should, never better than it was.
import assert from 'node:assert/strict';
import test from 'node:test';
import { with_page } from './browser.mjs';
import { data_of, page_of } from './pages.mjs';

const plain = (text) => text.replace(/\u202F/g, ' ').trim();

/// The summary of a run that is changed: {verdict, kind, big, gauge, card, text}.
async function summary(change) {
  const data = data_of('run');
  change(data, data.result);
  let said = null;
  await with_page(page_of(data), {}, async (page) => {
    said = await page.evaluate(() => {
      const badge = document.getElementById('verdict');
      const card = document.querySelector('.card');
      const gauge = card.querySelector('.gauge');
      return { verdict: badge && badge.textContent, kind: badge && badge.className.split(' ')[1],
        big: card.querySelector('.big').textContent, card: card.textContent,
        gauge: gauge && gauge.getAttribute('aria-label'),
        lever: (document.getElementById('lever') || {}).textContent,
        lead: document.getElementById('sentence').textContent };
    });
  });
  return Object.fromEntries(Object.entries(said).map(([key, one]) =>
    [key, typeof one === 'string' ? plain(one) : one]));
}
function without_downtime(result, outcome) {
  Object.assign(result.downtime, { total_ps: 0, begin_ps: 0, parts: [], dominant: [], busy: [] });
  result.outcome = outcome;
}

test('a run within its limit is good, and shows the gauge', async () => {
  const { verdict, kind, gauge } = await summary(() => {});
  assert.deepEqual([verdict, kind, gauge],
    ['✓ within the limit of 300 ms', 'good', '32.8 ms of 300 ms']);
});

test('an interrupted run is neither good nor bad', async () => {
  const begun = await summary((data, result) => {
    result.partial = true;
    result.expectation.met = false;
  });
  assert.deepEqual([begun.verdict, begun.kind, begun.big], ['interrupted', 'open', '32.8 ms']);
  const before = await summary((data, result) => {
    without_downtime(result, 'failed');
    result.partial = true;
    result.expectation = { met: false, text: 'outcome completed; the outcome is failed' };
  });
  assert.deepEqual([before.verdict, before.kind, before.big, before.gauge],
    ['interrupted', 'open', '–', null]);
});

test('an expectation that is not met comes before the limit', async () => {
  const { verdict, kind } = await summary((data, result) => {
    result.expectation = { met: false, text: 'outcome failed; the outcome is completed' };
  });
  assert.equal(verdict, '✗ not as expected: outcome failed; the outcome is completed');
  assert.equal(kind, 'bad');
});

test('a failure that was expected is good, one that was not is bad', async () => {
  const expected = await summary((data, result) => {
    without_downtime(result, 'not-converged');
    result.expectation = { met: true, text: 'outcome not-converged' };
    data.expect = { outcome: 'not-converged' };
  });
  assert.deepEqual([expected.verdict, expected.kind], ['✓ as expected: not-converged', 'good']);
  const not = await summary((data, result) => {
    without_downtime(result, 'not-converged');
    result.expectation = { met: true, text: '' };
    data.expect = {};
  });
  assert.deepEqual([not.verdict, not.kind, not.big], ['✗ not-converged', 'bad', '–']);
});

test('a guest that never stood still has no downtime of 0 s', async () => {
  const { big, gauge, card, verdict, lever } = await summary((data, result) => {
    without_downtime(result, 'completed');
    result.expectation = { met: true, text: '' };
  });
  assert.deepEqual([big, gauge, verdict, lever], ['–', null, null, undefined]);
  assert.match(card, /the guest did not stand still/);
});

test('of the VMM\'s limit and the expected one the stricter counts', async () => {
  const told = await summary((data, result) => {
    result.expectation.text = 'outcome completed, downtime at most 40ms';
    Object.assign(data.expect, { downtime_max: '40ms', downtime_max_ps: 40e9 });
  });
  assert.equal(told.verdict, '✓ within the expected limit of 40ms');
  assert.equal(told.gauge, '32.8 ms of 40.0 ms');
  const row = await summary((data) => {
    Object.assign(data.expect, { downtime_max: '0.05s', downtime_max_ps: 50e9 });
  });
  assert.deepEqual([row.verdict, row.gauge],
    ['✓ within the expected limit of 0.05s', '32.8 ms of 50.0 ms']);
});

test('the lever is the parameter of which one percent is worth most', async () => {
  const { lever } = await summary(() => {});
  assert.match(lever, /one percent more of vm\.dirty\.hot_share: −203 µs/);
  const less = await summary((data) => {
    const rate = data.sensitivity.parameters.find((one) => one.key === 'vm.dirty.rate');
    rate.downtime.us_per_percent = 900;
  });
  assert.match(less.lever, /one percent less of vm\.dirty\.rate: −900 µs/);
  const unknown = await summary((data) => { delete data.sensitivity; });
  assert.match(unknown.lever, /not known of this run: lmsim tornado DIR/);
});

test('the sentence does not say the title again, whatever the title holds', async () => {
  const rest = 'The guest stood still for 32.8 ms.';
  for (const [title, headline] of [['quickstart', 'quickstart: the guest stood still for 32.8 ms.'],
    ['a *b* [c]: d', 'a *b* c: d: the guest stood still for 32.8 ms.'],
    ['x\u0007y', 'x\\u0007y: the guest stood still for 32.8 ms.'], ['quickstart', rest],
    ['q', 'PARTIAL, interrupted; q: the guest stood still for 32.8 ms.']]) {
    const { lead } = await summary((data) => Object.assign(data, { title, headline }));
    assert.equal(lead, rest, title);
  }
});
