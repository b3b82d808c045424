/**
 * Mean over as many windows as the result is to have pixels, whatever the size of the image: along one axis window o
 * reads inputs from floor(o * in / out) to before ceil((o + 1) * in / out), as in PyTorch.
 *
 * It is average pooling with stride and kernel in / out, fractions of a pixel, so it runs on that operator's kernels.
 */

import type { Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Field, type Operator } from './_operator.js';
import { adaptiveWindow, type Pair } from './_window.js';
import { type AvgPool2dRecord, avgPool2dOperator } from './avg-pool2d.js';

export interface AdaptiveAvgPool2dOptions {
  /** Height and width of the result: one number for both, or [height, width]. */
  readonly outputSize: Pair;
}

export function adaptiveAvgPool2dRecord(
  xShape: readonly number[],
  { outputSize }: AdaptiveAvgPool2dOptions,
): AvgPool2dRecord {
  const window = adaptiveWindow('adaptiveAvgPool2d', xShape, outputSize);
  return { ...window, channels: xShape[3]!, marginHeight: 0, marginWidth: 0 };
}

export const adaptiveAvgPool2dOperator: Operator<AvgPool2dRecord, readonly [x: Operand]> = {
  ...avgPool2dOperator,
  name: 'adaptiveAvgPool2d',
  field,
};

function field(record: AvgPool2dRecord): Field {
  const height = record.inHeight / record.outHeight;
  const width = record.inWidth / record.outWidth;
  const whole = record.outHeight === 1 && record.outWidth === 1;
  // Windows of different sizes have no common geometry; the whole image is what they surely stay within.
  if (whole || !Number.isInteger(height) || !Number.isInteger(width)) return { kind: 'global' };
  return {
    kind: 'window',
    ...record,
    kernelHeight: height,
    kernelWidth: width,
    strideHeight: height,
    strideWidth: width,
  };
}

/**
 * The means of outputSize windows that cover x [N, H, W, C] evenly: [N, H', W', C] with [H', W'] = outputSize.
 *
 * @throws ShapeError unless x has four axes; OptionError for an impossible output size.
 */
export function adaptiveAvgPool2d(x: Tensor, options: AdaptiveAvgPool2dOptions): Tensor {
  return apply(adaptiveAvgPool2dOperator, adaptiveAvgPool2dRecord(x.shape, options), [x]);
}
