import type { Values } from './device.js';

/**
 * The logarithms of the probabilities of one row of scores; the highest score is taken off first, so that exp cannot
 * overflow.
 */
export function logSoftmaxOfRow(x: Values, row: number, classes: number): Float64Array {
  const scores = Float64Array.from(x.subarray(row * classes, (row + 1) * classes));
  const highest = Math.max(...scores);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - highest), 0);
  const logarithm = Math.log(total);
  return scores.map((score) => score - highest - logarithm);
}

export function softmaxOfRow(x: Values, row: number, classes: number): Float64Array {
  return logSoftmaxOfRow(x, row, classes).map((logarithm) => Math.exp(logarithm));
}
