/**
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1) over the last axis:
 *
 *   y = (x - mean) / sqrt(variance + eps) * weight + bias, per channel,
 *
 * with the batch's mean and (biased) variance in training, the running ones in evaluation. Training also moves the
 * running statistics: running = (1 - momentum) * running + momentum * batch, with the unbiased variance, as PyTorch does.
 * With h = (x - mean) / sqrt(variance + eps): gradient(bias) = sum of gradient(y), gradient(weight) = sum of gradient(y) * h,
 * and gradient(x) = weight / sqrt(variance + eps) * (gradient(y) - mean(gradient(y)) - h * mean(gradient(y) * h)) in training,
 * without the two means in evaluation.
 *
 * What follows in most networks, the addition of a residual path and an activation, is computed in the same pass:
 * activation(y + residual). Then gradient(y) above is gradient(activation) * activation'(y + residual), which is also the
 * gradient of the residual. y + residual is computed anew from x for that, or told by the result.
 */

import { elements, empty, type Operand, sameShape } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Activation, activationNumber, activationOperations, limitsOnly } from './_activation.js';
import { channelsOf, checkPerChannel, type NormalisationRecord } from './_normalisation.js';
import { allChannels, apply, type Operator, ownChannel } from './_operator.js';

export interface BatchNormOptions {
  readonly training: boolean;
  /** The weight of the new batch in the running statistics. @default 0.1 */
  readonly momentum?: number;
  /** @default 1e-5 */
  readonly eps?: number | undefined;
  /**
   * Of the result. relu, relu6, hardswish, silu, hardsigmoid and sigmoid are computed in the same pass, any other function
   * after it. @default none
   */
  readonly activation?: Activation | undefined;
  /** Added to what is normalised, before the activation; of the shape of x. @default none */
  readonly residual?: Tensor | undefined;
}

export interface BatchNormRecord extends NormalisationRecord {
  readonly rows: number;
  readonly channels: number;
  /** 1 in training, 0 in evaluation. */
  readonly training: number;
  readonly momentum: number;
  readonly eps: number;
  /** 0 is none. */
  readonly activation: number;
  readonly hasResidual: boolean;
}

export function batchNormRecord(
  shape: readonly number[],
  perChannel: Readonly<Record<string, readonly number[]>>,
  { training, momentum = 0.1, eps = 1e-5, activation, residual }: BatchNormOptions,
): BatchNormRecord {
  const operator = 'batchNorm';
  const channels = channelsOf(operator, shape);
  checkPerChannel(operator, channels, perChannel);
  if (!(eps >= 0) || !(momentum >= 0 && momentum <= 1)) {
    throw new OptionError(`eps must be at least 0 and momentum between 0 and 1, not ${eps} and ${momentum}`, {
      operator,
      rule: 'eps and momentum',
      got: [eps, momentum],
      expected: 'eps >= 0, 0 <= momentum <= 1',
    });
  }
  const rows = elements(shape.slice(0, -1));
  if (training && rows === 1) {
    throw new ShapeError(
      `expects more than one value per channel in training, but the input has shape [${shape.join(', ')}]`,
      { operator, rule: 'values per channel', got: rows, expected: 'at least 2' },
    );
  }
  if (residual !== undefined && !sameShape(residual.shape, shape)) {
    throw new ShapeError(
      `residual has shape [${residual.shape.join(', ')}] but is added to [${shape.join(', ')}]`,
      { operator, rule: 'residual shape', got: residual.shape, expected: shape },
    );
  }
  return {
    shape,
    parameterShape: [channels],
    rows,
    channels,
    training: training ? 1 : 0,
    momentum,
    eps,
    activation: activationNumber(activation) ?? 0,
    hasResidual: residual !== undefined,
  };
}

type BatchNormInputs = readonly [
  x: Operand,
  weight: Operand,
  bias: Operand,
  runningMean: Operand,
  runningVar: Operand,
  residual?: Operand,
];

export const batchNormOperator: Operator<BatchNormRecord, BatchNormInputs> = {
  name: 'batchNorm',
  outputs: ({ shape, channels }) => [
    { shape, dtype: 'float32' },
    // The mean and 1 / sqrt(variance + eps) that were used.
    { shape: [channels], dtype: 'float32' },
    { shape: [channels], dtype: 'float32' },
  ],
  cost: ({ shape, training, activation }) => ({
    multiplyAccumulates: 0,
    otherOperations: (training ? 6 : 3) * elements(shape) + activationOperations(activation, shape),
  }),
  field: ({ training }, input) => ({ kind: training && input === 0 ? 'statistics' : 'pointwise' }),
  channels: ({ training, shape }) => (training && shape.length > 4 ? allChannels : ownChannel),
  mutates: [3, 4],
  forward(device, record, [x, weight, bias, runningMean, runningVar, residual], [y, mean, inverseDeviation]) {
    const operands = { x, weight, bias, runningMean, runningVar, residual, y, mean, inverseDeviation };
    device.run('batchNorm', record, operands);
  },
  retain(_, { activation, hasResidual }) {
    const told = activation > 0 && hasResidual && limitsOnly(activation);
    const anew = activation > 0 && !told;
    return { inputs: [0, 1, ...(anew ? [2, 5] : [])], outputs: [...(told ? [0] : []), 1, 2] };
  },
  backward(record, { device, inputs, outputs: [y, mean, inverseDeviation], gradient, wanted }) {
    const { shape, parameterShape, activation } = record;
    const [x, weight, bias, , , residual] = inputs;
    const [xGradient, weightGradient, biasGradient] = [shape, parameterShape, parameterShape].map((each) =>
      empty(device, { shape: each, dtype: 'float32' }),
    ) as [Operand, Operand, Operand];
    const ownGradient = () => ({ ...gradient, storage: gradient.storage.retain() });
    let residualGradient: Operand | undefined;
    if (wanted[5]) residualGradient = activation === 0 ? ownGradient() : empty(device, gradient);
    device.run('batchNormGradient', record, {
      x,
      weight,
      bias,
      mean,
      inverseDeviation,
      y,
      residual,
      gradient,
      inner: residualGradient ?? xGradient,
      xGradient,
      weightGradient,
      biasGradient,
    });
    return [xGradient, weightGradient, biasGradient, undefined, undefined, residualGradient];
  },
};

/** Per-channel tensors [C] of a batch normalisation; training updates the running ones in place. */
export interface BatchNormParameters {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
}

/**
 * Normalises x [N, ..., C] per channel; then adds `residual`, if there is one, and applies `activation`.
 *
 * @throws ShapeError if a parameter does not have shape [C] or the residual not that of x, or in training on a single value
 *   per channel; OptionError for a negative eps or a momentum outside 0 to 1.
 */
export function batchNorm(x: Tensor, parameters: BatchNormParameters, options: BatchNormOptions): Tensor {
  const { weight, bias, runningMean, runningVar } = parameters;
  const record = batchNormRecord(
    x.shape,
    {
      weight: weight.shape,
      bias: bias.shape,
      runningMean: runningMean.shape,
      runningVar: runningVar.shape,
    },
    options,
  );
  const { activation, residual } = options;
  const y = apply(batchNormOperator, record, [x, weight, bias, runningMean, runningVar, residual]);
  return activation !== undefined && record.activation === 0 ? activation(y) : y;
}
