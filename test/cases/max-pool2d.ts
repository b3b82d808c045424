import { type MaxPool2dOptions, maxPool2d } from 'tenfold';
import type { Case, Input } from './_case.js';

interface Pooling {
  readonly name: string;
  readonly x: readonly number[];
  readonly values?: Input['values'];
  readonly options: MaxPool2dOptions;
  readonly output: readonly number[];
  readonly smooth?: boolean;
}

const poolings: readonly Pooling[] = [
  {
    name: 'every pair differs',
    x: [2, 9, 11, 5],
    options: { kernelSize: [3, 2], stride: [2, 3], padding: [1, 0] },
    output: [2, 5, 4, 5],
  },
  {
    name: 'the stride is the kernel by default',
    x: [1, 8, 9, 3],
    options: { kernelSize: [2, 3] },
    output: [1, 4, 3, 3],
  },
  {
    name: 'overlapping windows',
    x: [1, 6, 7, 4],
    options: { kernelSize: 3, stride: 1, padding: 1 },
    output: [1, 6, 7, 4],
  },
  {
    name: 'ceilMode',
    x: [1, 10, 8, 3],
    options: { kernelSize: 3, stride: 2, ceilMode: true },
    output: [1, 5, 4, 3],
  },
  {
    name: 'ceilMode drops windows that start behind the image',
    x: [1, 5, 7, 2],
    options: { kernelSize: 2, stride: 3, padding: 1, ceilMode: true },
    output: [1, 2, 3, 2],
  },
  {
    name: 'ceilMode, every pair differs',
    x: [2, 9, 13, 3],
    options: { kernelSize: [4, 3], stride: [2, 4], padding: [1, 0], ceilMode: true },
    output: [2, 5, 4, 3],
  },
  {
    name: 'stride beyond the kernel',
    x: [1, 11, 13, 3],
    options: { kernelSize: 2, stride: [3, 4] },
    output: [1, 4, 3, 3],
  },
  {
    name: 'dilated',
    x: [2, 9, 7, 3],
    options: { kernelSize: [3, 2], stride: 1, padding: 1, dilation: [2, 1] },
    output: [2, 7, 8, 3],
  },
  {
    name: 'kernel larger than the image',
    x: [1, 2, 3, 4],
    options: { kernelSize: [4, 5], stride: 1, padding: 2 },
    output: [1, 3, 3, 4],
  },
  {
    name: '1x1 with stride',
    x: [1, 5, 6, 3],
    options: { kernelSize: 1, stride: [2, 3] },
    output: [1, 3, 2, 3],
  },
  {
    name: 'windows whose dilation steps over the image',
    x: [2, 5, 1, 5],
    options: { kernelSize: [3, 2], stride: 1, padding: [0, 1], dilation: [1, 2] },
    smooth: false,
    output: [2, 3, 1, 5],
  },
  { name: 'one channel', x: [1, 7, 5, 1], options: { kernelSize: 3, stride: 2 }, output: [1, 3, 2, 1] },
  { name: 'a batch of none', x: [0, 6, 8, 3], options: { kernelSize: 2 }, output: [0, 3, 4, 3] },
  {
    name: 'equal values: the first one counts',
    x: [2, 5, 6, 3],
    values: 'equal',
    options: { kernelSize: 3, stride: [2, 1], padding: 1 },
    output: [2, 3, 6, 3],
  },
  {
    name: 'equal values in many channels',
    x: [2, 5, 6, 37],
    values: 'equal',
    options: { kernelSize: [2, 3], stride: 2, padding: 1 },
    output: [2, 3, 3, 37],
  },
  {
    name: 'large',
    x: [2, 23, 30, 67],
    options: { kernelSize: 3, stride: 2, padding: 1 },
    output: [2, 12, 15, 67],
  },
];

export const cases: readonly Case[] = poolings.map(
  ({ name, x, values = 'distinct', options, output, smooth = values === 'distinct' }) => ({
    name,
    inputs: { x: { shape: x, values } },
    apply: (inputs) => maxPool2d(inputs.x!, options),
    output,
    smooth,
  }),
);
