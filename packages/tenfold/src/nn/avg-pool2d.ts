/** Average pooling as a layer; the formula is in ops/avg-pool2d.ts. */

import { type AvgPool2dOptions, avgPool2d, avgPool2dRecord } from '../ops/avg-pool2d.js';
import type { Tensor } from '../tensor/tensor.js';
import { ampleSide } from './_check.js';
import { Module } from './module.js';

export class AvgPool2d extends Module {
  readonly options: AvgPool2dOptions;

  /**
   * @param kernelSize A number, or [height, width].
   * @throws OptionError for an impossible kernel size, stride or padding.
   */
  constructor(
    kernelSize: AvgPool2dOptions['kernelSize'],
    options: Omit<AvgPool2dOptions, 'kernelSize'> = {},
  ) {
    super();
    this.options = { kernelSize, ...options };
    avgPool2dRecord([1, ampleSide, ampleSide, 1], this.options);
  }

  /** [N, H, W, C] to [N, H', W', C]. */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.options);
  }
}
