/**
 * Affine map: y[n, o] = bias[o] + sum over c of x[n, c] * weight[o, c]; x is [..., C], weight [O, C], y [..., O].
 *
 * It is a 1x1 convolution whose pixels are the rows of x, so it runs on that operator's kernels.
 */

import type { Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator } from './_operator.js';
import { rowsAsImage } from './_window.js';
import { type Conv2dRecord, conv2dOperator, conv2dRecord } from './conv2d.js';

export interface LinearRecord extends Conv2dRecord {
  readonly outShape: readonly number[];
  readonly xShape: readonly number[];
}

export function linearRecord(
  xShape: readonly number[],
  weightShape: readonly number[],
  biasShape?: readonly number[],
): LinearRecord {
  const operator = 'linear';
  if (weightShape.length !== 2) {
    throw new ShapeError(`the weight must have shape [out, in], not [${weightShape.join(', ')}]`, {
      operator,
      rule: 'weight rank',
      got: weightShape.length,
      expected: 2,
    });
  }
  const [outFeatures, inFeatures] = weightShape as [number, number];
  if (xShape.length < 1 || xShape.at(-1) !== inFeatures) {
    throw new ShapeError(
      `input [${xShape.join(', ')}] ends in ${xShape.at(-1) ?? 'nothing'} features but weight [${weightShape.join(', ')}] expects ${inFeatures}`,
      { operator, rule: 'input features', got: xShape.at(-1), expected: inFeatures },
    );
  }
  if (biasShape !== undefined && (biasShape.length !== 1 || biasShape[0] !== outFeatures)) {
    throw new ShapeError(`bias has shape [${biasShape.join(', ')}] but there are ${outFeatures} outputs`, {
      operator,
      rule: 'bias shape',
      got: biasShape,
      expected: [outFeatures],
    });
  }
  const rows = xShape.slice(0, -1).reduce((product, side) => product * side, 1);
  return {
    ...conv2dRecord(rowsAsImage(rows, inFeatures), [outFeatures, inFeatures, 1, 1], biasShape),
    weightShape,
    xShape,
    outShape: [...xShape.slice(0, -1), outFeatures],
  };
}

export const linearOperator: Operator<LinearRecord, readonly [x: Operand, weight: Operand, bias?: Operand]> =
  {
    name: 'linear',
    outputs: ({ outShape }) => [{ shape: outShape, dtype: 'float32' }],
    cost: conv2dOperator.cost,
    backwardProducts: conv2dOperator.backwardProducts!,
    field: (_, input) => ({ kind: input === 0 ? 'pointwise' : 'global' }),
    channels: conv2dOperator.channels,
    forward: conv2dOperator.forward,
    retain: conv2dOperator.retain,
    backward(record, context) {
      const [x, ...others] = conv2dOperator.backward(record, context);
      return [x && { ...x, shape: record.xShape }, ...others];
    },
  };

/**
 * Maps the rows of x [..., C] by weight [O, C] and bias [O] to [..., O].
 *
 * @throws ShapeError if the numbers of features disagree.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return apply(linearOperator, linearRecord(x.shape, weight.shape, bias?.shape), [x, weight, bias]);
}
