import type { ElementwiseRecord } from '../ops/relu.js';
import type { View } from './device.js';

export function relu({ length }: ElementwiseRecord, { x, y }: Readonly<Record<'x' | 'y', View>>): void {
  // Math.max hands NaN on.
  for (let i = 0; i < length; i++) y.values[i] = Math.max(x.values[i]!, 0);
}

export function reluGradient(
  { length }: ElementwiseRecord,
  { y, gradient, xGradient }: Readonly<Record<'y' | 'gradient' | 'xGradient', View>>,
): void {
  for (let i = 0; i < length; i++) xGradient.values[i] = y.values[i]! > 0 ? gradient.values[i]! : 0;
}
