import { relu } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'images', x: [2, 5, 7, 3] },
  { name: 'rows', x: [3, 11] },
  { name: 'a scalar', x: [] },
  { name: 'three elements', x: [3] },
  { name: 'a batch of none', x: [0, 4, 5, 3] },
  { name: 'large', x: [3, 23, 30, 5] },
].map(({ name, x }) => ({
  name,
  inputs: { x: { shape: x, values: 'distinct' } },
  apply: (inputs) => relu(inputs.x!),
  output: x,
}));
