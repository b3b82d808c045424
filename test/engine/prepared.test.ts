/** Weights that kernels prepare once: prepared anew when they change, freed with them, and never in the way of tensors. */

import { conv2d, full, noGrad, start, stop, type Tensor, tensor, uniform, zeros } from 'tenfold';
import { afterEach, expect, test } from 'vitest';
import { phasesRun } from '../kernels-run.js';

afterEach(stop);

const mebibyte = 1024 * 1024;
const options = { padding: 1 };

function image(channels: number): Tensor {
  return tensor(uniform(16 * 16 * channels, -1, 1, { seed: 1, purpose: 'image' }), [1, 16, 16, channels]);
}

function weights(channels: number): Tensor {
  const values = uniform(channels * channels * 9, -1, 1, { seed: 1, purpose: 'weight' });
  return tensor(values, [channels, channels, 3, 3]);
}

type Device = Awaited<ReturnType<typeof start>>;

/** How often a kernel's second phase, which prepares weights, runs meanwhile. */
const preparations = (device: Device, body: () => void) =>
  phasesRun(device, body).filter(({ phase }) => phase === 1).length;

test('once for each version of a weight, with the same bits whether prepared or not', async () => {
  const device = await start({ threads: 2 });
  const [x, weight] = [image(32), weights(32)];
  const results: Tensor[] = [];
  const convolve = () => void results.push(conv2d(x, weight, undefined, options));
  expect(preparations(device, convolve)).toBe(1);
  expect(preparations(device, convolve)).toBe(0);
  device.write(weight.storage.handle, new Float32Array(weight.length).fill(0.5));
  weight.storage.version++;
  expect(preparations(device, convolve)).toBe(1);
  const [first, again, other] = results.map((y) => y.dataSync());
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  const fresh = conv2d(x, full([32, 32, 3, 3], 0.5), undefined, options);
  expect(other).toEqual(fresh.dataSync());
});

test('of a direct convolution, too', async () => {
  const device = await start({ threads: 2 });
  const x = image(20);
  const values = uniform(13 * 20, -1, 1, { seed: 1, purpose: 'weight' });
  const weight = tensor(values, [13, 20, 1, 1]);
  const results: Tensor[] = [];
  const convolve = () => void results.push(conv2d(x, weight));
  expect(preparations(device, convolve)).toBe(1);
  expect(preparations(device, convolve)).toBe(0);
  device.write(
    weight.storage.handle,
    values.map((value) => -value),
  );
  weight.storage.version++;
  expect(preparations(device, convolve)).toBe(1);
  const [first, again, negative] = results.map((y) => y.dataSync());
  expect(again).toEqual(first);
  expect(negative).toEqual(first!.map((value) => -value));
});

test('is no tensor, and goes with its weight', async () => {
  const device = await start({ threads: 1, maximumMemory: 64 * mebibyte });
  const x = image(64);
  const { bytes, tensors } = device.usage();
  // Each weight prepared takes 0.6 MiB: 200 of them would not fit.
  for (let i = 0; i < 200; i++) {
    const weight = weights(64);
    conv2d(x, weight, undefined, options).dispose();
    weight.dispose();
  }
  expect(device.usage()).toEqual({ bytes, tensors });
});

test('gives way to tensors, and is made anew', async () => {
  const device = await start({ threads: 1, maximumMemory: 24 * mebibyte });
  const [x, weight] = [image(256), weights(256)];
  const convolve = () => noGrad(() => conv2d(x, weight, undefined, options));
  const first = convolve();
  // Beside the 9 MiB that are prepared there is room for one of these only.
  for (const large of [zeros([2 * mebibyte]), zeros([2 * mebibyte])]) large.dispose();
  let again: Tensor | undefined;
  expect(
    preparations(device, () => {
      again = convolve();
    }),
  ).toBe(1);
  expect(again!.dataSync()).toEqual(first.dataSync());
});

test('is kept for many weights at once only as far as memory allows', async () => {
  const device = await start({ threads: 1, maximumMemory: 32 * mebibyte });
  const x = image(64);
  const many = Array.from({ length: 20 }, () => weights(64));
  const convolveAll = () => {
    for (const weight of many) conv2d(x, weight, undefined, options).dispose();
  };
  expect(preparations(device, convolveAll)).toBe(20);
  // A quarter of the memory holds 13 of them, and those used longest ago went first.
  expect(preparations(device, convolveAll)).toBe(20);
  const newest = () => conv2d(x, many.at(-1)!, undefined, options).dispose();
  expect(preparations(device, newest)).toBe(0);
});
