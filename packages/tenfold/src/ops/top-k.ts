/**
 * The k largest elements along the last axis, the largest first, and their indices; of equal elements the one with the
 * lower index comes first, and NaN comes before everything. Gradients go back to where the elements were.
 */

import { elements, empty, type Operand } from '../device/device.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { axisOf } from './_axes.js';
import { allChannels, applyAll, type Operator } from './_operator.js';

export interface TopKRecord {
  readonly xShape: readonly number[];
  readonly rows: number;
  readonly length: number;
  readonly k: number;
}

export function topKRecord(xShape: readonly number[], k: number): TopKRecord {
  const operator = 'topK';
  const length = xShape[axisOf(operator, xShape, -1)]!;
  if (!Number.isInteger(k) || k < 1 || k > length) {
    throw new OptionError(
      `k must be a whole number from 1 to ${length}, the length of the last axis of shape [${xShape.join(', ')}], not ${k}`,
      { operator, rule: 'k', got: k, expected: `1 to ${length}` },
    );
  }
  return { xShape, rows: elements(xShape.slice(0, -1)), length, k };
}

export const topKOperator: Operator<TopKRecord, readonly [x: Operand]> = {
  name: 'topK',
  outputs({ xShape, k }) {
    const shape = [...xShape.slice(0, -1), k];
    return [
      { shape, dtype: 'float32' },
      { shape, dtype: 'int32' },
    ];
  },
  cost: ({ rows, length }) => ({ multiplyAccumulates: 0, otherOperations: rows * length }),
  field: () => ({ kind: 'pointwise' }),
  channels: () => allChannels,
  forward: (device, record, [x], [values, indices]) => device.run('topK', record, { x, values, indices }),
  retain: () => ({ outputs: [1] }),
  backward(record, { device, outputs: [, indices], gradient }) {
    const xGradient = empty(device, { shape: record.xShape, dtype: 'float32' });
    device.run('topKGradient', record, { indices, gradient, xGradient });
    return [xGradient];
  },
};

/** The k largest elements, and their int32 indices along the last axis. */
export interface TopK {
  readonly values: Tensor;
  readonly indices: Tensor;
}

/**
 * The k largest elements of x [..., C] along the last axis (the channels, or classes): values and indices [..., k].
 *
 * @throws OptionError unless k is a whole number from 1 to C.
 */
export function topK(x: Tensor, k: number): TopK {
  const [values, indices] = applyAll(topKOperator, topKRecord(x.shape, k), [x]);
  return { values, indices: indices! };
}
