import { pow, type Tensor } from 'tenfold';
import type { Case } from './_case.js';
import { elementwiseCases, optionCases } from './_elementwise.js';

const powers = (...exponents: number[]) =>
  Object.fromEntries(exponents.map((exponent) => [`exponent ${exponent}`, (x: Tensor) => pow(x, exponent)]));

/** So high that central differences err by more than they are allowed to. */
const steep = [
  ...optionCases(powers(65, 66, -71), { from: -1.1, to: -0.7 }),
  ...optionCases(powers(100.5), { from: 0.7, to: 1.1 }),
];

export const cases: readonly Case[] = [
  ...elementwiseCases((x) => pow(x, 1.7), { from: 0.25, to: 4 }),
  // Negative bases too, for whole exponents.
  ...optionCases(powers(0, 1, 2, 3, 4, 7), { from: -2, to: 2 }),
  ...optionCases(powers(-1, -2, -3), { from: -1.1, to: -0.7 }),
  ...optionCases(powers(0.5, -0.5, 1.5, -1.3, 1 / 3), { from: 0.7, to: 1.1 }),
  ...steep.map((it) => ({ ...it, smooth: false })),
];
