/**
 * Part of a tensor along one axis: y[..., i, ...] = x[..., start + i, ...]. The gradient is put back to where the part
 * was, among zeros.
 */

import { type DType, elements, type Operand } from '../device/device.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { axisOf } from './_axes.js';
import { allChannels, apply, type Operator, ownChannel } from './_operator.js';
import { copyPieces, movedField, type PlacementRecord, placementGradient } from './_place.js';

export interface SliceOptions {
  /** Counted from the front or, if negative, from the back. */
  readonly axis: number;
  /** The first index of the part; if negative, counted from the end. @default 0 */
  readonly start?: number;
  /** The index behind the last one of the part; if negative, counted from the end. @default the side's length */
  readonly end?: number;
}

export interface SliceRecord extends PlacementRecord {
  readonly xShape: readonly number[];
  readonly outShape: readonly number[];
  readonly dtype: DType;
  readonly axis: number;
  readonly start: number;
}

export function sliceRecord(
  operator: string,
  { shape, dtype }: Pick<Operand, 'shape' | 'dtype'>,
  options: SliceOptions,
): SliceRecord {
  const axis = axisOf(operator, shape, options.axis);
  const side = shape[axis]!;
  const start = indexOf(options.start ?? 0, side);
  const end = indexOf(options.end ?? side, side);
  const valid = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= side;
  if (!valid) {
    throw new OptionError(
      `start ${options.start ?? 0} and end ${options.end ?? side} enclose no part of axis ${axis} of shape [${shape.join(', ')}], whose length is ${side}`,
      { operator, rule: 'start and end', got: [start, end], expected: [0, side] },
    );
  }
  const inner = elements(shape.slice(axis + 1));
  const rows = elements(shape.slice(0, axis));
  return {
    xShape: shape,
    outShape: shape.map((length, index) => (index === axis ? end - start : length)),
    dtype,
    axis,
    start,
    batch: 1,
    height: rows,
    length: side * inner,
    outHeight: rows,
    outLength: (end - start) * inner,
    top: 0,
    left: 0 - start * inner,
    value: 0,
  };
}

function indexOf(index: number, side: number): number {
  return index < 0 ? index + side : index;
}

export const sliceOperator: Operator<SliceRecord, readonly [x: Operand]> = {
  name: 'slice',
  dtypes: ['word'],
  outputs: ({ outShape, dtype }) => [{ shape: outShape, dtype }],
  cost: () => ({ multiplyAccumulates: 0, otherOperations: 0 }),
  field: ({ xShape, axis, start }) => movedField(xShape, axis, 0 - start),
  channels({ xShape, axis, start }) {
    if (axis !== xShape.length - 1) return axis > 3 ? allChannels : ownChannel;
    return xShape.length > 4 ? allChannels : { kind: 'offset', offset: start };
  },
  forward(device, { height, length, outLength, left }, [x], [y]) {
    const part = { ...x, pixelStride: length, channelOffset: 0 - left };
    copyPieces(device, height, [{ length: outLength, x: part, y: y! }]);
  },
  retain: () => ({}),
  backward: (record, { device, gradient }) => [
    placementGradient(device, record, gradient, { shape: record.xShape, dtype: 'float32' }),
  ],
};

/**
 * The part of x, float32 or int32, from `start` up to but not including `end` along one axis.
 *
 * @throws OptionError for an axis that does not exist, or a part that reaches beyond it.
 */
export function slice(x: Tensor, options: SliceOptions): Tensor {
  return apply(sliceOperator, sliceRecord('slice', x, options), [x]);
}
