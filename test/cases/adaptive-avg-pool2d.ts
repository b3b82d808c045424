import { adaptiveAvgPool2d } from 'tenfold';
import type { Case } from './_case.js';

interface Pooling {
  readonly name: string;
  readonly x: readonly number[];
  readonly outputSize: number | readonly [number, number];
}

const poolings: readonly Pooling[] = [
  { name: 'even division', x: [2, 8, 9, 5], outputSize: [4, 3] },
  { name: 'uneven division', x: [2, 11, 10, 5], outputSize: [3, 4] },
  { name: 'one number for both sides', x: [1, 13, 10, 3], outputSize: 6 },
  { name: 'one pixel of all', x: [2, 7, 5, 4], outputSize: 1 },
  { name: 'a row of pixels', x: [1, 6, 9, 3], outputSize: [1, 4] },
  { name: 'a column of pixels', x: [1, 9, 6, 3], outputSize: [4, 1] },
  { name: 'every pixel itself', x: [1, 5, 7, 2], outputSize: [5, 7] },
  { name: 'more pixels than the image has', x: [2, 3, 2, 3], outputSize: [7, 5] },
  { name: 'more rows, fewer columns', x: [1, 4, 9, 6], outputSize: [6, 5] },
  { name: 'pixels repeated', x: [2, 1, 1, 4], outputSize: [6, 3] },
  { name: 'one channel', x: [1, 7, 9, 1], outputSize: [3, 2] },
  { name: 'a batch of none', x: [0, 7, 5, 3], outputSize: [3, 2] },
  { name: 'large', x: [2, 23, 30, 67], outputSize: [5, 7] },
  { name: 'large, uneven division', x: [1, 41, 38, 35], outputSize: [29, 30] },
];

export const cases: readonly Case[] = poolings.map(({ name, x, outputSize }) => {
  const [height, width] = typeof outputSize === 'number' ? [outputSize, outputSize] : outputSize;
  return {
    name,
    inputs: { x: { shape: x } },
    apply: (inputs) => adaptiveAvgPool2d(inputs.x!, { outputSize }),
    output: [x[0]!, height, width, x[3]!],
  };
});
