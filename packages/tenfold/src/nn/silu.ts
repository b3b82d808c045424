/** x * sigmoid(x) as a layer; see ops/silu.ts. */

import { silu } from '../ops/silu.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}
