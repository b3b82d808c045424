import type { ElementwiseRecord } from '../ops/_elementwise.js';
import type { View } from './device.js';

export function binaryCrossEntropyWithLogits(
  { length }: ElementwiseRecord,
  { logits, targets, loss }: Readonly<Record<'logits' | 'targets' | 'loss', View>>,
): void {
  let total = 0;
  for (let i = 0; i < length; i++) {
    const x = logits.values[i]!;
    total += Math.max(x, 0) - x * targets.values[i]! + Math.log1p(Math.exp(-Math.abs(x)));
  }
  loss.values[0] = total / length;
}

type Gradients = 'logitsGradient' | 'targetsGradient';

/** A gradient that is not wanted is absent. */
export function binaryCrossEntropyWithLogitsGradient(
  { length }: ElementwiseRecord,
  {
    logits,
    targets,
    gradient,
    logitsGradient,
    targetsGradient,
  }: Readonly<Record<'logits' | 'targets' | 'gradient' | Gradients, View>>,
): void {
  const share = gradient.values[0]! / length;
  for (let i = 0; i < length; i++) {
    const x = logits.values[i]!;
    const sigmoid = 1 / (1 + Math.exp(-x));
    if (logitsGradient !== undefined) logitsGradient.values[i] = (sigmoid - targets.values[i]!) * share;
    if (targetsGradient !== undefined) targetsGradient.values[i] = -x * share;
  }
}
