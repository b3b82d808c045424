import { linear } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'with bias', x: [5, 7], weight: [4, 7], bias: [4], output: [5, 4] },
  { name: 'without bias', x: [3, 6], weight: [9, 6], output: [3, 9] },
  { name: 'one row', x: [1, 13], weight: [5, 13], bias: [5], output: [1, 5] },
  { name: 'one feature to one', x: [4, 1], weight: [1, 1], bias: [1], output: [4, 1] },
  { name: 'a single row without batch', x: [5], weight: [3, 5], bias: [3], output: [3] },
  { name: 'rows of sequences', x: [2, 3, 5], weight: [7, 5], bias: [7], output: [2, 3, 7] },
  { name: 'rows of images', x: [2, 3, 2, 5], weight: [6, 5], output: [2, 3, 2, 6] },
  { name: 'a batch of none', x: [0, 6], weight: [4, 6], bias: [4], output: [0, 4] },
  { name: 'large', x: [35, 70], weight: [67, 70], bias: [67], output: [35, 67] },
  { name: 'large, one row', x: [1, 515], weight: [33, 515], output: [1, 33] },
  { name: 'the gradient of the weight alone', x: [5, 7], weight: [4, 7], output: [5, 4], frozen: 'x' },
  { name: 'the gradient of x alone', x: [5, 7], weight: [4, 7], output: [5, 4], frozen: 'weight' },
].map(({ name, x, weight, bias, output, frozen }) => ({
  name,
  inputs: {
    x: { shape: x, gradient: frozen !== 'x' },
    weight: { shape: weight, gradient: frozen !== 'weight' },
    ...(bias && { bias: { shape: bias } }),
  },
  apply: (inputs) => linear(inputs.x!, inputs.weight!, inputs.bias),
  output,
}));
