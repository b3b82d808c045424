import { type ArgmaxOptions, argmax } from 'tenfold';
import type { Case, Input } from './_case.js';

interface Search {
  readonly name: string;
  readonly x: readonly number[];
  readonly values?: Input['values'];
  readonly options?: ArgmaxOptions;
  readonly output: readonly number[];
}

const searches: readonly Search[] = [
  { name: 'classes', x: [4, 7], output: [4] },
  { name: 'classes of pixels', x: [2, 3, 4, 5], output: [2, 3, 4] },
  { name: 'keepDims', x: [2, 3, 4, 5], options: { keepDims: true }, output: [2, 3, 4, 1] },
  { name: 'the first axis', x: [5, 3, 2], options: { axis: 0 }, output: [3, 2] },
  { name: 'rows of images', x: [2, 5, 4, 3], options: { axis: 1 }, output: [2, 4, 3] },
  { name: 'without batch', x: [11], output: [] },
  { name: 'one class', x: [3, 1], output: [3] },
  { name: 'equal values: the first one counts', x: [3, 13], values: 'equal', output: [3] },
  { name: 'a batch of none', x: [0, 5], output: [0] },
  { name: 'large', x: [35, 1067], output: [35] },
  { name: 'large, one row', x: [70_001], output: [] },
  { name: 'large, equal values', x: [2, 40_003], values: 'equal', output: [2] },
  { name: 'large, columns', x: [1067, 37], options: { axis: 0 }, output: [37] },
];

export const cases: readonly Case[] = searches.map(({ name, x, values = 'distinct', options, output }) => ({
  name,
  inputs: { x: { shape: x, values, gradient: false } },
  apply: (inputs) => argmax(inputs.x!, options),
  output,
}));
