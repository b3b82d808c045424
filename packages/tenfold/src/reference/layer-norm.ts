import type { LayerNormRecord } from '../ops/layer-norm.js';
import type { NormalisationOperand } from './_normalisation.js';
import type { View } from './device.js';

type LayerNormOperands = Readonly<Record<NormalisationOperand, View>>;

/** The mean of `term(element)` over the elements of a row. */
function rowMean(length: number, term: (element: number) => number): number {
  let total = 0;
  for (let i = 0; i < length; i++) total += term(i);
  return total / length;
}

export function layerNorm(
  { rows, length, eps }: LayerNormRecord,
  { x, weight, bias, y, mean, inverseDeviation }: LayerNormOperands,
): void {
  for (let row = 0; row < rows; row++) {
    const at = row * length;
    const average = rowMean(length, (i) => x.values[at + i]!);
    const variance = rowMean(length, (i) => (x.values[at + i]! - average) ** 2);
    mean.values[row] = average;
    inverseDeviation.values[row] = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < length; i++) {
      const normalised = (x.values[at + i]! - average) / Math.sqrt(variance + eps);
      y.values[at + i] = normalised * (weight?.values[i] ?? 1) + (bias?.values[i] ?? 0);
    }
  }
}

export function layerNormGradient({ rows, length }: LayerNormRecord, operands: LayerNormOperands): void {
  const { x, weight, mean, inverseDeviation, gradient, xGradient, weightGradient, biasGradient } = operands;
  weightGradient.values.fill(0);
  biasGradient.values.fill(0);
  for (let row = 0; row < rows; row++) {
    const at = row * length;
    const normalised = (i: number) => (x.values[at + i]! - mean.values[row]!) * inverseDeviation.values[row]!;
    const weighted = (i: number) => gradient.values[at + i]! * (weight?.values[i] ?? 1);
    const shift = rowMean(length, weighted);
    const slope = rowMean(length, (i) => weighted(i) * normalised(i));
    for (let i = 0; i < length; i++) {
      const rest = weighted(i) - shift - normalised(i) * slope;
      xGradient.values[at + i] = rest * inverseDeviation.values[row]!;
      weightGradient.values[i]! += gradient.values[at + i]! * normalised(i);
      biasGradient.values[i]! += gradient.values[at + i]!;
    }
  }
}
