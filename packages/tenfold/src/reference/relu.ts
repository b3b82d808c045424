import { elementwise, elementwiseGradient } from './_elementwise.js';

export const relu = elementwise((x) => Math.max(x, 0));

export const reluGradient = elementwiseGradient('y', (y, gradient) => (y <= 0 ? 0 : gradient));
