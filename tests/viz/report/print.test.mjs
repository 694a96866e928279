// On paper: A4, light, without what only a screen can do.
import assert from 'node:assert/strict';
import test from 'node:test';
import { open, with_page } from './browser.mjs';
import { all_pages } from './pages.mjs';

for (const { name, file } of all_pages()) {
  test(`${name} prints light, and without controls, from a dark screen`, async () => {
    await with_page(file, { theme: 'dark' }, async (page) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
      for (const gone of ['#contents', '#theme', '.controls', '.readout', '.hint']) {
        for (const one of await page.locator(gone).all()) {
          assert.equal(await one.isVisible(), false);
        }
      }
      await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
      await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    });
  });

  test(`${name} fits on A4`, async () => {
    const { page, close } = await open(file);
    // 180 mm between the margins, at 96 pixels an inch.
    await page.setViewportSize({ width: 680, height: 1000 });
    await page.emulateMedia({ media: 'print' });
    const wide = await page.evaluate(() => [...document.querySelectorAll('main *')]
      .filter((one) => one.getClientRects().length > 0 && !one.closest('svg') &&
        !one.closest('.scroll') && !one.closest('.unseen') &&
        one.getBoundingClientRect().right > 682)
      .map((one) => one.tagName + '.' + one.className));
    assert.deepEqual(wide, []);
    // Letters of pictures are at least 7 points high, by their own size and the picture's scale.
    const small = await page.$$eval('svg.picture', (list) => list.filter((one) =>
      one.getClientRects().length > 0).flatMap((one) => [...one.querySelectorAll('text')]
      .filter((text) => parseFloat(getComputedStyle(text).fontSize) * one.getScreenCTM().a < 9.3)
      .slice(0, 1).map((text) => one.getAttribute('aria-label') + ': ' + text.textContent)));
    assert.deepEqual(small, []);
    for (const picture of await page.locator('.sheet svg').all()) {
      const box = await picture.boundingBox();
      assert.ok(box === null || box.width <= 682, `a picture is ${box && box.width} wide`);
    }
    const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true, printBackground: true });
    const text = pdf.toString('latin1');
    const boxes = [...text.matchAll(/\/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+)/g)];
    assert.ok(boxes.length > 0);
    for (const box of boxes) {
      // The sequence chart lies across.
      const [short, long] = [box[1], box[2]].map(Number).sort((a, b) => a - b);
      assert.ok(Math.abs(short - 595) < 2 && Math.abs(long - 842) < 2, box[0]);
    }
    const pages = (text.match(/\/Type ?\/Page\b/g) || []).length;
    assert.ok(pages >= 1 && pages <= 24, pages + ' pages');
    await close();
  });
}
