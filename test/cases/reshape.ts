import { reshape } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'fewer axes', x: [2, 3, 4], shape: [6, 4], output: [6, 4] },
  { name: 'more axes', x: [6, 4], shape: [3, 2, 2, 2], output: [3, 2, 2, 2] },
  { name: 'a side that follows', x: [2, 3, 4], shape: [4, -1], output: [4, 6] },
  { name: 'the same shape', x: [3, 5], shape: [3, 5], output: [3, 5] },
  { name: 'to a scalar', x: [1, 1], shape: [], output: [] },
  { name: 'from a scalar', x: [], shape: [1, 1], output: [1, 1] },
  { name: 'a batch of none', x: [0, 6], shape: [-1, 2, 3], output: [0, 2, 3] },
].map(({ name, x, shape, output }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => reshape(inputs.x!, shape),
  output,
}));
