import type { CrossEntropyRecord } from '../ops/cross-entropy.js';
import { logSoftmaxOfRow, softmaxOfRow } from './_softmax-row.js';
import type { View } from './device.js';

/** The smoothed target of a class; NaN everywhere if the label is no class, so that the mistake shows. */
function target({ classes, labelSmoothing }: CrossEntropyRecord, label: number, k: number): number {
  if (label < 0 || label >= classes) return Number.NaN;
  return (k === label ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
}

export function crossEntropy(
  record: CrossEntropyRecord,
  { logits, labels, loss }: Readonly<Record<'logits' | 'labels' | 'loss', View>>,
): void {
  const { rows, classes } = record;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const logarithms = logSoftmaxOfRow(logits.values, row, classes);
    for (let k = 0; k < classes; k++) {
      const share = target(record, labels.values[row]!, k);
      // A class with no share of the target adds nothing, even where its logarithm is minus infinity.
      if (share !== 0) total -= share * logarithms[k]!;
    }
  }
  loss.values[0] = total / rows;
}

export function crossEntropyGradient(
  record: CrossEntropyRecord,
  {
    logits,
    labels,
    gradient,
    logitsGradient,
  }: Readonly<Record<'logits' | 'labels' | 'gradient' | 'logitsGradient', View>>,
): void {
  const { rows, classes } = record;
  for (let row = 0; row < rows; row++) {
    softmaxOfRow(logits.values, row, classes).forEach((probability, k) => {
      const difference = probability - target(record, labels.values[row]!, k);
      logitsGradient.values[row * classes + k] = (difference / rows) * gradient.values[0]!;
    });
  }
}
