/** How much of the library a page pays for: bytes that a bundler leaves, minified and compressed by gzip. */

import { gzipSync } from 'node:zlib';
import { type Plugin, rolldown } from 'rolldown';
import { Visitor } from 'rolldown/utils';
import * as ops from 'tenfold/ops';
import { expect, test } from 'vitest';

const kilobyte = 1024;
const core = "export { currentDevice, scope, start, stop, Tensor, tensor, zeros } from 'tenfold';";

async function bundled(source: string, ...plugins: Plugin[]): Promise<string> {
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
      ...plugins,
    ],
  });
  const { output } = await built.generate({ format: 'esm', minify: true, codeSplitting: false });
  await built.close();
  return output[0].code;
}

async function gzipped(source: string, ...plugins: Plugin[]): Promise<number> {
  return gzipSync(await bundled(source, ...plugins), { level: 9 }).length;
}

/** Cuts out of every operator what a page has no use for that neither trains nor inspects. */
function forwardOnly(): Plugin {
  const parts = new Set(['backward', 'backwardProducts', 'retain', 'cost', 'field', 'channels']);
  return {
    name: 'forward only',
    transform(code, id) {
      if (!/[\\/]dist[\\/]ops[\\/]/.test(id)) return null;
      const cuts: { start: number; end: number }[] = [];
      new Visitor({
        ObjectExpression({ properties }) {
          const names = properties.map((it) =>
            it.type === 'Property' && it.key.type === 'Identifier' ? it.key.name : '',
          );
          if (!names.includes('forward')) return;
          properties.forEach(({ end }, index) => {
            // From the comma before it; the name comes first and stays.
            if (parts.has(names[index]!)) cuts.push({ start: properties[index - 1]!.end, end });
          });
        },
      }).visit(this.parse(code));
      return cuts.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), code);
    },
  };
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

test('the parts of operators that a page does not use, gradients for instance, take at most 4 KB of all operators', async () => {
  const source = core + "export * from 'tenfold/ops';";
  const without = await gzipped(source, forwardOnly());
  const spared = (await gzipped(source)) - without;
  expect(spared).toBeGreaterThan(kilobyte);
  expect(spared).toBeLessThanOrEqual(4 * kilobyte);
});

test('a page with one network does not pay for the others', async () => {
  const one = await bundled("import { models } from 'tenfold'; console.log(models.mnistNet());");
  const all = await bundled("import { models } from 'tenfold'; console.log(models.create('mnist_net'));");
  // Names of layers that only a DenseNet has.
  expect(all).toContain('denselayer');
  expect(one).not.toContain('denselayer');
});
