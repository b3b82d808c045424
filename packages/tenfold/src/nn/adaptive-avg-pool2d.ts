/** Average pooling to a given size as a layer; the formula is in ops/adaptive-avg-pool2d.ts. */

import {
  type AdaptiveAvgPool2dOptions,
  adaptiveAvgPool2d,
  adaptiveAvgPool2dRecord,
} from '../ops/adaptive-avg-pool2d.js';
import type { Tensor } from '../tensor/tensor.js';
import { ampleSide } from './_check.js';
import { Module } from './module.js';

export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: AdaptiveAvgPool2dOptions['outputSize'];

  /**
   * @param outputSize A number, or [height, width].
   * @throws OptionError for an impossible output size.
   */
  constructor(outputSize: AdaptiveAvgPool2dOptions['outputSize']) {
    super();
    adaptiveAvgPool2dRecord([1, ampleSide, ampleSide, 1], { outputSize });
    this.outputSize = outputSize;
  }

  /** [N, H, W, C] to [N, H', W', C] with [H', W'] = outputSize. */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this);
  }
}
