import { type ConcatOptions, concat } from 'tenfold';
import type { Case, Input } from './_case.js';

interface Concatenation {
  readonly name: string;
  readonly parts: readonly (readonly number[])[];
  readonly options?: ConcatOptions;
  readonly output: readonly number[];
  /** The parts that want no gradient. */
  readonly frozen?: readonly number[];
}

const concatenations: readonly Concatenation[] = [
  {
    name: 'channels',
    parts: [
      [2, 3, 4, 5],
      [2, 3, 4, 1],
      [2, 3, 4, 8],
    ],
    output: [2, 3, 4, 14],
  },
  {
    name: 'rows of images',
    parts: [
      [2, 3, 4, 3],
      [2, 1, 4, 3],
    ],
    options: { axis: 1 },
    output: [2, 4, 4, 3],
  },
  {
    name: 'columns of images',
    parts: [
      [2, 3, 4, 3],
      [2, 3, 5, 3],
    ],
    options: { axis: -2 },
    output: [2, 3, 9, 3],
  },
  {
    name: 'batches',
    parts: [
      [1, 3, 2, 3],
      [4, 3, 2, 3],
    ],
    options: { axis: 0 },
    output: [5, 3, 2, 3],
  },
  { name: 'a single part', parts: [[2, 3, 5]], output: [2, 3, 5] },
  {
    name: 'a part without channels',
    parts: [
      [2, 3, 4],
      [2, 3, 0],
      [2, 3, 2],
    ],
    output: [2, 3, 6],
  },
  {
    name: 'vectors',
    parts: [[3], [1], [4]],
    output: [8],
  },
  {
    name: 'a batch of none',
    parts: [
      [0, 3, 4],
      [0, 3, 5],
    ],
    output: [0, 3, 9],
  },
  {
    name: 'the gradient of the second part alone',
    parts: [
      [2, 3, 4],
      [2, 3, 5],
      [2, 3, 2],
    ],
    output: [2, 3, 11],
    frozen: [0, 2],
  },
  {
    name: 'large',
    parts: [
      [2, 23, 30, 33],
      [2, 23, 30, 5],
      [2, 23, 30, 64],
    ],
    output: [2, 23, 30, 102],
  },
];

export const cases: readonly Case[] = [
  ...concatenations.map(({ name, parts, options, output, frozen = [] }): Case => {
    const inputs: Record<string, Input> = {};
    parts.forEach((shape, index) => {
      inputs[`x${index}`] = { shape, gradient: !frozen.includes(index) };
    });
    return { name, inputs, apply: (tensors) => concat(Object.values(tensors), options), output };
  }),
  {
    name: 'a tensor with itself',
    inputs: { x: { shape: [2, 3] } },
    apply: ({ x }) => concat([x!, x!]),
    output: [2, 6],
  },
];
