/** The shapes that every broadcast operator of two inputs has to bear. */

import type { Tensor } from 'tenfold';
import type { Case, Input } from './_case.js';

const shapes = [
  { name: 'equal shapes', a: [2, 5, 4, 3], b: [2, 5, 4, 3], output: [2, 5, 4, 3] },
  { name: 'b per channel', a: [2, 5, 4, 3], b: [3], output: [2, 5, 4, 3] },
  { name: 'b per image and channel', a: [2, 5, 4, 3], b: [2, 1, 1, 3], output: [2, 5, 4, 3] },
  { name: 'b per pixel', a: [2, 5, 4, 3], b: [2, 5, 4, 1], output: [2, 5, 4, 3] },
  { name: 'b per row and channel', a: [2, 5, 4, 3], b: [5, 1, 3], output: [2, 5, 4, 3] },
  { name: 'b a scalar', a: [3, 7], b: [], output: [3, 7] },
  { name: 'a a scalar', a: [], b: [3, 7], output: [3, 7] },
  { name: 'scalars', a: [], b: [], output: [] },
  { name: 'a of one element and more axes', a: [1, 1, 1], b: [5], output: [1, 1, 5] },
  { name: 'both repeat', a: [3, 1, 5, 1], b: [1, 4, 1, 6], output: [3, 4, 5, 6] },
  { name: 'an outer product', a: [7, 1], b: [1, 9], output: [7, 9] },
  { name: 'a batch of none', a: [0, 4, 3], b: [3], output: [0, 4, 3] },
  { name: 'repeated zero times', a: [0, 4, 3], b: [1, 4, 1], output: [0, 4, 3] },
  { name: 'large', a: [2, 23, 30, 67], b: [2, 23, 30, 67], output: [2, 23, 30, 67] },
  { name: 'large, b per channel', a: [2, 23, 30, 67], b: [67], output: [2, 23, 30, 67] },
  { name: 'large, b per image and channel', a: [2, 23, 30, 67], b: [2, 1, 1, 67], output: [2, 23, 30, 67] },
  { name: 'narrow pixels, b per channel', a: [1, 40, 51, 3], b: [3], output: [1, 40, 51, 3] },
  { name: 'long rows, b per row', a: [3, 1003], b: [3, 1], output: [3, 1003] },
  { name: 'the gradient of a alone', a: [4, 5], b: [5], output: [4, 5], frozen: 'b' },
  { name: 'the gradient of b alone', a: [4, 5], b: [5], output: [4, 5], frozen: 'a' },
];

/** @param bValues What to draw for b. */
export function broadcastCases(
  operator: (a: Tensor, b: Tensor) => Tensor,
  bValues: Input['values'] & string = 'even',
): readonly Case[] {
  return [
    ...shapes.map(
      ({ name, a, b, output, frozen }): Case => ({
        name,
        inputs: {
          a: { shape: a, gradient: frozen !== 'a' },
          b: { shape: b, values: bValues, gradient: frozen !== 'b' },
        },
        apply: (inputs) => operator(inputs.a!, inputs.b!),
        output,
      }),
    ),
    {
      name: 'a tensor with itself',
      inputs: { x: { shape: [3, 5], values: bValues } },
      apply: ({ x }) => operator(x!, x!),
      output: [3, 5],
    },
  ];
}
