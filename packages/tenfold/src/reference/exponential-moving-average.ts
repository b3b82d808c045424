import type { View } from './device.js';

/** y moves a share of the way to x. */
export function lerp(
  { length, share }: { readonly length: number; readonly share: number },
  { x, y }: Readonly<Record<'x' | 'y', View>>,
): void {
  for (let i = 0; i < length; i++) y.values[i]! += share * (x.values[i]! - y.values[i]!);
}

/** x and y change places. */
export function exchange(
  { length }: { readonly length: number },
  { x, y }: Readonly<Record<'x' | 'y', View>>,
): void {
  for (let i = 0; i < length; i++) [x.values[i], y.values[i]] = [y.values[i]!, x.values[i]!];
}
