import type { SoftmaxRecord } from '../ops/softmax.js';
import { softmaxOfRow } from './_softmax-row.js';
import type { View } from './device.js';

export function softmax({ rows, classes }: SoftmaxRecord, { x, y }: Readonly<Record<'x' | 'y', View>>): void {
  for (let row = 0; row < rows; row++) y.values.set(softmaxOfRow(x.values, row, classes), row * classes);
}

export function softmaxGradient(
  { rows, classes }: SoftmaxRecord,
  { y, gradient, xGradient }: Readonly<Record<'y' | 'gradient' | 'xGradient', View>>,
): void {
  for (let row = 0; row < rows; row++) {
    let mean = 0;
    for (let j = row * classes; j < (row + 1) * classes; j++) mean += gradient.values[j]! * y.values[j]!;
    for (let k = row * classes; k < (row + 1) * classes; k++) {
      xGradient.values[k] = y.values[k]! * (gradient.values[k]! - mean);
    }
  }
}
