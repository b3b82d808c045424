/**
 * y[k] = exp(x[k]) / sum over j of exp(x[j]), along the last axis (the channels).
 * gradient(x)[k] = y[k] * (gradient(y)[k] - sum over j of gradient(y)[j] * y[j]).
 */

import { elements, empty, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { allChannels, apply, type Operator } from './_operator.js';

export interface SoftmaxRecord {
  readonly shape: readonly number[];
  readonly rows: number;
  readonly classes: number;
}

export function softmaxRecord(operator: string, shape: readonly number[]): SoftmaxRecord {
  const classes = shape.at(-1);
  if (classes === undefined || classes === 0) {
    throw new ShapeError(
      `expects scores of shape [..., classes] with at least one class, not [${shape.join(', ')}]`,
      {
        operator,
        rule: 'classes',
        got: shape,
        expected: '[..., classes]',
      },
    );
  }
  return { shape, rows: elements(shape.slice(0, -1)), classes };
}

export const softmaxOperator: Operator<SoftmaxRecord, readonly [x: Operand]> = {
  name: 'softmax',
  outputs: ({ shape }) => [{ shape, dtype: 'float32' }],
  cost: ({ shape }) => ({ multiplyAccumulates: 0, otherOperations: 4 * elements(shape) }),
  field: () => ({ kind: 'pointwise' }),
  channels: () => allChannels,
  forward: (device, record, [x], [y]) => device.run('softmax', record, { x, y }),
  retain: () => ({ outputs: [0] }),
  backward(record, { device, outputs: [y], gradient }) {
    const xGradient = empty(device, { shape: record.shape, dtype: 'float32' });
    device.run('softmaxGradient', record, { y, gradient, xGradient });
    return [xGradient];
  },
};

/**
 * Probabilities from the scores x [..., K], over the last axis (the channels, in [N, H, W, C]).
 *
 * @throws ShapeError if there is no class.
 */
export function softmax(x: Tensor): Tensor {
  return apply(softmaxOperator, softmaxRecord('softmax', x.shape), [x]);
}
