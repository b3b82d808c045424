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

type Gradients = 'xGradient' | 'targetGradient';

/** A gradient that is not wanted is absent. */
export function mseGradient(
  { length }: ElementwiseRecord,
  {
    x,
    target,
    gradient,
    xGradient,
    targetGradient,
  }: Readonly<Record<'x' | 'target' | 'gradient' | Gradients, View>>,
): void {
  for (let i = 0; i < length; i++) {
    const difference = x.values[i]! - target.values[i]!;
    const share = ((2 * difference) / length) * gradient.values[0]!;
    if (xGradient !== undefined) xGradient.values[i] = share;
    if (targetGradient !== undefined) targetGradient.values[i] = -share;
  }
}
