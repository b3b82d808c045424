import { topK } from 'tenfold';
import type { Case, Input } from './_case.js';

interface Ranking {
  readonly name: string;
  readonly x: readonly number[];
  readonly k: number;
  readonly values?: Input['values'];
}

const rankings: readonly Ranking[] = [
  { name: 'classes', x: [4, 11], k: 5 },
  { name: 'classes of pixels', x: [2, 3, 4, 7], k: 2 },
  { name: 'the largest alone', x: [3, 9], k: 1 },
  { name: 'everything, sorted', x: [3, 10], k: 10 },
  { name: 'without batch', x: [13], k: 4 },
  { name: 'equal values: the first ones count', x: [3, 11], k: 6, values: 'equal' },
  { name: 'a few of many', x: [5, 203], k: 7 },
  { name: 'a few of many equal values', x: [3, 131], k: 16, values: 'equal' },
  { name: 'a batch of none', x: [0, 5], k: 3 },
  { name: 'large', x: [35, 1067], k: 100 },
  { name: 'a row beyond a block', x: [2, 20_003], k: 333 },
];

export const cases: readonly Case[] = rankings.map(({ name, x, k, values = 'distinct' }) => ({
  name,
  inputs: { x: { shape: x, values } },
  apply: (inputs) => {
    const { values, indices } = topK(inputs.x!, k);
    return [values, indices];
  },
  output: [...x.slice(0, -1), k],
  others: [[...x.slice(0, -1), k]],
  smooth: values === 'distinct',
}));
