import type { LeakyReluNumbers } from '../ops/leaky-relu.js';
import { elementwise, elementwiseGradient } from './_elementwise.js';

export const leakyRelu = elementwise((x, { negativeSlope }: LeakyReluNumbers) =>
  x > 0 ? x : x * negativeSlope,
);

export const leakyReluGradient = elementwiseGradient(
  'x',
  (x, gradient, { negativeSlope }: LeakyReluNumbers) => (x > 0 ? gradient : gradient * negativeSlope),
);
