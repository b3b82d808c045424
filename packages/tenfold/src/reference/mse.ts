import type { ElementwiseRecord } from '../ops/_elementwise.js';
import type { View } from './device.js';

export function mse(
  { length }: ElementwiseRecord,
  { x, target, loss }: Readonly<Record<'x' | 'target' | 'loss', View>>,
): void {
  let total = 0;
  for (let i = 0; i < length; i++) {
    const difference = x.values[i]! - target.values[i]!;
    total += difference * difference;
  }
  loss.values[0] = total / length;
}

export function mseGradient(
  { length }: ElementwiseRecord,
  { x, target, gradient, xGradient }: Readonly<Record<'x' | 'target' | 'gradient' | 'xGradient', View>>,
): void {
  for (let i = 0; i < length; i++) {
    const difference = x.values[i]! - target.values[i]!;
    xGradient.values[i] = ((2 * difference) / length) * gradient.values[0]!;
  }
}
