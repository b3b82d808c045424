/** Maximum pooling as a layer; the formula is in ops/max-pool2d.ts. */

import { type MaxPool2dOptions, maxPool2d, maxPool2dRecord } from '../ops/max-pool2d.js';
import type { Tensor } from '../tensor/tensor.js';
import { ampleSide } from './_check.js';
import { Module } from './module.js';

export class MaxPool2d extends Module {
  readonly options: MaxPool2dOptions;

  /**
   * @param kernelSize A number, or [height, width].
   * @throws OptionError for an impossible kernel size, stride, padding or dilation.
   */
  constructor(
    kernelSize: MaxPool2dOptions['kernelSize'],
    options: Omit<MaxPool2dOptions, 'kernelSize'> = {},
  ) {
    super();
    this.options = { kernelSize, ...options };
    maxPool2dRecord([1, ampleSide, ampleSide, 1], this.options);
  }

  /** [N, H, W, C] to [N, H', W', C]. */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.options);
  }
}
