import { elementwise, elementwiseGradient } from './_elementwise.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

export const silu = elementwise((x) => x * sigmoid(x));

export const siluGradient = elementwiseGradient('x', (x, gradient) => {
  const s = sigmoid(x);
  return gradient * s * (1 + x * (1 - s));
});
