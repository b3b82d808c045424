import type { GroupNormRecord } from '../ops/group-norm.js';
import type { NormalisationOperand } from './_normalisation.js';
import type { View } from './device.js';

type GroupNormOperands = Readonly<Record<NormalisationOperand, View>>;

/** The mean over a group of an image of `term(index of element [n, pixel, c], c)`; 0 over nothing. */
function groupMean(
  { pixels, channels, groups }: GroupNormRecord,
  [n, group]: readonly [number, number],
  term: (index: number, c: number) => number,
): number {
  const size = channels / groups;
  let total = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = group * size; c < (group + 1) * size; c++)
      total += term((n * pixels + pixel) * channels + c, c);
  }
  return total / Math.max(1, pixels * size);
}

function forEachChannel(
  { batch, channels, groups }: GroupNormRecord,
  visit: (n: number, group: number, c: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) visit(n, Math.floor(c / (channels / groups)), c);
  }
}

export function groupNorm(
  record: GroupNormRecord,
  { x, weight, bias, y, mean, inverseDeviation }: GroupNormOperands,
): void {
  const { pixels, channels, eps } = record;
  forEachChannel(record, (n, group, c) => {
    const average = groupMean(record, [n, group], (index) => x.values[index]!);
    const variance = groupMean(record, [n, group], (index) => (x.values[index]! - average) ** 2);
    mean.values[n * channels + c] = average;
    inverseDeviation.values[n * channels + c] = 1 / Math.sqrt(variance + eps);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const index = (n * pixels + pixel) * channels + c;
      const normalised = (x.values[index]! - average) / Math.sqrt(variance + eps);
      y.values[index] = normalised * (weight?.values[c] ?? 1) + (bias?.values[c] ?? 0);
    }
  });
}

export function groupNormGradient(record: GroupNormRecord, operands: GroupNormOperands): void {
  const { pixels, channels } = record;
  const { x, weight, mean, inverseDeviation, gradient, xGradient, weightGradient, biasGradient } = operands;
  weightGradient.values.fill(0);
  biasGradient.values.fill(0);
  forEachChannel(record, (n, group, c) => {
    const normalised = (index: number) =>
      (x.values[index]! - mean.values[n * channels + c]!) * inverseDeviation.values[n * channels + c]!;
    const weighted = (index: number, channel: number) =>
      gradient.values[index]! * (weight?.values[channel] ?? 1);
    const shift = groupMean(record, [n, group], weighted);
    const slope = groupMean(record, [n, group], (index, k) => weighted(index, k) * normalised(index));
    for (let pixel = 0; pixel < pixels; pixel++) {
      const index = (n * pixels + pixel) * channels + c;
      const rest = weighted(index, c) - shift - normalised(index) * slope;
      xGradient.values[index] = rest * inverseDeviation.values[n * channels + c]!;
      weightGradient.values[c]! += gradient.values[index]! * normalised(index);
      biasGradient.values[c]! += gradient.values[index]!;
    }
  });
}
