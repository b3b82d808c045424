import type { BatchNormRecord } from '../ops/batch-norm.js';
import { activate, activationGradient } from './_activation.js';
import type { NormalisationOperand } from './_normalisation.js';
import type { View } from './device.js';

/** y and residual may be missing. */
type BatchNormOperands = Readonly<
  Record<NormalisationOperand | 'runningMean' | 'runningVar' | 'residual' | 'inner', View>
>;

/** The sum over all rows r of `term(index of element [r, c])`. */
function channelSum({ rows, channels }: BatchNormRecord, c: number, term: (index: number) => number): number {
  let total = 0;
  for (let row = 0; row < rows; row++) total += term(row * channels + c);
  return total;
}

/** The mean and biased variance of a channel of the batch, moved into the running ones. */
function batchStatistics(record: BatchNormRecord, operands: BatchNormOperands, c: number) {
  const { rows, momentum } = record;
  const { x, runningMean, runningVar } = operands;
  const mean = channelSum(record, c, (index) => x.values[index]!) / rows;
  const squares = channelSum(record, c, (index) => {
    const difference = x.values[index]! - mean;
    return difference * difference;
  });
  runningMean.values[c] = (1 - momentum) * runningMean.values[c]! + momentum * mean;
  runningVar.values[c] = (1 - momentum) * runningVar.values[c]! + momentum * (squares / (rows - 1));
  return { mean, variance: squares / rows };
}

export function batchNorm(record: BatchNormRecord, operands: BatchNormOperands): void {
  const { rows, channels, training, eps } = record;
  const { x, weight, bias, runningMean, runningVar, residual, y, mean, inverseDeviation } = operands;
  for (let c = 0; c < channels; c++) {
    // A batch of nothing has no statistics and leaves the running ones alone.
    const statistics =
      training && rows > 0
        ? batchStatistics(record, operands, c)
        : { mean: runningMean.values[c]!, variance: runningVar.values[c]! };
    mean.values[c] = statistics.mean;
    inverseDeviation.values[c] = 1 / Math.sqrt(statistics.variance + eps);
    for (let row = 0; row < rows; row++) {
      const index = row * channels + c;
      const normalised = (x.values[index]! - mean.values[c]!) * inverseDeviation.values[c]!;
      y.values[index] = normalised * weight.values[c]! + bias.values[c]! + (residual?.values[index] ?? 0);
    }
  }
  activate(record.activation, y, y);
}

/** The gradient before the activation, to `inner`. */
function innerGradient({ rows, channels, activation }: BatchNormRecord, operands: BatchNormOperands): View {
  const { x, weight, bias, mean, inverseDeviation, y, residual, gradient, inner } = operands;
  if (activation === 0) return gradient;
  // What the activation was applied to, or, where it only cuts off, its result, which has the same derivative.
  const told: View = { ...inner, values: new Float64Array(rows * channels) };
  for (let index = 0; index < rows * channels; index++) {
    const c = index % channels;
    const normalised = (x.values[index]! - mean.values[c]!) * inverseDeviation.values[c]!;
    told.values[index] =
      y?.values[index] ?? normalised * weight.values[c]! + bias.values[c]! + (residual?.values[index] ?? 0);
  }
  activationGradient(activation, told, gradient, inner);
  return inner;
}

export function batchNormGradient(record: BatchNormRecord, operands: BatchNormOperands): void {
  const { rows, channels, training } = record;
  const { x, weight, mean, inverseDeviation, xGradient, weightGradient, biasGradient } = operands;
  const gradient = innerGradient(record, operands);
  for (let c = 0; c < channels; c++) {
    const normalised = (index: number) => (x.values[index]! - mean.values[c]!) * inverseDeviation.values[c]!;
    const sum = channelSum(record, c, (index) => gradient.values[index]!);
    const sumOfProducts = channelSum(record, c, (index) => gradient.values[index]! * normalised(index));
    biasGradient.values[c] = sum;
    weightGradient.values[c] = sumOfProducts;
    for (let row = 0; row < rows; row++) {
      const index = row * channels + c;
      const throughStatistics = training ? (sum + normalised(index) * sumOfProducts) / rows : 0;
      xGradient.values[index] =
        weight.values[c]! * inverseDeviation.values[c]! * (gradient.values[index]! - throughStatistics);
    }
  }
}

export function batchNormFactors(
  { channels, eps }: { readonly channels: number; readonly eps: number },
  { weight, runningVar, factor }: Readonly<Record<'weight' | 'runningVar' | 'factor', View>>,
): void {
  for (let c = 0; c < channels; c++)
    factor.values[c] = weight.values[c]! / Math.sqrt(runningVar.values[c]! + eps);
}
