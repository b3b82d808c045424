import { elementwise, elementwiseGradient } from './_elementwise.js';

export const sqrt = elementwise(Math.sqrt);

export const sqrtGradient = elementwiseGradient('y', (y, gradient) => gradient / (2 * y));
