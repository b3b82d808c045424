import type { MiddleAxis } from '../ops/_reduce.js';
import type { View } from './device.js';

/**
 * y[outer, inner] = max over r of x[outer, r, inner], and the index r of the first of the largest; NaN counts as the
 * largest. argmax has no y.
 */
export function maximum(
  { outer, reduce, inner }: MiddleAxis,
  { x, y, indices }: Readonly<Record<'x' | 'y' | 'indices', View>>,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (r: number) => x.values[(o * reduce + r) * inner + i]!;
      let best = 0;
      for (let r = 1; r < reduce; r++) {
        if (at(r) > at(best) || (Number.isNaN(at(r)) && !Number.isNaN(at(best)))) best = r;
      }
      if (y !== undefined) y.values[o * inner + i] = at(best);
      if (indices !== undefined) indices.values[o * inner + i] = best;
    }
  }
}

export function maximumGradient(
  { outer, reduce, inner }: MiddleAxis,
  { indices, gradient, xGradient }: Readonly<Record<'indices' | 'gradient' | 'xGradient', View>>,
): void {
  xGradient.values.fill(0);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const result = o * inner + i;
      xGradient.values[(o * reduce + indices.values[result]!) * inner + i] = gradient.values[result]!;
    }
  }
}
