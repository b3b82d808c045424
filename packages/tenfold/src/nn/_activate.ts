/** A function as a layer. */

import type { Activation } from '../ops/_activation.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** So that a function has its place, and its number, in a `Sequential`. */
export class Activate extends Module {
  readonly activation: Activation;

  constructor(activation: Activation) {
    super();
    this.activation = activation;
  }

  forward(x: Tensor): Tensor {
    return this.activation(x);
  }
}
