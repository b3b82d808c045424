/**
 * Binary cross entropy between sigmoid(x) and a target t, averaged over all n elements:
 *
 *   loss = -(1 / n) sum of t log s(x) + (1 - t) log(1 - s(x)), with s(x) = 1 / (1 + exp(-x))
 *        = (1 / n) sum of max(x, 0) - x t + log(1 + exp(-|x|)),
 *
 * the second form because its exponential cannot overflow and its logarithm is never that of 0.
 * gradient(x) = (s(x) - t) / n * gradient(loss), gradient(t) = -x / n * gradient(loss).
 */

import { empty, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ElementwiseRecord } from './_elementwise.js';
import { allChannels, apply, type Operator } from './_operator.js';
import { pairwiseLossRecord } from './mse.js';

export const binaryCrossEntropyWithLogitsOperator: Operator<
  ElementwiseRecord,
  readonly [logits: Operand, targets: Operand]
> = {
  name: 'binaryCrossEntropyWithLogits',
  outputs: () => [{ shape: [], dtype: 'float32' }],
  cost: ({ length }) => ({ multiplyAccumulates: 0, otherOperations: 6 * length }),
  field: () => ({ kind: 'global' }),
  channels: () => allChannels,
  forward: (device, record, [logits, targets], [loss]) =>
    device.run('binaryCrossEntropyWithLogits', record, { logits, targets, loss }),
  retain: () => ({ inputs: [0, 1] }),
  backward(record, { device, inputs: [logits, targets], gradient, wanted: [logitsWanted, targetsWanted] }) {
    const spec = { shape: record.shape, dtype: 'float32' } as const;
    const logitsGradient = logitsWanted ? empty(device, spec) : undefined;
    const targetsGradient = targetsWanted ? empty(device, spec) : undefined;
    device.run('binaryCrossEntropyWithLogitsGradient', record, {
      logits,
      targets,
      gradient,
      logitsGradient,
      targetsGradient,
    });
    return [logitsGradient, targetsGradient];
  },
};

/**
 * The mean binary cross entropy of logits against float32 targets of the same shape, from 0 to 1 (which is not checked):
 * a scalar. Over nothing it is NaN.
 *
 * @throws ShapeError if the shapes differ, or the targets are not float32.
 */
export function binaryCrossEntropyWithLogits(logits: Tensor, targets: Tensor): Tensor {
  const record = pairwiseLossRecord('binaryCrossEntropyWithLogits', logits.shape, targets.shape);
  return apply(binaryCrossEntropyWithLogitsOperator, record, [logits, targets]);
}
