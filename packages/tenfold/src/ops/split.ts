/** A tensor cut into parts along one axis, each of them a slice; concat puts them together again. */

import type { Operand } from '../device/device.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { axisOf } from './_axes.js';
import { apply, type Operator } from './_operator.js';
import { type SliceRecord, sliceOperator, sliceRecord } from './slice.js';

export interface SplitOptions {
  /** The length of each part; or one length for all, then the last part gets what remains. */
  readonly sizes: number | readonly number[];
  /** @default -1, the channels of [N, H, W, C] */
  readonly axis?: number;
}

export function splitRecords(
  x: Pick<Operand, 'shape' | 'dtype'>,
  { sizes, axis = -1 }: SplitOptions,
): readonly SliceRecord[] {
  const along = axisOf('split', x.shape, axis);
  const side = x.shape[along]!;
  const lengths = typeof sizes === 'number' ? equalParts(side, sizes) : sizes;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (!lengths.every((length) => Number.isInteger(length) && length >= 0) || total !== side) {
    throw new OptionError(
      `sizes [${lengths.join(', ')}] must be whole numbers from 0 up that add to ${side}, the length of axis ${along} of shape [${x.shape.join(', ')}], but they add to ${total}`,
      { operator: 'split', rule: 'sizes', got: total, expected: side },
    );
  }
  let start = 0;
  return lengths.map((length) => {
    const part = sliceRecord('split', x, { axis: along, start, end: start + length });
    start += length;
    return part;
  });
}

function equalParts(side: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 1) {
    throw new OptionError(`the size of the parts must be a whole number from 1 up, not ${size}`, {
      operator: 'split',
      rule: 'size',
      got: size,
      expected: 'an integer >= 1',
    });
  }
  const count = Math.max(1, Math.ceil(side / size));
  return Array.from({ length: count }, (_, index) => Math.min(size, side - index * size));
}

export const splitOperator: Operator<SliceRecord, readonly [x: Operand]> = {
  ...sliceOperator,
  name: 'split',
};

/**
 * The parts of x, float32 or int32, along one axis, in order.
 *
 * @throws OptionError for an axis that does not exist, or sizes that do not add to its length.
 */
export function split(x: Tensor, options: SplitOptions): Tensor[] {
  return splitRecords(x, options).map((record) => apply(splitOperator, record, [x]));
}
