/** The same elements in the same order under another shape. Nothing is copied; the gradient is reshaped back. */

import { elements, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { allChannels, apply, type Operator, ownChannel, viewOf } from './_operator.js';

export interface ReshapeRecord extends Pick<Operand, 'dtype'> {
  readonly xShape: readonly number[];
  readonly outShape: readonly number[];
}

export function reshapeRecord(x: Pick<Operand, 'shape' | 'dtype'>, shape: readonly number[]): ReshapeRecord {
  const length = elements(x.shape);
  const known = shape.reduce((product, side) => (side === -1 ? product : product * side), 1);
  const outShape = shape.map((side) => (side === -1 ? length / known : side));
  if (
    shape.filter((side) => side === -1).length > 1 ||
    !outShape.every((side) => Number.isInteger(side) && side >= 0) ||
    elements(outShape) !== length
  ) {
    throw new ShapeError(
      `[${x.shape.join(', ')}] has ${length} elements, which do not fit shape [${shape.join(', ')}]; one side may be -1`,
      { operator: 'reshape', rule: 'number of elements', got: shape, expected: length },
    );
  }
  return { xShape: x.shape, outShape, dtype: x.dtype };
}

export const reshapeOperator: Operator<ReshapeRecord, readonly [x: Operand]> = {
  name: 'reshape',
  dtypes: ['any'],
  view: () => true,
  outputs: ({ outShape, dtype }) => [{ shape: outShape, dtype }],
  cost: () => ({ multiplyAccumulates: 0, otherOperations: 0 }),
  field: ({ xShape, outShape }) => ({ kind: keepsPixels(xShape, outShape) ? 'pointwise' : 'global' }),
  channels: ({ xShape, outShape }) => (keepsPixels(xShape, outShape) ? ownChannel : allChannels),
  forward: () => {},
  retain: () => ({}),
  backward: ({ xShape }, { gradient }) => [viewOf(gradient, xShape)],
};

/** Whether only the axes behind batch, height and width change. */
function keepsPixels(xShape: readonly number[], outShape: readonly number[]): boolean {
  const isImage = xShape.length >= 4 && outShape.length >= 4;
  return isImage && [0, 1, 2].every((axis) => xShape[axis] === outShape[axis]);
}

/**
 * The elements of x, in row-major order, as `shape`, of which one side may be -1 and is then computed. Images are
 * [N, H, W, C] in memory; to flatten them for a published classifier, use `flatten`.
 *
 * @throws ShapeError if the number of elements differs.
 */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return apply(reshapeOperator, reshapeRecord(x, shape), [x]);
}
