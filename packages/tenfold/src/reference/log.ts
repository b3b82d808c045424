import { elementwise, elementwiseGradient } from './_elementwise.js';

export const log = elementwise(Math.log);

export const logGradient = elementwiseGradient('x', (x, gradient) => gradient / x);
