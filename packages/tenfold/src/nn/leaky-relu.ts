/** x where positive, a small multiple of x elsewhere, as a layer; see ops/leaky-relu.ts. */

import { leakyRelu, leakyReluNumbers } from '../ops/leaky-relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  /** @throws OptionError unless the slope is finite. */
  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = leakyReluNumbers({ negativeSlope }).negativeSlope;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, { negativeSlope: this.negativeSlope });
  }
}
