import { type ConvTranspose2dOptions, convTranspose2d } from 'tenfold';
import type { Case } from './_case.js';

interface Convolution {
  readonly name: string;
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly bias?: true;
  readonly options?: ConvTranspose2dOptions;
  readonly output: readonly number[];
  /** The inputs that want no gradient. */
  readonly frozen?: readonly string[];
}

const convolutions: readonly Convolution[] = [
  { name: '3x3', x: [1, 4, 5, 3], weight: [3, 4, 3, 3], bias: true, output: [1, 6, 7, 4] },
  {
    name: 'every pair differs',
    x: [2, 4, 5, 3],
    weight: [3, 5, 3, 4],
    bias: true,
    options: { stride: [2, 3], padding: [1, 2], outputPadding: [0, 2], dilation: [2, 1] },
    output: [2, 9, 14, 5],
  },
  {
    name: 'twice the size, 2x2',
    x: [2, 5, 3, 6],
    weight: [6, 3, 2, 2],
    bias: true,
    options: { stride: 2 },
    output: [2, 10, 6, 3],
  },
  {
    name: 'twice the size, 4x4',
    x: [1, 3, 4, 5],
    weight: [5, 7, 4, 4],
    options: { stride: 2, padding: 1 },
    output: [1, 6, 8, 7],
  },
  {
    name: 'twice the size, 3x3',
    x: [1, 4, 5, 5],
    weight: [5, 2, 3, 3],
    bias: true,
    options: { stride: 2, padding: 1, outputPadding: 1 },
    output: [1, 8, 10, 2],
  },
  {
    name: 'stride beyond the kernel: nothing but the bias between',
    x: [2, 3, 2, 4],
    weight: [4, 3, 2, 1],
    bias: true,
    options: { stride: [3, 4], outputPadding: [2, 1] },
    output: [2, 10, 6, 3],
  },
  {
    name: 'output padding beyond the stride, within the dilation',
    x: [1, 4, 3, 3],
    weight: [3, 2, 3, 2],
    options: { dilation: [3, 4], outputPadding: [2, 3] },
    output: [1, 12, 10, 2],
  },
  { name: '1x1', x: [2, 5, 4, 7], weight: [7, 3, 1, 1], bias: true, output: [2, 5, 4, 3] },
  {
    name: 'padding cuts off all but the middle',
    x: [1, 5, 6, 3],
    weight: [3, 4, 3, 2],
    options: { padding: [3, 2] },
    output: [1, 1, 3, 4],
  },
  {
    name: 'one channel to one',
    x: [1, 5, 4, 1],
    weight: [1, 1, 3, 3],
    options: { padding: 1 },
    output: [1, 5, 4, 1],
  },
  {
    name: 'groups',
    x: [2, 4, 5, 6],
    weight: [6, 4, 3, 2],
    bias: true,
    options: { stride: [1, 2], padding: [1, 0], groups: 3 },
    output: [2, 4, 10, 12],
  },
  {
    name: 'depthwise',
    x: [2, 5, 3, 7],
    weight: [7, 1, 3, 4],
    bias: true,
    options: { stride: 2, padding: [1, 0], outputPadding: [1, 0], groups: 7 },
    output: [2, 10, 8, 7],
  },
  {
    name: 'depthwise, dilated',
    x: [1, 6, 5, 5],
    weight: [5, 1, 2, 3],
    options: { padding: [0, 2], dilation: [3, 2], groups: 5 },
    output: [1, 9, 5, 5],
  },
  { name: 'images of one pixel', x: [3, 1, 1, 9], weight: [9, 5, 4, 3], output: [3, 4, 3, 5] },
  {
    name: 'a batch of none',
    x: [0, 4, 3, 3],
    weight: [3, 2, 3, 3],
    bias: true,
    options: { stride: 2 },
    output: [0, 9, 7, 2],
  },
  {
    name: 'large',
    x: [1, 20, 19, 37],
    weight: [37, 33, 3, 3],
    bias: true,
    options: { stride: 2, padding: 1, outputPadding: [1, 0] },
    output: [1, 40, 37, 33],
  },
  {
    name: 'large depthwise',
    x: [2, 13, 17, 43],
    weight: [43, 1, 4, 4],
    bias: true,
    options: { stride: 2, padding: 1, groups: 43 },
    output: [2, 26, 34, 43],
  },
  {
    name: 'the gradient of the weight alone',
    x: [2, 4, 3, 3],
    weight: [3, 4, 3, 2],
    bias: true,
    output: [2, 6, 4, 4],
    frozen: ['x', 'bias'],
  },
  {
    name: 'the gradient of x alone',
    x: [2, 4, 3, 3],
    weight: [3, 4, 3, 2],
    output: [2, 6, 4, 4],
    frozen: ['weight'],
  },
  {
    name: 'the gradient of the bias alone',
    x: [2, 4, 3, 3],
    weight: [3, 4, 3, 2],
    bias: true,
    output: [2, 6, 4, 4],
    frozen: ['x', 'weight'],
  },
];

export const cases: readonly Case[] = convolutions.map(
  ({ name, x, weight, bias, options, output, frozen = [] }) => ({
    name,
    inputs: {
      x: { shape: x, gradient: !frozen.includes('x') },
      weight: { shape: weight, gradient: !frozen.includes('weight') },
      ...(bias && { bias: { shape: [output[3]!], gradient: !frozen.includes('bias') } }),
    },
    apply: (inputs) => convTranspose2d(inputs.x!, inputs.weight!, inputs.bias, options),
    output,
  }),
);
