/** How much of the library a page pays for: bytes that a bundler leaves, minified and compressed by gzip. */

import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import * as ops from 'tenfold/ops';
import { expect, test } from 'vitest';

const kilobyte = 1024;
const core = "export { currentDevice, scope, start, stop, Tensor, tensor, zeros } from 'tenfold';";

async function bundled(source: string): Promise<string> {
  const built = await rolldown({
    input: 'page',
    platform: 'browser',
    cwd: import.meta.dirname,
    plugins: [
      {
        name: 'page',
        resolveId: (id) => (id === 'page' ? id : null),
        load: (id) => (id === 'page' ? source : null),
      },
    ],
  });
  const { output } = await built.generate({ format: 'esm', minify: true, codeSplitting: false });
  await built.close();
  return output[0].code;
}

async function gzipped(source: string): Promise<number> {
  return gzipSync(await bundled(source), { level: 9 }).length;
}

test('the kernels and the core take at most 60 KB', async () => {
  expect(await gzipped(core)).toBeLessThanOrEqual(60 * kilobyte);
});

test('with all operators, layers and optimizers they take at most 100 KB', async () => {
  const all = ['ops', 'nn', 'optim'].map((room) => `export * from 'tenfold/${room}';`);
  const size = await gzipped(core + all.join('\n') + "export { predict, trainStep } from 'tenfold';");
  expect(size).toBeLessThanOrEqual(100 * kilobyte);
});

test('each further operator takes at most 2 KB', async () => {
  const withTwo = `${core} export { add, conv2d } from 'tenfold';`;
  const before = await gzipped(withTwo);
  const sizes: Record<string, number> = {};
  for (const name of Object.keys(ops)) {
    sizes[name] = (await gzipped(`${withTwo} export { ${name} as another } from 'tenfold';`)) - before;
  }
  expect(sizes).toHaveProperty('deformConv2d');
  const tooLarge = Object.entries(sizes).filter(([, size]) => size > 2 * kilobyte);
  expect(tooLarge).toEqual([]);
});

test('a page with one network does not pay for the others', async () => {
  const one = await bundled("import { models } from 'tenfold'; console.log(models.mnistNet());");
  const all = await bundled("import { models } from 'tenfold'; console.log(models.create('mnist_net'));");
  // Names of layers that only a DenseNet has.
  expect(all).toContain('denselayer');
  expect(one).not.toContain('denselayer');
});
