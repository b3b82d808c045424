/** A border of zeros as a layer; see ops/pad.ts. */

import { type PadOptions, pad, padRecord } from '../ops/pad.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class ZeroPad2d extends Module {
  readonly padding: PadOptions['padding'];

  /**
   * @param padding Pixels everywhere, [vertical, horizontal], or [top, bottom, left, right]; PyTorch has left and right
   *   first.
   * @throws OptionError for a padding that is negative or no number.
   */
  constructor(padding: PadOptions['padding']) {
    super();
    this.padding = padding;
    padRecord([1, 1, 1, 1], { padding });
  }

  /** [N, H, W, C] to [N, H + top + bottom, W + left + right, C]. */
  forward(x: Tensor): Tensor {
    return pad(x, { padding: this.padding });
  }
}
