/**
 * Stochastic depth (Huang et al. 2016, "Deep networks with stochastic depth", section 3): in training, the branch of a
 * residual block is dropped at random, so that each step trains a shallower network.
 *
 *   y[n] = x[n] * b[n] / (1 - p), b[n] = 0 with probability p, else 1; in evaluation y = x
 *
 * No parameters, no multiply-accumulates. Put it at the end of a residual branch. Differs from the paper, like
 * torchvision's "row" mode: each image of a batch draws for itself, where the paper drops a block for the whole batch (and
 * saves its computation); and what survives is divided by 1 - p in training, where the paper multiplies by it in
 * evaluation. The draws are counter-based: by seed, step and order of the draws alone, as those of dropout.
 */

import { OptionError } from '../errors.js';
import { Module } from '../nn/module.js';
import { dropout } from '../ops/dropout.js';
import { mul } from '../ops/mul.js';
import { nextDraw } from '../tensor/random.js';
import { full, type Tensor } from '../tensor/tensor.js';

export class StochasticDepth extends Module {
  /** The probability of dropping an image's branch. */
  readonly p: number;

  /** @throws OptionError unless 0 <= p < 1. */
  constructor(p: number) {
    super();
    if (!(p >= 0 && p < 1)) {
      throw new OptionError(`p must be at least 0 and below 1, not ${p}`, {
        operator: 'StochasticDepth',
        rule: 'p',
        got: p,
        expected: '0 <= p < 1',
      });
    }
    this.p = p;
  }

  /** Whether nothing happens here, so that it may be passed over. */
  get passes(): boolean {
    return (!this.training || this.p === 0) && this.forward === StochasticDepth.prototype.forward;
  }

  /** x of any shape whose first axis counts the images. */
  forward(x: Tensor): Tensor {
    const { p, training } = this;
    if (!training || p === 0) return x;
    const ones = full([x.shape[0]!, ...x.shape.slice(1).map(() => 1)], 1, { device: x.device });
    return mul(x, dropout(ones, { p, training, key: nextDraw('stochastic depth') }));
  }
}

/** The paper's rule of linear decay (equation 4): block l of L drops with probability l / L * `last`, l from 1. */
export function linearDecay(blocks: number, last = 0.5): number[] {
  return Array.from({ length: blocks }, (_, index) => ((index + 1) / blocks) * last);
}
