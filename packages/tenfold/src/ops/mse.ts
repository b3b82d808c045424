/**
 * Mean squared error: loss = (1 / n) sum of (x - target)^2 over all n elements.
 * gradient(x) = 2 (x - target) / n * gradient(loss), gradient(target) = -gradient(x).
 */

import { elements, empty, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ElementwiseRecord } from './_elementwise.js';
import { allChannels, apply, type Operator } from './_operator.js';

/** The record of a loss over two tensors of one shape. */
export function pairwiseLossRecord(
  operator: string,
  shape: readonly number[],
  targetShape: readonly number[],
): ElementwiseRecord {
  if (shape.length !== targetShape.length || shape.some((side, axis) => side !== targetShape[axis])) {
    throw new ShapeError(
      `the input has shape [${shape.join(', ')}] but the target [${targetShape.join(', ')}]; they must agree`,
      { operator, rule: 'target shape', got: targetShape, expected: shape },
    );
  }
  return { shape, length: elements(shape) };
}

export const mseOperator: Operator<ElementwiseRecord, readonly [x: Operand, target: Operand]> = {
  name: 'mse',
  outputs: () => [{ shape: [], dtype: 'float32' }],
  cost: ({ length }) => ({ multiplyAccumulates: 0, otherOperations: 3 * length }),
  field: () => ({ kind: 'global' }),
  channels: () => allChannels,
  forward: (device, record, [x, target], [loss]) => device.run('mse', record, { x, target, loss }),
  retain: () => ({ inputs: [0, 1] }),
  backward(record, { device, inputs: [x, target], gradient, wanted: [xWanted, targetWanted] }) {
    const spec = { shape: record.shape, dtype: 'float32' } as const;
    const xGradient = xWanted ? empty(device, spec) : undefined;
    const targetGradient = targetWanted ? empty(device, spec) : undefined;
    device.run('mseGradient', record, { x, target, gradient, xGradient, targetGradient });
    return [xGradient, targetGradient];
  },
};

/**
 * The mean squared difference between x and a target of the same shape: a scalar. Over nothing it is NaN.
 *
 * @throws ShapeError if the shapes differ.
 */
export function mse(x: Tensor, target: Tensor): Tensor {
  return apply(mseOperator, pairwiseLossRecord('mse', x.shape, target.shape), [x, target]);
}
