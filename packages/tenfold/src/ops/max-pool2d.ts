/**
 * Maximum over windows: y[n, i, j, c] = max over (r, s) of x[n, i * stride - padding + r * dilation, ..., c], pixels
 * outside the image counting as minus infinity. The gradient goes to the pixel that was the maximum, the first one in
 * row-major order where several are equal. Output sizes as in _window.ts; ceilMode as in PyTorch.
 */

import { empty, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator, ownChannel } from './_operator.js';
import { type PoolingOptions, poolingWindow, type Window } from './_window.js';

export type MaxPool2dOptions = PoolingOptions;

export interface MaxPool2dRecord extends Window {
  readonly channels: number;
}

export function maxPool2dRecord(xShape: readonly number[], options: MaxPool2dOptions): MaxPool2dRecord {
  return { ...poolingWindow('maxPool2d', xShape, options), channels: xShape[3]! };
}

export const maxPool2dOperator: Operator<MaxPool2dRecord, readonly [x: Operand]> = {
  name: 'maxPool2d',
  outputs: ({ batch, outHeight, outWidth, channels }) => [
    { shape: [batch, outHeight, outWidth, channels], dtype: 'float32' },
    // Where in its window each maximum was, gaps of dilation counted; -1 where dilation steps over the whole image.
    { shape: [batch, outHeight, outWidth, channels], dtype: 'int32' },
  ],
  forGradient: [1],
  cost: ({ batch, outHeight, outWidth, channels, kernelHeight, kernelWidth }) => ({
    multiplyAccumulates: 0,
    otherOperations: batch * outHeight * outWidth * channels * kernelHeight * kernelWidth,
  }),
  field: (record) => ({ kind: 'window', ...record }),
  channels: () => ownChannel,
  forward: (device, record, [x], [y, indices]) => device.run('maxPool2d', record, { x, y, indices }),
  retain: () => ({ outputs: [1] }),
  backward(record, { device, outputs: [, indices], gradient }) {
    const { batch, inHeight, inWidth, channels } = record;
    const xGradient = empty(device, { shape: [batch, inHeight, inWidth, channels], dtype: 'float32' });
    device.run('maxPool2dGradient', record, { indices, gradient, xGradient });
    return [xGradient];
  },
};

/**
 * The maximum of each window of x [N, H, W, C]: [N, H', W', C].
 *
 * @throws ShapeError if the window does not fit; OptionError for impossible options, or padding over half the kernel.
 */
export function maxPool2d(x: Tensor, options: MaxPool2dOptions): Tensor {
  return apply(maxPool2dOperator, maxPool2dRecord(x.shape, options), [x]);
}
