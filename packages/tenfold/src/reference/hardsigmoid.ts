import { elementwise, elementwiseGradient } from './_elementwise.js';

export const hardsigmoid = elementwise((x) => Math.min(Math.max(x + 3, 0), 6) / 6);

export const hardsigmoidGradient = elementwiseGradient('x', (x, gradient) =>
  x > -3 && x < 3 ? gradient / 6 : 0,
);
