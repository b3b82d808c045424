import { concat, type SplitOptions, split } from 'tenfold';
import type { Case } from './_case.js';

interface Splitting {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: SplitOptions;
}

const splittings: readonly Splitting[] = [
  { name: 'channels', x: [2, 3, 4, 7], options: { sizes: [2, 1, 4] } },
  { name: 'parts of one size', x: [2, 3, 4, 6], options: { sizes: 2 } },
  { name: 'a shorter last part', x: [2, 3, 7], options: { sizes: 3 } },
  { name: 'rows of images', x: [2, 5, 4, 3], options: { sizes: [4, 1], axis: 1 } },
  { name: 'images', x: [5, 2, 3, 3], options: { sizes: 2, axis: 0 } },
  { name: 'an empty part', x: [3, 5], options: { sizes: [2, 0, 3] } },
  { name: 'one part', x: [3, 5], options: { sizes: 9 } },
  { name: 'a batch of none', x: [0, 3, 5], options: { sizes: [1, 4] } },
  { name: 'large', x: [2, 23, 30, 67], options: { sizes: [33, 1, 33] } },
];

/** The parts, put together again in reverse order, so that each one is seen and all have a gradient. */
export const cases: readonly Case[] = splittings.map(({ name, x, options }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => concat(split(inputs.x!, options).reverse(), { axis: options.axis ?? -1 }),
  output: x,
}));
