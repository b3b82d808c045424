// Where nothing is recorded max pooling runs another kernel, which does not say where the maxima are: the maxima are the same.

import { maxPool2d, noGrad, tensor } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices } from './devices.js';

const special = [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0, 1, -1];

/** Numbers from a multiplicative generator; every `rare`th one is special. */
function numbers(length: number, rare: number): number[] {
  let state = 12345;
  return Array.from({ length }, () => {
    state = (state * 48271) % 0x7fffffff;
    return state % rare === 0 ? special[(state >> 8) % special.length]! : (state % 2001) / 1000 - 1;
  });
}

describe.each(devices)('$name', (device) => {
  const shapes = [1, 3, 4, 13, 24, 28, 67].map((channels) => [2, 11, 14, channels] as const);
  const options = [
    { kernelSize: 1, stride: 2 },
    { kernelSize: 2 },
    { kernelSize: 3, stride: 1, padding: 1 },
    { kernelSize: 3, stride: 2, padding: 1, ceilMode: true },
    { kernelSize: [5, 4], stride: [1, 2], padding: 2 },
    { kernelSize: [4, 7], stride: [2, 1], padding: [2, 3], dilation: [2, 1] },
    { kernelSize: 2, stride: 3, dilation: 3, padding: 1 },
  ] as const;

  test.each(shapes)('images of [%i, %i, %i, %i], with and without NaN', async (...shape) => {
    const length = shape.reduce((product, side) => product * side, 1);
    for (const rare of [length + 1, 50]) {
      const x = tensor(numbers(length, rare), shape, { device });
      const trained = tensor(numbers(length, rare), shape, { device, requiresGrad: true });
      for (const option of options) {
        const y = maxPool2d(trained, option);
        expect(y.requiresGrad).toBe(true);
        const expected = await y.data();
        expect(await maxPool2d(x, option).data()).toEqual(expected);
        expect(await noGrad(() => maxPool2d(trained, option)).data()).toEqual(expected);
      }
    }
  });

  test('nothing is kept for a gradient', () => {
    const x = tensor(numbers(8 * 8 * 4, 1e9), [1, 8, 8, 4], { device });
    const before = device.usage();
    const y = maxPool2d(x, { kernelSize: 2 });
    expect(device.usage().tensors - before.tensors).toBe(1);
    y.dispose();
  });
});
