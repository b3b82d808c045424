import { permute } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'channels first', x: [2, 3, 4, 5], axes: [0, 3, 1, 2], output: [2, 5, 3, 4] },
  { name: 'channels last', x: [2, 5, 3, 4], axes: [0, 2, 3, 1], output: [2, 3, 4, 5] },
  { name: 'a matrix', x: [5, 7], axes: [1, 0], output: [7, 5] },
  { name: 'a matrix of whole tiles', x: [3, 8, 12], axes: [0, -1, 1], output: [3, 12, 8] },
  { name: 'height and width', x: [2, 3, 4, 5], axes: [0, 2, 1, 3], output: [2, 4, 3, 5] },
  { name: 'three axes in reverse', x: [3, 4, 5], axes: [2, 1, 0], output: [5, 4, 3] },
  { name: 'the last two pairs', x: [2, 3, 4, 5], axes: [2, 3, 0, 1], output: [4, 5, 2, 3] },
  { name: 'a pair between', x: [2, 3, 4, 5], axes: [1, 0, 3, 2], output: [3, 2, 5, 4] },
  {
    name: 'six axes, all apart',
    x: [2, 3, 2, 4, 3, 2],
    axes: [5, 3, 1, 4, 2, 0],
    output: [2, 4, 3, 3, 2, 2],
  },
  {
    name: 'six axes in reverse',
    x: [2, 3, 1, 4, 2, 3],
    axes: [5, 4, 3, 2, 1, 0],
    output: [3, 2, 4, 1, 3, 2],
  },
  { name: 'no change', x: [2, 3, 4], axes: [0, 1, 2], output: [2, 3, 4] },
  { name: 'axes of length 1', x: [1, 4, 1, 3], axes: [1, 0, 3, 2], output: [4, 1, 3, 1] },
  { name: 'a vector', x: [5], axes: [0], output: [5] },
  { name: 'a scalar', x: [], axes: [], output: [] },
  { name: 'a batch of none', x: [0, 3, 4], axes: [2, 0, 1], output: [4, 0, 3] },
  { name: 'large, channels first', x: [2, 23, 30, 67], axes: [0, 3, 1, 2], output: [2, 67, 23, 30] },
  { name: 'large, all apart', x: [5, 23, 30, 11], axes: [3, 1, 2, 0], output: [11, 23, 30, 5] },
  { name: 'large, rows stay whole', x: [5, 23, 30, 11], axes: [2, 1, 0, 3], output: [30, 23, 5, 11] },
].map(({ name, x, axes, output }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => permute(inputs.x!, axes),
  output,
}));
