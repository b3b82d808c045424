import type { ClampNumbers } from '../ops/clamp.js';
import { elementwise, elementwiseGradient } from './_elementwise.js';

export const clamp = elementwise((x, { min, max }: ClampNumbers) => Math.min(Math.max(x, min), max));

export const clampGradient = elementwiseGradient('x', (x, gradient, { min, max }: ClampNumbers) =>
  x >= min && x <= max ? gradient : 0,
);
