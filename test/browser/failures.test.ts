/** What a page is told when something is missing or forbidden. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, describeIn, launchChromium, sharedChromium } from './browsers.js';
import { distribution, isolation, type Site, serve } from './server.js';

type Library = typeof import('../../packages/tenfold/dist/everything.js');

const sites: Site[] = [];
const html = '<!doctype html><script type="module" src="/page.js"></script>';
/** Leaves the library, and what a promise comes to in words. */
const script = `import * as tenfold from '/tenfold/tenfold.min.js';
globalThis.tenfold = tenfold;
globalThis.said = (promise) => promise.then((value) => value?.description ?? 'nothing', (error) => error.name + ': ' + error.message);`;

declare global {
  var tenfold: Library;
  var said: (promise: Promise<unknown>) => Promise<string>;
}

async function siteWith(headers: Record<string, string>): Promise<Site> {
  const site = await serve({ folders: { tenfold: distribution }, headers });
  site.content.set('/', html).set('/page.js', script);
  sites.push(site);
  return site;
}

const policy = (text: string) => ({ ...isolation, 'Content-Security-Policy': text });

async function pageOf(site: Site) {
  const page = await (await sharedChromium()).newPage();
  await page.goto(site.origin);
  await page.waitForFunction(() => 'said' in globalThis);
  return page;
}

let open: Site;

beforeAll(async () => {
  open = await siteWith(isolation);
});

afterAll(() => {
  for (const site of sites) site.close();
});

const guide = readFileSync(new URL('../../packages/tenfold/README.md', import.meta.url), 'utf8');
const [newEnough] = /Node 20.19, Chrome .* or later/.exec(guide)!;
const withoutSimd = `StateError: this engine cannot compile the kernels, which need WebAssembly with SIMD and threads: ${newEnough}, on a processor from 2008 or later`;

test('Node without SIMD says what it needs', () => {
  const program = `import { start } from 'tenfold'; await start().catch((error) => console.log(error.name + ': ' + error.message));`;
  const { stdout } = spawnSync(
    process.execPath,
    ['--no-enable-sse4-1', '--input-type=module', '--eval', program],
    { encoding: 'utf8', cwd: import.meta.dirname },
  );
  expect(stdout.trim()).toBe(withoutSimd);
});

