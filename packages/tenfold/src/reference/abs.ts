import { elementwise, elementwiseGradient } from './_elementwise.js';

export const abs = elementwise(Math.abs);

export const absGradient = elementwiseGradient('x', (x, gradient) => {
  if (x > 0) return gradient;
  return x < 0 ? -gradient : 0;
});
