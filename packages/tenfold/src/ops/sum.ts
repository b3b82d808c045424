/**
 * Sum over axes: y = sum over the reduced indices of x. The gradient is the same for every summed element:
 * gradient(x) = gradient(y), broadcast.
 */

import { elements, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { axesOf, reducedShape } from './_axes.js';
import { broadcastTo } from './_broadcast.js';
import { allChannels, apply, type Operator, ownChannel } from './_operator.js';
import { sumInto } from './_reduce.js';

export interface ReduceOptions {
  /** Which axes, counted from the front or, if negative, from the back. @default all */
  readonly axes?: readonly number[];
  /** Whether the reduced axes stay, with length 1. @default false */
  readonly keepDims?: boolean;
}

export interface SumRecord {
  readonly xShape: readonly number[];
  readonly axes: readonly number[];
  readonly keepDims: boolean;
  /** What every sum is multiplied by. */
  readonly scale: number;
}

export function sumRecord(
  operator: string,
  xShape: readonly number[],
  options: ReduceOptions = {},
): SumRecord {
  return {
    xShape,
    axes: axesOf(operator, xShape, options.axes),
    keepDims: options.keepDims ?? false,
    scale: 1,
  };
}

export const sumOperator: Operator<SumRecord, readonly [x: Operand]> = {
  name: 'sum',
  outputs: ({ xShape, axes, keepDims }) => [
    { shape: reducedShape(xShape, axes, keepDims), dtype: 'float32' },
  ],
  cost: ({ xShape }) => ({ multiplyAccumulates: 0, otherOperations: elements(xShape) }),
  // Only sums over the height or width look beyond a pixel.
  field: ({ xShape, axes }) => ({
    kind: axes.some((axis) => axis > 0 && axis < Math.min(xShape.length - 1, 3)) ? 'global' : 'pointwise',
  }),
  channels: ({ xShape, axes }) =>
    axes.some((axis) => axis >= Math.min(xShape.length - 1, 3)) ? allChannels : ownChannel,
  forward: (device, { axes, scale }, [x], [y]) => sumInto(device, x, axes, scale, y!),
  retain: () => ({}),
  backward({ xShape, axes, scale }, { device, gradient }) {
    return [broadcastTo(device, { ...gradient, shape: reducedShape(xShape, axes, true) }, xShape, scale)];
  },
};

/**
 * The sum of x over `axes` (all of them if not given).
 *
 * @throws OptionError for an axis that x does not have, or that is given twice.
 */
export function sum(x: Tensor, options?: ReduceOptions): Tensor {
  return apply(sumOperator, sumRecord('sum', x.shape, options), [x]);
}
