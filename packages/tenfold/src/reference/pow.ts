import type { PowNumbers } from '../ops/pow.js';
import { elementwise, elementwiseGradient } from './_elementwise.js';

/** Square roots of minus infinity are NaN, as in IEEE 754 and PyTorch, unlike its power 0.5. */
function power(x: number, exponent: number): number {
  if (exponent === 0.5) return Math.sqrt(x);
  return exponent === -0.5 ? 1 / Math.sqrt(x) : x ** exponent;
}

export const pow = elementwise((x, { exponent }: PowNumbers) => power(x, exponent));

export const powGradient = elementwiseGradient('x', (x, gradient, { exponent }: PowNumbers) =>
  exponent === 0 ? 0 : gradient * exponent * power(x, exponent - 1),
);
