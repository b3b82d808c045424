/** min(max(x, 0), 6) as a layer. */

import { relu6 } from '../ops/relu6.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}
