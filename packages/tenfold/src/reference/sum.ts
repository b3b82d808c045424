import type { View } from './device.js';

export interface SumKernelRecord {
  readonly outer: number;
  readonly reduce: number;
  readonly inner: number;
  readonly scale: number;
}

/** y[outer, inner] = scale * sum over r of x[outer, r, inner]. */
export function sum(
  { outer, reduce, inner, scale }: SumKernelRecord,
  { x, y }: Readonly<Record<'x' | 'y', View>>,
): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let r = 0; r < reduce; r++) total += x.values[(o * reduce + r) * inner + i]!;
      y.values[o * inner + i] = total * scale;
    }
  }
}
