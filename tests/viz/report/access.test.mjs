// Who does not see the page, or has no mouse, gets the same of it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import test from 'node:test';
import { unfold, with_page } from './browser.mjs';
import { file_of } from '../../../viz/report/modules.mjs';
import { all_pages, fixture } from './pages.mjs';

const axe = fs.readFileSync(file_of('axe-core'), 'utf8');

const all_looks = [[1280, 'light'], [400, 'dark'], [1280, 'dark'], [400, 'light']];

for (const { name, file, folder } of all_pages()) {
  // What the program makes has the same colours and the same boxes as the test data.
  for (const [width, theme] of folder ? all_looks.slice(0, 2) : all_looks) {
    test(`${name}: nothing to object to at ${width} pixels, ${theme}`, async () => {
      await with_page(file, { width, theme }, async (page) => {
        await unfold(page);
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          // The rows of a table are all made alike.
          const some = { include: document, exclude: [['tbody tr:nth-child(n+12)']] };
          const result = await window.axe.run(some, { resultTypes: ['violations'],
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
          return result.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 4).map((node) =>
            node.target.join(' ') + ' ' + (node.any[0] ? node.any[0].message : '')).join(' | '));
        });
        assert.deepEqual(found, []);
      });
    });
  }

  test(`${name}: headings go down by one, landmarks and figures have names`, async () => {
    await with_page(file, {}, async (page) => {
      const levels = await page.$$eval('h1, h2, h3, h4, h5, h6', (list) =>
        list.map((one) => Number(one.tagName[1])));
      assert.equal(levels.filter((one) => one === 1).length, 1);
      levels.forEach((one, i) => assert.ok(i === 0 ? one === 1 : one <= levels[i - 1] + 1));
      for (const role of ['banner', 'navigation', 'main', 'contentinfo']) {
        assert.equal(await page.getByRole(role).count(), 1, role);
      }
      const nameless = await page.$$eval('figure, svg.picture, section, [role=region], nav',
        (list) => list.filter((one) => !one.getAttribute('aria-label') &&
          !(document.getElementById(one.getAttribute('aria-labelledby')) || {}).textContent)
          .map((one) => one.outerHTML.slice(0, 80)));
      assert.deepEqual(nameless, []);
      // Each picture that is data has a table in its figure or in its section.
      const alone = await page.$$eval('figure', (list) => list.filter((one) =>
        !one.querySelector('table') && !one.closest('section').querySelector('table') &&
        !one.querySelector('.sheet')).map((one) => one.textContent.slice(0, 60)));
      assert.deepEqual(alone, []);
    });
  });

  test(`${name}: the keyboard goes through it in the order in which it is read`, async () => {
    await with_page(file, {}, async (page) => {
      const seen = [];
      for (let i = 0; i < 400; i += 1) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const one = document.activeElement;
          if (!one || one === document.body) return null;
          const box = one.getBoundingClientRect();
          const style = getComputedStyle(one);
          return { top: Math.round(box.top + scrollY), marked: style.outlineStyle !== 'none',
            what: (one.textContent || one.id).slice(0, 30), skip: one.className === 'skip',
            left: Math.round(box.left), height: box.height };
        });
        if (at === null) break;
        seen.push(at);
      }
      assert.ok(seen.length > 8);
      assert.ok(seen[0].skip, 'the first is the link past the contents');
      for (const one of seen) assert.ok(one.marked, `nothing shows that "${one.what}" has focus`);
      const places = seen.filter((one) => !one.skip);
      places.forEach((one, i) => {
        if (i > 0) {
          assert.ok(one.top >= places[i - 1].top - Math.max(places[i - 1].height, 60),
            `"${places[i - 1].what}" is before "${one.what}" and below it`);
        }
      });
    });
  });
}

test('the link past the contents goes to the report', async () => {
  await with_page(fixture('run'), {}, async (page) => {
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'report');
  });
});

test('without scripts the page says where the same is', async () => {
  await with_page(fixture('run'), { javaScriptEnabled: false }, async (page) => {
    assert.match(await page.textContent('noscript'), /report\.md/);
  });
});
