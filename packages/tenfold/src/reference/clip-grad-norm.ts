import type { View } from './device.js';

/** sums[index] = sum of x squared. */
export function sumOfSquares(
  { length, index }: { readonly length: number; readonly index: number },
  { x, sums }: Readonly<Record<'x' | 'sums', View>>,
): void {
  let total = 0;
  for (let i = 0; i < length; i++) total += x.values[i]! * x.values[i]!;
  sums.values[index] = total;
}

/** The norm over all gradients, from their sums of squares, and the factor that brings it down to `maxNorm`. */
export function clipFactor(
  { count, maxNorm }: { readonly count: number; readonly maxNorm: number },
  { sums, norm, factor }: Readonly<Record<'sums' | 'norm' | 'factor', View>>,
): void {
  let total = 0;
  for (let i = 0; i < count; i++) total += sums.values[i]!;
  norm.values[0] = Math.sqrt(total);
  factor.values[0] = Math.min(1, maxNorm / (norm.values[0]! + 1e-6));
}

/** x *= factor[0]. */
export function scaleBy(
  { length }: { readonly length: number },
  { x, factor }: Readonly<Record<'x' | 'factor', View>>,
): void {
  for (let i = 0; i < length; i++) x.values[i]! *= factor.values[0]!;
}
