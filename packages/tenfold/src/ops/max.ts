/**
 * Maximum over axes: y = max over the reduced indices of x; NaN, if there is one. The gradient goes to the maximum alone,
 * to the first in row-major order where several are equal.
 */

import { elements, empty, type Operand, type Spec } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { axesOf, reducedShape } from './_axes.js';
import { apply, type Operator } from './_operator.js';
import { adjacentGroups, type MiddleAxis, middleAxis } from './_reduce.js';
import { type ReduceOptions, sumOperator } from './sum.js';

export interface MaxRecord {
  readonly xShape: readonly number[];
  readonly outShape: readonly number[];
  readonly axes: readonly number[];
  /** What is reduced one after the other, innermost axes first: of equal elements that keeps the first. */
  readonly steps: readonly MiddleAxis[];
}

export function maxRecord(
  operator: string,
  xShape: readonly number[],
  { axes: given, keepDims = false }: ReduceOptions = {},
): MaxRecord {
  const axes = axesOf(operator, xShape, given);
  const vacant = axes.find((axis) => xShape[axis] === 0);
  if (vacant !== undefined) {
    throw new ShapeError(
      `axis ${vacant} of shape [${xShape.join(', ')}] has length 0, and there is no maximum of nothing`,
      { operator, rule: 'length', got: 0, expected: 'at least 1' },
    );
  }
  const groups = adjacentGroups(axes);
  if (groups.length === 0) groups.push([0, 0]);
  const steps: MiddleAxis[] = [];
  let shape = xShape;
  for (const [first, end] of groups) {
    steps.push(middleAxis(shape, first, end));
    shape = shape.map((side, axis) => (axis >= first && axis < end ? 1 : side));
  }
  return { xShape, outShape: reducedShape(xShape, axes, keepDims), axes, steps };
}

const before = ({ outer, reduce, inner }: MiddleAxis): Spec => ({
  shape: [outer, reduce, inner],
  dtype: 'float32',
});
const after = ({ outer, inner }: MiddleAxis): Spec => ({ shape: [outer, inner], dtype: 'float32' });

export const maxOperator: Operator<MaxRecord, readonly [x: Operand]> = {
  name: 'max',
  outputs: ({ outShape, steps }) => [
    { shape: outShape, dtype: 'float32' },
    // For each step, where along its axis the maximum was.
    ...steps.map((step): Spec => ({ ...after(step), dtype: 'int32' })),
  ],
  cost: ({ xShape }) => ({ multiplyAccumulates: 0, otherOperations: elements(xShape) }),
  field: ({ xShape, axes }, input) => sumOperator.field({ xShape, axes, keepDims: false, scale: 1 }, input),
  channels: ({ xShape, axes }, input) =>
    sumOperator.channels({ xShape, axes, keepDims: false, scale: 1 }, input),
  forward(device, { steps }, [x], [y, ...indices]) {
    let current: Operand = x;
    steps.forEach((step, index) => {
      const next = index === steps.length - 1 ? y! : empty(device, after(step));
      device.run('maximum', step, { x: current, y: next, indices: indices[index] });
      if (current !== x) current.storage.release();
      current = next;
    });
  },
  retain: (_, { steps }) => ({ outputs: steps.map((_, index) => index + 1) }),
  backward({ xShape, steps }, { device, outputs: [, ...indices], gradient }) {
    let current = gradient;
    for (const [index, step] of [...steps.entries()].reverse()) {
      const previous = empty(device, index === 0 ? { shape: xShape, dtype: 'float32' } : before(step));
      device.run('maximumGradient', step, {
        indices: indices[index],
        gradient: current,
        xGradient: previous,
      });
      if (current !== gradient) current.storage.release();
      current = previous;
    }
    return [current];
  },
};

/**
 * The maximum of x over `axes` (all of them if not given).
 *
 * @throws OptionError for an axis that x does not have, or that is given twice; ShapeError for an axis of length 0.
 */
export function max(x: Tensor, options?: ReduceOptions): Tensor {
  return apply(maxOperator, maxRecord('max', x.shape, options), [x]);
}
