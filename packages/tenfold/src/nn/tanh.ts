/** The hyperbolic tangent as a layer. */

import { tanh } from '../ops/tanh.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
