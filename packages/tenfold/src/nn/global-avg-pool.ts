/** The mean of each channel over all pixels as a layer: torch.nn.AdaptiveAvgPool2d(1). */

import { globalAvgPool } from '../ops/global-avg-pool.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class GlobalAvgPool extends Module {
  /** [N, H, W, C] to [N, 1, 1, C]. */
  forward(x: Tensor): Tensor {
    return globalAvgPool(x);
  }
}
