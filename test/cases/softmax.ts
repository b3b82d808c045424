import { softmax } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'rows', x: [4, 7] },
  { name: 'one row', x: [1, 10] },
  { name: 'without batch', x: [5] },
  { name: 'images', x: [2, 3, 5, 6] },
  { name: 'two classes', x: [3, 2] },
  { name: 'a batch of none', x: [0, 5] },
  { name: 'large', x: [33, 67] },
].map(({ name, x }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => softmax(inputs.x!),
  output: x,
}));
