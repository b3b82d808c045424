/**
 * A border around images: y[n, i, j, c] = x[n, i - top, j - left, c] inside the image, `value` around it; H' = H + top
 * + bottom, W' = W + left + right. The gradient is the inner part of gradient(y).
 */

import type { Operand } from '../device/device.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator, ownChannel } from './_operator.js';
import { type PlacementRecord, placementGradient } from './_place.js';
import { imageShape } from './_window.js';

export interface PadOptions {
  /** How many pixels: everywhere, [vertical, horizontal], or [top, bottom, left, right]. */
  readonly padding: number | readonly [number, number] | readonly [number, number, number, number];
  /** What the border is filled with. @default 0 */
  readonly value?: number;
}

export interface PadRecord extends PlacementRecord {
  readonly xShape: readonly number[];
  readonly outShape: readonly number[];
  readonly paddingTop: number;
  readonly paddingLeft: number;
}

export function padRecord(xShape: readonly number[], { padding, value = 0 }: PadOptions): PadRecord {
  const [batch, height, width, channels] = imageShape('pad', xShape);
  const [top, bottom, left, right] = sides(padding);
  const outShape = [batch, height + top + bottom, width + left + right, channels];
  return {
    xShape,
    outShape,
    paddingTop: top,
    paddingLeft: left,
    batch,
    height,
    length: width * channels,
    outHeight: outShape[1]!,
    outLength: outShape[2]! * channels,
    top,
    left: left * channels,
    value,
  };
}

function sides(padding: PadOptions['padding']): readonly [number, number, number, number] {
  const given = typeof padding === 'number' ? [padding] : padding;
  const valid =
    [1, 2, 4].includes(given.length) && given.every((side) => Number.isInteger(side) && side >= 0);
  if (!valid) {
    throw new OptionError(
      `padding must be a whole number from 0 up, or [vertical, horizontal] or [top, bottom, left, right] of them, not ${JSON.stringify(padding)}; to cut off a border, use slice`,
      { operator: 'pad', rule: 'padding', got: padding, expected: '1, 2 or 4 integers >= 0' },
    );
  }
  if (given.length === 4) return given as [number, number, number, number];
  const [vertical, horizontal = vertical] = given as [number, number?];
  return [vertical, vertical, horizontal, horizontal];
}

export const padOperator: Operator<PadRecord, readonly [x: Operand]> = {
  name: 'pad',
  outputs: ({ outShape }) => [{ shape: outShape, dtype: 'float32' }],
  cost: () => ({ multiplyAccumulates: 0, otherOperations: 0 }),
  field: ({ paddingTop, paddingLeft }) => ({
    kind: 'window',
    kernelHeight: 1,
    kernelWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    dilationHeight: 1,
    dilationWidth: 1,
    paddingTop,
    paddingLeft,
  }),
  channels: () => ownChannel,
  forward: (device, record, [x], [y]) => device.run('pad', record, { x, y }),
  retain: () => ({}),
  backward: (record, { device, gradient }) => [
    placementGradient(device, record, gradient, { shape: record.xShape, dtype: 'float32' }),
  ],
};

/**
 * Images x [N, H, W, C] with a border of one value: [N, H + top + bottom, W + left + right, C]. Mind the order of the
 * four sides, [top, bottom, left, right]; PyTorch begins with the last axis.
 *
 * @throws ShapeError unless x has four axes; OptionError for a padding that is negative or no number.
 */
export function pad(x: Tensor, options: PadOptions): Tensor {
  return apply(padOperator, padRecord(x.shape, options), [x]);
}
