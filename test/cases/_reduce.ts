/** The axes that every reduction has to bear. */

import type { ReduceOptions, Tensor } from 'tenfold';
import type { Case } from './_case.js';

const reductions: readonly {
  readonly name: string;
  readonly x: readonly number[];
  readonly options?: ReduceOptions;
  readonly output: readonly number[];
}[] = [
  { name: 'everything', x: [2, 5, 4, 3], output: [] },
  { name: 'everything, keepDims', x: [2, 5, 4, 3], options: { keepDims: true }, output: [1, 1, 1, 1] },
  { name: 'height and width', x: [2, 5, 4, 3], options: { axes: [1, 2] }, output: [2, 3] },
  { name: 'everything but channels', x: [2, 5, 4, 3], options: { axes: [0, 1, 2] }, output: [3] },
  { name: 'channels', x: [2, 5, 4, 3], options: { axes: [-1] }, output: [2, 5, 4] },
  {
    name: 'channels, keepDims',
    x: [2, 5, 4, 3],
    options: { axes: [-1], keepDims: true },
    output: [2, 5, 4, 1],
  },
  { name: 'the first axis', x: [4, 7], options: { axes: [0] }, output: [7] },
  { name: 'axes apart, out of order', x: [2, 5, 4, 3], options: { axes: [-2, 0] }, output: [5, 3] },
  {
    name: 'other axes apart, keepDims',
    x: [2, 5, 4, 3],
    options: { axes: [1, 3], keepDims: true },
    output: [2, 1, 4, 1],
  },
  { name: 'every other axis of five', x: [2, 3, 2, 4, 3], options: { axes: [1, 3] }, output: [2, 2, 3] },
  { name: 'no axis', x: [3, 5], options: { axes: [] }, output: [3, 5] },
  { name: 'a scalar', x: [], output: [] },
  { name: 'a single element', x: [1, 1], options: { axes: [0] }, output: [1] },
  { name: 'an axis of a batch of none', x: [0, 4, 3], options: { axes: [1] }, output: [0, 3] },
  { name: 'nothing', x: [0, 3], options: { axes: [0] }, output: [3] },
  { name: 'large, everything', x: [2, 23, 30, 67], output: [] },
  { name: 'large, everything but channels', x: [2, 23, 30, 67], options: { axes: [0, 1, 2] }, output: [67] },
  { name: 'large, height and width', x: [2, 23, 30, 67], options: { axes: [1, 2] }, output: [2, 67] },
  { name: 'large, channels', x: [2, 23, 30, 67], options: { axes: [3] }, output: [2, 23, 30] },
];

export function reductionCases(operator: (x: Tensor, options?: ReduceOptions) => Tensor): readonly Case[] {
  return reductions.map(({ name, x, options, output }) => ({
    name,
    inputs: { x: { shape: x } },
    apply: (inputs) => operator(inputs.x!, options),
    output,
  }));
}
