/**
 * Matrix product: y[m, n] = sum over k of a[m, k] * b[k, n]; a is [..., K], b [K, N], y [..., N].
 * gradient(a) = gradient(y) b^T and gradient(b) = a^T gradient(y).
 *
 * With b as the weight [K, N, 1, 1] of a 1x1 convolution from N to K channels, a b is that convolution's input gradient,
 * gradient(y) b^T the convolution itself and a^T gradient(y) its weight gradient: the same three kernels.
 */

import { empty, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { allChannels, apply, type Operator } from './_operator.js';
import { rowsAsImage } from './_window.js';
import { type Conv2dRecord, conv2dRecord } from './conv2d.js';

export interface MatmulRecord extends Conv2dRecord {
  readonly aShape: readonly number[];
  readonly outShape: readonly number[];
}

export function matmulRecord(aShape: readonly number[], bShape: readonly number[]): MatmulRecord {
  const [inner, columns] = bShape;
  if (aShape.length < 2 || bShape.length !== 2 || aShape.at(-1) !== inner) {
    throw new ShapeError(
      `[${aShape.join(', ')}] and [${bShape.join(', ')}] do not multiply: expected [..., K] of at least two axes and [K, N] with the same K`,
      { operator: 'matmul', rule: 'inner size', got: aShape.at(-1), expected: inner },
    );
  }
  const rows = aShape.slice(0, -1).reduce((product, side) => product * side, 1);
  return {
    ...conv2dRecord(rowsAsImage(rows, columns!), [inner!, columns!, 1, 1], undefined),
    weightShape: bShape,
    aShape,
    outShape: [...aShape.slice(0, -1), columns!],
  };
}

export const matmulOperator: Operator<MatmulRecord, readonly [a: Operand, b: Operand]> = {
  name: 'matmul',
  outputs: ({ outShape }) => [{ shape: outShape, dtype: 'float32' }],
  cost: ({ batch, inWidth, inChannels, outChannels }) => ({
    multiplyAccumulates: batch * inWidth * inChannels * outChannels,
    otherOperations: 0,
  }),
  backwardProducts: ([aWanted, bWanted]) => Number(aWanted) + Number(bWanted),
  field: (_, input) => ({ kind: input === 0 ? 'pointwise' : 'global' }),
  channels: () => allChannels,

  forward(device, record, [a, b], [y]) {
    device.run('conv2dInputGradient', record, { gradient: a, weight: b, xGradient: y });
  },

  retain: ([aWanted, bWanted]) => ({ inputs: [...(bWanted ? [0] : []), ...(aWanted ? [1] : [])] }),

  backward(record, { device, inputs: [a, b], gradient, wanted: [aWanted, bWanted] }) {
    let aGradient: Operand | undefined;
    let bGradient: Operand | undefined;
    if (aWanted) {
      aGradient = empty(device, { shape: record.aShape, dtype: 'float32' });
      device.run('conv2d', record, { x: gradient, weight: b, y: aGradient });
    }
    if (bWanted) {
      bGradient = empty(device, { shape: record.weightShape, dtype: 'float32' });
      device.run('conv2dWeightGradient', record, { x: gradient, gradient: a, weightGradient: bGradient });
    }
    return [aGradient, bGradient];
  },
};

/**
 * The product of a [..., K] and b [K, N]: [..., N].
 *
 * @throws ShapeError unless the inner sizes agree.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return apply(matmulOperator, matmulRecord(a.shape, b.shape), [a, b]);
}
