import { dropout } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'images', x: [2, 3, 5, 7], p: 0.5, seed: 1, step: 0 },
  { name: 'a small share', x: [4, 9], p: 0.1, seed: 2, step: 3 },
  { name: 'a large share', x: [4, 9], p: 0.9, seed: 3, step: 1 },
  { name: 'no share', x: [3, 5], p: 0, seed: 4, step: 2 },
  { name: 'seed and step beyond 31 bits', x: [5, 7], p: 0.4, seed: 0xfedcba98, step: 0x89abcdef },
  { name: 'a scalar', x: [], p: 0.3, seed: 5, step: 0 },
  { name: 'three elements', x: [3], p: 0.3, seed: 6, step: 0 },
  { name: 'five elements', x: [5], p: 0.3, seed: 7, step: 0 },
  { name: 'a batch of none', x: [0, 4], p: 0.5, seed: 8, step: 0 },
  { name: 'large', x: [3, 23, 30, 37], p: 0.3, seed: 9, step: 11 },
].map(({ name, x, p, seed, step }) => ({
  name,
  inputs: { x: { shape: x } },
  apply: (inputs) =>
    dropout(inputs.x!, { p, training: true, key: { seed, purpose: 'dropout of this case', step } }),
  output: x,
}));
