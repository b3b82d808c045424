import type { View } from './device.js';

/** The sum of two gradients of one tensor; y may be a. */
export function accumulate(
  { length }: { readonly length: number },
  { a, b, y }: Readonly<Record<'a' | 'b' | 'y', View>>,
): void {
  for (let i = 0; i < length; i++) y.values[i] = a.values[i]! + b.values[i]!;
}
