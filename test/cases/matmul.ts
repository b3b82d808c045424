import { matmul } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'matrices', a: [4, 7], b: [7, 5], output: [4, 5] },
  { name: 'a batch of matrices by one', a: [2, 3, 4, 6], b: [6, 5], output: [2, 3, 4, 5] },
  { name: 'a column by a row', a: [5, 1], b: [1, 3], output: [5, 3] },
  { name: 'a row by a column', a: [1, 9], b: [9, 1], output: [1, 1] },
  { name: 'no rows', a: [0, 3], b: [3, 4], output: [0, 4] },
  { name: 'large', a: [35, 67], b: [67, 41], output: [35, 41] },
  { name: 'the gradient of a alone', a: [4, 7], b: [7, 5], output: [4, 5], frozen: 'b' },
  { name: 'the gradient of b alone', a: [4, 7], b: [7, 5], output: [4, 5], frozen: 'a' },
].map(({ name, a, b, output, frozen }) => ({
  name,
  inputs: {
    a: { shape: a, gradient: frozen !== 'a' },
    b: { shape: b, gradient: frozen !== 'b' },
  },
  apply: (inputs) => matmul(inputs.a!, inputs.b!),
  output,
}));
