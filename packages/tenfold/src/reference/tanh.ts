import { elementwise, elementwiseGradient } from './_elementwise.js';

export const tanh = elementwise(Math.tanh);

export const tanhGradient = elementwiseGradient('y', (y, gradient) => gradient * (1 - y * y));
