import type { View } from './device.js';

export interface SumKernelRecord {
  readonly outer: number;
  readonly reduce: number;
  readonly inner: number;
  readonly scale: number;
}

/** y[outer, inner] = scale * sum over r of x[outer, r, inner], or of x[outer, r, inner] * times[outer, r, inner]. */
export function sum(
  { outer, reduce, inner, scale }: SumKernelRecord,
  { x, times, y }: Readonly<Record<'x' | 'times' | 'y', View>>,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let r = 0; r < reduce; r++) {
        const index = (o * reduce + r) * inner + i;
        total += x.values[index]! * (times === undefined ? 1 : times.values[index]!);
      }
      y.values[o * inner + i] = total * scale;
    }
  }
}
