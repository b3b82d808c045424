import { type AvgPool2dOptions, avgPool2d } from 'tenfold';
import type { Case } from './_case.js';

interface Pooling {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: AvgPool2dOptions;
  readonly output: readonly number[];
}

const poolings: readonly Pooling[] = [
  {
    name: 'every pair differs',
    x: [2, 9, 11, 5],
    options: { kernelSize: [3, 2], stride: [2, 3], padding: [1, 0] },
    output: [2, 5, 4, 5],
  },
  {
    name: 'every pair differs, padding does not count',
    x: [2, 9, 11, 5],
    options: { kernelSize: [3, 4], stride: [2, 1], padding: [1, 2], countIncludePad: false },
    output: [2, 5, 12, 5],
  },
  {
    name: 'wide windows that overlap',
    x: [2, 9, 12, 13],
    options: { kernelSize: [3, 6], stride: [1, 2], padding: [1, 3] },
    output: [2, 9, 7, 13],
  },
  {
    name: 'wide windows side by side',
    x: [1, 7, 13, 6],
    options: { kernelSize: [3, 6] },
    output: [1, 2, 2, 6],
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
    name: 'ceilMode: what lies beyond the padding never counts',
    x: [1, 10, 8, 3],
    options: { kernelSize: [3, 2], stride: [2, 3], padding: [1, 0], ceilMode: true },
    output: [1, 6, 3, 3],
  },
  {
    name: 'ceilMode, padding does not count',
    x: [2, 7, 11, 3],
    options: { kernelSize: [2, 4], stride: [2, 3], padding: [0, 2], ceilMode: true, countIncludePad: false },
    output: [2, 4, 5, 3],
  },
  {
    name: 'ceilMode drops windows that start behind the image',
    x: [1, 5, 7, 2],
    options: { kernelSize: 2, stride: 3, padding: 1, ceilMode: true },
    output: [1, 2, 3, 2],
  },
  {
    name: 'stride beyond the kernel',
    x: [1, 11, 13, 3],
    options: { kernelSize: 2, stride: [3, 4] },
    output: [1, 4, 3, 3],
  },
  {
    name: 'kernel larger than the image',
    x: [1, 2, 3, 4],
    options: { kernelSize: [4, 5], stride: 1, padding: 2 },
    output: [1, 3, 3, 4],
  },
  {
    name: 'kernel larger than the image, padding does not count',
    x: [2, 2, 3, 7],
    options: { kernelSize: [4, 5], stride: [1, 2], padding: 2, countIncludePad: false },
    output: [2, 3, 2, 7],
  },
  {
    name: '1x1 with stride',
    x: [1, 5, 6, 3],
    options: { kernelSize: 1, stride: [2, 3] },
    output: [1, 3, 2, 3],
  },
  {
    name: 'windows that fill the image',
    x: [2, 4, 6, 8],
    options: { kernelSize: [2, 3] },
    output: [2, 2, 2, 8],
  },
  { name: 'one channel', x: [1, 7, 5, 1], options: { kernelSize: 3, stride: 2 }, output: [1, 3, 2, 1] },
  { name: 'a batch of none', x: [0, 6, 8, 3], options: { kernelSize: 2 }, output: [0, 3, 4, 3] },
  {
    name: 'large',
    x: [2, 23, 30, 67],
    options: { kernelSize: 3, stride: 2, padding: 1 },
    output: [2, 12, 15, 67],
  },
  {
    name: 'large, every pixel',
    x: [1, 40, 37, 21],
    options: { kernelSize: [3, 5], stride: 1, padding: [1, 2], countIncludePad: false },
    output: [1, 40, 37, 21],
  },
];

export const cases: readonly Case[] = poolings.map(({ name, x, options, output }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => avgPool2d(inputs.x!, options),
  output,
}));
