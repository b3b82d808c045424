/** x * hardsigmoid(x) as a layer; see ops/hardswish.ts. */

import { hardswish } from '../ops/hardswish.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}
