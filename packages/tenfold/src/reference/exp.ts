import { elementwise, elementwiseGradient } from './_elementwise.js';

export const exp = elementwise(Math.exp);

export const expGradient = elementwiseGradient('y', (y, gradient) => gradient * y);
