/** A page of one script, without any bundler, that loads the library from another origin. */

import * as tenfold from 'tenfold';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digits } from '../engine/digits.js';
import { finish, type TrainingResult, trainTenfoldNet } from '../engine/training.js';
import { chromiumPath, describeIn, sharedChromium } from './browsers.js';
import { browserModule } from './module.js';
import { distribution, forEveryone, isolation, type Site, serve } from './server.js';

const html = (library: string) => `<!doctype html>
<title>plain page</title>
<script type="module">
  import * as tenfold from '${library}';
  import { finish, trainTenfoldNet } from '/training.js';

  const bytes = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());
  globalThis.train = async (options) => {
    const { description } = await tenfold.start(options);
    const digits = { images: await bytes('/images'), labels: await bytes('/labels') };
    const result = await finish(trainTenfoldNet(tenfold, digits));
    await tenfold.stop();
    return { description, ...result };
  };
</script>`;

let elsewhere: Site;
let plain: Site;
let isolated: Site;
let inNode: TrainingResult;

beforeAll(async () => {
  elsewhere = await serve({ folders: { tenfold: distribution }, headers: forEveryone });
  plain = await serve();
  isolated = await serve({ headers: isolation });
  const { images, labels } = await digits();
  const training = await browserModule(new URL('../engine/training.ts', import.meta.url));
  for (const { content } of [plain, isolated]) {
    content.set('/', html(`${elsewhere.origin}/tenfold/tenfold.min.js`));
    content.set('/training.js', training).set('/images', images).set('/labels', labels);
  }
  await tenfold.start({ threads: 2 });
  inNode = await finish(trainTenfoldNet(tenfold, { images, labels }));
  await tenfold.stop();
  expect(inNode.losses.at(-1)!).toBeLessThan(inNode.losses[0]! - 0.3);
});

afterAll(() => {
  for (const site of [elsewhere, plain, isolated]) site?.close();
});

async function trainIn(site: Site, options: tenfold.StartOptions) {
  const page = await (await sharedChromium()).newPage();
  const warnings: string[] = [];
  page.on('console', (message) => warnings.push(message.text()));
  await page.goto(site.origin);
  const result: TrainingResult & { description: string } = await page.evaluate(
    (given) => (globalThis as unknown as { train: (given: object) => never }).train(given),
    options,
  );
  await page.close();
  return { ...result, warnings };
}

describeIn('Chromium', chromiumPath, 'a plain page in Chromium trains the network of npm start', () => {
  test('with threads where it is isolated, and the same bits as Node', async () => {
    const { description, losses, checksum, warnings } = await trainIn(isolated, { threads: 2 });
    expect(description).toBe('wasm, 2 threads');
    expect(losses).toEqual(inNode.losses);
    expect(checksum).toBe(inNode.checksum);
    expect(warnings).toEqual([]);
  });

  test('with one thread where it is not, the same bits, and says why once', async () => {
    const { description, checksum, warnings } = await trainIn(plain, { threads: 2 });
    expect(description).toBe(
      'wasm, 1 thread (no more: threads share memory, which browsers allow only to cross-origin isolated pages; serve this one with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)',
    );
    expect(checksum).toBe(inNode.checksum);
    expect(warnings).toEqual([`tenfold runs on ${description}`]);
  });

  test('without a word where one thread was asked for', async () => {
    const { description, warnings } = await trainIn(plain, { threads: 1 });
    expect(description).toBe('wasm, 1 thread');
    expect(warnings).toEqual([]);
  });
});
