/** Small results worked out by hand, for what PyTorch's stored results do not cover: layouts, orders, paddings. */

import {
  adaptiveAvgPool2d,
  add,
  argmax,
  avgPool2d,
  channelShuffle,
  concat,
  conv2d,
  convTranspose2d,
  flatten,
  groupNorm,
  interpolate,
  layerNorm,
  matmul,
  max,
  maxPool2d,
  mean,
  mse,
  mul,
  pad,
  permute,
  reshape,
  slice,
  split,
  sum,
  type Tensor,
  tensor,
  topK,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { expectClose } from './contract/expect-close.js';
import { devices } from './devices.js';

describe.each(devices)('$name', (device) => {
  const make = (values: readonly number[], shape: readonly number[]) => tensor(values, shape, { device });
  const counting = (shape: readonly number[]) =>
    make(
      Array.from({ length: shape.reduce((product, side) => product * side, 1) }, (_, index) => index),
      shape,
    );
  const values = async (result: Tensor) => [...(await result.data())];

  test("conv2d: 'same' puts the odd zero behind the image, below and to the right", async () => {
    const x = make([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
    const below = conv2d(x, make([1, 10], [1, 1, 2, 1]), undefined, { padding: 'same' });
    expect(await values(below)).toEqual([41, 52, 63, 4, 5, 6]);
    const right = conv2d(x, make([1, 10], [1, 1, 1, 2]), undefined, { padding: 'same' });
    expect(await values(right)).toEqual([21, 32, 3, 54, 65, 6]);
    const four = conv2d(x, make([1, 10, 100, 1000], [1, 1, 1, 4]), undefined, { padding: 'same' });
    expect(await values(four)).toEqual([3210, 321, 32, 6540, 654, 65]);
  });

  test("conv2d: 'same' counts dilation", async () => {
    const x = make([1, 2, 3, 4], [1, 1, 4, 1]);
    const y = conv2d(x, make([1, 10], [1, 1, 1, 2]), undefined, { padding: 'same', dilation: 3 });
    // The reach is 3: one zero before the image, two behind it.
    expect(await values(y)).toEqual([30, 41, 2, 3]);
  });

  test('maxPool2d: dilated windows', async () => {
    const x = make([9, 1, 2, 3, 8, 4, 0, 5, 7, 6, 2, 1], [1, 2, 6, 1]);
    const y = maxPool2d(x, { kernelSize: [1, 3], dilation: 2, stride: 1 });
    expect(y.shape).toEqual([1, 2, 2, 1]);
    expect(await values(y)).toEqual([9, 4, 7, 6]);
  });

  test('avgPool2d: padding counts unless told otherwise, what lies beyond it never does', async () => {
    const x = make([1, 2, 3, 4, 5, 6], [1, 1, 6, 1]);
    const options = { kernelSize: [1, 3], stride: [1, 4], padding: [0, 1], ceilMode: true } as const;
    // Windows over pixels -1 to 1 and 3 to 5, then only -1 to 1 of a third that would start at 7.
    expect(await values(avgPool2d(x, options))).toEqual([1, 5]);
    expect(await values(avgPool2d(x, { ...options, countIncludePad: false }))).toEqual([1.5, 5]);
    // The third window is over pixels 5 to 8, of which 6 is padding and 7 is beyond.
    const partial = { kernelSize: [1, 4], stride: [1, 3], padding: [0, 1], ceilMode: true } as const;
    expect(await values(avgPool2d(x, partial))).toEqual([1.5, 4.5, 3]);
    expect(await values(avgPool2d(x, { ...partial, countIncludePad: false }))).toEqual([2, 4.5, 6]);
  });

  test('adaptiveAvgPool2d: windows overlap by a pixel where the division is uneven', async () => {
    const x = make([1, 2, 3, 4, 5], [1, 1, 5, 1]);
    expect(await values(adaptiveAvgPool2d(x, { outputSize: [1, 2] }))).toEqual([2, 4]);
    expect(await values(adaptiveAvgPool2d(x, { outputSize: [1, 3] }))).toEqual([1.5, 3, 4.5]);
    expect(await values(adaptiveAvgPool2d(x, { outputSize: [1, 7] }))).toEqual([1, 1.5, 2.5, 3, 3.5, 4.5, 5]);
  });

  test('groupNorm: a group is neighbouring channels of one image', async () => {
    // Two images of two pixels, channels 0 and 1 in group 0, 2 and 3 in group 1.
    const x = make([1, 3, 10, 10, 3, 1, 30, 30, 0, 0, 5, 5, 0, 0, 5, 5], [2, 1, 2, 4]);
    const y = groupNorm(
      x,
      { weight: make([1, 2, 3, 4], [4]), bias: make([0, 10, 0, 0], [4]) },
      { numGroups: 2, eps: 0.25 },
    );
    const [one, ten] = [1 / Math.sqrt(1.25), 10 / Math.sqrt(100.25)];
    const expected = [-one, 10 + 2 * one, -3 * ten, -4 * ten, one, 10 - 2 * one, 3 * ten, 4 * ten];
    expectClose(await values(y), [...expected, 0, 10, 0, 0, 0, 10, 0, 0], 1e-6);
  });

  test('layerNorm: over the last axes, and as groupNorm of one group over single pixels', async () => {
    const x = make([1, 3, 5, 5, -2, 2], [3, 2]);
    const affine = { weight: make([1, 10], [2]), bias: make([0, 100], [2]) };
    const y = await values(layerNorm(x, affine, { normalizedShape: 2, eps: 3 }));
    const two = 2 / Math.sqrt(7);
    expectClose(y, [-0.5, 105, 0, 100, -two, 100 + 10 * two], 1e-6);
    expectClose(y, await values(groupNorm(x, affine, { numGroups: 1, eps: 3 })), 1e-6);
    const whole = await values(layerNorm(x, {}, { normalizedShape: [3, 2], eps: 0 }));
    const deviation = Math.sqrt(68 / 6 - (14 / 6) ** 2);
    expectClose(
      whole,
      [1, 3, 5, 5, -2, 2].map((value) => (value - 14 / 6) / deviation),
      1e-6,
    );
  });

  test('convTranspose2d: each pixel spreads the kernel, unturned', async () => {
    const x = make([1, 10, 100], [1, 1, 3, 1]);
    const weight = make([1, 2, 3], [1, 1, 1, 3]);
    expect(await values(convTranspose2d(x, weight))).toEqual([1, 12, 123, 230, 300]);
    const apart = convTranspose2d(x, weight, make([1000], [1]), { stride: [1, 2], outputPadding: [0, 1] });
    expect(await values(apart)).toEqual([1001, 1002, 1013, 1020, 1130, 1200, 1300, 1000]);
    const cut = convTranspose2d(x, weight, undefined, { stride: [1, 2], padding: [0, 1] });
    expect(await values(cut)).toEqual([2, 13, 20, 130, 200]);
    const dilated = convTranspose2d(x, weight, undefined, { dilation: [1, 3] });
    expect(await values(dilated)).toEqual([1, 10, 100, 2, 20, 200, 3, 30, 300]);
  });

  test('flatten: channel by channel, each row by row', async () => {
    // [image, row, column, channel]: images 0 and 1, rows 0 and 1, columns 0 to 2, channels 0 and 1.
    const y = flatten(counting([2, 2, 3, 2]));
    const first = [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11];
    expect(y.shape).toEqual([2, 12]);
    expect(await values(y)).toEqual([...first, ...first.map((value) => value + 12)]);
  });

  test('reshape: keeps the order in memory, of every kind of number', async () => {
    const y = reshape(counting([2, 3]), [3, 2]);
    expect(y.shape).toEqual([3, 2]);
    expect(await values(y)).toEqual([0, 1, 2, 3, 4, 5]);
    const labels = reshape(tensor(Int32Array.of(7, -8), [2], { device }), [2, 1]);
    expect(labels.dtype).toBe('int32');
    expect(await values(labels)).toEqual([7, -8]);
  });

  test('concat: along each axis', async () => {
    const a = make([1, 2, 3, 4], [2, 2]);
    const b = make([5, 6, 7, 8], [2, 2]);
    expect(await values(concat([a, b]))).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
    expect(await values(concat([a, b], { axis: 0 }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('interpolate nearest: the pixel that the position falls into', async () => {
    const x = make([0, 1, 2, 10, 11, 12], [1, 2, 3, 1]);
    const y = interpolate(x, { size: [3, 5] });
    // Rows 0, 2/3, 4/3 and columns 0, 0.6, 1.2, 1.8, 2.4, rounded down.
    expect(await values(y)).toEqual([0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 10, 10, 11, 11, 12]);
    const smaller = interpolate(counting([1, 1, 7, 1]), { size: [1, 3] });
    expect(await values(smaller)).toEqual([0, 2, 4]);
    // The ratio is 1 / 1.2, although 4 pixels stay 4 (as in PyTorch).
    const byFactor = interpolate(counting([1, 1, 4, 1]), { scaleFactor: [1, 1.2] });
    expect(await values(byFactor)).toEqual([0, 0, 1, 2]);
    const between = interpolate(counting([1, 1, 4, 1]), { scaleFactor: [1, 1.2], mode: 'bilinear' });
    expectClose(await values(between), [0, 1.5 / 1.2 - 0.5, 2.5 / 1.2 - 0.5, 3.5 / 1.2 - 0.5], 1e-6);
  });

  test('interpolate bilinear: centres of pixels, or corners', async () => {
    const x = make([0, 10, 20, 30], [1, 1, 4, 1]);
    const bilinear = { mode: 'bilinear' } as const;
    expect(await values(interpolate(x, { size: [1, 2], ...bilinear }))).toEqual([5, 25]);
    expect(await values(interpolate(x, { scaleFactor: [2, 2], ...bilinear }))).toEqual([
      0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30, 0, 2.5, 7.5, 12.5, 17.5, 22.5, 27.5, 30,
    ]);
    expect(await values(interpolate(x, { size: [1, 7], ...bilinear, alignCorners: true }))).toEqual([
      0, 5, 10, 15, 20, 25, 30,
    ]);
    expect(await values(interpolate(x, { size: 1, ...bilinear, alignCorners: true }))).toEqual([0]);
  });

  test('pad: top, bottom, left, right', async () => {
    const y = pad(make([1, 2, 3, 4], [1, 1, 2, 2]), { padding: [1, 0, 0, 1], value: 9 });
    expect(y.shape).toEqual([1, 2, 3, 2]);
    expect(await values(y)).toEqual([9, 9, 9, 9, 9, 9, 1, 2, 3, 4, 9, 9]);
    expect(pad(y, { padding: [1, 2] }).shape).toEqual([1, 4, 7, 2]);
  });

  test('slice and split: along each axis', async () => {
    const x = counting([2, 3, 2]);
    expect(await values(slice(x, { axis: 0, start: 1 }))).toEqual([6, 7, 8, 9, 10, 11]);
    expect(await values(slice(x, { axis: 1, start: -2, end: -1 }))).toEqual([2, 3, 8, 9]);
    expect(await values(slice(x, { axis: 2, end: 1 }))).toEqual([0, 2, 4, 6, 8, 10]);
    const parts = split(x, { sizes: 2, axis: 1 });
    expect(parts.map(({ shape }) => shape)).toEqual([
      [2, 2, 2],
      [2, 1, 2],
    ]);
    expect(await values(parts[1]!)).toEqual([4, 5, 10, 11]);
    expect(split(counting([2, 5]), { sizes: [4, 0, 1] }).map(({ shape }) => shape)).toEqual([
      [2, 4],
      [2, 0],
      [2, 1],
    ]);
  });

  test('permute: axis k of the result is axis axes[k]', async () => {
    const y = permute(counting([2, 3, 2]), [2, 0, 1]);
    expect(y.shape).toEqual([2, 2, 3]);
    expect(await values(y)).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
    const reversed = permute(counting([2, 1, 3]), [-1, -2, -3]);
    expect(reversed.shape).toEqual([3, 1, 2]);
    expect(await values(reversed)).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('channelShuffle: each group of the result has one channel of every group', async () => {
    const y = channelShuffle(make([10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42], [1, 1, 12]), {
      groups: 4,
    });
    expect(await values(y)).toEqual([10, 20, 30, 40, 11, 21, 31, 41, 12, 22, 32, 42]);
  });

  test('max, argmax and topK', async () => {
    const x = make([3, 9, 1, 7, 2, 8], [2, 3]);
    expect(await values(max(x))).toEqual([9]);
    expect(await values(max(x, { axes: [0] }))).toEqual([7, 9, 8]);
    expect(await values(argmax(x))).toEqual([1, 2]);
    expect(await values(argmax(x, { axis: 0 }))).toEqual([1, 0, 1]);
    const top = topK(x, 2);
    expect(await values(top.values)).toEqual([9, 3, 8, 7]);
    expect(await values(top.indices)).toEqual([1, 0, 2, 0]);
  });

  test('mse', async () => {
    expect(await values(mse(make([1, 2, 3], [3]), make([1, 4, 0], [3])))).toEqual([Math.fround(13 / 3)]);
  });

  test('matmul', async () => {
    const y = matmul(make([1, 2, 3, 4, 5, 6], [2, 3]), make([1, 0, 2, 10, 0, 100], [3, 2]));
    expect(await values(y)).toEqual([5, 320, 14, 650]);
  });

  test('sum and mean: over single axes and over axes apart', async () => {
    const x = counting([2, 3, 2]);
    expect(await values(sum(x, { axes: [0] }))).toEqual([6, 8, 10, 12, 14, 16]);
    expect(await values(sum(x, { axes: [1] }))).toEqual([6, 9, 24, 27]);
    expect(await values(sum(x, { axes: [2] }))).toEqual([1, 5, 9, 13, 17, 21]);
    expect(await values(sum(x, { axes: [0, 2] }))).toEqual([14, 22, 30]);
    expect(await values(mean(x, { axes: [0, 2] }))).toEqual([3.5, 5.5, 7.5]);
    expect(await values(mean(x))).toEqual([5.5]);
  });

  test('add and mul: shapes are aligned at their last axis', async () => {
    const x = counting([2, 3]);
    expect(await values(add(x, make([10, 20, 30], [3])))).toEqual([10, 21, 32, 13, 24, 35]);
    expect(await values(mul(x, make([10, 100], [2, 1])))).toEqual([0, 10, 20, 300, 400, 500]);
    expect(await values(add(make([1, 2], [2, 1]), make([10, 20, 30], [1, 3])))).toEqual([
      11, 21, 31, 12, 22, 32,
    ]);
  });
});
