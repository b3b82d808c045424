import { channelShuffle } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'three groups', x: [2, 4, 5, 12], groups: 3 },
  { name: 'two groups of an odd number', x: [1, 3, 2, 10], groups: 2 },
  { name: 'four groups of eight', x: [2, 3, 1, 32], groups: 4 },
  { name: 'seven groups of five', x: [1, 2, 3, 35], groups: 7 },
  { name: 'one group', x: [2, 3, 5], groups: 1 },
  { name: 'a group for each channel', x: [2, 3, 5], groups: 5 },
  { name: 'rows', x: [4, 6], groups: 2 },
  { name: 'one row without batch', x: [9], groups: 3 },
  { name: 'a batch of none', x: [0, 3, 4, 6], groups: 3 },
  { name: 'large', x: [2, 23, 30, 69], groups: 3 },
  { name: 'two groups, large', x: [2, 23, 30, 74], groups: 2 },
  { name: 'more channels than a block', x: [2, 1, 1, 20_000], groups: 100 },
].map(({ name, x, groups }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) => channelShuffle(inputs.x!, { groups }),
  output: x,
}));
