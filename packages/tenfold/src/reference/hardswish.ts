import { elementwise, elementwiseGradient } from './_elementwise.js';

export const hardswish = elementwise((x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6);

export const hardswishGradient = elementwiseGradient('x', (x, gradient) => {
  if (x <= -3) return 0;
  return x >= 3 ? gradient : gradient * (x / 3 + 0.5);
});
