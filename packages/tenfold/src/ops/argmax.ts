/**
 * Where along one axis the maximum is: the index of the first of the largest elements, or of the first NaN. A whole
 * number has no gradient.
 */

import { elements, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { axisOf } from './_axes.js';
import { apply, type Operator } from './_operator.js';
import { type MaxRecord, maxOperator, maxRecord } from './max.js';

export interface ArgmaxOptions {
  /** @default -1, the channels of [N, H, W, C] */
  readonly axis?: number;
  /** Whether the axis stays, with length 1. @default false */
  readonly keepDims?: boolean;
}

export function argmaxRecord(
  xShape: readonly number[],
  { axis = -1, keepDims = false }: ArgmaxOptions = {},
): MaxRecord {
  return maxRecord('argmax', xShape, { axes: [axisOf('argmax', xShape, axis)], keepDims });
}

export const argmaxOperator: Operator<MaxRecord, readonly [x: Operand]> = {
  name: 'argmax',
  outputs: ({ outShape }) => [{ shape: outShape, dtype: 'int32' }],
  cost: ({ xShape }) => ({ multiplyAccumulates: 0, otherOperations: elements(xShape) }),
  field: maxOperator.field,
  channels: maxOperator.channels,
  forward: (device, { steps: [step] }, [x], [indices]) => device.run('maximum', step!, { x, indices }),
  retain: () => ({}),
  backward: () => [undefined],
};

/**
 * The int32 index of the maximum of x along one axis.
 *
 * @throws OptionError for an axis that x does not have; ShapeError for an axis of length 0.
 */
export function argmax(x: Tensor, options?: ArgmaxOptions): Tensor {
  return apply(argmaxOperator, argmaxRecord(x.shape, options), [x]);
}
