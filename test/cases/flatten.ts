import { flatten } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'images', x: [2, 3, 4, 5], output: [2, 60] },
  { name: 'rows stay', x: [3, 7], output: [3, 7] },
  { name: 'sequences', x: [2, 3, 5], output: [2, 15] },
  { name: 'one channel', x: [2, 5, 3, 1], output: [2, 15] },
  { name: 'one pixel', x: [2, 1, 1, 6], output: [2, 6] },
  { name: 'a batch of none', x: [0, 2, 3, 4], output: [0, 24] },
  { name: 'three channels of many pixels', x: [2, 37, 41, 3], output: [2, 4551] },
  { name: 'large', x: [3, 11, 13, 67], output: [3, 9581] },
].map(({ name, x, output }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => flatten(inputs.x!),
  output,
}));
