/** Dropout as a layer; see ops/dropout.ts. */

import { dropout, dropoutRecord } from '../ops/dropout.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class Dropout extends Module {
  /** The probability of dropping an element. */
  readonly p: number;

  /** @throws OptionError unless 0 <= p < 1. */
  constructor(p = 0.5) {
    super();
    dropoutRecord([], p, { seed: 0, purpose: 'check' });
    this.p = p;
  }

  /** In training drops elements of x, of any shape, and scales the others up; in evaluation returns x. */
  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }
}
