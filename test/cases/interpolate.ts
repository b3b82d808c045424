import { type InterpolateOptions, interpolate } from 'tenfold';
import type { Case } from './_case.js';

interface Resizing {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: InterpolateOptions;
  readonly output: readonly number[];
}

const nearest: readonly Resizing[] = [
  { name: 'larger by other factors', x: [2, 3, 5, 3], options: { size: [7, 9] }, output: [2, 7, 9, 3] },
  { name: 'smaller', x: [2, 9, 8, 5], options: { size: [4, 3] }, output: [2, 4, 3, 5] },
  { name: 'higher and narrower', x: [1, 4, 9, 3], options: { size: [7, 4] }, output: [1, 7, 4, 3] },
  { name: 'by two factors', x: [2, 3, 4, 5], options: { scaleFactor: [2, 3] }, output: [2, 6, 12, 5] },
  { name: 'by a fraction', x: [1, 5, 7, 3], options: { scaleFactor: [1.7, 0.6] }, output: [1, 8, 4, 3] },
  { name: 'the same size', x: [1, 4, 3, 2], options: { scaleFactor: 1 }, output: [1, 4, 3, 2] },
  { name: 'to one pixel', x: [1, 4, 5, 3], options: { size: 1 }, output: [1, 1, 1, 3] },
  { name: 'of one pixel', x: [2, 1, 1, 7], options: { size: [3, 4] }, output: [2, 3, 4, 7] },
  { name: 'a batch of none', x: [0, 3, 4, 5], options: { size: 6 }, output: [0, 6, 6, 5] },
  { name: 'large', x: [2, 23, 15, 67], options: { scaleFactor: 2 }, output: [2, 46, 30, 67] },
];

const resizings: readonly Resizing[] = [
  ...nearest.map((it) => ({ ...it, name: `nearest: ${it.name}` })),
  ...nearest.map((it) => ({
    ...it,
    name: `bilinear: ${it.name}`,
    options: { ...it.options, mode: 'bilinear' as const },
  })),
  ...nearest.map((it) => ({
    ...it,
    name: `aligned corners: ${it.name}`,
    options: { ...it.options, mode: 'bilinear' as const, alignCorners: true },
  })),
  {
    name: 'bilinear: much smaller',
    x: [1, 40, 37, 5],
    options: { size: [3, 2], mode: 'bilinear' },
    output: [1, 3, 2, 5],
  },
  {
    name: 'bilinear: along the height alone',
    x: [1, 5, 6, 5],
    options: { size: [9, 6], mode: 'bilinear' },
    output: [1, 9, 6, 5],
  },
  {
    name: 'bilinear: along the width alone',
    x: [1, 5, 6, 5],
    options: { size: [5, 11], mode: 'bilinear' },
    output: [1, 5, 11, 5],
  },
];

export const cases: readonly Case[] = resizings.map(({ name, x, options, output }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => interpolate(inputs.x!, options),
  output,
}));
