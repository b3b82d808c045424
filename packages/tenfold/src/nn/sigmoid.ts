/** 1 / (1 + exp(-x)) as a layer. */

import { sigmoid } from '../ops/sigmoid.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