describeIn('Chromium', chromiumPath, 'a page of Chromium is told', () => {
  test('that there is no SIMD', async () => {
    const browser = await launchChromium('--js-flags=--no-enable-sse4-1');
    const page = await browser.newPage();
    await page.goto(open.origin);
    expect(await page.evaluate(() => said(tenfold.start()))).toBe(withoutSimd);
    await browser.close();
  });

  test('that it is not isolated, once', async () => {
    const page = await (await sharedChromium()).newPage();
    const warnings: string[] = [];
    page.on('console', (message) => warnings.push(message.text()));
    await page.goto((await siteWith({})).origin);
    await page.waitForFunction(() => 'said' in globalThis);
    const description = await page.evaluate(() => said(tenfold.start({ threads: 2 })));
    await page.evaluate(() => tenfold.stop());
    expect(await page.evaluate(() => said(tenfold.start({ threads: 2 })))).toBe(description);
    expect(description).toMatch(
      /^wasm, 1 thread \(no more: .*serve this one with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp\)$/,
    );
    expect(warnings).toEqual([`tenfold runs on ${description}`]);
    await page.close();
  });

  test('that its policy forbids workers from text, and starts them from their own address', async () => {
    const page = await pageOf(
      await siteWith(policy("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'")),
    );
    expect(await page.evaluate(() => said(tenfold.start({ threads: 3 })))).toBe(
      "wasm, 1 thread (no more: the content security policy of this page (worker-src) forbids workers made from source text; allow worker-src blob:, or serve tenfold's pool-worker.js from this origin and pass its address as start({ workerUrl }))",
    );
    await page.evaluate(() => tenfold.stop());
    const addresses = { workerUrl: '/tenfold/pool-worker.js', wasmUrl: '/tenfold/kernels.wasm' };
    expect(await page.evaluate((given) => said(tenfold.start(given)), addresses)).toBe(
      "StateError: the kernels cannot be fetched from /tenfold/kernels.wasm: Failed to fetch; is the server reachable, and does it (CORS) and the page's content security policy (connect-src) allow it?",
    );
    await page.close();
    const strictest = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'`;
    const allowed = await pageOf(await siteWith(policy(strictest)));
    const sum = await allowed.evaluate(async (given) => {
      const { description } = await tenfold.start({ threads: 3, ...given });
      return [description, await tenfold.sum(tenfold.full([1000, 1000], 1)).item()];
    }, addresses);
    expect(sum).toEqual(['wasm, 3 threads', 1_000_000]);
    await allowed.close();
  });

  test('that its policy forbids WebAssembly', async () => {
    const page = await pageOf(await siteWith(policy("script-src 'self'")));
    expect(await page.evaluate(() => said(tenfold.start()))).toMatch(
      /^StateError: the kernels may not be compiled here: .*; a page with a content security policy must allow WebAssembly: script-src 'wasm-unsafe-eval'$/,
    );
    await page.close();
  });

  test('which address of a worker or of the kernels is wrong', async () => {
    const page = await pageOf(open);
    const worker = await page.evaluate(async () => {
      const description = await said(tenfold.start({ threads: 2, workerUrl: '/no-such.js' }));
      await tenfold.stop();
      return description;
    });
    expect(worker).toMatch(
      /^wasm, 1 thread \(no more: the worker \/no-such\.js could not be started .*own origin/,
    );
    expect(await page.evaluate(() => said(tenfold.start({ wasmUrl: '/no-such.wasm' })))).toBe(
      'StateError: the kernels cannot be fetched from /no-such.wasm: the server answered 404',
    );
    expect(await page.evaluate(() => said(tenfold.start({ wasmUrl: '/page.js' })))).toBe(
      "StateError: /page.js is not WebAssembly; wasmUrl is the address of tenfold's kernels.wasm",
    );
    await page.close();
  });

  test('that the worker of a session cannot be loaded, or does not serve', async () => {
    open.content.set('/broken.js', "import '/no-such-module.js';");
    open.content.set('/throws.js', "throw new Error('at once');");
    open.content.set('/silent.js', '');
    const page = await pageOf(open);
    const openSession = (address: string, timeoutSeconds = 20) =>
      page.evaluate(
        ([at, seconds]) => {
          const worker = new Worker(at as string, { type: 'module' });
          return said(tenfold.openSession(worker, { timeoutSeconds: seconds as number }));
        },
        [address, timeoutSeconds],
      );
    const notLoaded =
      /^StateError: the worker of the session has ended: its module, or one that it imports, could not be loaded/;
    expect(await openSession('/no-such.js')).toMatch(notLoaded);
    expect(await openSession('/broken.js')).toMatch(notLoaded);
    expect(await openSession('/throws.js')).toMatch(
      /^StateError: the worker of the session has ended: .*at once/,
    );
    expect(await openSession('/silent.js', 0.5)).toBe(
      'StateError: the worker of the session did not start within 0.5 seconds; does its module call serve()?',
    );
    await page.close();
  });

  test('that a telephone of 256 MiB has no room for a batch, and goes on with a smaller one', async () => {
    const page = await (await sharedChromium()).newPage();
    await page.addInitScript(() => {
      const { Memory } = WebAssembly;
      WebAssembly.Memory = class extends Memory {
        constructor(options: WebAssembly.MemoryDescriptor) {
          if (options.maximum! > 4096) throw new RangeError('could not allocate memory');
          super(options);
        }
      };
    });
    await page.goto(open.origin);
    await page.waitForFunction(() => 'said' in globalThis);
    const train = (batch: number) =>
      page.evaluate(async (count) => {
        const { models, optim } = tenfold;
        const model = models.resnet18({ numClasses: 10 });
        const optimizer = optim.sgd(model.parameters(), { lr: 0.01 });
        const step = tenfold.trainStep(optimizer, () =>
          tenfold.crossEntropy(
            model.forward(tenfold.zeros([count, 224, 224, 3])),
            tenfold.tensor(new Int32Array(count)),
          ),
        );
        const outcome = await said(step);
        model.dispose();
        optimizer.dispose();
        return outcome;
      }, batch);
    expect(await page.evaluate(() => said(tenfold.start({ threads: 2 })))).toBe('wasm, 2 threads');
    expect(await train(32)).toMatch(
      /^OutOfMemoryError: no room for \d+ MiB more: \d+ tensors hold \d+ MiB of at most 256 MiB; use a smaller batch/,
    );
    expect(await train(1)).toBe('nothing');
    await page.close();
  });
});
