/** Sessions whose worker trains while the page stays free. */

import * as tenfold from 'tenfold';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digits } from '../engine/digits.js';
import { finish, type TrainingResult, trainTenfoldNet } from '../engine/training.js';
import { chromiumPath, describeIn, sharedChromium } from './browsers.js';
import { browserModule } from './module.js';
import type { SessionTests } from './pages/session-page.js';
import { isolation, type Site, serve } from './server.js';

let plain: Site;
let isolated: Site;
let inNode: TrainingResult;

beforeAll(async () => {
  plain = await serve();
  isolated = await serve({ headers: isolation });
  const { images, labels } = await digits();
  const page = await browserModule(new URL('pages/session-page.ts', import.meta.url));
  const worker = await browserModule(new URL('pages/train-worker.ts', import.meta.url));
  for (const { content } of [plain, isolated]) {
    content.set('/', '<!doctype html><script type="module" src="/page.js"></script>');
    content.set('/page.js', page).set('/train-worker.js', worker);
    content.set('/images', images).set('/labels', labels);
  }
  await tenfold.start({ threads: 2 });
  inNode = await finish(trainTenfoldNet(tenfold, { images, labels }));
  await tenfold.stop();
});

afterAll(() => {
  for (const site of [plain, isolated]) site?.close();
});

declare global {
  var tests: SessionTests;
}

async function pageOf(site: Site) {
  const page = await (await sharedChromium()).newPage();
  await page.goto(site.origin);
  return page;
}

describeIn('Chromium', chromiumPath, 'a session in Chromium', () => {
  test('trains in a worker with threads where the page is isolated, also when paused, with the bits of Node', async () => {
    const page = await pageOf(isolated);
    const { description, checksum, steps, standing } = await page.evaluate(() =>
      tests.train(2, 'with a pause'),
    );
    expect(description).toBe('wasm, 2 threads');
    expect(checksum).toBe(inNode.checksum);
    expect(steps).toEqual(Array.from({ length: 20 }, (_, step) => step));
    expect(standing).toEqual([1, 1]);
    await page.close();
  });

  test('trains in a worker with one thread elsewhere, with the bits of Node', async () => {
    const page = await pageOf(plain);
    const { description, checksum } = await page.evaluate(() => tests.train(2, 'without'));
    expect(description).toMatch(/^wasm, 1 thread \(no more: .* cross-origin isolated/);
    expect(checksum).toBe(inNode.checksum);
    await page.close();
  });

  test('can be cancelled, and then trains anew', async () => {
    const page = await pageOf(plain);
    const { reason, heard, checksum } = await page.evaluate(() => tests.cancelAndTrain());
    expect(heard).toBe(1);
    expect(reason).toBe('CancelledError: the job was cancelled');
    expect(checksum).toBe(inNode.checksum);
    await page.close();
  });

  test('leaves the page free: it answers 95 of 100 key presses within 50 ms, which it could not while training itself', async () => {
    const slowest = async (where: 'in a worker' | 'on this thread', presses: number) => {
      const page = await pageOf(isolated);
      await page.evaluate((place) => tests.trainForever(place), where);
      for (let press = 0; press < presses; press++) {
        await page.keyboard.press('a');
        await new Promise((resolve) => setTimeout(resolve, 17));
      }
      const answers = await page.evaluate(() => tests.answers());
      await page.close();
      expect(answers).toHaveLength(presses);
      return answers.toSorted((a, b) => a - b)[Math.ceil(presses * 0.95) - 1]!;
    };
    expect(await slowest('in a worker', 100)).toBeLessThanOrEqual(50);
    expect(await slowest('on this thread', 4)).toBeGreaterThan(50);
  });
});
