/** The packed library in an application that a stranger builds with Vite. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tenfold from 'tenfold';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumPath, describeIn, sharedChromium } from '../browser/browsers.js';
import { isolation, serve } from '../browser/server.js';
import { digits } from '../engine/digits.js';
import { finish, type TrainingResult, trainTenfoldNet } from '../engine/training.js';
import { describeWithTools, hasTools, type Packed, pack } from './packed.js';

let packed: Packed;
let inNode: TrainingResult;

declare global {
  /** What `app/main.ts` leaves to be called. */
  var app: Record<'trainHere' | 'trainInWorker', () => Promise<TrainingResult & { description: string }>>;
}

beforeAll(async () => {
  if (!hasTools || chromiumPath === undefined) return;
  packed = pack();
  const publicFiles = join(packed.app, 'public');
  mkdirSync(publicFiles);
  const { images, labels } = await digits();
  writeFileSync(join(publicFiles, 'images.bin'), images);
  writeFileSync(join(publicFiles, 'labels.bin'), labels);
  copyFileSync(
    fileURLToPath(new URL('../engine/training.ts', import.meta.url)),
    join(packed.app, 'training.ts'),
  );
  await tenfold.start({ threads: 2 });
  inNode = await finish(trainTenfoldNet(tenfold, { images, labels }));
  await tenfold.stop();
});

afterAll(() => packed?.remove());

interface Served {
  readonly address: string;
  close(): unknown;
}

let built: Promise<unknown> | undefined;

/** Vite's own server, or a plain one of what Vite has built. */
const servers = {
  'development server': async (headers: Record<string, string>): Promise<Served> => {
    const { createServer } = await import('vite');
    const cacheDir = join(packed.app, 'node_modules/.vite');
    const server = await createServer({
      root: packed.app,
      cacheDir,
      configFile: false,
      logLevel: 'warn',
      server: { port: 0, headers },
    });
    await server.listen();
    return { address: server.resolvedUrls!.local[0]!, close: () => server.close() };
  },
  'production build': async (headers: Record<string, string>): Promise<Served> => {
    const { build } = await import('vite');
    built ??= build({ root: packed.app, configFile: false, logLevel: 'warn', worker: { format: 'es' } });
    await built;
    const site = await serve({ folders: { '': join(packed.app, 'dist') }, headers });
    return { address: site.origin, close: site.close };
  },
};

describeIn('Chromium', chromiumPath, 'in Chromium', () => {
  describeWithTools('the packed library behind Vite', () => {
    describe.each(Object.entries(servers))('with its %s', (_, start) => {
      test.each([
        ['isolated', isolation, /^wasm, 2 threads$/],
        ['not isolated', {}, /^wasm, 1 thread \(no more: /],
      ])(
        'trains in a page that is %s, in a worker and on its own thread',
        async (_, headers, description) => {
          const served = await start(headers);
          const page = await (await sharedChromium()).newPage();
          const complaints: string[] = [];
          page.on('pageerror', (error) => complaints.push(error.message));
          await page.goto(served.address);
          const inWorker = await page.evaluate(() => app.trainInWorker());
          const here = await page.evaluate(() => app.trainHere());
          for (const result of [inWorker, here]) {
            expect(result.description).toMatch(description);
            expect(result.checksum).toBe(inNode.checksum);
          }
          expect(complaints).toEqual([]);
          await page.close();
          await served.close();
        },
      );
    });
  });
});
