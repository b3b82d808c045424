import { type GroupNormOptions, groupNorm } from 'tenfold';
import { type AffineInputs, affineInputs } from './_affine.js';
import type { Case } from './_case.js';

interface Normalisation extends AffineInputs {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: GroupNormOptions;
}

const normalisations: readonly Normalisation[] = [
  { name: 'groups', x: [2, 6, 7, 9], options: { numGroups: 3 } },
  { name: 'one group', x: [2, 5, 4, 7], options: { numGroups: 1 } },
  { name: 'as many groups as channels', x: [3, 4, 6, 5], options: { numGroups: 5 } },
  { name: 'another eps', x: [1, 4, 5, 8], options: { numGroups: 2, eps: 1e-2 } },
  { name: 'groups that begin amid vector lanes', x: [2, 3, 5, 14], options: { numGroups: 2 } },
  { name: 'rows', x: [4, 12], options: { numGroups: 3, eps: 1e-2 } },
  { name: 'five axes', x: [2, 3, 2, 4, 6], options: { numGroups: 2 } },
  { name: 'one channel', x: [2, 5, 3, 1], options: { numGroups: 1 } },
  { name: 'a batch of none', x: [0, 4, 3, 6], options: { numGroups: 3 } },
  { name: 'no pixels', x: [2, 0, 3, 6], options: { numGroups: 3 } },
  {
    name: 'without weight and bias',
    x: [2, 4, 3, 6],
    options: { numGroups: 2 },
    without: ['weight', 'bias'],
  },
  { name: 'without weight', x: [2, 3, 4, 5], options: { numGroups: 1 }, without: ['weight'] },
  { name: 'without bias', x: [1, 4, 5, 6], options: { numGroups: 3 }, without: ['bias'] },
  { name: 'the gradient of x alone', x: [2, 4, 5, 6], options: { numGroups: 2 }, frozen: ['weight', 'bias'] },
  {
    name: 'the gradients of weight and bias alone',
    x: [2, 4, 5, 6],
    options: { numGroups: 2 },
    frozen: ['x'],
  },
  { name: 'large', x: [2, 23, 30, 69], options: { numGroups: 3 } },
  { name: 'large, as many groups as channels', x: [1, 31, 29, 67], options: { numGroups: 67 } },
  { name: 'many images', x: [70, 9, 9, 6], options: { numGroups: 2 } },
];

export const cases: readonly Case[] = normalisations.map(({ name, x, options, ...affine }) => ({
  name,
  inputs: affineInputs(x, [x.at(-1)!], affine),
  apply: (inputs) => groupNorm(inputs.x!, inputs, options),
  output: x,
}));
