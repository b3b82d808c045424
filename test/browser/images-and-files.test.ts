/** Pictures to tensors and back, weights saved and opened, in a page. */

import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openCheckpoint, start, stop } from 'tenfold';
import { imageTensor } from 'tenfold/page';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, describeIn, sharedChromium } from './browsers.js';
import { browserModule } from './module.js';
import type { ImageAndFileTests } from './pages/images-and-files.js';
import { type Site, serve } from './server.js';

declare global {
  var imagesAndFiles: ImageAndFileTests;
}

let site: Site;
let page: Page;

beforeAll(async () => {
  if (chromiumPath === undefined) return;
  site = await serve();
  site.content.set('/', '<!doctype html><script type="module" src="/page.js"></script><button>open</button>');
  site.content.set('/page.js', await browserModule(new URL('pages/images-and-files.ts', import.meta.url)));
  page = await (await sharedChromium()).newPage();
  await page.goto(site.origin);
  await page.evaluate(() => imagesAndFiles.start());
  await start({ threads: 1 });
});

afterAll(async () => {
  await stop();
  site?.close();
});

describeIn('Chromium', chromiumPath, 'in a page of Chromium', () => {
  test('ImageData, canvas, bitmap and frame give the same tensor, ImageData with the bits of Node', async () => {
    const { imageData, canvas, bitmap, frame } = await page.evaluate(() => imagesAndFiles.pictures());
    const data = Uint8ClampedArray.from({ length: 8 * 6 * 4 }, (_, at) =>
      at % 4 === 3 ? 255 : (at * 37) % 256,
    );
    const options = { height: 3, width: 5, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4] };
    const inNode = imageTensor({ data, height: 6, width: 8 }, options);
    expect(imageData).toEqual([...(await inNode.data())]);
    expect(canvas).toEqual(imageData);
    expect(bitmap).toEqual(imageData);
    expect(frame).toEqual(imageData);
  });

  test('a video gives its current frame, once it has one', async () => {
    const { shown, early } = await page.evaluate(() => imagesAndFiles.video());
    expect(shown).toHaveLength(2 * 2 * 3);
    // Video is stored as luma and chroma, which rounds colours.
    for (const [at, value] of shown.entries())
      expect(Math.abs(value - [200, 100, 50][at % 3]!)).toBeLessThan(6);
    expect(early).toBe(
      'StateError: this HTMLVideoElement has no picture yet; wait for its loadeddata event (video) or decode() (image)',
    );
  });

  test('a picture comes back from its tensor byte by byte', async () => {
    expect(await page.evaluate(() => imagesAndFiles.thereAndBack())).toBe(true);
  });

  test('weights live in the private file system', async () => {
    const { before, after } = await page.evaluate(() => imagesAndFiles.keep());
    expect(before).toBeGreaterThan(1);
    expect(after).toBe(before);
  });

  test('weights go out as a download that Node opens, and come in by the file picker', async () => {
    const [offered] = await Promise.all([
      page.waitForEvent('download'),
      page.evaluate(() => imagesAndFiles.download()),
    ]);
    expect(offered.suggestedFilename()).toBe('digits.safetensors');
    const file = join(tmpdir(), `tenfold-${process.pid}.safetensors`);
    await writeFile(file, await readFile(await offered.path()));
    const { modelName, model } = await openCheckpoint(file);
    expect(modelName).toBe('mnist_net');
    let sum = 0;
    for (const [, { data }] of await model.stateDict()) for (const value of data) sum += Math.abs(value);

    const chooser = page.waitForEvent('filechooser');
    const picked = page.evaluate(async () => imagesAndFiles.pick());
    await (await chooser).setFiles(file);
    expect(await picked).toEqual({ name: `tenfold-${process.pid}.safetensors`, sum });
    await rm(file);
  });

  test('what cannot be read or written says why', async () => {
    const said = await page.evaluate(() => imagesAndFiles.failures());
    expect(said.missing).toBe(
      'FileError: cannot read /no-such-file.safetensors: the server answered 404 Not Found',
    );
    expect(said.missingInside).toBe(
      'FileError: cannot read opfs:no-such-file.safetensors: there is no such file in the private file system of this site',
    );
    expect(said.page).toMatch(
      /^FormatError: \/: header length is \d+, but .*; the file begins with "<!doctype html>", as web pages do; is the address right\?$/,
    );
    expect(said.picture).toMatch(
      /^FormatError: cat\.png: header length is \d+, but .*; the file begins with "\.PNG\.{11}", so it is hardly a safetensors file$/,
    );
    expect(said.elsewhere).toBe(
      "FileError: cannot write best.safetensors: a page has no folders of its own; name it opfs:best.safetensors to keep it in this site's private file system, or offer it to the person with download(name, bytes)",
    );
    expect(said.unnamed).toMatch(/^FileError: cannot write opfs:: it names no file/);
  });
});
