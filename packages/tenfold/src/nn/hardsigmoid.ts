/** The sigmoid of straight lines as a layer; see ops/hardsigmoid.ts. */

import { hardsigmoid } from '../ops/hardsigmoid.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}
