import type { Values } from './device.js';

/** The probabilities of one row of scores; its maximum is taken off first, so that exp cannot overflow. */
export function softmaxOfRow(x: Values, row: number, classes: number): Float64Array {
  const scores = Float64Array.from(x.subarray(row * classes, (row + 1) * classes));
  const highest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - highest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}
