import { type PadOptions, pad } from 'tenfold';
import type { Case } from './_case.js';

interface Padding {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: PadOptions;
  readonly output: readonly number[];
}

const paddings: readonly Padding[] = [
  { name: 'every side differs', x: [2, 3, 5, 3], options: { padding: [1, 2, 3, 4] }, output: [2, 6, 12, 3] },
  {
    name: 'every side differs, with a value',
    x: [2, 4, 3, 5],
    options: { padding: [2, 0, 1, 3], value: -1.5 },
    output: [2, 6, 7, 5],
  },
  { name: 'everywhere', x: [1, 2, 3, 4], options: { padding: 2 }, output: [1, 6, 7, 4] },
  {
    name: 'vertical and horizontal',
    x: [2, 3, 2, 1],
    options: { padding: [1, 2], value: 0.25 },
    output: [2, 5, 6, 1],
  },
  { name: 'nothing', x: [1, 3, 4, 3], options: { padding: 0, value: 7 }, output: [1, 3, 4, 3] },
  { name: 'the bottom alone', x: [2, 3, 4, 3], options: { padding: [0, 1, 0, 0] }, output: [2, 4, 4, 3] },
  { name: 'the left alone', x: [2, 3, 4, 3], options: { padding: [0, 0, 1, 0] }, output: [2, 3, 5, 3] },
  {
    name: 'an image of no rows',
    x: [1, 0, 2, 3],
    options: { padding: [1, 1], value: 2 },
    output: [1, 2, 4, 3],
  },
  { name: 'a batch of none', x: [0, 3, 4, 3], options: { padding: 1 }, output: [0, 5, 6, 3] },
  {
    name: 'large',
    x: [2, 23, 30, 33],
    options: { padding: [3, 1, 0, 2], value: 1 },
    output: [2, 27, 32, 33],
  },
];

export const cases: readonly Case[] = paddings.map(({ name, x, options, output }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => pad(inputs.x!, options),
  output,
}));
