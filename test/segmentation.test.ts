/** The study of segmentation: its images, its scores, that its networks learn, and that its page says what came out. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { arms } from '../studies/segmentation/arms.js';
import { multiplyAccumulates, table } from '../studies/segmentation/report.js';
import { Scores } from '../studies/segmentation/scores.js';
import { classNames, shapes, side, sizes, splits } from '../studies/segmentation/shapes.js';
import { train } from '../studies/segmentation/train.js';
import { wasm } from './devices.js';

const pixels = side * side;

describe('shapes', () => {
  const set = shapes('validation', 64);

  test('have the same bytes on every machine', () => {
    const hash = createHash('sha256');
    for (const split of Object.keys(splits) as (keyof typeof splits)[]) {
      const { images, labels, regions } = shapes(split, 16);
      hash.update(images).update(Uint8Array.from(labels)).update(regions);
    }
    expect(hash.digest('hex').slice(0, 16)).toBe('f180bc8a6079e41f');
  });

  test('an image depends on its split and number alone', () => {
    const few = shapes('validation', 3);
    expect(few.images).toEqual(set.images.slice(0, 3 * pixels));
    expect(few.labels).toEqual(set.labels.slice(0, 3 * pixels));
    expect(shapes('test', 3).labels).not.toEqual(few.labels);
    expect(set.images.subarray(0, pixels)).not.toEqual(set.images.subarray(pixels, 2 * pixels));
  });

  test('have a region, and no stray classes', () => {
    expect(new Set(set.labels)).toEqual(new Set(classNames.keys()));
    expect(set.labels.findIndex((label, pixel) => label > 0 && set.regions[pixel] === 0)).toBe(-1);
  });

  test('are of very different sizes', () => {
    const small = pieces(set.labels, set.regions, 1);
    // Small shapes that lie on a large one cut it into pieces.
    const large = pieces(set.labels, set.regions, 2).filter((area) => area > small.at(-1)!);
    expect(small.at(-1)).toBeLessThan(4 * (sizes[0]!.most + 1) * (sizes[0]!.most + 1));
    expect(middle(large) / middle(small)).toBeGreaterThan(8);
    expect(small.length / set.count).toBeGreaterThan(6);
    expect(large.length / set.count).toBeGreaterThan(0.8);
  });

  test('stand out from what they lie on', () => {
    const means = [0, 1].map((shape) => {
      const values = set.images.filter(
        (_, pixel) => pixel < pixels && Number(set.labels[pixel]! > 0) === shape,
      );
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
    expect(Math.abs(means[0]! - means[1]!)).toBeGreaterThan(0.1 * 255);
  });
});

/** How many pixels the connected pieces of shapes in a region have, smallest first. */
function pieces(labels: Int32Array, regions: Uint8Array, region: number): number[] {
  const left = Uint8Array.from(labels, (label, pixel) => Number(label > 0 && regions[pixel] === region));
  const found: number[] = [];
  for (let first = left.indexOf(1); first >= 0; first = left.indexOf(1, first)) {
    const waiting = [first];
    let area = 0;
    for (let pixel = waiting.pop(); pixel !== undefined; pixel = waiting.pop()) {
      if (left[pixel] !== 1) continue;
      left[pixel] = 0;
      area++;
      const [row, column] = [Math.floor((pixel % pixels) / side), pixel % side];
      if (column > 0) waiting.push(pixel - 1);
      if (column < side - 1) waiting.push(pixel + 1);
      if (row > 0) waiting.push(pixel - side);
      if (row < side - 1) waiting.push(pixel + side);
    }
    found.push(area);
  }
  return found.sort((a, b) => a - b);
}

function middle(values: readonly number[]): number {
  return values[Math.floor(values.length / 2)]!;
}

describe('scores', () => {
  test('are intersections over unions, by region', () => {
    const scores = new Scores();
    //               elsewhere       small           large
    const regions = [0, 0, 0, 0, /**/ 1, 1, 1, 1, /**/ 2, 2, 2, 2];
    const labels = [0, 0, 0, 0, /* */ 1, 1, 0, 2, /**/ 1, 1, 1, 0];
    const guesses = [0, 0, 0, 3, /**/ 1, 0, 1, 2, /**/ 1, 1, 2, 0];
    scores.add(labels, guesses, regions);
    const { meanIoU, smallIoU, largeIoU, strayShare, pixelAccuracy, perClass } = scores.result();
    expect(perClass).toEqual({ background: 4 / 7, disc: 3 / 6, square: 1 / 2, triangle: 0, ring: 0 });
    expect(meanIoU).toBeCloseTo((4 / 7 + 1 / 2 + 1 / 2) / 5, 12);
    expect(smallIoU).toBeCloseTo((1 / 3 + 1) / 4, 12);
    expect(largeIoU).toBeCloseTo(2 / 3 / 4, 12);
    expect(strayShare).toBe(1 / 4);
    expect(pixelAccuracy).toBe(8 / 12);
  });
});

test('the networks cost about the same, but for the front end alone', () => {
  const [frontEnd, ...others] = arms.map(multiplyAccumulates);
  expect(Math.max(...others) / Math.min(...others)).toBeLessThan(1.25);
  expect(frontEnd! / Math.min(...others)).toBeLessThan(0.3);
});

describe('a little training', () => {
  const set = shapes('train', 16);
  const constant = new Scores();
  constant.add(set.labels, new Uint8Array(set.labels.length), set.regions);

  // To know sixteen images by heart is enough to show that gradients reach every part.
  test.each([
    ['context', 48],
    ['deeplabv3_small', 24],
    ['hdc_resnet_small', 24],
  ] as const)('of %s lowers the loss and beats a constant prediction', async (name, epochs) => {
    const { build } = arms.find((arm) => arm.name === name)!;
    const changes = { epochs, batchSize: 4 };
    const { model, losses, scores } = await train({ build, seed: 1, training: set, test: set, changes });
    model.dispose();
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    expect(scores.meanIoU).toBeGreaterThan(1.5 * constant.result().meanIoU);
  });

  test('leaves nothing behind', () => expect(wasm.usage()).toEqual({ bytes: 0, tensors: 0 }));
});

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the page has the table of the results', () => {
  const results = JSON.parse(read('../studies/segmentation/results.json'));
  for (const { name } of arms) {
    expect(results.filter(({ arm }: { arm: string }) => arm === name).length, name).toBeGreaterThanOrEqual(3);
  }
  expect(read('../docs/segmentation.md')).toContain(table(results));
});

test('the example of the page runs', () => {
  const [, example] = /```js\n(.*?)```/s.exec(read('../docs/segmentation.md'))!;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', example!], {
    cwd,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(Number(stdout)).toBeGreaterThan(0.9);
});
