import { elementwise, elementwiseGradient } from './_elementwise.js';

export const relu6 = elementwise((x) => Math.min(Math.max(x, 0), 6));

export const relu6Gradient = elementwiseGradient('y', (y, gradient) => (y > 0 && y < 6 ? gradient : 0));
