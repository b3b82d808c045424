import { elementwise, elementwiseGradient } from './_elementwise.js';

export const sigmoid = elementwise((x) => 1 / (1 + Math.exp(-x)));

export const sigmoidGradient = elementwiseGradient('y', (y, gradient) => gradient * y * (1 - y));
