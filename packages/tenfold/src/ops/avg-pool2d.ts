/**
 * Mean over windows: y[n, i, j, c] = 1 / divisor(i, j) * sum over (r, s) of x[n, i * stride - padding + r, ..., c], pixels
 * outside the image counting as zero. The divisor is the number of pixels of the window, padding included unless
 * countIncludePad is false; what lies beyond the padding, where ceilMode adds a partial window, never counts. The
 * gradient is linear: each pixel gets gradient(y) / divisor of every window that reads it.
 */

import { empty, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator, ownChannel } from './_operator.js';
import { type FractionalWindow, type PoolingOptions, poolingWindow } from './_window.js';

export interface AvgPool2dOptions extends Omit<PoolingOptions, 'dilation'> {
  /** Whether zeros around the image count in the divisor. @default true */
  readonly countIncludePad?: boolean;
}

export interface AvgPool2dRecord extends FractionalWindow {
  readonly channels: number;
  /** How far around the image pixels count in the divisor. */
  readonly marginHeight: number;
  readonly marginWidth: number;
}

export function avgPool2dRecord(
  xShape: readonly number[],
  { countIncludePad = true, ...options }: AvgPool2dOptions,
): AvgPool2dRecord {
  const window = poolingWindow('avgPool2d', xShape, options);
  return {
    ...window,
    unitsHeight: 1,
    unitsWidth: 1,
    channels: xShape[3]!,
    marginHeight: countIncludePad ? window.paddingTop : 0,
    marginWidth: countIncludePad ? window.paddingLeft : 0,
  };
}

export const avgPool2dOperator: Operator<AvgPool2dRecord, readonly [x: Operand]> = {
  name: 'avgPool2d',
  outputs: ({ batch, outHeight, outWidth, channels }) => [
    { shape: [batch, outHeight, outWidth, channels], dtype: 'float32' },
  ],
  cost({ batch, outHeight, outWidth, channels, kernelHeight, kernelWidth, unitsHeight, unitsWidth }) {
    const windowPixels = (kernelHeight * kernelWidth) / (unitsHeight * unitsWidth);
    return {
      multiplyAccumulates: 0,
      otherOperations: batch * outHeight * outWidth * channels * windowPixels,
    };
  },
  field: (record) => ({ kind: 'window', ...record }),
  channels: () => ownChannel,
  forward: (device, record, [x], [y]) => device.run('avgPool2d', record, { x, y }),
  retain: () => ({}),
  backward(record, { device, gradient }) {
    const { batch, inHeight, inWidth, channels } = record;
    const xGradient = empty(device, { shape: [batch, inHeight, inWidth, channels], dtype: 'float32' });
    device.run('avgPool2dGradient', record, { gradient, xGradient });
    return [xGradient];
  },
};

/**
 * The mean of each window of x [N, H, W, C]: [N, H', W', C].
 *
 * @throws ShapeError if the window does not fit; OptionError for impossible options, or padding over half the kernel.
 */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions): Tensor {
  return apply(avgPool2dOperator, avgPool2dRecord(x.shape, options), [x]);
}
