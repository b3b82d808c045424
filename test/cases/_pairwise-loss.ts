/** The shapes that every loss between two tensors of one shape has to bear. */

import type { Tensor } from 'tenfold';
import type { Case, Input } from './_case.js';

const shapes = [
  { name: 'rows', shape: [4, 7] },
  { name: 'images', shape: [2, 3, 5, 3] },
  { name: 'one row', shape: [1, 3] },
  { name: 'without batch', shape: [6] },
  { name: 'scalars', shape: [] },
  { name: 'a batch of none', shape: [0, 5] },
  { name: 'the gradient of the input alone', shape: [3, 5], frozen: 'target' },
  { name: 'the gradient of the target alone', shape: [3, 5], frozen: 'x' },
  { name: 'large', shape: [2, 23, 30, 67] },
];

export function pairwiseLossCases(
  loss: (x: Tensor, target: Tensor) => Tensor,
  targets: Input['values'] & string,
): readonly Case[] {
  return shapes.map(({ name, shape, frozen }) => ({
    name,
    inputs: {
      x: { shape, gradient: frozen !== 'x' },
      target: { shape, values: targets, gradient: frozen !== 'target' },
    },
    apply: ({ x, target }) => loss(x!, target!),
    output: [],
  }));
}
