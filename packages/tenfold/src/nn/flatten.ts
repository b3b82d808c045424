/** Images as rows as a layer; the order is channel, height, width, see ops/flatten.ts. */

import { flatten } from '../ops/flatten.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class Flatten extends Module {
  /** [N, H, W, C] to [N, C * H * W]. */
  forward(x: Tensor): Tensor {
    return flatten(x);
  }
}
