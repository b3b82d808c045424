import { globalAvgPool } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'images', x: [2, 7, 6, 5] },
  { name: 'a row of pixels', x: [1, 1, 5, 3] },
  { name: 'a column of pixels', x: [2, 6, 1, 4] },
  { name: 'one pixel', x: [3, 1, 1, 7] },
  { name: 'one channel', x: [2, 4, 9, 1] },
  { name: 'a batch of none', x: [0, 4, 3, 2] },
  { name: 'large', x: [2, 23, 30, 67] },
].map(({ name, x }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => globalAvgPool(inputs.x!),
  output: [x[0]!, 1, 1, x[3]!],
}));
