import { crossEntropy } from 'tenfold';
import type { Case } from './_case.js';

export const cases: readonly Case[] = [
  { name: 'rows', logits: [4, 10] },
  { name: 'rows with smoothing', logits: [5, 7], labelSmoothing: 0.1 },
  { name: 'nothing but smoothing', logits: [3, 4], labelSmoothing: 1 },
  { name: 'one row', logits: [1, 3] },
  { name: 'without batch', logits: [6] },
  { name: 'images', logits: [2, 4, 3, 5] },
  { name: 'images with smoothing', logits: [2, 3, 5, 6], labelSmoothing: 0.2 },
  { name: 'a batch of none', logits: [0, 5] },
  { name: 'large', logits: [35, 67] },
  { name: 'large images', logits: [2, 20, 23, 21], labelSmoothing: 0.1 },
].map(({ name, logits, labelSmoothing = 0 }) => ({
  name,
  inputs: {
    logits: { shape: logits },
    labels: { shape: logits.slice(0, -1), values: { classes: logits.at(-1)! } },
  },
  apply: (inputs) => crossEntropy(inputs.logits!, inputs.labels!, { labelSmoothing }),
  output: [],
}));
