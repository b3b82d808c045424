import { type SliceOptions, slice } from 'tenfold';
import type { Case } from './_case.js';

interface Part {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: SliceOptions;
  readonly output: readonly number[];
}

const parts: readonly Part[] = [
  { name: 'channels', x: [2, 3, 4, 7], options: { axis: -1, start: 2, end: 5 }, output: [2, 3, 4, 3] },
  { name: 'rows of images', x: [2, 5, 4, 3], options: { axis: 1, start: 1, end: 4 }, output: [2, 3, 4, 3] },
  { name: 'columns of images', x: [2, 3, 5, 3], options: { axis: -2, start: 3 }, output: [2, 3, 2, 3] },
  { name: 'images', x: [5, 2, 3, 3], options: { axis: 0, start: 1, end: 3 }, output: [2, 2, 3, 3] },
  { name: 'the beginning', x: [3, 7], options: { axis: 1, end: 2 }, output: [3, 2] },
  { name: 'counted from the end', x: [3, 7], options: { axis: 1, start: -3, end: -1 }, output: [3, 2] },
  { name: 'everything', x: [3, 7], options: { axis: 0 }, output: [3, 7] },
  { name: 'nothing', x: [3, 7], options: { axis: 1, start: 4, end: 4 }, output: [3, 0] },
  { name: 'a vector', x: [9], options: { axis: 0, start: 2, end: 7 }, output: [5] },
  { name: 'a batch of none', x: [0, 3, 5], options: { axis: 2, start: 1 }, output: [0, 3, 4] },
  {
    name: 'large, channels',
    x: [2, 23, 30, 67],
    options: { axis: 3, start: 5, end: 50 },
    output: [2, 23, 30, 45],
  },
  {
    name: 'large, images',
    x: [5, 11, 30, 67],
    options: { axis: 0, start: 1, end: 4 },
    output: [3, 11, 30, 67],
  },
];

export const cases: readonly Case[] = parts.map(({ name, x, options, output }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => slice(inputs.x!, options),
  output,
}));
