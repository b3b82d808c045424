/** Winograd's method: that its matrices are right, how much it errs, and every way in which tiles are divided. */

import { readFileSync } from 'node:fs';
import { type Conv2dOptions, conv2d, type Device } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { type Case, trialOf } from './cases/_case.js';
import { expectClose } from './contract/expect-close.js';
import { outcome } from './contract/trial.js';
import { reference, wasm } from './devices.js';
import { exactWasm } from './exact-device.js';
import { A, B, G, largestGain, plus, points, rational, times, typicalGain } from './winograd-gain.js';

describe('the matrices', () => {
  test('belong to the points of the kernels', () => {
    const source = readFileSync(
      new URL('../packages/tenfold/kernels/lib/winograd.ts', import.meta.url),
      'utf8',
    );
    const [a, b] = ['A', 'B'].map((name) => {
      const [, numerator, denominator] = source.match(
        new RegExp(`const ${name}: f32 = (\\d+)\\.0 / (\\d+)\\.0;`),
      )!;
      return rational(BigInt(numerator!), BigInt(denominator!));
    });
    const minus = ([numerator, denominator]: readonly [bigint, bigint]) => [-numerator, denominator];
    expect(points).toEqual([rational(0n), a, minus(a!), b, minus(b!)]);
  });

  test("A' [(G w) * (B' x)] is the correlation of x and w, exactly, for every unit vector x and w", () => {
    for (let tap = 0; tap < 3; tap++) {
      for (let pixel = 0; pixel < 6; pixel++) {
        const products = G.map((row, p) => times(row[tap]!, B[p]![pixel]!));
        const results = A[0]!.map((_, i) =>
          products.map((product, p) => times(product, A[p]![i]!)).reduce(plus),
        );
        expect(results).toEqual(results.map((_, i) => rational(i + tap === pixel ? 1n : 0n)));
      }
    }
  });

  test('let errors grow by no more than is stated', () => {
    expect(typicalGain).toBeCloseTo(4.78, 2);
    expect(largestGain).toBeCloseTo(8.18, 2);
  });
});

function caseOf(x: readonly number[], outChannels: number, options: Conv2dOptions): Case {
  return {
    name: JSON.stringify([x, outChannels]),
    inputs: { x: { shape: x }, weight: { shape: [outChannels, x[3]!, 3, 3] } },
    apply: (inputs) => conv2d(inputs.x!, inputs.weight!, undefined, options),
    output: [],
  };
}

const results = ['y', 'gradient(x)', 'gradient(weight)'];

describe('rounding', () => {
  test.each([
    [[2, 12, 16, 64], 48, { padding: 1 }],
    [[1, 14, 14, 160], 32, { padding: 2, dilation: 2 }],
  ] as const)(
    'of %j to %i channels %j is that of plain sums times the gain',
    async (x, outChannels, options) => {
      const trial = trialOf('conv2d', caseOf(x, outChannels, options));
      const expected = await outcome(reference, trial);
      const errors = async (device: Device) => {
        const found = await outcome(device, trial);
        return results.map((name) => error(found[name]!.data, expected[name]!.data));
      };
      const exact = await errors(exactWasm);
      const fast = await errors(wasm);
      for (const [index, { rootMeanSquare, largest }] of fast.entries()) {
        // The sums of both methods are of different lengths, which may cost or save a part of it.
        expect(rootMeanSquare / exact[index]!.rootMeanSquare).toBeLessThan(1.5 * typicalGain);
        expect(rootMeanSquare / exact[index]!.rootMeanSquare).toBeGreaterThan(1.2);
        expect(largest).toBeLessThan(5e-6);
        expect(exact[index]!.largest).toBeLessThan(1e-6);
      }
    },
  );
});

/** Of the largest magnitude. */
function error(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  let magnitude = 0;
  let largest = 0;
  let squares = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
    largest = Math.max(largest, difference);
    squares += difference * difference;
  }
  return {
    rootMeanSquare: Math.sqrt(squares / expected.length) / magnitude,
    largest: largest / magnitude,
  };
}

describe('agrees with plain sums', () => {
  test.each([
    ['in blocks, the last one partly filled', [9, 17, 19, 32], 32],
    ['all tiles together, in several goes', [10, 14, 15, 512], 232],
    ['few tiles of many channels', [2, 7, 7, 320], 328],
    ['the weight gradient in several goes', [7, 27, 26, 72], 56],
  ] as const)('%s', async (_, x, outChannels) => {
    const trial = trialOf('conv2d', caseOf(x, outChannels, { padding: 1 }));
    const expected = await outcome(exactWasm, trial);
    const found = await outcome(wasm, trial);
    for (const name of results) {
      expectClose(found[name]!.data, expected[name]!.data, 1e-5, name);
      expect(found[name]!.data, `${name}, which another kernel computed`).not.toEqual(expected[name]!.data);
    }
  });
});
