import { layerNorm } from 'tenfold';
import { type AffineInputs, affineInputs } from './_affine.js';
import type { Case } from './_case.js';

interface Normalisation extends AffineInputs {
  readonly name: string;
  readonly x: readonly number[];
  /** How many axes are normalised together. @default 1 */
  readonly axes?: number;
  readonly eps?: number;
}

const normalisations: readonly Normalisation[] = [
  { name: 'the channels of each pixel', x: [2, 6, 7, 9] },
  { name: 'rows', x: [5, 13] },
  { name: 'a single row', x: [11] },
  { name: 'another eps', x: [1, 4, 5, 8], eps: 1e-2 },
  { name: 'width and channels', x: [2, 3, 4, 5], axes: 2 },
  { name: 'whole images', x: [3, 4, 5, 3], axes: 3 },
  { name: 'everything', x: [2, 3, 4, 3], axes: 4 },
  { name: 'three channels', x: [2, 3, 2, 3], eps: 1e-1 },
  { name: 'a batch of none', x: [0, 4, 3, 6] },
  { name: 'without weight and bias', x: [2, 4, 3, 7], without: ['weight', 'bias'] },
  { name: 'without weight', x: [2, 3, 4, 10], without: ['weight'] },
  { name: 'without bias', x: [1, 4, 5, 6], without: ['bias'] },
  { name: 'the gradient of x alone', x: [2, 4, 5, 6], frozen: ['weight', 'bias'] },
  { name: 'the gradients of weight and bias alone', x: [2, 4, 5, 6], frozen: ['x'] },
  { name: 'large', x: [2, 23, 30, 67] },
  { name: 'large images', x: [3, 23, 30, 11], axes: 3 },
];

export const cases: readonly Case[] = normalisations.map(({ name, x, axes = 1, eps = 1e-5, ...affine }) => {
  const normalizedShape = x.slice(-axes);
  return {
    name,
    inputs: affineInputs(x, normalizedShape, affine),
    apply: (inputs) =>
      layerNorm(inputs.x!, inputs, { normalizedShape: axes === 1 ? x.at(-1)! : normalizedShape, eps }),
    output: x,
  };
});
